// A cgroup of its own for each container where the machine's init is not systemd. Without it all guests share one
// tree of units, in which one host's systemd removes and kills what another's has just started.

import { existsSync, mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

/** Where trees of processes are mounted: version 2, and the named tree that systemd keeps beside version 1. */
export function cgroupMounts(mountinfo: string): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [type, , options = ""] = after.split(" ");
    const wanted = type === "cgroup2" || (type === "cgroup" && options.split(",").includes("name=systemd"));
    return wanted ? (before.split(" ")[4] ?? []) : [];
  });
}

/** Folders of the cgroups of one host. */
export function cgroupsOf(mounts: readonly string[], host: string): string[] {
  return mounts.map((mount) => join(mount, `tsplay-${host}`));
}

export function makeCgroups(folders: readonly string[]): void {
  for (const folder of folders) mkdirSync(folder, { recursive: true });
}

/** Words that start a program inside these cgroups, under the number that the caller sees. */
export function enteringCgroups(folders: readonly string[], argv: readonly string[]): string[] {
  if (folders.length === 0) return [...argv];
  const script = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"';
  return ["sh", "-c", script, "sh", ...folders, "--", ...argv];
}

/** Removes cgroups that are empty of processes, the innermost first. */
export function removeCgroups(folders: readonly string[]): void {
  for (const folder of folders) if (existsSync(folder)) removeTree(folder);
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  rmdirSync(folder);
}
