// Whether the reads happen inside a chroot: the root folder is not the one of process 1.

import type { Collector } from "./collector.ts";

export const chroot: Collector = {
  group: "is_chroot",
  facts: ["is_chroot"],
  stats: ["/", "/proc/1/root/."],
  script: 'printf %s "${debian_chroot:-}"',
  collect: (evidence) => {
    if (evidence.section("is_chroot") !== "") return { is_chroot: true };
    const root = evidence.stat("/");
    const first = evidence.stat("/proc/1/root/.");
    if (root && first) return { is_chroot: root.inode !== first.inode || root.device !== first.device };
    // Inode of the root of a file system: 2 on ext4, 128 on XFS, 256 on btrfs, 1 on tmpfs.
    return { is_chroot: root !== undefined && ![1, 2, 128, 256].includes(root.inode) };
  },
};
