// The list of all collectors, in the order in which they may use each other's facts.

import { apparmor } from "./apparmor.ts";
import { capabilities } from "./capabilities.ts";
import { chroot } from "./chroot.ts";
import { cmdline } from "./cmdline.ts";
import type { Collector } from "./collector.ts";
import { dateTime } from "./date-time.ts";
import { devices } from "./devices.ts";
import { distribution } from "./distribution.ts";
import { dmi } from "./dmi.ts";
import { dns } from "./dns.ts";
import { environment } from "./environment.ts";
import { fips } from "./fips.ts";
import { interfaces } from "./interfaces.ts";
import { loadavg } from "./loadavg.ts";
import { local } from "./local.ts";
import { lsb } from "./lsb.ts";
import { lvm } from "./lvm.ts";
import { memory } from "./memory.ts";
import { mounts } from "./mounts.ts";
import { packageManager } from "./package-manager.ts";
import { platform } from "./platform.ts";
import { processor } from "./processor.ts";
import { selinux } from "./selinux.ts";
import { serviceManager } from "./service-manager.ts";
import { sshHostKeys } from "./ssh-host-keys.ts";
import { storageNames } from "./storage-names.ts";
import { groupsGiving } from "./subset.ts";
import { systemdVersion } from "./systemd-version.ts";
import { uptime } from "./uptime.ts";
import { user } from "./user.ts";
import { virtualization } from "./virtualization.ts";

export const collectors: readonly Collector[] = [
  platform,
  distribution,
  packageManager,
  serviceManager,
  user,
  dateTime,
  dns,
  local,
  lsb,
  cmdline,
  fips,
  selinux,
  apparmor,
  capabilities,
  sshHostKeys,
  chroot,
  loadavg,
  processor,
  memory,
  mounts,
  devices,
  dmi,
  uptime,
  lvm,
  interfaces,
  virtualization,
  storageNames,
  systemdVersion,
  environment,
];

/** Every group with the facts it gives, for asking only for what is used. */
export const factGroups: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  collectors.map((collector) => [collector.group, collector.facts]),
);

/** The groups that give these facts; names with or without `ansible_`. */
export function groupsFor(names: Iterable<string>): string[] {
  return groupsGiving(names, collectors);
}
