// The second half of running a task on a host: plans are applied (or predicted), results judged, retried,
// registered and told as events. The first half is prepare.ts.

import { at, Failure, type Problem } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { isUnknown, Undecided, Unknown } from "../core/unknown.ts";
import { fromPlain, type Plain, type PlainObject, type Value } from "../core/value.ts";
import type { Module } from "../modules/module.ts";
import { nearest } from "../playbook/inherit.ts";
import type { Task } from "../playbook/model.ts";
import { overlay } from "../template/scope.ts";
import { doubtFacts, runAction } from "./action-context.ts";
import { applyPlan, failedRaw, predictPlan, type Raw, taint } from "./apply.ts";
import type { Evaluation } from "./evaluate.ts";
import { type Execution, progressOf } from "./execution.ts";
import { itemLabel } from "./item-label.ts";
import { hostsOfFacts } from "./meta.ts";
import type { PlayState } from "./play-state.ts";
import { type Prepared, type PreparedItem, prepareItem } from "./prepare.ts";
import { allHold, censored, completed, judge, loopOutcome, type Outcome } from "./task-outcome.ts";
import { waitFor } from "./wait.ts";

/** An include that the task asks for: its parameters and the names of its loop item. */
export interface IncludeRequest {
  readonly params: Readonly<Record<string, unknown>>;
  readonly names: ReadonlyMap<string, Value>;
  readonly label: string | undefined;
}

/** How a task ended on a host. */
export interface TaskEnd {
  readonly outcome: Outcome;
  readonly ignored: boolean;
  readonly noLog: boolean;
  readonly delegatedTo: string | undefined;
  readonly includes: readonly IncludeRequest[];
  /** Milliseconds. */
  readonly duration: number;
}

/** Runs a prepared task to its end and registers what came of it. Throws only on bugs. */
export async function execute(execution: Execution, prepared: Prepared): Promise<TaskEnd> {
  const { state, task, run } = execution;
  const { context } = state;
  const start = context.now();
  const includes: IncludeRequest[] = [];
  const ends: (Outcome & { item: Plain; loopVar: string })[] = [];
  let single: Outcome | undefined;
  let noLog = false;
  /** For each item that failed, whether that is ignored. */
  const failures: boolean[] = [];
  let delegatedTo: string | undefined;

  if (prepared.whole) {
    if (prepared.whole.kind === "unknown") doubtFacts(execution, prepared.whole.unknown);
    single = wholeOutcome(prepared.whole);
    if (single.status === "failed")
      failures.push(ignores(state, task, state.evaluation(state.scope(run.name, task)), false));
  }
  const { version } = context.store.host(run.name);
  let previous: PreparedItem | undefined;
  for (const [index, original] of prepared.items.entries()) {
    if (index > 0 && previous) await loopPause(execution, previous);
    // What an item of the loop set, the next ones see.
    const stale = index > 0 && context.store.host(run.name).version !== version;
    const current = stale ? prepareItem(state, task, run.name, original.item) : original;
    const { outcome, last } = await guarded(execution, current);
    previous = last;
    delegatedTo = last.options?.delegatedTo;
    noLog = last.options?.noLog ?? noLogOf(state, task, last);
    const failed = outcome.status === "failed" || outcome.status === "unreachable";
    const itemIgnored = failed && ignores(state, task, last.evaluation, outcome.status === "unreachable");
    if (failed) failures.push(itemIgnored);
    if (outcome.status === "ok" && last.decision.kind === "include")
      includes.push({
        params: last.decision.params,
        names: last.item?.names ?? new Map(),
        label: last.item ? itemLabel(state, task, last) : undefined,
      });
    if (!prepared.looped) {
      single = outcome;
      break;
    }
    ends.push({ ...inLoop(task, outcome), item: last.item?.value ?? null, loopVar: last.item?.loopVar ?? "item" });
    emitItem(execution, last, outcome, noLog, itemIgnored);
    if ((outcome.status === "unreachable" && !itemIgnored) || breaks(state, task, last, outcome)) break;
  }
  const ended = single ?? loopOutcome(ends);
  const outcome = ended.problem ? { ...ended, problem: at(ended.problem, task.origin) } : ended;
  register(execution, outcome);
  const ignored = failures.length > 0 && failures.every(Boolean);
  return { outcome, ignored, noLog, delegatedTo, includes, duration: context.now() - start };
}

