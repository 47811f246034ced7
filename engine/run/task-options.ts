// The keywords of a task, finished for one host: become, delegation, environment, check mode and the like.

import { fail } from "../core/problem.ts";
import { isUnknown, Undecided } from "../core/unknown.ts";
import type { Data, Value } from "../core/value.ts";
import type { Become } from "../host/host.ts";
import { environmentOf, moduleDefaultsOf, type NearestKeyword, nearest } from "../playbook/inherit.ts";
import type { Task } from "../playbook/model.ts";
import { becomeSettings, type ConnectionKeywords, connectionSettings } from "./connection-settings.ts";
import type { Evaluation } from "./evaluate.ts";
import type { PlayState } from "./play-state.ts";
import type { Target } from "./targets.ts";

/** Keywords that say how a task is run on a host. */
export interface TaskOptions {
  /** Plan only. */
  readonly check: boolean;
  readonly diff: boolean;
  readonly noLog: boolean;
  readonly delegatedTo: string | undefined;
  readonly delegateFacts: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly become: Become | undefined;
  readonly target: Target;
  /** Seconds, from `timeout:`. */
  readonly timeout: number | undefined;
}

/** Evaluates them. Throws Failure, or Undecided where an Unknown decides. */
export function taskOptions(state: PlayState, task: Task, host: string, evaluation: Evaluation): TaskOptions {
  const { context } = state;
  const boolean = (key: NearestKeyword): boolean | undefined =>
    evaluation.boolean(nearest(task, key), key, task.origin);
  const delegatedTo = evaluation.text(nearest(task, "delegateTo"));
  const reach = delegatedTo === undefined ? evaluation : delegateEvaluation(state, task, delegatedTo);
  const keywords = connectionKeywords(task);
  const settings = connectionSettings(
    delegatedTo ?? host,
    reach,
    delegatedTo === undefined
      ? keywords
      : { ...keywords, connection: undefined, port: undefined, remoteUser: undefined },
    delegatedTo !== undefined && isControllerName(delegatedTo, state)
      ? { ...context.defaults, connection: "local" }
      : context.defaults,
  );
  if (settings.password !== undefined) context.mask.add(settings.password);
  const wanted = becomeSettings(reach, keywords, context.defaults);
  if (wanted?.password !== undefined) context.mask.add(wanted.password);
  const loginUser = settings.kind === "local" ? context.localUser : settings.user;
  const timeout = evaluation.number(nearest(task, "timeout"), "timeout", task.origin) ?? context.taskTimeout;
  return {
    check: boolean("checkMode") ?? context.check,
    diff: boolean("diff") ?? context.diff,
    noLog: boolean("noLog") ?? context.noLog,
    delegatedTo,
    delegateFacts: boolean("delegateFacts") ?? false,
    environment: finishedEnvironment(task, evaluation),
    become: wanted && wanted.user === loginUser && !wanted.always ? undefined : wanted,
    target: context.targets.get(settings),
    timeout: timeout === 0 ? undefined : timeout,
  };
}

/** Names that mean the controller when the inventory does not know them. */
function isControllerName(name: string, state: PlayState): boolean {
  if (name !== "localhost" && name !== "127.0.0.1" && name !== "::1") return false;
  const host = state.context.inventory.hosts.get(name);
  return host === undefined || host.implicit;
}

/** A delegate is reached as its own variables say; the task's and play's variables come from the delegating host. */
function delegateEvaluation(state: PlayState, task: Task, name: string): Evaluation {
  return state.evaluation(state.scope(name, task));
}

function connectionKeywords(task: Task): ConnectionKeywords {
  const keys = [
    "connection",
    "port",
    "remoteUser",
    "become",
    "becomeUser",
    "becomeMethod",
    "becomeFlags",
    "becomeExe",
  ] as const;
  return Object.fromEntries(keys.map((key) => [key, nearest(task, key)]));
}

/** `environment:` of all levels, inner wins. */
function finishedEnvironment(task: Task, evaluation: Evaluation): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const entry of environmentOf(task)) {
    const data = evaluation.data(entry);
    for (const mapping of (Array.isArray(data) ? data : [data]) as Data[]) addEnvironment(environment, mapping, task);
  }
  return environment;
}

function addEnvironment(environment: Record<string, string>, mapping: Data | undefined, task: Task): void {
  if (mapping === null || mapping === undefined || mapping === "") return;
  if (isUnknown(mapping)) throw new Undecided(mapping);
  if (!(mapping instanceof Map))
    fail("environment-type", "environment must be a mapping of names to values", { origin: task.origin });
  for (const [name, value] of mapping) {
    if (isUnknown(value)) throw new Undecided(value);
    environment[String(name)] =
      value === true ? "True" : value === false ? "False" : value === null ? "None" : String(value);
  }
}

/** `module_defaults` for the task's module, outer levels first, inner win. */
export function moduleDefaults(task: Task, evaluation: Evaluation): Map<string, Value> {
  const merged = new Map<string, Value>();
  const names = new Set([task.action, task.module.name, ...task.module.aliases]);
  for (const entry of moduleDefaultsOf(task)) {
    const defaults = entry instanceof Map ? entry : evaluation.data(entry);
    if (!(defaults instanceof Map)) continue;
    for (const [name, params] of defaults) {
      if (String(name).startsWith("group/"))
        fail("module-defaults-group", `module_defaults for the group '${String(name)}' are not supported`, {
          origin: task.origin,
          hint: "name the modules one by one",
        });
      if (!names.has(String(name))) continue;
      const finished = params instanceof Map ? params : evaluation.data(params as Value);
      if (finished instanceof Map) for (const [key, value] of finished) merged.set(String(key), value as Value);
    }
  }
  return merged;
}
