// Tells one process from a later one with the same number: by its start time, and by the boot it belongs to.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that was seen once; the same number with another start time is somebody else's. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTime: string;
}

/** This boot of the machine; numbers of processes from another boot mean nothing. */
export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** The process with that number as it is now; undefined when there is none, or only its remains (a zombie). */
export function identify(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid);
  const startTime = fields?.[19];
  return fields && startTime !== undefined && fields[0] !== "Z" ? { pid, startTime } : undefined;
}

/** Whether exactly that process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** Sends a signal to exactly that process; one that is gone is fine. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Waits until the process is gone; false when it still runs after that many milliseconds. */
export async function gone(identity: ProcessIdentity, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** All processes whose command line (words) or environment (`NAME=value` entries) satisfies the test. */
export function findProcesses(
  part: "cmdline" | "environ",
  test: (entries: readonly string[], pid: number) => boolean,
): ProcessIdentity[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => test(procStrings(pid, part), pid))
    .flatMap((pid) => identify(pid) ?? []);
}

/** Numbers of the processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  return readProc(`${pid}/task/${pid}/children`)
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(Number);
}

/** Whether the process is number 1 of a namespace other than ours. */
export function isFirstOfContainer(pid: number): boolean {
  return /^NSpid:\s+\d+(\s+\d+)*\s+1$/m.test(readProc(`${pid}/status`));
}

function procStrings(pid: number, part: string): string[] {
  return readProc(`${pid}/${part}`)
    .split("\0")
    .filter((entry) => entry !== "");
}

/** Fields after the command's name, which may hold blanks and parentheses; the state is the first of them. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(`${pid}/stat`);
  return text === "" ? undefined : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return ""; // Gone, or not ours to read.
  }
}
