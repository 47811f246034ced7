// The `filter` parameter of setup: shell patterns over the names of facts.

import { shellPattern } from "../core/shell-pattern.ts";
import type { PlainObject } from "../core/value.ts";

/** The facts whose name, with or without `ansible_`, matches one of the patterns; all if there is none. */
export function factFilter(facts: PlainObject, patterns: readonly string[]): PlainObject {
  const wanted = patterns.filter((pattern) => pattern !== "" && pattern !== "*");
  if (wanted.length === 0) return facts;
  const expressions = wanted.map(shellPattern);
  return Object.fromEntries(
    Object.entries(facts).filter(([name]) =>
      expressions.some((expression) => expression.test(name) || expression.test(`ansible_${name}`)),
    ),
  );
}
