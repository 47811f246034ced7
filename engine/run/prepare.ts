// The first half of running a task on a host: loop, `when`, keywords and parameters are evaluated and the module
// is asked for its plan. Nothing is changed here, so the same code serves the run, the dry run and looking ahead.

import { type Problem, problemOf } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { findUnknown, isUnknown, Undecided, Unknown } from "../core/unknown.ts";
import { type Data, type Plain, Template, toPlain, type Value } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import type { Action, Module, Plan, PlanContext } from "../modules/module.ts";
import { checkParams, secretsOf } from "../modules/params-check.ts";
import { conditions } from "../playbook/inherit.ts";
import type { Task } from "../playbook/model.ts";
import type { Scope } from "../template/scope.ts";
import { hasMarks } from "../text/templates.ts";
import type { Evaluation } from "./evaluate.ts";
import type { HostVarReads } from "./host-vars-reads.ts";
import { type LoopItem, loopItems } from "./loop.ts";
import { KeptWarnings, planContext } from "./plan-context.ts";
import type { PlayState } from "./play-state.ts";
import { moduleDefaults, type TaskOptions, taskOptions } from "./task-options.ts";
import { allHold } from "./task-outcome.ts";

/** How a plan came out; a rejection turned into a value, so that plans made ahead may lie around. */
export type Planned =
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "unknown"; readonly unknown: Unknown }
  | { readonly kind: "failed"; readonly error: unknown };

export type Decision =
  | { readonly kind: "skip"; readonly result: Result }
  | { readonly kind: "unknown"; readonly unknown: Unknown; readonly params?: Readonly<Record<string, Plain>> }
  | { readonly kind: "failed"; readonly problem: Problem }
  | {
      readonly kind: "module";
      readonly module: Module;
      readonly params: Readonly<Record<string, unknown>>;
      readonly host: Host;
      readonly warnings: KeptWarnings;
      readonly planned: Promise<Planned>;
    }
  | { readonly kind: "action"; readonly action: Action; readonly params: Readonly<Record<string, unknown>> }
  | { readonly kind: "include"; readonly params: Readonly<Record<string, unknown>> };

/** One item of a task (or the task itself, without a loop), decided. */
export interface PreparedItem {
  readonly item: LoopItem | undefined;
  readonly scope: Scope;
  readonly evaluation: Evaluation;
  /** undefined when evaluating the keywords failed. */
  readonly options: TaskOptions | undefined;
  readonly decision: Decision;
  /** The target's state that the plan was made for. */
  readonly generation: number;
}

export interface Prepared {
  readonly task: Task;
  readonly host: string;
  /** undefined: the task has no loop. */
  readonly looped: boolean;
  /** The loop itself could not be evaluated, or was skipped as a whole. */
  readonly whole?: Decision;
  readonly items: readonly PreparedItem[];
  /** The play's membership and the state of all machines that it was made for. */
  readonly membership: number;
  readonly machines: number;
  /** Of a plan that was made ahead: what it read of other hosts. */
  readonly reads?: HostVarReads;
}

/** Prepares all items of a task for a host. `front` is in front of all variables (pending names, include items). */
export function prepare(state: PlayState, task: Task, host: string, front?: ReadonlyMap<string, Value>): Prepared {
  const base = {
    task,
    host,
    looped: task.loop !== undefined,
    membership: state.membership,
    machines: state.context.targets.generation,
  };
  if (!task.loop) return { ...base, items: [prepareItem(state, task, host, undefined, front)] };
  const scope = state.scope(host, task, front);
  try {
    const items = loopItems(state, task, task.loop, scope);
    if (isUnknown(items)) {
      // A loop over something unknown does not matter if the task is skipped anyway.
      const held = allHold(state.context.engine, scope, conditions(task));
      if (held.holds === false) return { ...base, whole: skipDecision(held.last?.value), items: [] };
      return { ...base, whole: { kind: "unknown", unknown: items }, items: [] };
    }
    return { ...base, items: items.map((item) => prepareItem(state, task, host, item, front)) };
  } catch (error) {
    if (error instanceof Undecided) return { ...base, whole: { kind: "unknown", unknown: error.unknown }, items: [] };
    // As Ansible: a loop that cannot be evaluated is no error if `when` says no without it.
    try {
      const held = allHold(state.context.engine, scope, conditions(task));
      if (held.holds === false) return { ...base, whole: skipDecision(held.last?.value), items: [] };
    } catch {
      // The loop's own error is the one to tell.
    }
    return { ...base, whole: { kind: "failed", problem: problemOf(error) }, items: [] };
  }
}

/** Prepares one item. Also called again for retries and when an earlier change made the plan void. */
export function prepareItem(
  state: PlayState,
  task: Task,
  host: string,
  item: LoopItem | undefined,
  front?: ReadonlyMap<string, Value>,
): PreparedItem {
  const all = item ? new Map([...(front ?? []), ...item.names]) : front;
  const scope = state.scope(host, task, all);
  const evaluation = state.evaluation(scope);
  const base = { item, scope, evaluation };
  let options: TaskOptions | undefined;
  try {
    const held = allHold(state.context.engine, scope, conditions(task));
    if (held.holds === false) return { ...base, options, decision: skipDecision(held.last?.value), generation: -1 };
    if (isUnknown(held.holds)) {
      const unknown = held.holds;
      return {
        ...base,
        options,
        decision: { kind: "unknown", unknown, params: knownParams(task, evaluation) },
        generation: -1,
      };
    }
    options = taskOptions(state, task, host, evaluation);
    const decision = decide(state, task, host, evaluation, options);
    return { ...base, options, decision, generation: options.target.generation };
  } catch (error) {
    const decision: Decision =
      error instanceof Undecided
        ? { kind: "unknown", unknown: error.unknown, params: knownParams(task, evaluation) }
        : { kind: "failed", problem: problemOf(error) };
    return { ...base, options, decision, generation: options?.target.generation ?? -1 };
  }
}

