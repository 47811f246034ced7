// The modules about packages, services, users and the system.

import { apt } from "./apt.ts";
import { group } from "./group.ts";
import { sysvinit } from "./init-script.ts";
import type { AnyModule } from "./module.ts";
import { service } from "./service.ts";
import { systemd } from "./systemd.ts";
import { user } from "./user.ts";

export const systemModules: readonly AnyModule[] = [apt, group, service, systemd, sysvinit, user];
