// Mounted file systems that have a device, with their sizes.

import type { Plain } from "../core/value.ts";
import { type Collector, linesOf } from "./collector.ts";

export const mounts: Collector = {
  group: "mounts",
  subset: "hardware",
  needs: ["devices"],
  facts: ["mounts"],
  files: ["/proc/mounts", "/proc/self/mountinfo"],
  // The paths go to one `stat -f`, which `timeout` keeps from hanging with a dead server.
  script: `
set --
while read -r device path type rest; do
  case $device in
    /*|*:/*) [ "$type" = none ] && continue
      case $path in *\\\\*) path=$(printf '%b.' "$path"); path=\${path%.} ;; esac
      set -- "$@" "$path" ;;
  esac
done </proc/mounts 2>/dev/null
limit=; command -v timeout >/dev/null 2>&1 && limit="timeout $seconds"
[ $# -eq 0 ] || $limit stat -f -c '%S %s %b %a %c %d %n' -- "$@" 2>/dev/null`,
  collect: (evidence, facts) => {
    const sizes = sizesOf(evidence.section("mounts"));
    const bound = boundPaths(evidence.file("/proc/self/mountinfo"));
    const uuids = uuidsOf(facts.device_links);
    // What is mounted over another mount hides it.
    const found = new Map<string, Plain>();
    for (const line of linesOf(evidence.file("/proc/mounts"))) {
      const [device = "", rawPath = "", fstype = "", options = "", dump = "0", passno = "0"] = line.split(" ");
      if ((!device.startsWith("/") && !device.includes(":/")) || fstype === "none") continue;
      const path = unescapePath(rawPath);
      found.set(path, {
        mount: path,
        device: unescapePath(device),
        fstype,
        options: bound.has(path) ? `${options},bind` : options,
        dump: Number(dump),
        passno: Number(passno),
        ...sizes.get(path),
        uuid: uuids.get(device.replace(/^.*\//, "")) ?? "N/A",
      });
    }
    return { mounts: [...found.values()] };
  },
};

function sizesOf(text: string): Map<string, Record<string, number>> {
  const found = new Map<string, Record<string, number>>();
  for (const line of linesOf(text)) {
    const match = line.match(/^(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (.*)$/);
    if (!match) continue;
    const [fragment = 0, block = 0, blocks = 0, available = 0, inodes = 0, inodesFree = 0] = match
      .slice(1, 7)
      .map(Number);
    found.set(match[7] ?? "", {
      size_total: fragment * blocks,
      size_available: fragment * available,
      block_size: block,
      block_total: blocks,
      block_available: available,
      block_used: blocks - available,
      inode_total: inodes,
      inode_available: inodesFree,
      inode_used: inodes - inodesFree,
    });
  }
  return found;
}

/** Paths where only a part of a file system is mounted. */
function boundPaths(mountinfo: string | undefined): Set<string> {
  const found = new Set<string>();
  for (const line of linesOf(mountinfo)) {
    const [, , , root = "/", path = ""] = line.split(" ");
    if (root !== "/") found.add(unescapePath(path));
  }
  return found;
}

function uuidsOf(links: Plain | undefined): Map<string, string> {
  const found = new Map<string, string>();
  const uuids = (links as { uuids?: Record<string, readonly string[]> } | undefined)?.uuids ?? {};
  for (const [device, names] of Object.entries(uuids)) if (names[0] !== undefined) found.set(device, names[0]);
  return found;
}

/** /proc/mounts writes white space and backslashes as three octal digits. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
