// One use of a role: its dependencies, its tasks as a block, its handlers, and the check of its arguments.

import { fail, type Origin } from "../core/problem.ts";
import { Float, Template, type Value } from "../core/value.ts";
import { argumentCheck } from "./argument-check.ts";
import { rolesAround, varsChain } from "./inherit.ts";
import { NO_KEYWORDS } from "./keyword-values.ts";
import type { Block, Keywords, Parent, PlayNode, RoleReference, RoleUse, Task } from "./model.ts";
import type { Loading, Surroundings } from "./options.ts";
import type { RoleFiles } from "./role-library.ts";
import { findRole, roleFolders } from "./role-search.ts";
import { extend } from "./trail.ts";

export interface RoleRequest {
  readonly name: string;
  readonly origin: Origin;
  readonly keywords: Keywords;
  readonly params: ReadonlyMap<string, Value>;
  readonly from: RoleFiles;
  readonly isPublic: boolean;
  /** undefined: as the role's meta says. */
  readonly allowDuplicates: boolean | undefined;
  readonly validate: boolean;
  /** Folder of an including file, searched too. */
  readonly basedir?: string;
}

export interface UsedRole {
  readonly use: RoleUse;
  /** The role's own block, in front of it those of its dependencies. */
  readonly blocks: readonly Block[];
  /** Handlers of the dependencies, then its own. */
  readonly handlers: readonly Task[];
}

/** Loads a role for use at `surroundings.parent`. Throws Failure if it is not there or depends on itself. */
export function useRole(request: RoleRequest, surroundings: Surroundings): UsedRole {
  const { loading, parent } = surroundings;
  const { name, origin, from } = request;
  const path = findRole(name, origin, roleFolders(parent, loading, request.basedir), loading);
  const label = from.tasksFrom === undefined ? path : `${path} (${from.tasksFrom})`;
  const trail = extend(surroundings.trail, { kind: "role", label, origin });
  const role = loading.roles.role(path, from, loading.problems, origin);
  const dependencies: RoleUse[] = [];
  const ownHandlers: Task[] = [];
  const use: RoleUse = {
    role,
    params: request.params,
    key: useKey(path, request),
    allowDuplicates: request.allowDuplicates ?? role.allowDuplicates,
    isPublic: request.isPublic,
    dependencies,
    parents: rolesAround(parent)
      .map(({ name: outer }) => outer)
      .reverse(),
    handlers: ownHandlers,
  };
  const nodes: PlayNode[] = [];
  const block: Block = {
    kind: "block",
    id: loading.nextId("block"),
    origin,
    name: undefined,
    keywords: request.keywords,
    parent,
    role,
    block: nodes,
    rescue: [],
    always: [],
    roleUse: use,
  };
  const blocks: Block[] = [];
  const handlers: Task[] = [];
  for (const reference of role.dependencies) {
    const used = loading.problems.attempt(() => {
      const dependency = requestOf(reference, loading, block, request.isPublic);
      const names = [...role.vars.keys()];
      return useRole(dependency, { ...surroundings, parent: dependingParent(block, names), trail });
    });
    if (!used) continue;
    dependencies.push(used.use);
    blocks.push(...used.blocks);
    handlers.push(...used.handlers);
  }
  const inside = { ...surroundings, parent: block, trail };
  if (request.validate) nodes.push(...argumentCheck(use, block, from.tasksFrom, loading, origin));
  nodes.push(...readFile("tasks", from.tasksFrom, { ...inside, isHandler: false }, use, origin));
  ownHandlers.push(...flatten(readFile("handlers", from.handlersFrom, { ...inside, isHandler: true }, use, origin)));
  return { use, blocks: [...blocks, block], handlers: [...handlers, ...ownHandlers] };
}

/** The request of an entry of `roles:` or of a dependency. Names that are templates must be known before the run. */
export function requestOf(reference: RoleReference, loading: Loading, parent: Parent, isPublic: boolean): RoleRequest {
  const { name, origin, keywords, params } = reference;
  const vars = [keywords.vars, ...varsChain(undefined, parent).map(({ values }) => values)];
  const text = typeof name === "string" ? name : loading.options.staticValue?.(name, vars);
  if (text === undefined || text === "")
    return fail("import-template", "the name of the role cannot be known before the run", {
      origin,
      hint: "use include_role, or set what the name needs in extra vars or the play's vars",
    });
  return { name: text, origin, keywords, params, from: {}, isPublic, allowDuplicates: undefined, validate: true };
}

/** All tasks of a list without the blocks around them: handlers are run one by one. */
export function flatten(nodes: readonly PlayNode[]): Task[] {
  return nodes.flatMap((node) =>
    node.kind === "task" ? [node] : flatten([...node.block, ...node.rescue, ...node.always]),
  );
}

function readFile(
  kind: "tasks" | "handlers",
  from: string | undefined,
  inside: Surroundings,
  use: RoleUse,
  origin: Origin,
): PlayNode[] {
  const { loading } = inside;
  const file = loading.roles.taskFile(use.role, kind, from, origin);
  if (file === undefined) return [];
  const trail = extend(inside.trail, { kind: "file", label: file, origin });
  return (
    loading.problems.attempt(() =>
      inside.readNodes(loading.files.root(file, origin), { ...inside, trail }, `the file of ${kind}`),
    ) ?? []
  );
}

/**
 * What a dependency inherits from: the role that asked for it, with its keywords, params and vars. A role's vars outrank the
 * `vars:` of its use for its dependencies, so those that it sets itself are left out.
 */
function dependingParent(block: Block, names: readonly string[]): Parent {
  const vars = new Map(block.keywords.vars);
  for (const name of names) vars.delete(name);
  return { ...block, keywords: { ...NO_KEYWORDS, ...block.keywords, vars } };
}

/** Uses with the same key are the same: same role, files, params, conditions and tags. */
function useKey(path: string, { params, keywords, from }: RoleRequest): string {
  return JSON.stringify([
    path,
    keyOf(new Map(params)),
    keyOf(new Map(keywords.vars)),
    keywords.when.map(({ value }) => keyOf(value)),
    keywords.tags.map(keyOf),
    from,
  ]);
}

function keyOf(value: Value): unknown {
  if (value instanceof Template) return { template: value.text };
  if (Array.isArray(value)) return value.map(keyOf);
  if (value instanceof Map) return [...value].map(([key, item]) => [keyOf(key), keyOf(item)]);
  if (value instanceof Float) return { float: value.value };
  if (typeof value === "bigint") return { integer: String(value) };
  return typeof value === "object" && value !== null ? { kind: value.constructor.name } : value;
}