function wholeOutcome(decision: NonNullable<Prepared["whole"]>): Outcome {
  switch (decision.kind) {
    case "skip":
      return { status: "skipped", result: decision.result, diff: [] };
    case "unknown":
      return undecidedOutcome(decision.unknown);
    case "failed":
      return rawOutcome(failedRaw(new Failure(decision.problem)));
    default:
      throw new Error(`a whole task cannot be decided as ${decision.kind}`);
  }
}

function undecidedOutcome(unknown: Unknown): Outcome {
  return { status: "undecided", result: { changed: unknown as unknown as boolean }, diff: [], reason: unknown.reason };
}

/** An item that is undecided has everything that its module may return: what is not known is not missing. */
function inLoop({ module }: Task, outcome: Outcome): Outcome {
  if (outcome.status !== "undecided" || Object.keys(outcome.result).length > 1) return outcome;
  const unknown = new Unknown(outcome.reason ?? "") as unknown as Plain;
  const returned = Object.fromEntries(Object.keys(module.returns).map((key) => [key, unknown]));
  return { ...outcome, result: { ...returned, ...outcome.result } };
}

function rawOutcome(raw: Raw): Outcome {
  return {
    status: raw.unreachable ? "unreachable" : "failed",
    result: raw.result,
    diff: raw.diff,
    ...(raw.problem ? { problem: raw.problem } : {}),
  };
}

/** One item; what cannot be evaluated around its run (until, delay …) fails it. */
async function guarded(execution: Execution, prepared: PreparedItem): ReturnType<typeof runItem> {
  try {
    return await runItem(execution, prepared);
  } catch (error) {
    if (error instanceof Undecided) return { outcome: undecidedOutcome(error.unknown), last: prepared };
    return { outcome: rawOutcome(failedRaw(error)), last: prepared };
  }
}

/** One item, with its retries. */
async function runItem(
  execution: Execution,
  prepared: PreparedItem,
): Promise<{ readonly outcome: Outcome; readonly last: PreparedItem }> {
  const { state, task, run } = execution;
  let current = prepared;
  let outcome = await attempt(execution, current);
  const retrying = task.until !== undefined || task.retries !== undefined;
  if (!retrying || !current.options || current.options.check || outcome.status === "skipped") return finish();
  const retries = current.evaluation.number(task.retries, "retries", task.origin) ?? 3;
  const delay = current.evaluation.number(task.delay, "delay", task.origin) ?? 5;
  let attempts = 1;
  for (; attempts <= retries && !untilHolds(execution, current, outcome); attempts++) {
    if (outcome.status === "unreachable" || state.context.interrupted.aborted) break;
    state.context.emit({
      type: "retry",
      time: state.context.now(),
      task: execution.info,
      host: run.name,
      left: retries - attempts + 1,
      result: current.options?.noLog ? (censored(outcome.result) as PlainObject) : (outcome.result as PlainObject),
    });
    await waitFor(delay * 1000, state.context.interrupted);
    current = prepareItem(state, task, run.name, prepared.item);
    outcome = await attempt(execution, current);
  }
  outcome = { ...outcome, result: { ...outcome.result, attempts: Math.min(attempts, retries) } };
  if (!untilHolds(execution, current, outcome) && outcome.status !== "unreachable")
    outcome = { ...outcome, status: "failed", result: { ...outcome.result, failed: true } };
  return finish();

  function finish(): { readonly outcome: Outcome; readonly last: PreparedItem } {
    return { outcome, last: current };
  }
}

/** `until` holds; without `until`, retries go on while the task fails. */
function untilHolds({ state, task }: Execution, item: PreparedItem, outcome: Outcome): boolean {
  if (task.until === undefined) return outcome.status !== "failed";
  const name = task.register;
  const scope = name ? overlay(new Map([[name, fromPlain(outcome.result as PlainObject)]]), item.scope) : item.scope;
  return allHold(state.context.engine, scope, task.until).holds === true;
}

