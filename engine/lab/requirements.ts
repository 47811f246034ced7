// What the machine must be and have for a lab, checked before anything is touched; missing packages come from apt.

import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Failure, fail, type Problem } from "../core/problem.ts";
import { searchPath, tryCommand } from "./command.ts";

/** What is known of the machine, as plain data, so that the judgement can be tried without it. */
export interface MachineFacts {
  readonly platform: string;
  readonly userId: number;
  /** Effective capabilities, a bit set. */
  readonly capabilities: bigint;
  readonly overlay: boolean;
  readonly hasApt: boolean;
  /** Programs of `PROGRAMS` that are not installed. */
  readonly missing: readonly string[];
}

/** The programs a lab needs, each with the Debian package that brings it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  mmdebstrap: "mmdebstrap",
  "systemd-nspawn": "systemd-container",
  ip: "iproute2",
  iptables: "iptables",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  mount: "mount",
  chroot: "coreutils",
};

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;
const INSTEAD = "a lab can run in any Debian 12 or 13 virtual machine; playbooks for your own hosts run from here";

/** Looks at the machine. */
export function machineFacts(): MachineFacts {
  const linux = process.platform === "linux";
  return {
    platform: process.platform,
    userId: process.getuid?.() ?? -1,
    capabilities: linux ? BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(readText("/proc/self/status"))?.[1] ?? "0"}`) : 0n,
    overlay: linux && /\boverlay$/m.test(readText("/proc/filesystems")),
    hasApt: onPath("apt-get"),
    missing: Object.keys(PROGRAMS).filter((program) => !onPath(program)),
  };
}

/** Why no lab can run on such a machine; undefined when one can, if need be after installing packages. */
export function unfitness(facts: MachineFacts): Problem | undefined {
  if (facts.platform !== "linux")
    return {
      code: "lab-not-linux",
      message: `a lab needs Linux, this is ${facts.platform}: its hosts are containers with systemd`,
      hint: INSTEAD,
    };
  if (facts.userId !== 0)
    return {
      code: "lab-not-root",
      message: "a lab needs root: it mounts file systems, makes a network bridge and starts containers",
      hint: "run the same command with sudo, or as root",
    };
  const lacking = [
    ...((facts.capabilities >> CAP_SYS_ADMIN) & 1n ? [] : ["CAP_SYS_ADMIN (mounts, containers)"]),
    ...((facts.capabilities >> CAP_NET_ADMIN) & 1n ? [] : ["CAP_NET_ADMIN (the lab's network)"]),
  ];
  if (lacking.length > 0)
    return {
      code: "lab-not-privileged",
      message: `this root may not do what a lab needs: ${lacking.join(", ")} missing`,
      hint: "inside a container, start that one privileged (`docker run --privileged …`), or use a virtual machine",
    };
  const packages = missingPackages(facts);
  if (packages.length > 0 && !facts.hasApt)
    return {
      code: "lab-no-apt",
      message: `a lab needs ${facts.missing.join(", ")}, and there is no apt here to install them`,
      hint: `install what Debian calls ${packages.join(", ")} with this system's own package manager; ${INSTEAD}`,
    };
  return undefined;
}

/** Debian packages to install for the missing programs, each once. */
export function missingPackages(facts: MachineFacts): string[] {
  return [...new Set(facts.missing.flatMap((program) => PROGRAMS[program] ?? []))].sort();
}

/** Makes the machine fit: Failure when it cannot be, apt for what is missing, telling so. */
export async function ensureRequirements(facts: MachineFacts, onProgress: (text: string) => void): Promise<void> {
  const problem = unfitness(facts);
  if (problem) throw new Failure(problem);
  const packages = missingPackages(facts);
  if (packages.length > 0) {
    onProgress(`installing Debian packages that a lab needs: ${packages.join(", ")}`);
    await aptInstall(packages);
  }
  if (!facts.overlay && !(await canLoadOverlay()))
    fail("lab-no-overlay", "the kernel has no overlay file system, which lab hosts share their base image by", {
      hint: "load the module `overlay`, or run the lab in a virtual machine with Debian's own kernel",
    });
}

async function aptInstall(packages: readonly string[]): Promise<void> {
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  if ((await tryCommand(install, { environment })).code === 0) return;
  // Lists may be old or missing, as in fresh images: fetch them and try once more.
  await tryCommand(["apt-get", "update"], { environment });
  const { code, stderr, stdout } = await tryCommand(install, { environment });
  if (code !== 0)
    fail(
      "lab-packages-failed",
      `apt could not install ${packages.join(", ")}: ${(stderr.trim() || stdout.trim()).split("\n").slice(-4).join("\n")}`,
      { hint: `run \`${install.join(" ")}\` yourself to see all of it` },
    );
}

async function canLoadOverlay(): Promise<boolean> {
  await tryCommand(["modprobe", "overlay"]);
  return /\boverlay$/m.test(readText("/proc/filesystems"));
}

function onPath(program: string): boolean {
  return searchPath()
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return folder !== "";
      } catch {
        return false;
      }
    });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
