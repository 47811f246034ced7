// The modules about packages, services, users and the system.

import { apt } from "./apt.ts";
import { getent } from "./getent.ts";
import { group } from "./group.ts";
import { hostname } from "./hostname.ts";
import { sysvinit } from "./init-script.ts";
import { modprobe } from "./modprobe.ts";
import type { AnyModule } from "./module.ts";
import { packageModule } from "./package.ts";
import { packageFacts } from "./package-facts.ts";
import { service } from "./service.ts";
import { serviceFacts } from "./service-facts.ts";
import { sysctl } from "./sysctl.ts";
import { systemd } from "./systemd.ts";
import { user } from "./user.ts";

export const systemModules: readonly AnyModule[] = [
  apt,
  getent,
  group,
  hostname,
  modprobe,
  packageFacts,
  packageModule,
  service,
  serviceFacts,
  sysctl,
  systemd,
  sysvinit,
  user,
];
