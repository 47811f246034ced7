// The modules about accounts' keys, schedules and what else the administrator of a node sets up.

import type { AnyModule } from "./module.ts";

export const nodeModules: readonly AnyModule[] = [];
