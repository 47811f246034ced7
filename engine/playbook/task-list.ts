// Lists of tasks: tasks, blocks, and static imports resolved where they stand.

import { dirname } from "node:path";
import { fail } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { MappingNode, Node } from "../text/node.ts";
import { type Action, checkAction } from "./action.ts";
import { roleName, staticText } from "./include.ts";
import { varsChain } from "./inherit.ts";
import { readKeywords, valuesOf } from "./keyword-values.ts";
import type { Block, Keywords, PlayNode } from "./model.ts";
import { describe, entriesOf, entryOf, isNull, listOf, mappingOf } from "./nodes.ts";
import type { Surroundings } from "./options.ts";
import { useRole } from "./role-use.ts";
import { tasksFileCandidates } from "./search-folders.ts";
import { makeTask, readParts, type TaskParts } from "./task.ts";
import { extend } from "./trail.ts";

const BLOCK_KEYS = ["block", "rescue", "always"] as const;

/** Reads a list of tasks; what is wrong with one goes to the problems, and the others are read all the same. */
export function readNodes(list: Node | undefined, surroundings: Surroundings, what: string): PlayNode[] {
  if (!list || isNull(list)) return [];
  const { problems } = surroundings.loading;
  const nodes: PlayNode[] = [];
  const sequence = problems.attempt(() => listOf(list, what, "start each task with '- '"));
  for (const item of sequence?.items ?? [])
    nodes.push(...(problems.attempt(() => readNode(item, surroundings, what)) ?? []));
  return nodes;
}

function readNode(item: Node, surroundings: Surroundings, what: string): PlayNode[] {
  if (isNull(item))
    fail("playbook-shape", `an item of ${what} is empty`, { origin: item.origin, hint: "remove the lone '-'" });
  const node = mappingOf(item, "a task", "write `- module:` with its parameters below");
  const blockKey = BLOCK_KEYS.find((key) => entryOf(node, key));
  if (blockKey) return [readBlock(node, surroundings)];
  const parts = readParts(node, surroundings);
  if (parts.statement === "import_tasks") return [importTasks(parts, surroundings)];
  if (parts.statement === "import_role") return [importRole(parts, surroundings)];
  if (parts.statement === "include_role" && surroundings.isHandler) roleAsHandler(parts.action);
  return [makeTask(parts, surroundings)];
}

function readBlock(node: MappingNode, surroundings: Surroundings): Block {
  const { loading, isHandler } = surroundings;
  const block = entryOf(node, "block");
  if (!block) {
    const other = BLOCK_KEYS.map((key) => entryOf(node, key)).find((entry) => entry !== undefined);
    return fail("block-shape", `'${other?.name}' cannot stand without 'block'`, {
      origin: other?.origin ?? node.origin,
    });
  }
  const rescue = isHandler ? (entryOf(node, "rescue") ?? entryOf(node, "always")) : undefined;
  if (rescue)
    fail("block-shape", `a block of handlers cannot have '${rescue.name}': handlers run one by one`, {
      origin: rescue.origin,
      hint: "use include_tasks as the handler, of a file that has the whole block",
    });
  const trail = extend(surroundings.trail, { kind: "block", label: "block", origin: node.origin });
  const { keywords, found } = readKeywords(entriesOf(node), "block", loading.problems, "a block");
  const notify = valuesOf(found.get("notify")?.value);
  const { made, sections } = newBlock(node, keywords, surroundings, found.get("name")?.value, notify);
  const inside = { ...surroundings, parent: made, trail };
  for (const key of BLOCK_KEYS) {
    const section = entryOf(node, key);
    if (!section) continue;
    if (key === "block" && isNull(section.value))
      loading.problems.add({
        code: "playbook-shape",
        message: `'block' must be a list of tasks, but this is ${describe(section.value)}`,
        origin: section.origin,
      });
    sections[key].push(...readNodes(section.value, inside, `'${key}'`));
  }
  return made;
}

/** An empty block at `surroundings.parent`, and its lists to fill. */
function newBlock(
  node: MappingNode,
  keywords: Keywords,
  { loading, parent }: Surroundings,
  name?: Node,
  notify: readonly Value[] = [],
): { readonly made: Block; readonly sections: Record<(typeof BLOCK_KEYS)[number], PlayNode[]> } {
  const sections = { block: [] as PlayNode[], rescue: [] as PlayNode[], always: [] as PlayNode[] };
  const made: Block = {
    kind: "block",
    id: loading.nextId("block"),
    origin: node.origin,
    name: name ? valuesOf(name)[0] : undefined,
    keywords,
    parent,
    ...(parent.role ? { role: parent.role } : {}),
    ...(notify.length > 0 ? { notify } : {}),
    ...sections,
  };
  return { made, sections };
}

