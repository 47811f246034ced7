// Runs one play on one batch of hosts: asks the strategy what may start, runs it, and feeds what came of it back
// into the hosts' cursors, counts and handlers.

import pLimit from "p-limit";
import type { TaskInfo } from "../core/event.ts";
import { at, Failure, type Problem, problemOf } from "../core/problem.ts";
import { fromPlain, type PlainObject } from "../core/value.ts";
import { nearest, parentsOf, roleOf, roleUseOn } from "../playbook/inherit.ts";
import type { Task } from "../playbook/model.ts";
import { failedRaw } from "./apply.ts";
import type { CursorRules } from "./cursor.ts";
import { execute, type TaskEnd } from "./execute.ts";
import { notify } from "./handlers.ts";
import type { HostRun } from "./host-run.ts";
import { Includes } from "./includes.ts";
import { Lookahead } from "./lookahead.ts";
import { type MetaEffect, runMeta, runsOnce } from "./meta.ts";
import type { PlayState } from "./play-state.ts";
import { STRATEGIES, type Step, type Strategy } from "./strategy.ts";
import { censored, type Outcome } from "./task-outcome.ts";
import { waitFor } from "./wait.ts";

/** How a batch ended, for the plays after it. */
export type BatchEnd = "done" | "end-play" | "end-batch" | "too-many-failures";

export interface PlayRules {
  readonly strategy: string;
  readonly forks: number;
  /** Percentage of the batch that may fail. */
  readonly maxFailPercentage: number | undefined;
  readonly anyErrorsFatal: boolean;
  readonly cursorRules: (run: HostRun) => CursorRules;
}

/** Problems that speak of the host and the passwords' kinds only, never of a task's values: shown under no_log too. */
const TELLS_NO_VALUES = /^(host-|auth-|become-|vault-|agent-start|connection-lost|outcome-unknown|task-timeout)/;

export class PlayRun {
  readonly #state: PlayState;
  readonly #rules: PlayRules;
  readonly #strategy: Strategy;
  readonly #includes: Includes;
  readonly #lookahead = new Map<string, Lookahead>();
  readonly #limit: <T>(work: () => Promise<T>) => Promise<T>;
  readonly #throttles = new Map<string, <T>(work: () => Promise<T>) => Promise<T>>();
  #end: BatchEnd = "done";
  #failed = 0;
  #shown: string | undefined;

  constructor(state: PlayState, rules: PlayRules) {
    this.#state = state;
    this.#rules = rules;
    const strategy = STRATEGIES[rules.strategy];
    if (!strategy)
      throw new Failure({
        code: "strategy-unknown",
        message: `the strategy '${rules.strategy}' is not supported`,
        origin: state.play.origin,
        hint: "use linear, free or host_pinned",
      });
    this.#strategy = strategy;
    this.#includes = new Includes(state);
    this.#limit = pLimit(rules.forks);
  }

  /** Runs until no host has anything left to do. */
  async run(): Promise<BatchEnd> {
    const { context, batch } = this.#state;
    const running = new Set<Promise<void>>();
    for (;;) {
      const stopping = context.interrupted.aborted || this.#end !== "done";
      const steps = stopping ? [] : this.#strategy({ hosts: this.#board(), forks: this.#rules.forks });
      for (const step of steps) {
        for (const host of step.hosts) {
          const run = batch.get(host);
          if (run) run.busy = true;
        }
        const work: Promise<void> = this.#runStep(step).finally(() => running.delete(work));
        running.add(work);
      }
      if (running.size === 0) return this.#end;
      await Promise.race(running);
    }
  }

