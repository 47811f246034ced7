// The modules about packages, services, users and the system.

import type { AnyModule } from "./module.ts";

export const systemModules: readonly AnyModule[] = [];