/** A static import's own block: its keywords are inherited by what it brings in. */
function importBlock(parts: TaskParts, surroundings: Surroundings) {
  const { loading } = surroundings;
  const { action, found, lookups } = parts;
  const loop = found.get("loop") ?? lookups[0];
  if (loop && !isNull(loop.value))
    fail("import-loop", `'${parts.statement}' cannot be looped over`, {
      origin: loop.origin,
      hint: `use '${parts.statement?.replace("import_", "include_")}'`,
    });
  for (const problem of checkAction(action, false, loading.options)) loading.problems.add(problem);
  return newBlock(parts.node, parts.keywords, surroundings, undefined, valuesOf(found.get("notify")?.value));
}

/** Finishes a name that a static import needs, from variables that are known before the run. */
function staticName(parts: TaskParts, { loading, parent }: Surroundings): (value: Value) => string | undefined {
  const vars = [parts.keywords.vars, ...varsChain(undefined, parent).map(({ values }) => values)];
  return (value) => (typeof value === "object" ? loading.options.staticValue?.(value, vars) : String(value));
}

function importTasks(parts: TaskParts, surroundings: Surroundings): Block {
  const { action, node } = parts;
  const { loading } = surroundings;
  const { made, sections } = importBlock(parts, surroundings);
  const name = staticText(action, "file", staticName(parts, surroundings));
  const origin = action.argOrigins.get("file") ?? action.origin;
  if (name === undefined)
    return fail("include-file", "'import_tasks' needs the name of a file", { origin: action.origin });
  const candidates = tasksFileCandidates(name, node.origin.file, surroundings.parent);
  const file = candidates.find((candidate) => loading.files.isFile(candidate));
  if (file === undefined)
    return fail("file-not-found", `the file of tasks '${name}' was not found`, {
      origin,
      hint: `looked for ${candidates.join(", ")}`,
    });
  const trail = extend(surroundings.trail, { kind: "file", label: file, origin });
  const root = loading.files.root(file, origin);
  sections.block.push(...readNodes(root, { ...surroundings, parent: made, trail }, "a file of tasks"));
  return made;
}

function roleAsHandler({ name, origin }: Action): never {
  return fail("role-handler", `'${name}' cannot be a handler`, {
    origin,
    hint: "notify the role's own handlers, or use include_tasks of a file that includes the role",
  });
}

function importRole(parts: TaskParts, surroundings: Surroundings): Block {
  const { action, node } = parts;
  const { collected } = surroundings;
  if (surroundings.isHandler) roleAsHandler(action);
  const { made, sections } = importBlock(parts, surroundings);
  const resolve = staticName(parts, surroundings);
  roleName(action);
  const name = staticText(action, action.args.has("name") ? "name" : "role", resolve) ?? "";
  const text = (key: string) => staticText(action, key, resolve);
  const from = (key: string, field: string) => {
    const value = text(key);
    return value === undefined ? {} : { [field]: value };
  };
  const used = useRole(
    {
      name,
      origin: action.origin,
      keywords: { when: [], tags: [], vars: new Map(), environment: [], moduleDefaults: [] },
      params: new Map(),
      from: {
        ...from("tasks_from", "tasksFrom"),
        ...from("vars_from", "varsFrom"),
        ...from("defaults_from", "defaultsFrom"),
        ...from("handlers_from", "handlersFrom"),
      },
      isPublic: isTrue(action.args.get("public"), true),
      allowDuplicates: isTrue(action.args.get("allow_duplicates"), true),
      validate: isTrue(action.args.get("rolespec_validate"), true),
      basedir: dirname(node.origin.file),
    },
    { ...surroundings, parent: made },
  );
  sections.block.push(...used.blocks);
  collected.roles.push(used.use);
  collected.handlers.push(...used.handlers);
  return made;
}

function isTrue(value: Value | undefined, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise;
  return typeof value === "boolean" ? value : /^(true|yes|on|1|y|t)$/i.test(String(value));
}
