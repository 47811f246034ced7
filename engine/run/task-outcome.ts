// What came of a task on a host, and the judgement over a module's result: `changed_when`, `failed_when`, lines,
// censoring. Pure but for the expressions it evaluates.

import type { Problem } from "../core/problem.ts";
import type { Difference, Result, Status } from "../core/result.ts";
import { isUnknown, Unknown } from "../core/unknown.ts";
import { fromPlain, type Plain, type PlainObject, type Value } from "../core/value.ts";
import type { Condition, Task } from "../playbook/model.ts";
import type { TemplateEngine } from "../template/engine.ts";
import { overlay, type Scope } from "../template/scope.ts";

/** One item's (or an unlooped task's) end. */
export interface Outcome {
  readonly status: Status;
  /** As registered. */
  readonly result: Result;
  readonly diff: readonly Difference[];
  readonly reason?: string;
  readonly problem?: Problem;
}

/** A module's result as it is registered: `changed`, `failed` and lines always there. */
export function completed(result: Result): Result {
  const failed = result.failed ?? (typeof result.rc === "number" && result.rc !== 0);
  return {
    changed: false,
    ...result,
    failed,
    ...lines(result, "stdout"),
    ...lines(result, "stderr"),
  };
}

function lines(result: Result, key: "stdout" | "stderr"): Partial<Result> {
  const text = result[key];
  const name = `${key}_lines`;
  if (typeof text !== "string" || name in result) return isUnknown(text) ? { [name]: text } : {};
  return { [name]: splitLines(text) };
}

/** Lines as Python's splitlines gives them (for line ends that commands print). */
function splitLines(text: string): string[] {
  if (text === "") return [];
  const parts = text.split(/\r\n|\n|\r|\v|\f|\x1c|\x1d|\x1e|\x85|\u2028|\u2029/);
  if (parts.at(-1) === "") parts.pop();
  return parts;
}

/** All of the conditions; stops at the first that is false or Unknown. */
export function allHold(
  engine: TemplateEngine,
  scope: Scope,
  conditions: readonly Condition[],
): { readonly holds: boolean | Unknown; readonly last?: Condition } {
  let unknown: Unknown | undefined;
  for (const condition of conditions) {
    const value = engine.condition(condition.value, scope, condition.origin);
    if (isUnknown(value)) unknown ??= value;
    else if (!value) return { holds: false, last: condition };
  }
  return { holds: unknown ?? true };
}

/**
 * The result after `changed_when` and `failed_when`, and its status. In a dry run the result may hold Unknowns:
 * what then depends on them makes the task undecided.
 */
export function judge(
  engine: TemplateEngine,
  scope: Scope,
  task: Task,
  raw: Result,
  diff: readonly Difference[],
): Outcome {
  let result = completed(raw);
  if (result.skipped) return { status: "skipped", result, diff };
  const front = new Map<string, Value>();
  const seen = (): Scope => {
    if (task.register) front.set(task.register, fromPlain(result as PlainObject));
    return overlay(front, scope);
  };
  let undecided: Unknown | undefined;
  if (task.changedWhen) {
    const { holds } = allHold(engine, seen(), task.changedWhen);
    if (isUnknown(holds)) undecided = holds;
    result = { ...result, changed: holds as boolean };
  } else if (isUnknown(result.changed)) undecided = result.changed as unknown as Unknown;
  if (task.failedWhen && task.failedWhen.length > 0) {
    const { holds } = allHold(engine, seen(), task.failedWhen);
    // Whether a command that was not run would fail is never known; a dry run supposes that it does not.
    result = { ...result, failed: isUnknown(holds) ? false : holds, failed_when_result: holds as Plain };
  }
  if (result.failed) return { status: "failed", result, diff };
  if (undecided) return { status: "undecided", result, diff, reason: undecided.reason };
  return { status: result.changed ? "changed" : "ok", result, diff };
}

/** The result of a loop, from those of its items. */
export function loopOutcome(
  outcomes: readonly (Outcome & { readonly item: Plain; readonly loopVar: string })[],
): Outcome {
  const results = outcomes.map(({ result, item, loopVar }) => ({
    ...result,
    [loopVar]: item,
    ansible_loop_var: loopVar,
  }));
  const has = (status: Status): boolean => outcomes.some((outcome) => outcome.status === status);
  const allSkipped = outcomes.length > 0 && outcomes.every(({ status }) => status === "skipped");
  const failed = has("failed") || has("unreachable");
  const changed = has("changed");
  const undecided = outcomes.find(({ status }) => status === "undecided");
  const status: Status = has("unreachable")
    ? "unreachable"
    : failed
      ? "failed"
      : changed
        ? "changed"
        : undecided
          ? "undecided"
          : allSkipped || outcomes.length === 0
            ? "skipped"
            : "ok";
  const result: Result = {
    changed: status === "undecided" ? (new Unknown(undecided?.reason ?? "") as unknown as boolean) : changed,
    results,
    skipped: allSkipped || outcomes.length === 0,
    ...(outcomes.length === 0 ? { skipped_reason: "No items in the list" } : {}),
    msg: failed ? "One or more items failed" : allSkipped ? "All items skipped" : "All items completed",
    ...(failed ? { failed: true } : {}),
  };
  return {
    status,
    result,
    diff: outcomes.flatMap(({ diff }) => diff),
    ...(undecided?.reason === undefined ? {} : { reason: undecided.reason }),
    ...(outcomes.find(({ problem }) => problem)?.problem
      ? { problem: outcomes.find(({ problem }) => problem)?.problem }
      : {}),
  };
}

/** What events show of a result under `no_log`. */
export function censored(result: Result): Result {
  const message = "the output has been hidden due to the fact that 'no_log: true' was specified for this result";
  return {
    censored: message,
    changed: result.changed ?? false,
    ...(result.failed ? { failed: true } : {}),
    ...(result.skipped ? { skipped: true } : {}),
  };
}
