// Running the system's own tools: exact arguments, the C locale, and a failure with their words when they fail.

import { textOf } from "../core/bytes.ts";
import type { Host, RunRequest, RunResult, Subject } from "../host/host.ts";
import { expectSuccess } from "./task-failure.ts";

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
  return answerOf(await host.run({ argv, reads: true, about, ...more, env: { LC_ALL: "C", ...more.env } }));
}

/** Lets a tool change the host; fails with its words unless it ends well. */
export async function runTool(
  host: Host,
  argv: readonly string[],
  what: string,
  more: Partial<RunRequest> = {},
): Promise<ToolAnswer> {
  const run = await host.run({ argv, ...more, env: { LC_ALL: "C", ...more.env } });
  expectSuccess(run, what);
  return answerOf(run);
}

function answerOf(run: RunResult): ToolAnswer {
  return { code: run.code, stdout: textOf(run.stdout), stderr: textOf(run.stderr), run };
}
