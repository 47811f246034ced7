// All tests by name.

import type { Test } from "../evaluate/plugin.ts";
import { TYPE_TESTS } from "./types.ts";

export const TESTS: Readonly<Record<string, Test>> = { ...TYPE_TESTS };
