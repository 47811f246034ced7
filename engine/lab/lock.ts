// One at a time between processes: a lock file that names its holder, taken over when the holder is dead.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../core/problem.ts";
import { bootId, identify, isAlive } from "./process-identity.ts";

/** Runs the work while holding the lock file; waits for a living holder, telling so once. */
export async function withLock<T>(path: string, work: () => Promise<T>, onWait?: (pid: number) => void): Promise<T> {
  const self = identify(process.pid);
  if (!self) return fail("lab-no-proc", "/proc does not show this process: is it mounted?");
  const mark = `${JSON.stringify({ ...self, boot: bootId() })}\n`;
  for (let told = false; ; ) {
    try {
      writeFileSync(path, mark, { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = holderOf(path);
    if (holder === "dead") rmSync(path, { force: true });
    else {
      if (!told && holder !== "unknown") onWait?.(holder);
      told = true;
      await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Works on a lab while nobody else does. `folder`: that of all labs. */
export function withLabLock<T>(
  folder: string,
  lab: string,
  onProgress: ((text: string) => void) | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const wait = (pid: number) => onProgress?.(`waiting for process ${pid}, which works on the lab \`${lab}\``);
  return withLock(join(folder, `${lab}.lock`), work, wait);
}

/** The living holder's number; `unknown` while the file is being written or was just removed. */
function holderOf(path: string): number | "dead" | "unknown" {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return "unknown";
  }
  if (!text.endsWith("\n")) return "unknown";
  const holder = JSON.parse(text) as { pid: number; startTime: string; boot: string };
  return holder.boot === bootId() && isAlive(holder) ? holder.pid : "dead";
}
