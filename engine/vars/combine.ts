// What becomes of a variable that two levels set (`hash_behaviour`): the higher one alone, or mappings merged.

import type { Value } from "../core/value.ts";

/** The value of a name that a lower and a higher level set. */
export type Combine = (low: Value | undefined, high: Value) => Value;

/** `replace`: the higher level's. */
export const replaced: Combine = (_low, high) => high;

/** `merge`: of two mappings, all keys of both, deeply; lists and everything else are replaced. */
export const merged: Combine = (low, high) => {
  if (!(low instanceof Map) || !(high instanceof Map)) return high;
  const result = new Map<Value, Value>(low as Map<Value, Value>);
  for (const [key, value] of high as Map<Value, Value>) result.set(key, merged(result.get(key), value));
  return result as Value;
};

/** Puts values over those of lower levels. */
export function combineInto(
  target: Map<string, Value>,
  values: Iterable<readonly [string, Value]>,
  combine: Combine,
): void {
  for (const [name, value] of values) target.set(name, combine(target.get(name), value));
}
