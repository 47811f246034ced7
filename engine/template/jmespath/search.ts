// Evaluates a JMESPath tree on a value.

import { fail } from "../../core/problem.ts";
import type { Data } from "../../core/value.ts";
import { equals } from "../python/compare.ts";
import { double, numeric } from "../python/numbers.ts";
import { slice } from "../python/sequences.ts";
import { FUNCTIONS } from "./functions.ts";
import type { Path } from "./parse.ts";

/** What JMESPath takes for false: null, false, and empty text, lists and mappings. */
function isFalse(value: Data): boolean {
  if (value === null || value === false || value === "") return true;
  return (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
}

function project(items: Data, right: Path): Data {
  if (!Array.isArray(items)) return null;
  return items.map((item) => search(right, item)).filter((item) => item !== null);
}

function compared(operator: string, a: Data, b: Data): Data {
  if (operator === "==") return same(a, b);
  if (operator === "!=") return !same(a, b);
  const [x, y] = [typeof a === "boolean" ? undefined : numeric(a), typeof b === "boolean" ? undefined : numeric(b)];
  if (x === undefined || y === undefined) return null;
  const difference = double(x) - double(y);
  switch (operator) {
    case "<":
      return difference < 0;
    case "<=":
      return difference <= 0;
    case ">":
      return difference > 0;
    default:
      return difference >= 0;
  }
}

/** Equality without Python's `1 == True`. */
function same(a: Data, b: Data): boolean {
  return typeof a === "boolean" || typeof b === "boolean" ? a === b : equals(a, b);
}

/** The value that the path finds; null where there is none. */
export function search(path: Path, value: Data): Data {
  switch (path.kind) {
    case "identity":
    case "current":
      return value;
    case "field":
      return value instanceof Map ? (value.get(path.name) ?? null) : null;
    case "literal":
      return path.value;
    case "index":
      return Array.isArray(value) ? (value.at(path.index) ?? null) : null;
    case "slice":
      if (!Array.isArray(value)) return null;
      return slice(value, path.start ?? null, path.stop ?? null, path.step ?? null) as Data;
    case "sub": {
      const left = search(path.left, value);
      return left === null ? null : search(path.right, left);
    }
    case "pipe":
      return search(path.right, search(path.left, value));
    case "and": {
      const left = search(path.left, value);
      return isFalse(left) ? left : search(path.right, value);
    }
    case "or": {
      const left = search(path.left, value);
      return isFalse(left) ? search(path.right, value) : left;
    }
    case "not":
      return isFalse(search(path.of, value));
    case "each": {
      const left = search(path.left, value);
      if (path.how === "values") return left instanceof Map ? project([...left.values()], path.right) : null;
      if (path.how === "flat" && Array.isArray(left)) return project(left.flat(), path.right);
      return project(left, path.right);
    }
    case "where": {
      const left = search(path.left, value);
      if (!Array.isArray(left)) return null;
      return project(
        left.filter((item) => !isFalse(search(path.test, item))),
        path.right,
      );
    }
    case "compare":
      return compared(path.operator, search(path.left, value), search(path.right, value));
    case "list":
      return value === null ? null : path.items.map((item) => search(item, value));
    case "hash":
      return value === null ? null : new Map(path.entries.map(([key, item]) => [key, search(item, value)]));
    case "call": {
      const run = Object.hasOwn(FUNCTIONS, path.name) ? FUNCTIONS[path.name] : undefined;
      if (!run) fail("template-jmespath", `JMESPath has no function '${path.name}'`);
      const given = path.given.map((part) =>
        part.kind === "reference" ? (item: Data) => search(part.of, item) : search(part, value),
      );
      return run(...given);
    }
    case "reference":
      fail("template-jmespath", "an expression reference (&) can only be given to a function");
  }
}
