// All filters by name.

import type { Filter } from "../evaluate/plugin.ts";
import { DEFAULT_FILTERS } from "./defaults.ts";

export const FILTERS: Readonly<Record<string, Filter>> = { ...DEFAULT_FILTERS };
