// Which distribution and version it is.

import type { PlainObject } from "../core/value.ts";
import type { Collector, Evidence } from "./collector.ts";
import { shellPairs } from "./shell-pairs.ts";

/** os-release ID → Ansible's name of the distribution. */
const NAMES: Readonly<Record<string, string>> = {
  debian: "Debian",
  raspbian: "Debian",
  ubuntu: "Ubuntu",
  linuxmint: "Linux Mint",
  kali: "Kali",
  devuan: "Devuan",
  pop: "Pop!_OS",
  fedora: "Fedora",
  rhel: "RedHat",
  centos: "CentOS",
  rocky: "Rocky",
  almalinux: "AlmaLinux",
  ol: "OracleLinux",
  amzn: "Amazon",
  alpine: "Alpine",
  arch: "Archlinux",
  archarm: "Archlinux",
  manjaro: "Manjaro",
  gentoo: "Gentoo",
  sles: "SLES",
  "opensuse-leap": "openSUSE Leap",
  "opensuse-tumbleweed": "openSUSE Tumbleweed",
};

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  Debian: ["Debian", "Ubuntu", "Linux Mint", "Kali", "Devuan", "Pop!_OS"],
  RedHat: ["Fedora", "RedHat", "CentOS", "Rocky", "AlmaLinux", "OracleLinux", "Amazon"],
  Alpine: ["Alpine"],
  Archlinux: ["Archlinux", "Manjaro"],
  Gentoo: ["Gentoo"],
  Suse: ["SLES", "openSUSE Leap", "openSUSE Tumbleweed"],
};

export const distribution: Collector = {
  group: "distribution",
  minimal: true,
  needs: ["platform"],
  facts: ["distribution", "distribution_*", "os_family"],
  files: ["/etc/os-release", "/etc/debian_version", "/etc/alpine-release"],
  collect: (evidence) => {
    const os = shellPairs(evidence.file("/etc/os-release"));
    const id = os.ID ?? (evidence.file("/etc/debian_version") === undefined ? undefined : "debian");
    if (id === undefined) return { os_family: "Linux" };
    const name = NAMES[id] ?? (os.NAME ?? id).split(" ")[0] ?? id;
    const { full, minor } = versionOf(name, os.VERSION_ID ?? "", evidence);
    const major = full.split(".")[0] ?? "";
    const found: Record<string, string | boolean> = {
      distribution: name,
      distribution_version: full === "" ? "NA" : full,
      distribution_major_version: major === "" ? "NA" : major,
      distribution_release: os.VERSION_CODENAME ?? "NA",
      distribution_file_path: "/etc/os-release",
      distribution_file_variety: familyOf(name, os.ID_LIKE) === "Debian" ? "Debian" : name,
      distribution_file_parsed: true,
      os_family: familyOf(name, os.ID_LIKE),
    };
    if (minor !== undefined) found.distribution_minor_version = minor;
    return found satisfies PlainObject;
  },
};

/** Debian's point release stands in debian_version only; os-release has the major number. */
function versionOf(name: string, version: string, evidence: Evidence): { full: string; minor?: string } {
  if (name === "Alpine") return { full: evidence.file("/etc/alpine-release")?.trim() ?? version };
  if (name !== "Debian") return { full: version };
  const point = evidence.file("/etc/debian_version")?.trim();
  if (point === undefined || !/^\d+(\.\d+)*$/.test(point)) return { full: version };
  return { full: point, ...(point.includes(".") ? { minor: point.split(".")[1] } : {}) };
}

function familyOf(name: string, like: string | undefined): string {
  for (const [family, names] of Object.entries(FAMILIES)) if (names.includes(name)) return family;
  for (const word of (like ?? "").split(/\s+/)) {
    const near = NAMES[word];
    if (near !== undefined) return familyOf(near, undefined);
  }
  return name;
}
