// The `filter` parameter of setup: shell patterns over the names of facts.

import type { PlainObject } from "../core/value.ts";

/** The facts whose name, with or without `ansible_`, matches one of the patterns; all if there is none. */
export function factFilter(facts: PlainObject, patterns: readonly string[]): PlainObject {
  const wanted = patterns.filter((pattern) => pattern !== "" && pattern !== "*");
  if (wanted.length === 0) return facts;
  const expressions = wanted.map(expressionOf);
  return Object.fromEntries(
    Object.entries(facts).filter(([name]) =>
      expressions.some((expression) => expression.test(name) || expression.test(`ansible_${name}`)),
    ),
  );
}

function expressionOf(pattern: string): RegExp {
  let source = "";
  for (let index = 0; index < pattern.length; index++) {
    const letter = pattern.charAt(index);
    const end = letter === "[" ? pattern.indexOf("]", index + 2) : -1;
    if (letter === "*") source += ".*";
    else if (letter === "?") source += ".";
    else if (end > 0) {
      source += `[${pattern
        .slice(index + 1, end)
        .replace(/^!/, "^")
        .replaceAll("\\", "\\\\")}]`;
      index = end;
    } else source += letter.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, "s");
}
