// Which paths and units a predicted package could bring. Files of packages that are not installed cannot be listed, so
// this goes by names, and by what well-known packages bring under other names: honest, without doubting every path.

import { Undecided } from "../core/unknown.ts";
import type { PackagePrediction, Predictions } from "./prediction.ts";

/** Thrown where the answer depends on a package that an earlier task would install. */
export class ComesWithPackage extends Undecided {
  readonly packageName: string;
  constructor(packageName: string, what: string) {
    super(`${what} may come with the package ${packageName}, which an earlier task installs`);
    this.name = "ComesWithPackage";
    this.packageName = packageName;
  }
}

/** Packages leave these to the administrator and to programs (FHS; Debian policy). */
const NEVER = [
  "/root",
  "/home",
  "/tmp",
  "/usr/local",
  "/srv",
  "/var/tmp",
  "/run",
  "/proc",
  "/sys",
  "/dev",
  "/mnt",
  "/media",
  // The administrator's own places by convention of the tools that read them.
  "/etc/systemd/system",
  "/etc/apt/keyrings",
  "/etc/apt/sources.list.d",
  "/etc/sudoers.d",
  "/etc/kubernetes",
  "/var/lib/kubelet",
];

/** Nothing but packages puts files here, under names that often tell nothing of the package. */
const PACKAGES_ONLY = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/lib", "/lib", "/usr/libexec"];

/** But here administrators put files too. */
const SHARED = [
  "/usr/lib/systemd",
  "/lib/systemd",
  "/usr/lib/sysctl.d",
  "/lib/udev",
  "/usr/lib/udev",
  "/usr/lib/modules-load.d",
];

/** Paths that packages bring under names unlike their own. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "nfs-kernel-server": ["/etc/exports", "/etc/exports.d", "/etc/nfs.conf", "/etc/nfs.conf.d"],
  "nfs-common": ["/etc/idmapd.conf", "/etc/nfs.conf", "/etc/nfsmount.conf"],
  locales: ["/etc/locale.gen", "/etc/locale.alias"],
  "unattended-upgrades": ["/etc/apt/apt.conf.d/20auto-upgrades", "/etc/apt/apt.conf.d/50unattended-upgrades"],
  "openssh-server": ["/etc/ssh", "/etc/default/ssh", "/etc/pam.d/sshd"],
  "mariadb-server": ["/etc/mysql", "/var/lib/mysql", "/var/log/mysql"],
  "default-mysql-server": ["/etc/mysql", "/var/lib/mysql"],
  bind9: ["/etc/bind", "/var/cache/bind", "/etc/default/named"],
  "isc-dhcp-server": ["/etc/dhcp"],
  "dovecot-core": ["/etc/dovecot"],
  cron: ["/etc/crontab", "/etc/cron.d", "/etc/cron.daily", "/etc/cron.hourly", "/etc/cron.weekly", "/etc/cron.monthly"],
  "systemd-timesyncd": ["/etc/systemd/timesyncd.conf"],
  "systemd-resolved": ["/etc/systemd/resolved.conf"],
  kubelet: ["/etc/default/kubelet"],
  "docker.io": ["/etc/docker", "/var/lib/docker"],
  "ca-certificates": ["/etc/ca-certificates.conf", "/etc/ssl/certs"],
  procps: ["/etc/sysctl.conf", "/etc/sysctl.d"],
  kmod: ["/etc/modprobe.d", "/etc/modules-load.d"],
  ifupdown: ["/etc/network/interfaces", "/etc/network/interfaces.d"],
  "tftpd-hpa": ["/srv/tftp"],
};

/** Words in packages' names that say nothing about their files. */
const EMPTY_WORDS = new Set(
  "server client common core base data utils tools full extra minimal light daemon bin dev doc all the ng python3 python perl ruby golang default modules".split(
    " ",
  ),
);

/** The packages that would be there, newest prediction of each. */
function predictedPackages(predictions: Predictions): PackagePrediction[] {
  const newest = new Map<string, PackagePrediction>();
  for (const prediction of predictions.of("package")) newest.set(prediction.name, prediction);
  return [...newest.values()].filter(({ version }) => version !== "absent");
}

/**
 * The package that may bring a path which does not exist. `missing`: the last parts of the path, from the first folder that does
 * not exist on: names of folders that are there anyway say nothing.
 */
export function packageBringing(
  path: string,
  missing: readonly string[],
  predictions: Predictions,
): string | undefined {
  return predictedPackages(predictions).find((prediction) => brings(prediction, path, missing))?.name;
}

/** The package that may bring a unit. */
export function packageBringingUnit(unit: string, predictions: Predictions): string | undefined {
  const name = unit.replace(/@?[^@]*\.(service|socket|timer|path|mount|target)$/, (end) =>
    end.startsWith("@") ? "" : end.replace(/\.\w+$/, ""),
  );
  return predictedPackages(predictions).find((prediction) => {
    if (prediction.files)
      return prediction.files.some((file) => file.endsWith(`/${unit}`) || file.endsWith(`/${unit}.service`));
    return wordsOf(prediction.name).some((word) => isAlike(word, name));
  })?.name;
}

function brings(prediction: PackagePrediction, path: string, missing: readonly string[]): boolean {
  if (prediction.files) return prediction.files.some((file) => file === path || file.startsWith(`${path}/`));
  if ((KNOWN[prediction.name] ?? []).some((known) => isAtOrBelow(path, known))) return true;
  if (NEVER.some((folder) => isAtOrBelow(path, folder))) return false;
  if (PACKAGES_ONLY.some((folder) => isAtOrBelow(path, folder)) && !SHARED.some((folder) => isAtOrBelow(path, folder)))
    return true;
  // Libraries bring nothing else that a playbook would look at.
  if (/^lib(?!re|virt)/.test(prediction.name)) return false;
  const words = wordsOf(prediction.name);
  return missing.some((part) => words.some((word) => isAlike(word, part)));
}

/** The words of a package's name: `postgresql-15` → postgresql; `openssh-server` → openssh. */
function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[-+.]/)
    .map((word) => word.replace(/\d+$/, ""))
    .filter((word) => word.length >= 3 && !EMPTY_WORDS.has(word));
}

/** Whether a part of a path (or a unit's name) looks as if it were of the package with this word in its name. */
function isAlike(word: string, part: string): boolean {
  const stem = part.toLowerCase().replace(/^\./, "");
  return (
    stem === word ||
    (stem.startsWith(word) && !/[a-z]/.test(stem.charAt(word.length))) ||
    `${stem}d` === word ||
    stem === `${word}d`
  );
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
