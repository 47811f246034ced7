// From a plan to a result: apply its changes, or in a dry run remember what they predict.

import { Failure, type Problem, problemOf } from "../core/problem.ts";
import type { Difference, Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import type { Plain } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import type { Module, Plan, Progress } from "../modules/module.ts";
import { hostWithDeadline } from "./deadline-host.ts";
import type { TaskOptions } from "./task-options.ts";

/** A raw result (before changed_when and the like), or why there is none. */
export interface Raw {
  readonly result: Result;
  readonly diff: readonly Difference[];
  readonly problem?: Problem;
  readonly unreachable?: boolean;
}

/** Codes of failures that mean "the host could not be reached" rather than "the task failed". */
const UNREACHABLE = new Set([
  "host-unreachable",
  "host-key-changed",
  "host-key-unknown",
  "host-key-revoked",
  "auth-failed",
  "auth-key-passphrase",
  "auth-key-unreadable",
  "agent-start",
  "channel-refused",
  "connection-lost",
  "host-name-refused",
  "outcome-unknown",
  "ssh-options",
  "transfer-lost",
]);

/** A failure as a result. */
export function failedRaw(error: unknown, partial: Partial<Result> = {}, diff: readonly Difference[] = []): Raw {
  const problem = problemOf(error);
  if (!(error instanceof Failure)) throw error;
  const detail = (error as { readonly result?: Partial<Result> }).result ?? {};
  // Playbooks look at the text of an undefined name, which is Ansible's: its hint is for the person only.
  const told = problem.hint && problem.code !== "template-undefined";
  const message = told ? `${problem.message} (${problem.hint})` : problem.message;
  if (UNREACHABLE.has(problem.code))
    return { result: { changed: false, unreachable: true, msg: message }, diff, problem, unreachable: true };
  const { summary } = error as { readonly summary?: string };
  return { result: { changed: false, ...partial, ...detail, failed: true, msg: summary ?? message }, diff, problem };
}

/** Applies the plan's changes one after the other. */
export async function applyPlan(plan: Plan, host: Host, options: TaskOptions, progress: Progress): Promise<Raw> {
  const diff = differences(plan);
  if (plan.skipped !== undefined)
    return {
      result: { changed: false, ...plan.result, skipped: true, msg: plan.skipped },
      diff,
    };
  let result: Result = { changed: plan.changes.length > 0, ...plan.result };
  let begun = false;
  const bounded = options.timeout === undefined ? host : hostWithDeadline(host, options.timeout);
  try {
    for (const change of plan.changes) {
      begun = true;
      result = { ...result, ...((await change.apply(bounded, progress)) ?? {}) };
    }
    if (plan.settle) result = { ...result, ...(await plan.settle(bounded, progress)) };
    return { result, diff };
  } catch (error) {
    return failedRaw(error, plan.result, diff);
  } finally {
    if (begun) options.target.touch();
  }
}

/** Remembers what the plan predicts; the result is what the run would return, as far as it can be told. */
export function predictPlan(plan: Plan, options: TaskOptions): Raw {
  const diff = differences(plan);
  if (plan.skipped !== undefined)
    return {
      result: { changed: false, ...plan.result, skipped: true, msg: plan.skipped },
      diff,
    };
  for (const change of plan.changes) if (change.predict) options.target.dry.add(change.predict);
  if (plan.changes.length > 0) options.target.foresee();
  const unknown: Record<string, Plain> = {};
  for (const key of plan.outcome?.keys ?? [])
    unknown[key] = new Unknown(plan.outcome?.reason ?? "not run in a dry run");
  return { result: { changed: plan.changes.length > 0, ...plan.result, ...unknown }, diff };
}

/** What a task that could not be decided would touch becomes Unknown for those after it. */
export function taint(module: Module, params: Readonly<Record<string, Plain>>, options: TaskOptions | undefined): void {
  if (!options?.check || !module.touches) return;
  const predictions = module.touches(params);
  if (predictions.length === 0) return;
  options.target.dry.add(predictions);
  options.target.foresee();
}

function differences(plan: Plan): Difference[] {
  return plan.changes.flatMap(({ difference }) => (difference ? [difference] : []));
}
