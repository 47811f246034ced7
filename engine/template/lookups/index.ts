// All lookups by name.

import type { Lookup } from "../evaluate/plugin.ts";
import { FILE_LOOKUPS } from "./files.ts";
import { VALUE_LOOKUPS } from "./values.ts";

export const LOOKUPS: Readonly<Record<string, Lookup>> = { ...VALUE_LOOKUPS, ...FILE_LOOKUPS };
