// Running the system's own tools: exact arguments, the C locale, and a failure with their words when they fail.

import { textOf } from "../core/bytes.ts";
import { Undecided } from "../core/unknown.ts";
import { type Host, HostError, type RunRequest, type RunResult, type Subject } from "../host/host.ts";
import { expectSuccess, failTask } from "./task-failure.ts";

/** Debian packages that bring tools which a minimal host may lack. */
const PACKAGES: Readonly<Record<string, string>> = {
  blkid: "util-linux",
  btrfs: "btrfs-progs",
  chage: "passwd",
  chpasswd: "passwd",
  crontab: "cron",
  debconf: "debconf",
  "dpkg-query": "dpkg",
  dumpe2fs: "e2fsprogs",
  e2fsck: "e2fsprogs",
  fatresize: "fatresize",
  git: "git",
  hostname: "hostname",
  ip6tables: "iptables",
  iptables: "iptables",
  "locale-gen": "locales",
  lsblk: "util-linux",
  lvcreate: "lvm2",
  lvs: "lvm2",
  "mkfs.bcachefs": "bcachefs-tools",
  "mkfs.btrfs": "btrfs-progs",
  "mkfs.ext2": "e2fsprogs",
  "mkfs.ext3": "e2fsprogs",
  "mkfs.ext4": "e2fsprogs",
  "mkfs.f2fs": "f2fs-tools",
  "mkfs.ocfs2": "ocfs2-tools",
  "mkfs.reiserfs": "reiserfsprogs",
  "mkfs.vfat": "dosfstools",
  "mkfs.xfs": "xfsprogs",
  mkswap: "util-linux",
  modprobe: "kmod",
  mount: "mount",
  parted: "parted",
  pgrep: "procps",
  pvcreate: "lvm2",
  pvresize: "lvm2",
  pvs: "lvm2",
  "resize.f2fs": "f2fs-tools",
  resize2fs: "e2fsprogs",
  "ssh-keygen": "openssh-client",
  sysctl: "procps",
  systemctl: "systemd",
  tune2fs: "e2fsprogs",
  umount: "mount",
  useradd: "passwd",
  userdel: "passwd",
  usermod: "passwd",
  vgcreate: "lvm2",
  vgs: "lvm2",
  wipefs: "util-linux",
  xfs_admin: "xfsprogs",
  xfs_growfs: "xfsprogs",
  xfs_info: "xfsprogs",
};

/** A tool's answer with its output as text. */
export interface ToolAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly run: RunResult;
}

/** Asks a tool that only reads; any exit status is an answer. `about` as in RunRequest. */
export async function askTool(
  host: Host,
  argv: readonly string[],
  about: readonly Subject[] = [],
  more: Partial<RunRequest> = {},
): Promise<ToolAnswer> {
  return answerOf(await start(host, { argv, reads: true, about, ...more, env: { LC_ALL: "C", ...more.env } }));
}

/** Lets a tool change the host; fails with its words unless it ends well. */
export async function runTool(
  host: Host,
  argv: readonly string[],
  what: string,
  more: Partial<RunRequest> = {},
): Promise<ToolAnswer> {
  const run = await start(host, { argv, ...more, env: { LC_ALL: "C", ...more.env } });
  expectSuccess(run, what);
  return answerOf(run);
}

/** A tool that is not there fails with the package that brings it. */
async function start(host: Host, request: RunRequest): Promise<RunResult> {
  try {
    return await host.run(request);
  } catch (error) {
    const tool = request.argv?.[0];
    if (!(error instanceof HostError) || error.errno !== "ENOENT" || tool === undefined) throw error;
    return failTask("tool-missing", missingTool(tool), { rc: 127 });
  }
}

function missingTool(tool: string): string {
  const name = tool.replace(/^.*\//, "");
  const bringing = PACKAGES[name];
  return `${name} is not on this host${bringing === undefined ? "" : `; the package ${bringing} brings it`}`;
}

const FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/**
 * Fails while planning if a tool that a change needs is not there, so that a dry run tells too. A package that an earlier task
 * would install may bring it: then it counts as there.
 */
export async function requireTool(host: Host, tool: string): Promise<void> {
  try {
    const stats = await Promise.all(FOLDERS.map((folder) => host.stat(`${folder}/${tool}`, { follow: true })));
    if (stats.every((stat) => stat === undefined)) failTask("tool-missing", missingTool(tool), { rc: 127 });
  } catch (error) {
    if (!(error instanceof Undecided)) throw error;
  }
}

function answerOf(run: RunResult): ToolAnswer {
  return { code: run.code, stdout: textOf(run.stdout), stderr: textOf(run.stderr), run };
}