/** One attempt at one item: what was prepared if it still holds, else prepared anew. */
async function attempt(execution: Execution, prepared: PreparedItem): Promise<Outcome> {
  const { state, task, run } = execution;
  let item = prepared;
  if (item.options && item.generation !== item.options.target.generation && item.decision.kind === "module")
    item = prepareItem(state, task, run.name, prepared.item);
  const { decision } = item;
  switch (decision.kind) {
    case "skip":
      return { status: "skipped", result: decision.result, diff: [] };
    case "failed":
      return rawOutcome(failedRaw(new Failure(decision.problem)));
    case "include":
      return { status: "ok", result: { changed: false }, diff: [] };
    case "unknown":
      if (task.module.kind === "module") taint(task.module, decision.params ?? {}, item.options);
      doubtFacts(execution, decision.unknown);
      return undecidedOutcome(decision.unknown);
    case "action": {
      const raw: Raw = await limited<Raw>(item, () => runAction(execution, item, decision.action, decision.params));
      return judged(execution, item, raw);
    }
    case "module": {
      const planned = await limited(item, async () => decision.planned);
      if ("result" in planned) return judged(execution, item, planned);
      if (planned.kind === "unknown" && planned.unknown.kind === "pending" && item === prepared)
        // Planned ahead, when what it needs was not there yet (a template's variables …).
        return attempt(execution, prepareItem(state, task, run.name, prepared.item));
      decision.warnings.tell();
      if (planned.kind === "failed") return judged(execution, item, failedRaw(planned.error));
      if (planned.kind === "unknown") {
        taint(decision.module as Module, decision.params as Record<string, Plain>, item.options);
        return undecidedOutcome(planned.unknown);
      }
      const { options } = item;
      if (!options) throw new Error("a planned item has options");
      const { plan } = planned;
      if (options.check) return judged(execution, item, predictPlan(plan, options));
      // What runs past `async` is ended on the host, as past `timeout`.
      const bounded = { ...options, timeout: options.timeout ?? asyncSeconds(execution, item) };
      const apply = (): Promise<Raw> => applyPlan(plan, decision.host, bounded, progressOf(execution));
      if (inBackground(execution, item)) return judged(execution, item, startJob(execution, apply));
      const seconds = asyncSeconds(execution, item);
      const raw = await limited(item, apply, seconds);
      return judged(execution, item, seconds === undefined ? raw : asJob(execution, raw));
    }
  }
}

/** `async` seconds of the task, if it has them. */
function asyncSeconds({ task }: Execution, item: PreparedItem): number | undefined {
  return item.evaluation.number(task.async, "async", task.origin) || undefined;
}

/** `async` with `poll: 0`: started and left to itself. */
function inBackground(execution: Execution, item: PreparedItem): boolean {
  if (asyncSeconds(execution, item) === undefined) return false;
  const { state, task } = execution;
  return (item.evaluation.number(task.poll, "poll", task.origin) ?? state.context.pollInterval) === 0;
}

function startJob({ state, run }: Execution, apply: () => Promise<Raw>): Raw {
  const job = state.context.jobs.start(
    run.name,
    apply().then(({ result }) => completed(result)),
  );
  const result: Result = { changed: true, ansible_job_id: job.id, started: 1, finished: 0, results_file: "" };
  return { result, diff: [] };
}

/** The result of an `async` task that was waited for has what its job's result has. */
function asJob({ state, run }: Execution, raw: Raw): Raw {
  const { id } = state.context.jobs.start(run.name, Promise.resolve(completed(raw.result)));
  const job = { ansible_job_id: id, started: true, finished: true, results_file: "" };
  return { ...raw, result: { ...raw.result, ...job } };
}

