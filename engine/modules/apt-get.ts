// apt-get: runs that wait for the lock and tell progress, simulations, and what its output says.

import { textOf } from "../core/bytes.ts";
import type { Result } from "../core/result.ts";
import type { Host, RunResult } from "../host/host.ts";
import type { Progress } from "./module.ts";
import { failTask } from "./task-failure.ts";

/** No questions, and messages that can be read by a program; UTF-8, because packages' scripts make databases in this locale. */
const APT_ENVIRONMENT = {
  DEBIAN_FRONTEND: "noninteractive",
  DEBIAN_PRIORITY: "critical",
  LC_ALL: "C.UTF-8",
  LANG: "C.UTF-8",
} as const;

/** One package in a simulation. */
export interface Step {
  readonly action: "install" | "remove" | "purge";
  readonly name: string;
  /** Version that is there. */
  readonly before?: string;
  /** Version that comes. */
  readonly after?: string;
}

export interface Simulation {
  readonly steps: readonly Step[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What apt-get would do. Reads only. */
export async function simulate(host: Host, args: readonly string[]): Promise<Simulation> {
  const run = await host.run({
    argv: ["apt-get", "-s", "-q", "-y", "-o", "Debug::NoLocking=true", ...args],
    reads: true,
    env: APT_ENVIRONMENT,
  });
  const stdout = textOf(run.stdout);
  return { steps: parseSteps(stdout), code: run.code, stdout, stderr: textOf(run.stderr) };
}

/** `Inst name [old] (new …)`, `Remv name [old]`, `Purg name [old]`. */
export function parseSteps(text: string): Step[] {
  const steps: Step[] = [];
  for (const line of text.split("\n")) {
    const match = line.match(/^(Inst|Remv|Purg) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?/);
    if (!match) continue;
    const [, word, name = "", before, after] = match;
    steps.push({
      action: word === "Inst" ? "install" : word === "Remv" ? "remove" : "purge",
      name,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after: after.replace(/\)$/, "") }),
    });
  }
  return steps;
}

/** The steps for a person, one a line. */
export function describeSteps(steps: readonly Step[]): string {
  return steps
    .map(({ action, name, before, after }) => {
      if (action !== "install") return `- ${name} ${before ?? ""}`.trimEnd();
      return before === undefined ? `+ ${name} ${after ?? ""}` : `~ ${name} ${before} → ${after ?? ""}`;
    })
    .map((line) => `${line}\n`)
    .join("");
}

const LOCKED =
  /(?:Could not get lock|Unable to (?:acquire|lock)[^.\n]*?) ?(\/\S+?)?\.? (?:It is|is) held by process (\d+)(?: \(([^)]*)\))?/;
const LOCK_FAILED =
  /Could not get lock|Unable to acquire the dpkg|is another process using it|dpkg (?:frontend|status database) (?:lock )?is locked/;

/** Seconds between attempts to get the lock. */
const LOCK_PAUSE = 2;

export interface AptRun {
  readonly args: readonly string[];
  /** Seconds to wait for another program that holds the lock. */
  readonly lockTimeout: number;
  readonly what: string;
}

/** Runs apt-get to its end, whatever its exit status; waits while another program holds a lock. */
export async function runAptGet(
  host: Host,
  { args, lockTimeout, what }: AptRun,
  progress: Progress,
): Promise<RunResult & { out: string; errors: string }> {
  let waited = 0;
  for (;;) {
    const status = statusReader(progress);
    const run = await host.run({
      argv: ["apt-get", "-y", "-o", "APT::Status-Fd=2", ...args],
      env: APT_ENVIRONMENT,
      onOutput: (stream, chunk) => {
        if (stream === "stderr") status(chunk);
      },
    });
    const errors = withoutStatus(textOf(run.stderr));
    if (run.code === 0 || !LOCK_FAILED.test(errors)) return { ...run, out: textOf(run.stdout), errors };
    const holder = holderOf(errors);
    if (waited >= lockTimeout)
      failTask("apt-locked", `${what}: the package database is locked by ${holder}; waited ${waited} seconds`, {
        rc: run.code,
        stderr: errors,
      });
    progress(`waiting for the package database, locked by ${holder}`);
    const pause = Math.min(LOCK_PAUSE, Math.max(1, lockTimeout - waited));
    await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    waited += pause;
  }
}

function holderOf(errors: string): string {
  const match = errors.match(LOCKED);
  if (!match) return "another program";
  return match[3] ? `${match[3]} (process ${match[2]})` : `process ${match[2]}`;
}

/** Lines of APT::Status-Fd as progress. */
function statusReader(progress: Progress): (chunk: Buffer) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const match = line.match(/^(dlstatus|pmstatus):[^:]*(?::[^:]*)??:(\d+(?:\.\d+)?):(.*)$/);
      if (match) progress(match[3] ?? "", Number(match[2]) / 100);
    }
  };
}

function withoutStatus(text: string): string {
  return text.replace(/^(?:dlstatus|pmstatus|pmerror|pmconffile|media-change):.*\n?/gm, "");
}

/** Fails with the reason in a sentence, if apt's words are known; otherwise with what it said. */
export function failApt(what: string, run: { code: number; stdout: string; stderr: string }): never {
  const result: Partial<Result> = { rc: run.code, stdout: run.stdout, stderr: run.stderr };
  const said = `${run.stderr}\n${run.stdout}`;
  const missing = said.match(/E: Unable to locate package (\S+)/)?.[1];
  if (missing !== undefined) failTask("apt-no-package", `No package matching '${missing}' is available`, result);
  const version = said.match(/E: Version '([^']*)' for '([^']*)' was not found/);
  if (version)
    failTask("apt-no-version", `no available installation candidate for ${version[2]}=${version[1]}`, result);
  if (/dpkg was interrupted/.test(said))
    failTask(
      "apt-interrupted",
      `${what}: dpkg was interrupted on this host; run 'dpkg --configure -a' there (it is not repaired unasked)`,
      result,
    );
  const clock = said.match(/Release file for (\S+) is not valid yet \(invalid for another ([^)]*)\)/);
  if (clock)
    failTask(
      "apt-clock",
      `${what}: the host's clock is wrong by ${clock[2]}: ${clock[1]} is signed in its future`,
      result,
    );
  const errors = said.split("\n").filter((line) => /^(?:E|W):/.test(line));
  failTask("apt-failed", `${what}: ${errors.join("\n") || run.stderr.trim() || `exit status ${run.code}`}`, result);
}
