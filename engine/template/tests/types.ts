// Tests of what a value is: defined, none, string, mapping …

import { Undefined } from "../../core/value.ts";
import { Callable } from "../evaluate/frame.ts";
import { type Test, test } from "../evaluate/plugin.ts";
import { isIterable } from "../python/sequences.ts";
import { isFloat, isInt, isMapping, isNumber, truth, used } from "../python/types.ts";

export const TYPE_TESTS: Readonly<Record<string, Test>> = {
  defined: test("", (value) => !(value instanceof Undefined), { takesUndefined: true }),
  undefined: test("", (value) => value instanceof Undefined, { takesUndefined: true }),
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
  truthy: test("convert_bool", (value) => truth(value)),
  falsy: test("convert_bool", (value) => !truth(value)),
};