/** Bounds the work with the task's `timeout:` (or `async:`). */
async function limited<T>(item: PreparedItem, work: () => Promise<T>, most?: number): Promise<T | Raw> {
  const seconds = item.options?.timeout ?? most;
  if (seconds === undefined) return work();
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<Raw>((resolve) => {
    timer = setTimeout(() => {
      const message = `The task did not end within its timeout of ${seconds} seconds`;
      resolve(failedRaw(new Failure({ code: "task-timeout", message })));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

function judged({ state, task, run }: Execution, item: PreparedItem, raw: Raw): Outcome {
  if (raw.unreachable) return rawOutcome(raw);
  try {
    if (!raw.result.failed) keepFacts(state, task, item, run.name, raw.result);
    const outcome = judge(state.context.engine, item.scope, task, raw.result, raw.diff);
    return raw.problem && outcome.status === "failed" ? { ...outcome, problem: raw.problem } : outcome;
  } catch (error) {
    return rawOutcome(failedRaw(error, raw.result, raw.diff));
  }
}

function ignores(state: PlayState, task: Task, evaluation: Evaluation, unreachable: boolean): boolean {
  const key = unreachable ? "ignoreUnreachable" : "ignoreErrors";
  try {
    return evaluation.boolean(nearest(task, key), key, task.origin) ?? false;
  } catch (error) {
    state.warn(problemFrom(error, task));
    return false;
  }
}

function noLogOf(state: PlayState, task: Task, item: PreparedItem): boolean {
  try {
    return item.evaluation.boolean(nearest(task, "noLog"), "no_log", task.origin) ?? state.context.noLog;
  } catch (error) {
    // Better hidden than shown when nobody can tell.
    state.warn(problemFrom(error, task));
    return true;
  }
}

function problemFrom(error: unknown, task: Task): Problem {
  return error instanceof Failure
    ? { ...error.problem, origin: error.problem.origin ?? task.origin }
    : {
        code: "keyword-unknown-value",
        message: error instanceof Error ? error.message : String(error),
        origin: task.origin,
      };
}

function breaks(state: PlayState, task: Task, item: PreparedItem, outcome: Outcome): boolean {
  const conditions = task.loop?.control.breakWhen;
  if (!conditions || conditions.length === 0) return false;
  const front = new Map<string, Value>();
  if (task.register) front.set(task.register, fromPlain(outcome.result as PlainObject));
  return allHold(state.context.engine, overlay(front, item.scope), conditions).holds === true;
}

async function loopPause({ state, task }: Execution, item: PreparedItem): Promise<void> {
  const pause = item.evaluation.number(task.loop?.control.pause, "pause", task.origin);
  if (pause && !item.options?.check) await waitFor(pause * 1000, state.context.interrupted);
}

function emitItem(execution: Execution, item: PreparedItem, outcome: Outcome, noLog: boolean, ignored: boolean): void {
  const { state, task, info, run } = execution;
  const { status, reason, diff } = outcome;
  const { loopVar, value } = item.item ?? { loopVar: "item", value: null };
  const result: Result = { ...outcome.result, [loopVar]: value, ansible_loop_var: loopVar };
  state.context.emit({
    type: "item-result",
    time: state.context.now(),
    task: info,
    host: run.name,
    ...(item.options?.delegatedTo ? { delegatedTo: item.options.delegatedTo } : {}),
    status,
    label: noLog ? "(censored due to no_log)" : itemLabel(state, task, item),
    result: (noLog ? censored(result) : result) as PlainObject,
    diff: noLog || !item.options?.diff ? [] : diff,
    ...(reason === undefined ? {} : { reason }),
    ignored,
  });
}

/** `register`, and Unknown for what a dry run could not decide. */
function register({ state, task, run, info }: Execution, outcome: Outcome): void {
  const { store } = state.context;
  if (task.register) {
    const known =
      isUnknown(outcome.result.changed) && outcome.status === "undecided" && Object.keys(outcome.result).length === 1;
    const value: Value = known
      ? new Unknown(`the result of '${info.name}': ${outcome.reason ?? ""}`)
      : fromPlain(withoutInternals(outcome.result));
    store.setFacts(run.name, [[task.register, value]]);
  }
}

/** Keys that speak to reporters only are not registered. */
function withoutInternals(result: Result): PlainObject {
  return Object.fromEntries(Object.entries(result).filter(([key]) => !key.startsWith("_ansible_"))) as PlainObject;
}

/** Facts that a result brings go to the host, or to the delegate with `delegate_facts`. */
function keepFacts(state: PlayState, task: Task, item: PreparedItem, host: string, result: Result): void {
  const facts = result.ansible_facts as PlainObject | undefined;
  // These two set variables of their own level and return them for show only.
  if (!facts || task.module.name === "set_fact" || task.module.name === "include_vars") return;
  const { options } = item;
  const hosts = options?.delegateFacts && options.delegatedTo ? [options.delegatedTo] : hostsOfFacts(state, host, task);
  for (const name of hosts) state.context.store.addFacts(name, facts);
}
