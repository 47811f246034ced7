// What a lab's hosts are for: `plain` ones are small servers; `kubernetes` ones can run a kubelet with its pods, for which
// a container needs writable cgroups of its own, all that runc asks of the kernel, and real file systems below its data.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail } from "../core/problem.ts";

/** The kinds of hosts. */
export const PROFILES = ["plain", "kubernetes"] as const;
export type LabProfile = (typeof PROFILES)[number];

/** What this machine is, as far as starting containers depends on it. */
export interface ContainerGround {
  /** The machine's own init is systemd. */
  readonly systemd: boolean;
  /** /sys/fs/cgroup is one cgroup v2 tree. */
  readonly unifiedCgroups: boolean;
}

/**
 * Folders that are no part of the overlay, as the overlay file system of images cannot stand on another one, and a kubelet
 * measures what it stands on. By their names below the host's own folder. Not /var/lib/etcd: Debian's package must find it
 * missing to make it its own, and a restore moves it away, which a mount point does not allow.
 */
const DATA_FOLDERS: Readonly<Record<string, string>> = {
  containerd: "/var/lib/containerd",
  docker: "/var/lib/docker",
  containers: "/var/lib/containers",
  kubelet: "/var/lib/kubelet",
};

/** Controllers of version 1 that a kubelet or runc insists on. */
const CONTROLLERS = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "pids"] as const;
/** Those of version 2. */
const UNIFIED_CONTROLLERS = ["cpu", "cpuset", "memory", "pids"] as const;

const CGROUP_UNIT_FILE = "/etc/systemd/system/lab-cgroups.service";

/** nspawn mounts controllers of version 1 read-only; only a remount of the bind mount itself can change that. */
const CGROUP_UNIT = `[Unit]
Description=Writable cgroup controllers, for container runtimes
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec 'for c in /sys/fs/cgroup/*/; do [ -L "$\${c%%/}" ] || mount -o remount,bind,rw "$$c"; done'

[Install]
WantedBy=sysinit.target
`;

/** Folder on this machine of each bind mount of a host. */
function dataFolders(hostDir: string): ReadonlyArray<{ readonly source: string; readonly target: string }> {
  return Object.entries(DATA_FOLDERS).map(([name, target]) => ({ source: join(hostDir, "data", name), target }));
}

/** What a kubernetes host's container is started with beyond a plain one's. */
export function kubernetesContainer(
  hostDir: string,
  ground: ContainerGround,
): { readonly argv: readonly string[]; readonly environment: Readonly<Record<string, string>> } {
  return {
    argv: [
      "--capability=all",
      // A host that keeps its clock would set this machine's.
      "--drop-capability=CAP_SYS_TIME,CAP_WAKE_ALARM",
      "--bind=/dev/kmsg",
      ...dataFolders(hostDir).map(({ source, target }) => `--bind=${source}:${target}`),
      // The scope that the machine's systemd makes would let pods at few devices only.
      ...(ground.systemd && ground.unifiedCgroups ? ["--property=DevicePolicy=auto"] : []),
    ],
    environment: {
      SYSTEMD_SECCOMP: "0",
      SYSTEMD_NSPAWN_API_VFS_WRITABLE: "1",
      ...(ground.unifiedCgroups ? {} : { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "0" }),
    },
  };
}

/** Makes what a kubernetes host needs in its root and beside it. */
export function prepareKubernetesHost(hostDir: string, root: string, ground: ContainerGround): void {
  for (const { source } of dataFolders(hostDir)) mkdirSync(source, { recursive: true });
  if (ground.unifiedCgroups) return;
  const wanted = join(root, "etc/systemd/system/sysinit.target.wants/lab-cgroups.service");
  writeFileSync(join(root, CGROUP_UNIT_FILE), CGROUP_UNIT);
  mkdirSync(dirname(wanted), { recursive: true });
  symlinkSync(CGROUP_UNIT_FILE, wanted);
}

/** Refuses what this machine cannot give to such hosts. `unifiedControllers`: of the tree that hosts' cgroups are made in. */
export function checkProfile(
  { profile, suite }: { readonly profile: LabProfile; readonly suite: string },
  ground: ContainerGround,
  mountinfo: string,
  unifiedControllers: string,
): void {
  if (profile === "plain") return;
  if (!ground.unifiedCgroups && suite !== "bookworm")
    fail("lab-profile-suite", `this machine has cgroups of version 1, which the systemd of ${suite} no longer takes`, {
      hint: "use `--suite bookworm` with the profile kubernetes, or a machine with cgroup v2",
    });
  const present = ground.unifiedCgroups ? unifiedControllers.split(/\s+/) : mountedControllers(mountinfo);
  const missing = (ground.unifiedCgroups ? UNIFIED_CONTROLLERS : CONTROLLERS).filter((name) => !present.includes(name));
  if (missing.length > 0)
    fail(
      "lab-no-controllers",
      `this machine does not give cgroups to labs that a kubelet needs: ${missing.join(", ")}`,
      {
        hint: ground.unifiedCgroups
          ? "enable them in /sys/fs/cgroup/cgroup.subtree_control, or use a machine whose init is systemd"
          : "mount these controllers below /sys/fs/cgroup (on a Pi: `cgroup_enable=memory` in cmdline.txt)",
      },
    );
}

/** Names of the controllers of version 1 that are mounted. */
function mountedControllers(mountinfo: string): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [type, , options = ""] = (line.split(" - ")[1] ?? "").split(" ");
    return type === "cgroup" ? options.split(",") : [];
  });
}
