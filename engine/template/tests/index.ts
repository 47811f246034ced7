// All tests by name.

import type { Test } from "../evaluate/plugin.ts";
import { test } from "../evaluate/plugin.ts";
import { str } from "../python/text.ts";
import { COMPARISON_TESTS } from "./comparisons.ts";
import { FILE_TESTS } from "./files.ts";
import { RESULT_TESTS } from "./results.ts";
import { TEXT_TESTS } from "./text.ts";
import { TYPE_TESTS } from "./types.ts";

/** Whether a filter or test of that name exists. */
const NAME_TESTS: Readonly<Record<string, Test>> = {
  filter: test("", (value, _, frame) => frame.machine.tables.filter(str(value)) !== undefined),
  test: test("", (value, _, frame) => frame.machine.tables.test(str(value)) !== undefined),
};

export const TESTS: Readonly<Record<string, Test>> = {
  ...TYPE_TESTS,
  ...COMPARISON_TESTS,
  ...TEXT_TESTS,
  ...RESULT_TESTS,
  ...FILE_TESTS,
  ...NAME_TESTS,
};
