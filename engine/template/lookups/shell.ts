// A command on the controller, run to its end: for the lookups pipe, lines and url.

import { spawnSync } from "node:child_process";
import { textOf } from "../../core/bytes.ts";

const MOST_OUTPUT = 64 * 1024 * 1024;

/** A shell line, or a program with its arguments; what it prints on stderr is for the error message. */
export function shell(
  command: string | readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { readonly status: number; readonly output: string; readonly errors: string } {
  const [program = "", ...rest] = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  const done = spawnSync(program, rest, {
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: MOST_OUTPUT,
  });
  const missing = done.error !== undefined && (done.error as { code?: string }).code === "ENOENT";
  return {
    status: missing ? 127 : (done.status ?? 1),
    output: textOf(done.stdout ?? Buffer.alloc(0)),
    errors: textOf(done.stderr ?? Buffer.alloc(0)),
  };
}
