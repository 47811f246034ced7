// A cgroup of its own for each container where the machine's init is not systemd. Without it all guests share one
// tree of units, in which one host's systemd removes and kills what another's has just started. Hosts that run pods
// need one in every controller of version 1 too: their kubelets would remove each other's pods.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerGround, LabProfile } from "./profile.ts";

const REMOVE_MS = 5000;

/** What a host weighs against other processes of this machine; 1024 is one process, and a kubelet has timeouts. */
const CPU_SHARES = "8192";

/**
 * Where trees of processes are mounted, by the text of mountinfo: version 2, and the named tree that systemd keeps beside
 * version 1. `controllers`: those of version 1 as well.
 */
export function cgroupMounts(mountinfo: string, { controllers = false } = {}): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [type, , options = ""] = after.split(" ");
    const wanted =
      type === "cgroup2" || (type === "cgroup" && (controllers || options.split(",").includes("name=systemd")));
    return wanted ? (before.split(" ")[4] ?? []) : [];
  });
}

/** The mounts in which a lab makes cgroups itself; none where the machine's systemd gives each container a scope. */
export function ownCgroupMounts(profile: LabProfile, ground: ContainerGround, mountinfo: string): string[] {
  const controllers = profile === "kubernetes" && !ground.unifiedCgroups;
  return ground.systemd && !controllers ? [] : cgroupMounts(mountinfo, { controllers });
}

/** Folders of the cgroups of one host. */
export function cgroupsOf(mounts: readonly string[], host: string): string[] {
  return mounts.map((mount) => join(mount, `tsplay-${host}`));
}

export function makeCgroups(folders: readonly string[]): void {
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    if (existsSync(join(folder, "cgroup.controllers"))) continue;
    // Version 1: a cpuset without processors takes no process.
    for (const name of ["cpuset.cpus", "cpuset.mems"])
      if (existsSync(join(folder, name)))
        writeFileSync(join(folder, name), readFileSync(join(folder, "..", name), "utf8"));
    if (existsSync(join(folder, "cpu.shares"))) writeFileSync(join(folder, "cpu.shares"), CPU_SHARES);
  }
}

/**
 * Words that start a program inside these cgroups, under the number that the caller sees. What an earlier boot of the
 * host left below them is removed.
 */
export function enteringCgroups(folders: readonly string[], argv: readonly string[]): string[] {
  if (folders.length === 0) return [...argv];
  const script = [
    'while [ "$1" != -- ]; do find "$1" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null',
    'echo $$ > "$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"',
  ].join("; ");
  return ["sh", "-c", script, "sh", ...folders, "--", ...argv];
}

/** Removes cgroups that are empty of processes, the innermost first; the kernel may need a moment to see that they are. */
export async function removeCgroups(folders: readonly string[]): Promise<void> {
  const deadline = performance.now() + REMOVE_MS;
  for (const folder of folders)
    for (;;) {
      try {
        if (existsSync(folder)) removeTree(folder);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EBUSY" || performance.now() > deadline) throw error;
        await sleep(50);
      }
    }
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  rmdirSync(folder);
}
