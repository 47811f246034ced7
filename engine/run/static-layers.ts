// Which variables enclose a task whatever the host: those of the play, its roles, blocks, includes and the task
// itself, found along the chain of parents. Made once a task.

import type { Value } from "../core/value.ts";
import { parentsOf, roleUseOn } from "../playbook/inherit.ts";
import type { Parent, Play, Role, RoleUse, Task } from "../playbook/model.ts";
import type { StaticLayers } from "../vars/scope.ts";

/** Parents that a dynamic include made: their vars rank as include params. */
const includeParents = new WeakSet<Parent>();

/** A parent for what an include brings in: inherits only the include's vars and what `apply` says. */
export function includeParent(parent: Parent): Parent {
  includeParents.add(parent);
  return parent;
}

/** What the play has besides its own keywords. */
export interface PlayVariables {
  readonly promptVars: ReadonlyMap<string, Value>;
  readonly varsFiles: ReadonlyMap<string, Value>;
  /** Role uses whose defaults and vars the whole play sees, in the order in which they came. */
  readonly publicRoles: readonly RoleUse[];
}

/** The layers that enclose `task` (or the play itself, without a task). */
export function staticLayers(play: Play, variables: PlayVariables, task: Task | undefined): StaticLayers {
  const blockVars: ReadonlyMap<string, Value>[] = [];
  const includeParams: ReadonlyMap<string, Value>[] = [];
  const roleParams: ReadonlyMap<string, Value>[] = [];
  const roles: Role[] = [];
  const addRole = (use: RoleUse): void => {
    if (!roles.includes(use.role)) roles.push(use.role);
    for (const dependency of [...use.dependencies].reverse()) addRole(dependency);
  };
  for (let parent: Parent | undefined = task?.parent; parent && parent !== play; parent = parent.parent) {
    const { vars } = parent.keywords;
    if (vars.size > 0) (includeParents.has(parent) ? includeParams : blockVars).push(vars);
    const use = roleUseOn(parent);
    if (use) {
      if (use.params.size > 0) roleParams.push(use.params);
      addRole(use);
    } else if (parent.role && !roles.includes(parent.role)) roles.push(parent.role);
  }
  for (const use of [...variables.publicRoles].reverse()) addRole(use);
  return {
    playVars: play.keywords.vars,
    promptVars: variables.promptVars,
    varsFiles: variables.varsFiles,
    roleDefaults: roles.map(({ defaults }) => defaults).filter(({ size }) => size > 0),
    roleVars: roles.map(({ vars }) => vars).filter(({ size }) => size > 0),
    blockVars,
    taskVars: task?.keywords.vars ?? new Map(),
    roleParams,
    includeParams,
  };
}

/** The nearest use of a role around the task. */
export function roleUseOf(task: Task): RoleUse | undefined {
  for (const parent of parentsOf(task.parent)) {
    const use = roleUseOn(parent);
    if (use) return use;
  }
  return undefined;
}
