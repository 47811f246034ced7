// Which package manager the host has.

import type { Collector } from "./collector.ts";

/** In the order of Ansible's preference when several are there. */
const PROGRAMS: readonly (readonly [path: string, name: string])[] = [
  ["/usr/bin/dnf5", "dnf5"],
  ["/usr/bin/dnf", "dnf"],
  ["/usr/bin/yum", "yum"],
  ["/usr/bin/zypper", "zypper"],
  ["/usr/bin/pacman", "pacman"],
  ["/sbin/apk", "apk"],
  ["/usr/bin/emerge", "portage"],
  ["/usr/bin/apt-get", "apt"],
];

export const packageManager: Collector = {
  group: "pkg_mgr",
  minimal: true,
  needs: ["distribution"],
  facts: ["pkg_mgr"],
  stats: PROGRAMS.map(([path]) => path),
  collect: (evidence, facts) => {
    const found = PROGRAMS.filter(([path]) => evidence.stat(path) !== undefined).map(([, name]) => name);
    if (facts.os_family === "Debian" && found.includes("apt")) return { pkg_mgr: "apt" };
    return { pkg_mgr: found[0] ?? "unknown" };
  },
};
