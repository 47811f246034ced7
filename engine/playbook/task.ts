// One task: its keywords, its action and its loop. Static imports are not tasks any more (task-list.ts).

import { fail } from "../core/problem.ts";
import type { MappingNode } from "../text/node.ts";
import { type Action, checkAction, readAction, splitAction } from "./action.ts";
import { given } from "./given.ts";
import { readInclude, readMeta } from "./include.ts";
import { conditionsOf, isVariableName, readKeywords, valuesOf } from "./keyword-values.ts";
import { INCLUDE_KEYWORDS } from "./keywords.ts";
import { readLoop } from "./loop.ts";
import type { Keywords, Task } from "./model.ts";
import { type Entry, entriesOf, isNull, isTemplate, plainText, trusted } from "./nodes.ts";
import type { Surroundings } from "./options.ts";
import { type StatementName, statementOf } from "./statements.ts";

/** A task's parts as written, before it is known whether it is a task or a static import. */
export interface TaskParts {
  readonly node: MappingNode;
  readonly action: Action;
  readonly statement: StatementName | undefined;
  readonly keywords: Keywords;
  /** Keywords by name. */
  readonly found: ReadonlyMap<string, Entry>;
  /** `with_NAME` entries. */
  readonly lookups: readonly Entry[];
}

/** Reads a task's keywords and action. Throws Failure when there is no single action. */
export function readParts(node: MappingNode, surroundings: Surroundings): TaskParts {
  const { loading, isHandler } = surroundings;
  const level = isHandler ? "handler" : "task";
  const entries = entriesOf(node);
  const split = splitAction(entries, level, loading, node.origin);
  const lookups = split.keywords.filter(({ name }) => name.startsWith("with_"));
  const { keywords, found } = readKeywords(
    split.keywords.filter((entry) => !lookups.includes(entry)),
    level,
    loading.problems,
    isHandler ? "a handler" : "a task",
  );
  const action = readAction(split.action, found.get("args"), loading, level);
  return { node, action, statement: statementOf(action.name), keywords, found, lookups };
}

/** The task of its parts. Problems go to the list; the task is made all the same where it can be. */
export function makeTask(parts: TaskParts, surroundings: Surroundings): Task {
  const { action, found, statement, node } = parts;
  const { loading, parent, isHandler } = surroundings;
  const { problems } = loading;
  if (statement === "include_tasks" || statement === "include_role") checkIncludeKeywords(parts, surroundings);
  for (const problem of checkAction(action, hasModuleDefaults(parts.keywords, surroundings), loading.options))
    problems.add(problem);
  const value = (name: string) => {
    const entry = found.get(name);
    return entry && !isNull(entry.value) ? trusted(entry.value) : undefined;
  };
  const until = conditionsOf(found.get("until")?.value);
  const changedWhen = conditionsOf(found.get("changed_when")?.value);
  const failedWhen = conditionsOf(found.get("failed_when")?.value);
  const register = problems.attempt(() => registerName(found.get("register")));
  const name = value("name");
  const loop = problems.attempt(() => readLoop(found.get("loop"), parts.lookups, found.get("loop_control"), loading));
  const include = problems.attempt(() => readInclude(action, statement, loading));
  const meta = problems.attempt(() => readMeta(action, statement));
  const optional: Partial<Task> = {
    argsTemplate: action.argsTemplate,
    loop,
    until: until.length > 0 ? until : undefined,
    retries: value("retries"),
    delay: value("delay"),
    changedWhen: changedWhen.length > 0 ? changedWhen : undefined,
    failedWhen: failedWhen.length > 0 ? failedWhen : undefined,
    register,
    async: value("async"),
    poll: value("poll"),
    listen: isHandler && found.has("listen") ? valuesOf(found.get("listen")?.value) : undefined,
    include,
    meta,
  };
  return {
    kind: "task",
    id: loading.nextId("task"),
    origin: node.origin,
    name,
    // As Ansible has it: local_action outranks a delegate_to beside it.
    keywords: action.isLocal ? { ...parts.keywords, delegateTo: "localhost" } : parts.keywords,
    parent,
    action: action.name,
    module: action.module,
    args: action.args,
    argOrigins: action.argOrigins,
    notify: valuesOf(found.get("notify")?.value),
    isHandler,
    ...given(optional),
  };
}

/** Dynamic includes take few keywords themselves; the others belong to what they bring in. */
function checkIncludeKeywords({ found, statement }: TaskParts, { loading }: Surroundings): void {
  for (const { name, origin } of found.values())
    if (!INCLUDE_KEYWORDS.has(name))
      loading.problems.add({
        code: "keyword-misplaced",
        message: `'${name}' is not allowed on '${statement}'`,
        origin,
        hint:
          name === "notify" || name === "until" || name === "retries" || name === "delay"
            ? "put it on the tasks that are included"
            : `put it under 'apply:' to have the included tasks inherit it`,
      });
}

function hasModuleDefaults(keywords: Keywords, surroundings: Surroundings): boolean {
  if (keywords.moduleDefaults.length > 0) return true;
  for (let parent: Surroundings["parent"] | undefined = surroundings.parent; parent; parent = parent.parent)
    if (parent.keywords.moduleDefaults.length > 0) return true;
  return false;
}

function registerName(entry: Entry | undefined): string | undefined {
  if (!entry || isNull(entry.value)) return undefined;
  const name = plainText(entry.value);
  if (name !== undefined && isVariableName(name)) return name;
  return fail(
    "variable-name",
    isTemplate(entry.value) ? "'register' cannot be a template" : `'${name ?? ""}' is not a valid name for 'register'`,
    {
      origin: entry.value.origin,
      hint: "names have letters, digits and underscores, and do not start with a digit",
    },
  );
}
