// Runs one program to its end: wall time, processor time of it and its children, and the most memory that it and its
// children held together.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Measured {
  readonly code: number;
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  /** Bytes: the largest sum of resident memory over the tree of processes, looked at ten times a second. */
  readonly memory: number;
  readonly output: string;
}

export async function measure(
  argv: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<Measured> {
  // bash's `time` counts the children's processor time once they have ended.
  const [program = "", ...rest] = ["bash", "-c", 'TIMEFORMAT="@@ %R %U %S"; time "$@"', "bash", ...argv];
  const child = spawn(program, rest, {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  let memory = 0;
  const timer = setInterval(() => {
    memory = Math.max(memory, treeMemory(child.pid ?? 0));
  }, 100);
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? -1));
  });
  clearInterval(timer);
  const [, wall = "0", user = "0", system = "0"] = /@@ ([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(errors) ?? [];
  return { code, wall: Number(wall), cpu: Number(user) + Number(system), memory, output: output + errors };
}

function treeMemory(root: number): number {
  const parents = new Map<number, number>();
  const resident = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(pid, Number(fields[1]));
      resident.set(pid, Number(fields[21]) * 4096);
    } catch {
      // It ended while we looked.
    }
  }
  let sum = 0;
  for (const [pid, bytes] of resident) {
    for (let at: number | undefined = pid; at; at = parents.get(at))
      if (at === root) {
        sum += bytes;
        break;
      }
  }
  return sum;
}
