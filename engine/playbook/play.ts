// One play: its keywords, its sections in the order in which they run, its roles and handlers.

import { fail, type Origin } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { MappingNode } from "../text/node.ts";
import { given } from "./given.ts";
import { NO_KEYWORDS, readKeywords, valuesOf } from "./keyword-values.ts";
import type { Block, Condition, Play, PlayNode, RoleUse, Task } from "./model.ts";
import { describe, type Entry, entriesOf, entryOf, isNull, listOf, trusted } from "./nodes.ts";
import type { Collected, Loading, Surroundings } from "./options.ts";
import { readRoleReference } from "./role-reference.ts";
import { flatten, requestOf, useRole } from "./role-use.ts";
import { STATEMENTS } from "./statements.ts";
import { readNodes } from "./task-list.ts";
import type { Trail } from "./trail.ts";
import { readVarsPrompt } from "./vars-prompt.ts";

/** What an import_playbook gives to the plays it brings in. */
export interface PlayImport {
  readonly vars: ReadonlyMap<string, Value>;
  readonly when: readonly Condition[];
  readonly tags: readonly Value[];
}

const NOT_IMPORTED: PlayImport = { vars: new Map(), when: [], tags: [] };

/** Reads a play. What is wrong goes to the problems. */
export function readPlay(node: MappingNode, loading: Loading, trail: Trail, imported: PlayImport = NOT_IMPORTED): Play {
  const { problems } = loading;
  const { keywords: own, found } = readKeywords(entriesOf(node), "play", problems, "a play");
  problems.attempt(() => checkHosts(entryOf(node, "hosts"), node.origin));
  const value = (name: string): Value | undefined => {
    const entry = found.get(name);
    return entry && !isNull(entry.value) ? trusted(entry.value) : undefined;
  };
  const keywords = {
    ...own,
    vars: new Map([...own.vars, ...imported.vars]),
    when: [...imported.when, ...own.when],
    tags: [...imported.tags, ...own.tags],
  };
  const roles: RoleUse[] = [];
  const body: Block[] = [];
  const handlers: Task[] = [];
  const play: Play = {
    id: loading.nextId("play"),
    origin: node.origin,
    name: value("name"),
    hosts: value("hosts") ?? "",
    keywords,
    parent: undefined,
    gatherFacts: value("gather_facts"),
    strategy: value("strategy"),
    serial: value("serial"),
    order: value("order"),
    forceHandlers: value("force_handlers"),
    varsFiles: valuesOf(found.get("vars_files")?.value),
    varsPrompt: problems.attempt(() => readVarsPrompt(found.get("vars_prompt"), problems)) ?? [],
    roles,
    body,
    handlers,
    file: node.origin.file,
    ...given({
      gatherSubset: value("gather_subset"),
      gatherTimeout: value("gather_timeout"),
      factPath: value("fact_path"),
    }),
  };
  const collected: Collected = { roles: [], handlers: [] };
  const surroundings: Surroundings = { loading, parent: play, trail, isHandler: false, collected, readNodes };
  const section = (name: string): Block =>
    sectionBlock(play, loading, found.get(name), (parent) =>
      readNodes(found.get(name)?.value, { ...surroundings, parent }, `'${name}'`),
    );
  // Roles first: what their imports collect comes after them, as their handlers do.
  const used = readRoles(found.get("roles"), surroundings);
  const ownHandlers = flatten(
    readNodes(found.get("handlers")?.value, { ...surroundings, isHandler: true }, "'handlers'"),
  );
  const preTasks = section("pre_tasks");
  const tasks = section("tasks");
  const postTasks = section("post_tasks");
  const rolesBlock = sectionBlock(play, loading, found.get("roles"), () => used.blocks);
  const flush = (): Block =>
    sectionBlock(play, loading, undefined, (parent) => [flushTask(parent, loading, node.origin)]);
  body.push(preTasks, flush(), rolesBlock, tasks, flush(), postTasks, flush());
  roles.push(...used.roles, ...collected.roles.filter(({ isPublic }) => isPublic));
  handlers.push(...used.handlers, ...ownHandlers, ...collected.handlers);
  return play;
}

function checkHosts(hosts: Entry | undefined, origin: Origin): void {
  if (!hosts)
    fail("play-hosts", "a play must say its 'hosts'", {
      origin,
      hint: "write `hosts: PATTERN`, for example `hosts: all`",
    });
  const { value } = hosts;
  const isEmpty =
    isNull(value) ||
    (value.kind === "sequence" ? value.items.length === 0 : value.kind === "scalar" && value.source.trim() === "");
  if (isEmpty) fail("play-hosts", "'hosts' must name at least one host or group", { origin: hosts.origin });
  for (const item of value.kind === "sequence" ? value.items : [])
    if (item.kind !== "scalar" || typeof item.value !== "string")
      fail("play-hosts", `an item of 'hosts' must be text, but this is ${describe(item)}`, { origin: item.origin });
}

/** A section of the play as a block without keywords of its own. */
function sectionBlock(
  play: Play,
  loading: Loading,
  entry: Entry | undefined,
  fill: (parent: Block) => readonly PlayNode[],
): Block {
  const nodes: PlayNode[] = [];
  const block: Block = {
    kind: "block",
    id: loading.nextId("block"),
    origin: entry?.origin ?? play.origin,
    name: undefined,
    keywords: NO_KEYWORDS,
    parent: play,
    block: nodes,
    rescue: [],
    always: [],
  };
  nodes.push(...fill(block));
  return block;
}

function readRoles(
  entry: Entry | undefined,
  surroundings: Surroundings,
): { roles: RoleUse[]; blocks: Block[]; handlers: Task[] } {
  const { loading, parent } = surroundings;
  const { problems } = loading;
  const all = { roles: [] as RoleUse[], blocks: [] as Block[], handlers: [] as Task[] };
  if (!entry || isNull(entry.value)) return all;
  const list = problems.attempt(() => listOf(entry.value, "'roles'"));
  for (const item of list?.items ?? []) {
    const used = problems.attempt(() => {
      const reference = readRoleReference(item, "an entry of 'roles'", problems);
      return useRole(requestOf(reference, loading, parent, true), surroundings);
    });
    if (!used) continue;
    all.roles.push(used.use);
    all.blocks.push(...used.blocks);
    all.handlers.push(...used.handlers);
  }
  return all;
}

/** The handlers that were notified so far run here, whatever tags are selected. */
function flushTask(parent: Block, loading: Loading, origin: Origin): Task {
  return {
    kind: "task",
    id: loading.nextId("task"),
    origin,
    name: undefined,
    keywords: { ...NO_KEYWORDS, tags: ["always"] },
    parent,
    action: "meta",
    module: STATEMENTS.meta,
    args: new Map([["free_form", "flush_handlers"]]),
    argOrigins: new Map(),
    notify: [],
    isHandler: false,
    meta: { action: "flush_handlers" },
  };
}
