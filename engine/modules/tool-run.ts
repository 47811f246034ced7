// Running the system's own tools: exact arguments, the C locale, and a failure with their words when they fail.

import { textOf } from "../core/bytes.ts";
import { Undecided } from "../core/unknown.ts";
import { type Host, HostError, type RunRequest, type RunResult, type Subject } from "../host/host.ts";
import { expectSuccess, failTask } from "./task-failure.ts";

/** Debian packages that bring tools which a minimal host may lack. */
const PACKAGES: Readonly<Record<string, string>> = {
  chage: "passwd",
  chpasswd: "passwd",
  crontab: "cron",
  debconf: "debconf",
  "dpkg-query": "dpkg",
  git: "git",
  hostname: "hostname",
  iptables: "iptables",
  ip6tables: "iptables",
  "locale-gen": "locales",
  modprobe: "kmod",
  mount: "mount",
  pgrep: "procps",
  "ssh-keygen": "openssh-client",
  sysctl: "procps",
  systemctl: "systemd",
  umount: "mount",
  useradd: "passwd",
  userdel: "passwd",
  usermod: "passwd",
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
