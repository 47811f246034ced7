// All lookups by name.

import type { Lookup } from "../evaluate/plugin.ts";
import { VALUE_LOOKUPS } from "./values.ts";

export const LOOKUPS: Readonly<Record<string, Lookup>> = { ...VALUE_LOOKUPS };
