// Tests of what a value is: defined, none, string, mapping …

import { Undecided, Unknown } from "../../core/unknown.ts";
import type { Value } from "../../core/value.ts";
import { Callable } from "../evaluate/frame.ts";
import { type Test, test } from "../evaluate/plugin.ts";
import { boolOf } from "../filters/defaults.ts";
import { isIterable } from "../python/sequences.ts";
import { isFloat, isInt, isMapping, isMissing, isNumber, truth, used } from "../python/types.ts";

/** Python's truth, or Ansible's reading of words such as `no` where it has one. */
function truthOf(value: Value, convert: Value | undefined): boolean {
  const known = convert !== undefined && truth(convert) ? boolOf(value) : undefined;
  return known ?? truth(value);
}

/** What an earlier task will set may come to have any parts or none, or not be set: that is seen when it has run. */
function isSet(value: Value): boolean {
  if (value instanceof Unknown && value.kind === "pending") throw new Undecided(value);
  return !isMissing(value);
}

export const TYPE_TESTS: Readonly<Record<string, Test>> = {
  defined: test("", (value) => isSet(value), { takesUndefined: true }),
  undefined: test("", (value) => !isSet(value), { takesUndefined: true }),
  none: test("", (value) => used(value) === null),
  boolean: test("", (value) => typeof value === "boolean"),
  true: test("", (value) => value === true),
  false: test("", (value) => value === false),
  integer: test("", (value) => isInt(value)),
  float: test("", (value) => isFloat(value)),
  number: test("", (value) => isNumber(value)),
  string: test("", (value) => typeof value === "string"),
  mapping: test("", (value) => isMapping(value)),
  sequence: test("", (value) => isIterable(value)),
  iterable: test("", (value) => isIterable(value)),
  callable: test("", (value) => value instanceof Callable),
  truthy: test("convert_bool", (value, { at: [convert] }) => truthOf(value, convert)),
  falsy: test("convert_bool", (value, { at: [convert] }) => !truthOf(value, convert)),
};