function skipDecision(condition: Value | undefined): Decision {
  return {
    kind: "skip",
    result: {
      changed: false,
      skipped: true,
      skip_reason: "Conditional result was False",
      ...(typeof condition === "string" || typeof condition === "boolean" ? { false_condition: condition } : {}),
    },
  };
}

function decide(state: PlayState, task: Task, host: string, evaluation: Evaluation, options: TaskOptions): Decision {
  const raw = rawParams(task, evaluation);
  // What a dry run cannot tell is a fact like any other: tasks that use it are undecided, not failed.
  const allowUnknown = task.module.name === "set_fact" && findUnknown(raw, "pending") === undefined;
  const checked = checkParams(task.module, raw, { allowUnknown });
  const [problem] = checked.problems;
  if (problem) return { kind: "failed", problem: problem.origin ? problem : { ...problem, origin: task.origin } };
  for (const warning of checked.warnings)
    state.warn(warning.origin ? warning : { ...warning, origin: task.origin }, host);
  for (const secret of secretsOf(task.module, checked.params)) state.context.mask.add(secret);
  const params = withShell(state, task, checked.params, evaluation);
  if (task.include) return { kind: "include", params };
  if (task.module.kind === "action") return { kind: "action", action: task.module, params };
  const { module } = task;
  const realOrDry = options.check ? options.target.dry.host : options.target.host;
  const target = withEnvironment(realOrDry.as(options.become), options.environment);
  const warnings = new KeptWarnings((problem) => state.warn(problem, host));
  const context = planContext(state, task, host, evaluation, options, (problem) => warnings.add(problem));
  return { kind: "module", module, params, host: target, warnings, planned: planned(module, target, params, context) };
}

/** `executable` of shell and raw: the parameter, else the variable, else the setting. */
function withShell<P extends Readonly<Record<string, unknown>>>(
  state: PlayState,
  { module }: Task,
  params: P,
  evaluation: Evaluation,
): P {
  if ((module.name !== "shell" && module.name !== "raw") || params.executable !== undefined) return params;
  const executable = evaluation.text(evaluation.scope.get("ansible_shell_executable")) ?? state.context.executable;
  return executable === "/bin/sh" ? params : { ...params, executable };
}

async function planned(
  module: Module,
  host: Host,
  params: Readonly<Record<string, unknown>>,
  context: PlanContext,
): Promise<Planned> {
  try {
    return { kind: "plan", plan: await module.plan(host, params as never, context) };
  } catch (error) {
    return error instanceof Undecided ? { kind: "unknown", unknown: error.unknown } : { kind: "failed", error };
  }
}

/** A host whose commands get the task's environment. */
export function withEnvironment(host: Host, environment: Readonly<Record<string, string>>): Host {
  if (Object.keys(environment).length === 0) return host;
  return new Proxy(host, {
    get(target, key) {
      if (key === "run")
        return (request: Parameters<Host["run"]>[0]) =>
          target.run({ ...request, env: { ...environment, ...request.env } });
      if (key === "as") return (become: Parameters<Host["as"]>[0]) => withEnvironment(target.as(become), environment);
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The parameters as written, evaluated; those that are `omit` left out. */
function rawParams(task: Task, evaluation: Evaluation): Record<string, Data | Plain> {
  const raw: Record<string, Data | Plain> = {};
  const put = (name: string, value: Value): void => {
    const data = evaluation.data(value);
    if (data === undefined) delete raw[name];
    else raw[name] = data;
  };
  for (const [name, value] of moduleDefaults(task, evaluation)) put(name, value);
  if (task.argsTemplate !== undefined) {
    const data = evaluation.data(task.argsTemplate);
    if (isUnknown(data)) throw new Undecided(data);
    if (data instanceof Map) for (const [name, value] of data) raw[String(name)] = value;
  }
  for (const [name, value] of task.args) put(argumentName(task, name, evaluation), value);
  return raw;
}

/** Names of variables to set may be templates themselves (set_fact: {"{{ name }}": value}). */
function argumentName(task: Task, name: string, evaluation: Evaluation): string {
  if (!task.module.params.open || !hasMarks(name)) return name;
  return evaluation.text(new Template(name, task.argOrigins.get(name) ?? task.origin)) ?? name;
}

/** The parameters that can be told although the task is undecided: what it would touch is known by them. */
function knownParams(task: Task, evaluation: Evaluation): Readonly<Record<string, Plain>> {
  const known: Record<string, Plain> = {};
  for (const [name, value] of task.args) {
    try {
      const data = evaluation.data(value);
      if (data !== undefined) known[name] = toPlain(data);
    } catch {
      known[name] = new Unknown("could not be evaluated");
    }
  }
  return known;
}
