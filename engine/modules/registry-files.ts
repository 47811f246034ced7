// The modules about files and about the controller's own work.

import type { AnyModule } from "./module.ts";

export const fileModules: readonly AnyModule[] = [];
