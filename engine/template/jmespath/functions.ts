// JMESPath's functions.

import { fail } from "../../core/problem.ts";
import { type Data, Float, float, integer } from "../../core/value.ts";
import { dumpJson } from "../../text/json.ts";
import { equals, order } from "../python/compare.ts";
import { add, double, numeric } from "../python/numbers.ts";
import { characters, lengthOf } from "../python/sequences.ts";

type Given = Data | ((item: Data) => Data);
type Run = (...given: readonly Given[]) => Data;

function wrongType(name: string): never {
  fail("template-jmespath", `an argument of JMESPath's function '${name}' has the wrong type`);
}

function list(value: Given | undefined, name: string): Data[] {
  return Array.isArray(value) ? value : wrongType(name);
}

function text(value: Given | undefined, name: string): string {
  return typeof value === "string" ? value : wrongType(name);
}

function map(value: Given | undefined, name: string): Map<Data, Data> {
  return value instanceof Map ? value : wrongType(name);
}

function key(value: Given | undefined, name: string): (item: Data) => Data {
  return typeof value === "function" ? value : wrongType(name);
}

function number(value: Given | undefined, name: string): number {
  const known =
    value === undefined || typeof value === "function" || typeof value === "boolean" ? undefined : numeric(value);
  return known === undefined ? wrongType(name) : double(known);
}

function sum(items: readonly Data[]): Data {
  return items.reduce<number | bigint | Float>((total, item) => add(total, numeric(item) ?? wrongType("sum")), 0);
}

function best(items: readonly Data[], by: (item: Data) => Data, sign: number): Data {
  return items.reduce<Data>(
    (found, item, at) => (at === 0 || sign * order(by(item), by(found)) > 0 ? item : found),
    null,
  );
}

function typeOf(value: Given | undefined): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "string";
  return Array.isArray(value) ? "array" : value instanceof Map ? "object" : "number";
}

function asNumber(value: Given | undefined): Data {
  if (typeof value === "function" || value === undefined || typeof value === "boolean") return null;
  if (typeof value !== "string") return numeric(value) === undefined ? null : value;
  if (/^-?\d+$/.test(value)) return integer(BigInt(value));
  const read = Number(value);
  return value.trim() === "" || Number.isNaN(read) ? null : float(read);
}

export const FUNCTIONS: Readonly<Record<string, Run>> = {
  abs: (value) => {
    const size = number(value, "abs");
    return value instanceof Float ? float(Math.abs(size)) : Math.abs(size);
  },
  avg: (items) => {
    const all = list(items, "avg");
    return all.length === 0 ? null : float(number(sum(all), "avg") / all.length);
  },
  ceil: (value) => Math.ceil(number(value, "ceil")),
  floor: (value) => Math.floor(number(value, "floor")),
  contains: (within, item) => {
    if (typeof within === "string") return typeof item === "string" && within.includes(item);
    return (
      typeof item !== "function" && list(within, "contains").some((one) => item !== undefined && equals(one, item))
    );
  },
  ends_with: (value, end) => text(value, "ends_with").endsWith(text(end, "ends_with")),
  starts_with: (value, start) => text(value, "starts_with").startsWith(text(start, "starts_with")),
  items: (value) => [...map(value, "items")].map((pair) => [...pair]),
  join: (glue, items) =>
    list(items, "join")
      .map((item) => text(item, "join"))
      .join(text(glue, "join")),
  keys: (value) => [...map(value, "keys").keys()],
  values: (value) => [...map(value, "values").values()],
  length: (value) =>
    typeof value === "function" || value === undefined || numeric(value) !== undefined
      ? wrongType("length")
      : lengthOf(value),
  map: (by, items) => list(items, "map").map(key(by, "map")),
  max: (items) => best(list(items, "max"), (item) => item, 1),
  max_by: (items, by) => best(list(items, "max_by"), key(by, "max_by"), 1),
  min: (items) => best(list(items, "min"), (item) => item, -1),
  min_by: (items, by) => best(list(items, "min_by"), key(by, "min_by"), -1),
  merge: (...maps) => new Map(maps.flatMap((one) => [...map(one, "merge")])),
  not_null: (...values) => values.find((value): value is Data => value !== null && typeof value !== "function") ?? null,
  reverse: (value) =>
    typeof value === "string" ? characters(value).reverse().join("") : [...list(value, "reverse")].reverse(),
  sort: (items) => [...list(items, "sort")].sort((a, b) => order(a, b)),
  sort_by: (items, by) => {
    const get = key(by, "sort_by");
    return [...list(items, "sort_by")].sort((a, b) => order(get(a), get(b)));
  },
  sum: (items) => sum(list(items, "sum")),
  to_array: (value) =>
    Array.isArray(value) ? value : typeof value === "function" || value === undefined ? [] : [value],
  to_number: asNumber,
  to_string: (value) => {
    if (typeof value === "string") return value;
    return typeof value === "function" || value === undefined
      ? wrongType("to_string")
      : dumpJson(value, { separators: [",", ":"] });
  },
  type: typeOf,
};
