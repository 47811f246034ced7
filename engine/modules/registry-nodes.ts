// The modules about accounts' keys, schedules and what else the administrator of a node sets up.

import { cron } from "./cron.ts";
import type { AnyModule } from "./module.ts";

export const nodeModules: readonly AnyModule[] = [cron];
