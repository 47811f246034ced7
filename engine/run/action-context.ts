// Runs actions: modules that work on the run itself (debug, set_fact, add_host, pause, reboot …). Implements the
// verbs that modules/module.ts promises them.

import { Failure, fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { Undecided, type Unknown } from "../core/unknown.ts";
import { fromPlain, type Plain, type PlainObject, type Value } from "../core/value.ts";
import type { Action, ActionContext, VarsFile } from "../modules/module.ts";
import { checkParams } from "../modules/params-check.ts";
import { isVariableName } from "../modules/set-fact.ts";
import { isMissing } from "../template/python/types.ts";
import { applyPlan, failedRaw, predictPlan, type Raw } from "./apply.ts";
import { type Execution, progressOf } from "./execution.ts";
import { hostsOfFacts } from "./meta.ts";
import { planContext } from "./plan-context.ts";
import { type PreparedItem, withEnvironment } from "./prepare.ts";
import type { TaskOptions } from "./task-options.ts";

/** Runs the action, or in a dry run predicts that it would change something. */
export async function runAction(
  execution: Execution,
  item: PreparedItem,
  action: Action,
  params: Readonly<Record<string, unknown>>,
): Promise<Raw> {
  const { options } = item;
  if (!options) throw new Error("an action that runs has options");
  if (options.check && !action.runsInCheck) {
    options.target.touch();
    return { result: { changed: true, skipped: false, msg: `not run in a dry run` }, diff: [] };
  }
  try {
    const result = await action.run(actionContext(execution, item, options), params as never);
    if (result.changed && !action.runsInCheck) options.target.touch();
    return { result: { changed: false, ...result }, diff: result.diff ?? [] };
  } catch (error) {
    if (error instanceof Undecided) return { result: { changed: error.unknown as unknown as boolean }, diff: [] };
    return failedRaw(error);
  }
}

function actionContext(execution: Execution, item: PreparedItem, options: TaskOptions): ActionContext {
  const { state, task, run } = execution;
  const { context } = state;
  const { evaluation } = item;
  const plan = planContext(state, task, run.name, evaluation, options);
  const hostOf = () =>
    withEnvironment(
      (options.check ? options.target.dry.host : options.target.host).as(options.become),
      options.environment,
    );
  return {
    ...plan,
    check: options.check,
    get host() {
      return hostOf();
    },
    hostName: options.delegatedTo ?? run.name,
    become: options.become,
    get controller() {
      return controllerTarget(execution).host;
    },
    progress: progressOf(execution),
    signal: context.interrupted,
    condition: (expression) => context.engine.condition(expression, item.scope, task.origin),
    evaluate: (expression) => {
      try {
        const value = context.engine.expression(expression, item.scope, task.origin);
        // What is there but cannot be read, as a vaulted value without its password, is not merely undefined.
        return isMissing(value) ? undefined : evaluation.plain(value);
      } catch (error) {
        if (error instanceof Failure && error.problem.code === "template-undefined") return undefined;
        throw error;
      }
    },
    variable: (name) => evaluation.variable(name),
    loadVarsFile: async (path): Promise<VarsFile> => {
      const values = context.loader.varsFile(path);
      return { file: path, names: [...values.keys()], values };
    },
    setVars: (level, values) => setVars(execution, options, level, values),
    addHost: (name, groups, vars) => {
      const added = context.inventory.addHost(name, groups, asValues(vars));
      context.store.refreshInventory([name]);
      return added;
    },
    addToGroup: (host, group, parents) => {
      const changed = context.inventory.addToGroup(host, group, parents);
      context.store.refreshInventory([host]);
      return changed;
    },
    setStats: (data, how) => context.setStats(run.name, data, how),
    job: (id) => {
      const job = context.jobs.find(id);
      return job && { finished: job.result !== undefined, ...(job.result ? { result: job.result } : {}) };
    },
    forgetJob: (id) => context.jobs.forget(id),
    runModule: (name, moduleParams) => runModule(execution, item, options, name, moduleParams),
    gatherFacts: (how) => context.gatherFacts(hostOf(), how),
    resetConnection: async () => {
      await options.target.close();
    },
    prompt: (text, how) => context.prompt(text, how),
  };
}

function controllerTarget(execution: Execution) {
  const { context } = execution.state;
  return context.targets.get({
    kind: "local",
    host: "localhost",
    address: "localhost",
    hostKeyChecking: "no",
    timeout: context.defaults.timeout,
    sshArguments: [],
  });
}

function asValues(vars: PlainObject): Map<string, Value> {
  return new Map(
    Object.entries(vars).flatMap(([name, value]) => (value === undefined ? [] : [[name, fromPlain(value)]])),
  );
}

function setVars(
  execution: Execution,
  options: TaskOptions,
  level: "include_vars" | "set_fact" | "cached_fact",
  values: VarsFile | PlainObject,
): void {
  const { state, run, task } = execution;
  const { store } = state.context;
  const hosts =
    options.delegateFacts && options.delegatedTo ? [options.delegatedTo] : hostsOfFacts(state, run.name, task);
  const entries: ReadonlyMap<string, Value> = isVarsFile(values)
    ? (values.values as ReadonlyMap<string, Value>)
    : asValues(values);
  for (const host of hosts)
    if (level === "include_vars") store.includeVars(host, entries);
    else store.setFacts(host, entries, { cacheable: level === "cached_fact" });
}

/** Facts that a dry run cannot tell whether, or to what, the task would set. */
export function doubtFacts({ state, task, run }: Execution, unknown: Unknown): void {
  if (task.module.name !== "set_fact" || unknown.kind !== "dry") return;
  const names = [...task.args.keys()].filter((name) => name !== "cacheable" && isVariableName(name));
  for (const host of hostsOfFacts(state, run.name, task))
    state.context.store.setFacts(
      host,
      names.map((name) => [name, unknown]),
    );
}

function isVarsFile(values: VarsFile | PlainObject): values is VarsFile {
  return (values as { readonly values?: unknown }).values instanceof Map;
}

/** Another module run as a part of an action, with the task's own become and environment. */
async function runModule(
  execution: Execution,
  item: PreparedItem,
  options: TaskOptions,
  name: string,
  params: PlainObject,
): Promise<Result> {
  const { state, task, run } = execution;
  const module = state.context.findModule(name);
  if (!module) fail("module-unknown", `there is no module '${name}'`, { origin: task.origin });
  const checked = checkParams(module, params as Record<string, Plain>, { allowUnknown: false });
  const [problem] = checked.problems;
  if (problem) throw new Failure({ ...problem, origin: problem.origin ?? task.origin });
  if (module.kind === "action") return (await runAction(execution, item, module, checked.params)).result;
  const host = withEnvironment(
    (options.check ? options.target.dry.host : options.target.host).as(options.become),
    options.environment,
  );
  const plan = await module.plan(
    host,
    checked.params as never,
    planContext(state, task, run.name, item.evaluation, options),
  );
  const raw = options.check ? predictPlan(plan, options) : await applyPlan(plan, host, options, progressOf(execution));
  return raw.result;
}
