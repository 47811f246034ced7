// Tests of a task's registered result: failed, changed, skipped …

import { Undecided, Unknown } from "../../core/unknown.ts";
import type { Value } from "../../core/value.ts";
import { type Test, test } from "../evaluate/plugin.ts";
import { getKey } from "../python/compare.ts";
import { isMapping, truth, typeError } from "../python/types.ts";

function has(value: Value, key: string, name: string): boolean {
  if (!isMapping(value)) typeError(`The '${name}' test expects a dictionary`);
  const found = getKey(value, key);
  if (found instanceof Unknown) throw new Undecided(found);
  return found !== undefined && truth(found);
}

function of(key: string): (name: string, negated?: boolean) => Test {
  return (name, negated = false) => test("", (value) => has(value, key, name) !== negated);
}

/** `changed` of a loop is that of any item, where the result itself does not say. */
const changed = (name: string) =>
  test("", (value) => {
    if (!isMapping(value)) typeError(`The '${name}' test expects a dictionary`);
    const results = getKey(value, "results");
    if (getKey(value, "changed") === undefined && Array.isArray(results))
      return results.some((item) => isMapping(item) && has(item, "changed", name));
    return has(value, "changed", name);
  });

const failed = of("failed");
const finished = (name: string) =>
  test("", (value) => {
    if (!isMapping(value)) typeError(`The '${name}' test expects a dictionary`);
    const found = getKey(value, "finished");
    return found === undefined || truth(found);
  });

export const RESULT_TESTS: Readonly<Record<string, Test>> = {
  failed: failed("failed"),
  failure: failed("failure"),
  succeeded: failed("succeeded", true),
  success: failed("success", true),
  successful: failed("successful", true),
  changed: changed("changed"),
  change: changed("change"),
  skipped: of("skipped")("skipped"),
  skip: of("skipped")("skip"),
  unreachable: of("unreachable")("unreachable"),
  reachable: of("unreachable")("reachable", true),
  finished: finished("finished"),
  started: test("", (value) => {
    if (!isMapping(value)) typeError("The 'started' test expects a dictionary");
    const found = getKey(value, "started");
    return found === undefined || truth(found);
  }),
  timedout: test("", (value) => {
    if (!isMapping(value)) typeError("The 'timedout' test expects a dictionary");
    const found = getKey(value, "timedout");
    return found !== undefined && truth(found);
  }),
};
