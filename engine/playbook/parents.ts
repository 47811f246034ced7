// Chains of parents: what encloses a task, from the inside out. Pure.

import type { Block, Parent, Play, PlayNode, Role, RoleUse } from "./model.ts";

/** A parent and its parents, innermost first; the play is the last. */
export function* parentsOf(first: Parent | undefined): Iterable<Parent> {
  for (let parent = first; parent; parent = parent.parent) yield parent;
}

/** As `rolesOf`, for a parent. */
export function rolesAround(parent: Parent | undefined): Role[] {
  const roles: Role[] = [];
  for (const { role } of parentsOf(parent)) if (role && !roles.includes(role)) roles.push(role);
  return roles;
}

/** The use of a role that a parent stands for, if it does. */
export function roleUseOn(parent: Parent): RoleUse | undefined {
  return (parent as Partial<Block>).roleUse;
}

export function isPlay(parent: Parent): parent is Play {
  return (parent as Partial<Play>).file !== undefined && parent.parent === undefined;
}

/** The file of the play that a parent belongs to. */
export function playFileOf(parent: Parent): string | undefined {
  for (const level of parentsOf(parent)) if (isPlay(level)) return level.file;
  return undefined;
}

/** All uses of roles among blocks, dependencies included, in the order in which they run: whoever brings in blocks while the play
 * runs takes their handlers from here. */
export function roleUsesIn(nodes: readonly PlayNode[]): RoleUse[] {
  return nodes.flatMap((node) =>
    node.kind === "task"
      ? []
      : [...(node.roleUse ? [node.roleUse] : []), ...roleUsesIn([...node.block, ...node.rescue, ...node.always])],
  );
}
