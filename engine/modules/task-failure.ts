// A module's failure that leaves a result behind: rc, stdout, stderr of a command that went wrong, and the like.

import { textOf } from "../core/bytes.ts";
import { Failure, type Problem } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import type { RunResult } from "../host/host.ts";

/** The runner merges `result` into what is registered; its msg is the problem's message, or the `summary` of a long one. */
export class TaskFailure extends Failure {
  readonly result: Partial<Result>;
  readonly summary: string | undefined;
  constructor(problem: Problem, result: Partial<Result>, summary?: string) {
    super(problem);
    this.name = "TaskFailure";
    this.result = result;
    this.summary = summary;
  }
}

/** Throws a TaskFailure. */
export function failTask(code: string, message: string, result: Partial<Result> = {}): never {
  throw new TaskFailure({ code, message }, result);
}

/** Throws unless the command ended well; the failure holds its rc and output. */
export function expectSuccess(run: RunResult, what: string): void {
  if (run.code === 0) return;
  const stderr = textOf(run.stderr);
  const stdout = textOf(run.stdout);
  const reason = run.timedOut ? "timed out" : stderr.trim() || stdout.trim() || `exit status ${run.code}`;
  failTask("command-failed", `${what}: ${reason}`, { rc: run.code, stdout, stderr });
}
