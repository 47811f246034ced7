// The modules about packages, services, users and the system.

import { apt } from "./apt.ts";
import { aptKey } from "./apt-key.ts";
import { aptRepository } from "./apt-repository.ts";
import { authorizedKey } from "./authorized-key.ts";
import { cron } from "./cron.ts";
import { deb822Repository } from "./deb822-repository.ts";
import { debconf } from "./debconf.ts";
import { dpkgSelections } from "./dpkg-selections.ts";
import { getent } from "./getent.ts";
import { group } from "./group.ts";
import { hostname } from "./hostname.ts";
import { sysvinit } from "./init-script.ts";
import { modprobe } from "./modprobe.ts";
import type { AnyModule } from "./module.ts";
import { mount } from "./mount.ts";
import { mountFacts } from "./mount-facts.ts";
import { packageModule } from "./package.ts";
import { packageFacts } from "./package-facts.ts";
import { service } from "./service.ts";
import { serviceFacts } from "./service-facts.ts";
import { sysctl } from "./sysctl.ts";
import { systemd } from "./systemd.ts";
import { user } from "./user.ts";

export const systemModules: readonly AnyModule[] = [
  apt,
  aptKey,
  aptRepository,
  authorizedKey,
  cron,
  deb822Repository,
  debconf,
  dpkgSelections,
  getent,
  group,
  hostname,
  modprobe,
  mount,
  mountFacts,
  packageFacts,
  packageModule,
  service,
  serviceFacts,
  sysctl,
  systemd,
  sysvinit,
  user,
];
