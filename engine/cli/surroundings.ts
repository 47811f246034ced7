// The world as commands see it: arguments' folder, environment, streams, terminal. One real one, others in tests.

import { painter, wantsColour } from "../report/style.ts";

export interface World {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  /** Whether a person can be asked: standard input is a terminal. */
  readonly interactive: boolean;
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly now: () => number;
}

export function realWorld(): World {
  // A reader that went away (`| head`) is no error of ours.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(0);
    });
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    terminal: process.stdout.isTTY === true,
    interactive: process.stdin.isTTY === true,
    size: () => ({ columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 }),
    now: () => Date.now(),
  };
}

/** Paints for standard output as the environment and the terminal want it. */
export function paintFor(world: World) {
  return painter(wantsColour(world.env, world.terminal));
}
