// What a task has from what encloses it: keywords, conditions, tags, variables, roles. Pure functions on chains of parents.

import type { Value } from "../core/value.ts";
import type { Condition, Keywords, Parent, Role, Task } from "./model.ts";
import { isPlay, parentsOf, rolesAround, roleUseOn } from "./parents.ts";

export { parentsOf, rolesAround, roleUseOn, roleUsesIn } from "./parents.ts";
export { searchFolders, tasksFileCandidates } from "./search-folders.ts";

/** Keywords of which the nearest level that sets one wins. */
export type NearestKeyword = Exclude<keyof Keywords, "when" | "tags" | "vars" | "environment" | "moduleDefaults">;

/** The task itself, then its parents, innermost first. */
function* levels(task: Task): Iterable<Task | Parent> {
  yield task;
  yield* parentsOf(task.parent);
}

/** The value that the nearest level sets, as written. */
export function nearest(task: Task, keyword: NearestKeyword): Value | undefined {
  for (const { keywords } of levels(task)) {
    const value = keywords[keyword];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** All conditions that must hold, outer first. */
export function conditions(task: Task): Condition[] {
  return [...levels(task)].reverse().flatMap(({ keywords }) => keywords.when);
}

/** The tags of all levels, as written (a text may hold several, with commas). */
export function tagsOf(task: Task): Value[] {
  return [...levels(task)].reverse().flatMap(({ keywords }) => keywords.tags);
}

/** What the task notifies: its own, then what the blocks around it say. */
export function notifyOf(task: Task): Value[] {
  return [...task.notify, ...[...parentsOf(task.parent)].flatMap(({ notify }) => notify ?? [])];
}

/** `environment:` of all levels, outer first: later ones win. */
export function environmentOf(task: Task): Value[] {
  return [...levels(task)].reverse().flatMap(({ keywords }) => keywords.environment);
}

/** `module_defaults:` of all levels, outer first: later ones win. */
export function moduleDefaultsOf(task: Task): Value[] {
  return [...levels(task)].reverse().flatMap(({ keywords }) => keywords.moduleDefaults);
}

/** One source of variables around a task. */
export interface VarsLevel {
  readonly kind: "task" | "block" | "role-params" | "role-vars" | "role-defaults" | "play";
  readonly values: ReadonlyMap<string, Value>;
}

/**
 * The variables around a task in the order in which they are met, innermost first: `vars` of the task and its blocks, at each
 * role its params and vars, last the play's `vars` and the defaults of the roles. Empty ones are left out.
 */
export function varsChain(task: Task | undefined, parent: Parent | undefined = task?.parent): VarsLevel[] {
  const chain: VarsLevel[] = [];
  const defaults: VarsLevel[] = [];
  if (task) chain.push({ kind: "task", values: task.keywords.vars });
  const seen = new Set<Role>();
  for (const level of parentsOf(parent)) {
    const kind = isPlay(level) ? "play" : "block";
    chain.push({ kind, values: level.keywords.vars });
    const use = roleUseOn(level);
    const role = use?.role;
    if (!use || !role || seen.has(role)) continue;
    seen.add(role);
    chain.push({ kind: "role-params", values: use.params }, { kind: "role-vars", values: role.vars });
    defaults.push({ kind: "role-defaults", values: role.defaults });
  }
  return [...chain, ...defaults].filter(({ values }) => values.size > 0);
}

/** The roles whose files the task stands in, nearest first: its own, then those that led here. */
export function rolesOf(task: Task): Role[] {
  return rolesAround(task.parent);
}

/** The nearest role, for `role_name` and `role_path`. */
export function roleOf(task: Task): Role | undefined {
  return rolesAround(task.parent)[0];
}
