// The reference, ansible-core 2.19 in a Debian chroot: found or built, and run on the folder of a case.

import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fail } from "../../engine/core/problem.ts";

const PACKAGES =
  "ansible-core,ansible,ansible-mitogen,openssh-client,sshpass,python3-jmespath,python3-netaddr,python3-passlib";

/** The chroot's folder: TSPLAY_REFERENCE, else in the user's cache. Built by mmdebstrap when it is missing. */
export function referenceRoot(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const root = process.env.TSPLAY_REFERENCE ?? join(cache, "tsplay", "reference-trixie");
  if (existsSync(join(root, "usr/bin/ansible-playbook"))) return root;
  if (process.getuid?.() !== 0)
    fail("reference-missing", `the reference is not in ${root}, and only root can build it`);
  console.log(`building the reference in ${root}`);
  mkdirSync(root, { recursive: true });
  const { status } = spawnSync("mmdebstrap", ["--variant=minbase", `--include=${PACKAGES}`, "trixie", root], {
    stdio: "inherit",
  });
  if (status !== 0) fail("reference-missing", "mmdebstrap could not build the reference");
  return root;
}

export interface ReferenceRun {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the reference in `folder` (a path inside the chroot). */
export function runReference(
  root: string,
  folder: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ReferenceRun> {
  const script = 'cd "$1" || exit 125; shift; umask 022; exec "$@"';
  const child = spawn("chroot", [root, "/bin/sh", "-c", script, "sh", folder, program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      LC_ALL: "C.UTF-8",
      ANSIBLE_NOCOLOR: "1",
      ANSIBLE_LOCALHOST_WARNING: "false",
      ...env,
    },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ exit: code ?? -1, stdout, stderr }));
  });
}

/** A fresh folder in the chroot with what `source` holds: its path outside and inside. */
export function placeInReference(root: string, name: string, source?: string): { outside: string; inside: string } {
  const inside = `/tmp/tsplay-conformance/${name}`;
  const outside = join(root, inside);
  rmSync(outside, { recursive: true, force: true });
  mkdirSync(outside, { recursive: true });
  if (source) cpSync(source, outside, { recursive: true });
  return { outside, inside };
}
