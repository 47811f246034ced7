// How a result is held against the reference's: exactly after a real run, with room where tsplay says more.

import { isDeepStrictEqual } from "node:util";
import type { Pass } from "./cases.ts";
import type { SeenResult } from "./observe.ts";

/**
 * The result as it is to be compared with what the reference returned. After a run that went well nothing is taken away.
 * A failed task and a dry run may return more than the reference does; and a dry run may return, in place of what is
 * there now, what the run will return (`run`: the reference's result of it).
 */
export function comparable(
  pass: Pass,
  seen: SeenResult | undefined,
  wanted: SeenResult | undefined,
  run: SeenResult | undefined,
): SeenResult | undefined {
  if (!seen || !wanted || (pass !== "check" && wanted[0] !== "failed")) return seen;
  const kept = reduced(seen[1], wanted[1], pass === "check" ? run?.[1] : undefined);
  if (wanted[0] !== "failed" || !isDictionary(kept) || !isDictionary(wanted[1])) return [seen[0], kept];
  const untold = Object.entries(wanted[1]).filter(([key]) => !(key in kept) && !NEEDED.has(key));
  return [seen[0], { ...Object.fromEntries(untold), ...kept }];
}

/** What a failed task has to return where the reference does; the rest of a failure is each program's own. */
const NEEDED = new Set(["msg", "rc", "cmd", "stdout", "stderr", "stdout_lines", "stderr_lines"]);

type Dictionary = Readonly<Record<string, unknown>>;

function reduced(seen: unknown, wanted: unknown, run: unknown): unknown {
  if (run !== undefined && isDeepStrictEqual(seen, run)) return wanted;
  if (Array.isArray(seen) && Array.isArray(wanted) && seen.length === wanted.length)
    return seen.map((item, index) => reduced(item, wanted[index], Array.isArray(run) ? run[index] : undefined));
  if (!isDictionary(seen) || !isDictionary(wanted)) return seen;
  const later = isDictionary(run) ? run : {};
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (key in seen) kept[key] = reduced(seen[key], value, later[key]);
    // "would be created" and the like, which the run does not say.
    else if (key === "msg" && run !== undefined && !("msg" in later)) kept[key] = value;
  }
  return kept;
}

function isDictionary(value: unknown): value is Dictionary {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A result without some keys, wherever they are. */
export function without(seen: SeenResult | undefined, keys: Readonly<Record<string, string>>): SeenResult | undefined {
  if (!seen || Object.keys(keys).length === 0) return seen;
  const less = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(less);
    if (!isDictionary(value)) return value;
    const kept = Object.entries(value).filter(([key]) => !(key in keys));
    return Object.fromEntries(kept.map(([key, item]) => [key, less(item)]));
  };
  return [seen[0], less(seen[1])];
}