  #board() {
    return [...this.#state.batch.values()].map((run) => {
      const task = run.active && !run.busy ? run.cursor.current() : undefined;
      // It failed on its way out of an `always`.
      if (!run.busy && task === undefined && run.active && run.cursor.failed) this.#drop(run, "failed");
      return { name: run.name, task, position: task ? run.cursor.position() : [], busy: run.busy };
    });
  }

  async #runStep({ task, hosts }: Step): Promise<void> {
    const { batch } = this.#state;
    const runs = hosts.flatMap((name) => batch.get(name) ?? []);
    try {
      const [first] = runs;
      if (!first) return;
      if (task.meta) await this.#runMeta(task, runs);
      else if (runs.length > 0 && this.#isLinear() && runsOnce(this.#state, first.name, task))
        await this.#runOnce(task, runs);
      else await this.#runAll(task, runs);
      if (this.#isLinear()) this.#checkFailures();
    } catch (error) {
      // What the step itself needs (run_once, throttle, vars_files …) cannot be evaluated: it fails on all its hosts.
      if (!(error instanceof Failure)) throw error;
      const end = failureEnd(new Failure(at(error.problem, task.origin)));
      for (const run of runs) if (run.active) this.#fail(run, task, this.#state.info(task, task.action), end, true);
    } finally {
      for (const run of runs) run.busy = false;
    }
  }

  #isLinear(): boolean {
    return this.#rules.strategy.endsWith("linear");
  }

  async #runMeta(task: Task, runs: readonly HostRun[]): Promise<void> {
    for (const run of runs) {
      let effect: MetaEffect;
      try {
        effect = await runMeta(this.#state, run, task);
      } catch (error) {
        this.#fail(run, task, this.#info(run, task), failureEnd(error));
        continue;
      }
      if (effect === "none") continue;
      this.#end = effect;
      for (const each of this.#state.batch.values()) each.cursor.end();
    }
  }

  async #runAll(task: Task, runs: readonly HostRun[]): Promise<void> {
    const [first] = runs;
    if (!first) return;
    const info = this.#announce(task, first, runs);
    if (!(await this.#confirmed(info, runs))) return;
    const limit = this.#throttled(task, first);
    const included = new Map<string, string[]>();
    await Promise.all(
      runs.map((run) => limit(async () => this.#finish(run, task, info, await this.#one(run, task, info), included))),
    );
    this.#tellIncluded(info, included);
  }

  async #runOnce(task: Task, runs: readonly HostRun[]): Promise<void> {
    const [first, ...others] = runs;
    if (!first) return;
    const info = this.#announce(task, first, [first]);
    if (!(await this.#confirmed(info, runs))) return;
    const end = await this.#limit(() => this.#one(first, task, info));
    const included = new Map<string, string[]>();
    this.#finish(first, task, info, end, included);
    const failed = (end.outcome.status === "failed" || end.outcome.status === "unreachable") && !end.ignored;
    for (const run of others) {
      if (failed) this.#failQuietly(run);
      else {
        this.#copyRegistered(task, first, run);
        if (end.includes.length > 0) this.#include(run, task, end, included);
        else run.cursor.advance();
      }
    }
    this.#tellIncluded(info, included);
  }

  #copyRegistered(task: Task, from: HostRun, to: HostRun): void {
    if (!task.register) return;
    const { store } = this.#state.context;
    const value = store.host(from.name).setFacts.get(task.register);
    if (value !== undefined) store.setFacts(to.name, [[task.register, value]]);
  }

  /** One task on one host; a bug of ours becomes a failure of the host that names it as such. */
  async #one(run: HostRun, task: Task, info: TaskInfo): Promise<TaskEnd> {
    const { context } = this.#state;
    const doubt = task.isHandler ? run.notified.get(task) : undefined;
    if (task.isHandler) run.notified.delete(task);
    if (doubt !== undefined) return undecidedEnd(doubt);
    context.emit({ type: "host-start", time: context.now(), task: info, host: run.name });
    let lookahead = this.#lookahead.get(run.name);
    if (!lookahead) {
      lookahead = new Lookahead();
      this.#lookahead.set(run.name, lookahead);
    }
    const prepared = lookahead.take(this.#state, run.name, task, run.cursor, this.#rules.cursorRules(run));
    return execute({ state: this.#state, task, info, run }, prepared);
  }

  /** Feeds a task's end into the host. */
  #finish(run: HostRun, task: Task, info: TaskInfo, end: TaskEnd, included: Map<string, string[]>): void {
    const { outcome, ignored } = end;
    const { counts } = run.tally;
    this.#tell(run, info, end);
    if (outcome.status === "unreachable" && !ignored) {
      counts.unreachable++;
      this.#drop(run, "unreachable");
      return;
    }
    if (outcome.status === "failed" && !ignored) {
      this.#fail(run, task, info, end);
      return;
    }
    if (outcome.status !== "skipped") this.#noteRole(run, task);
    if (outcome.status === "skipped") counts.skipped++;
    else if (outcome.status === "undecided") counts.undecided++;
    // Each thing included counts, once it is there.
    else if (end.includes.length === 0) counts.ok++;
    if (outcome.status === "changed" || (ignored && outcome.result.changed === true)) counts.changed++;
    if (ignored) counts.ignored++;
    try {
      if (outcome.status === "changed" || outcome.status === "undecided")
        notify(this.#state, run, task, this.#state.evaluation(this.#state.scope(run.name, task)), outcome.reason);
    } catch (error) {
      this.#fail(run, task, info, failureEnd(error), true);
      return;
    }
    if (end.includes.length > 0) this.#include(run, task, end, included);
    else run.cursor.advance();
  }

  #include(run: HostRun, task: Task, end: TaskEnd, included: Map<string, string[]>): void {
    try {
      const { nodes, only, titles } = this.#includes.resolve(task, run.name, end.includes);
      for (const { title, label } of titles) {
        const key = JSON.stringify([title, label]);
        included.set(key, [...(included.get(key) ?? []), run.name]);
      }
      run.cursor.include(nodes, only);
      run.tally.counts.ok += end.includes.length;
    } catch (error) {
      this.#fail(run, task, this.#info(run, task), failureEnd(error), true);
    }
  }

  #tellIncluded(task: TaskInfo, included: ReadonlyMap<string, readonly string[]>): void {
    const { context } = this.#state;
    for (const [key, hosts] of included) {
      const [file, label] = JSON.parse(key) as [string, string | null];
      context.emit({ type: "included", time: context.now(), file, hosts, task, ...(label === null ? {} : { label }) });
    }
  }

  /** The task failed on the host for good: rescue, always, or out of the play. */
  #fail(run: HostRun, task: Task, info: TaskInfo, end: TaskEnd, tell = false): void {
    if (tell) this.#tell(run, info, end);
    const { context } = this.#state;
    const { rescuable } = run.cursor;
    const fatal = this.#isFatal(run, task);
    const taken = run.cursor.fail();
    if (fatal) this.#failEveryone(run);
    if (rescuable) {
      run.tally.counts.rescued++;
      context.emit({ type: "rescued", time: context.now(), host: run.name, task: info });
      context.store.setFacts(run.name, [
        ["ansible_failed_task", fromPlain({ name: this.#ownName(task, info), action: info.action })],
        ["ansible_failed_result", fromPlain(end.outcome.result as PlainObject)],
      ]);
      return;
    }
    run.tally.counts.failed++;
    this.#failed++;
    if (taken === "failed") this.#drop(run, "failed");
  }

  /** The task's name without its role, empty if it has none. */
  #ownName(task: Task, info: TaskInfo): string {
    if (task.name === undefined) return "";
    const role = roleOf(task);
    return role ? info.name.slice(`${role.name} : `.length) : info.name;
  }

  #isFatal(run: HostRun, task: Task): boolean {
    const value = nearest(task, "anyErrorsFatal");
    if (value === undefined) return this.#rules.anyErrorsFatal;
    return (
      this.#state.evaluation(this.#state.scope(run.name, task)).boolean(value, "any_errors_fatal", task.origin) ?? false
    );
  }

  #failEveryone(except: HostRun): void {
    for (const other of this.#state.batch.values()) if (other !== except && other.active) this.#failQuietly(other);
  }

  /** Fails a host for another's sake: it is not counted as failed. */
  #failQuietly(run: HostRun): void {
    if (run.cursor.fail() === "failed") this.#drop(run, "failed");
  }

  #drop(run: HostRun, why: "failed" | "unreachable"): void {
    run[why] = true;
    run.tally[why] = true;
    this.#state.membership++;
  }

  #noteRole(run: HostRun, task: Task): void {
    for (const parent of parentsOf(task.parent)) {
      const use = roleUseOn(parent);
      if (use) run.startedRoles.add(use.key);
    }
  }

  /** max_fail_percentage. */
  #checkFailures(): void {
    const { maxFailPercentage } = this.#rules;
    if (maxFailPercentage === undefined || this.#failed === 0) return;
    const { size } = this.#state.batch;
    const down = [...this.#state.batch.values()].filter(({ failed, unreachable }) => failed || unreachable).length;
    if ((down / size) * 100 <= maxFailPercentage) return;
    this.#end = "too-many-failures";
    for (const run of this.#state.batch.values()) run.cursor.end();
  }

  #tell(run: HostRun, info: TaskInfo, end: TaskEnd): void {
    const { context } = this.#state;
    const { outcome, noLog, delegatedTo } = end;
    const problem: Problem | undefined = outcome.problem;
    context.emit({
      type: "host-result",
      time: context.now(),
      task: info,
      host: run.name,
      ...(delegatedTo === undefined ? {} : { delegatedTo }),
      status: outcome.status,
      ignored: end.ignored,
      result: (noLog ? censored(outcome.result) : outcome.result) as PlainObject,
      diff: noLog || !context.diff ? [] : outcome.diff,
      ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
      ...(problem && (!noLog || TELLS_NO_VALUES.test(problem.code)) ? { problem } : {}),
      duration: end.duration,
    });
  }

  /** The banner of a task, once for all hosts in step. */
  #announce(task: Task, run: HostRun, runs: readonly HostRun[]): TaskInfo {
    const { context } = this.#state;
    const info = this.#info(run, task);
    if (this.#isLinear() || this.#shown !== task.id)
      context.emit({ type: "task-start", time: context.now(), task: info, hosts: runs.map(({ name }) => name) });
    this.#shown = task.id;
    return info;
  }

  #info(run: HostRun, task: Task): TaskInfo {
    return this.#state.info(task, this.#state.taskName(run.name, task));
  }

  async #confirmed(info: TaskInfo, runs: readonly HostRun[]): Promise<boolean> {
    const { confirmStep } = this.#state.context;
    if (!confirmStep) return true;
    const answer = await confirmStep(
      info,
      runs.map(({ name }) => name),
    );
    if (answer) return true;
    // A Ctrl-C at the question arrives as a signal a moment later: no further question before it is heard.
    await waitFor(20, this.#state.context.interrupted);
    for (const run of runs) run.cursor.advance();
    return false;
  }

  /** forks, and where the task sets it, throttle. */
  #throttled(task: Task, run: HostRun): <T>(work: () => Promise<T>) => Promise<T> {
    const value = nearest(task, "throttle");
    if (value === undefined) return this.#limit;
    const most = this.#state.evaluation(this.#state.scope(run.name, task)).number(value, "throttle", task.origin) ?? 0;
    if (most <= 0) return this.#limit;
    let throttle = this.#throttles.get(task.id);
    if (!throttle) {
      throttle = pLimit(most);
      this.#throttles.set(task.id, throttle);
    }
    return throttle;
  }
}

/** A failure of the runner's own making (an include that cannot be loaded …) as a task's end. */
function failureEnd(error: unknown): TaskEnd {
  const { result, problem } = failedRaw(error);
  const outcome: Outcome = { status: "failed", result, diff: [], problem: problem ?? problemOf(error) };
  return { outcome, ignored: false, noLog: false, delegatedTo: undefined, includes: [], duration: 0 };
}

function undecidedEnd(reason: string): TaskEnd {
  const outcome: Outcome = { status: "undecided", result: { changed: false }, diff: [], reason };
  return { outcome, ignored: false, noLog: false, delegatedTo: undefined, includes: [], duration: 0 };
}
