// Runs tsplay's own command line in this process, in a folder and with an environment of its choice.

import type { RunEvent } from "../../engine/core/event.ts";

export interface TsplayRun {
  readonly exit: number;
  readonly events: readonly RunEvent[];
  /** What it said on standard error, warnings, and the problems of failed tasks. */
  readonly errors: string;
}

/** `tsplay run ARGS` in `folder`. The process's folder, environment and umask are put back afterwards. */
export async function runTsplay(
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<TsplayRun> {
  const home = process.cwd();
  const mask = process.umask(0o022);
  const environment = { ...process.env };
  const names = Object.keys(env);
  try {
    process.chdir(folder);
    Object.assign(process.env, env);
    return await run(args, folder);
  } finally {
    process.chdir(home);
    process.umask(mask);
    for (const name of names) {
      const old = environment[name];
      if (old === undefined) delete process.env[name];
      else process.env[name] = old;
    }
  }
}

async function run(args: readonly string[], cwd: string): Promise<TsplayRun> {
  let out = "";
  let errors = "";
  // Loaded as the engine loads its own parts, or there would be two of each class.
  const { runCommand } = await import("../../engine/cli/main.ts");
  const exit = await runCommand(["run", "--output", "jsonl", ...args], {
    cwd,
    env: { ...process.env },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      errors += text;
    },
    terminal: false,
    interactive: false,
    size: () => ({ columns: 120, rows: 40 }),
    now: () => Date.now(),
  });
  const events = out
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as RunEvent);
  for (const event of events) {
    const problem = event.type === "warning" || event.type === "host-result" ? event.problem : undefined;
    if (problem) errors += `${event.type === "warning" ? "warning: " : ""}${problem.message}\n`;
  }
  return { exit, events, errors };
}
