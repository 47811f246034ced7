// Which module a task runs and with what: the action key, `action:` and `local_action:`, `args:`, k=v and free text.

import { didYouMean, nearest } from "../core/nearest.ts";
import { at, Failure, fail, type Origin, type Problem } from "../core/problem.ts";
import { Template, type Value } from "../core/value.ts";
import { parseKeyValue } from "../modules/free-form.ts";
import type { AnyModule } from "../modules/module.ts";
import type { Node } from "../text/node.ts";
import { trust } from "../text/templates.ts";
import { KEYWORDS, keywordsAt, type Level } from "./keywords.ts";
import { describe, type Entry, entriesOf, isNull, isTemplate, plainText, trusted } from "./nodes.ts";
import type { Loading, PlaybookLoaderOptions } from "./options.ts";
import { AlreadyTold } from "./problem-list.ts";
import { refuseStatement, STATEMENTS, statementOf } from "./statements.ts";

export interface Action {
  /** As written. */
  readonly name: string;
  /** Where the module is named. */
  readonly origin: Origin;
  readonly module: AnyModule;
  readonly args: ReadonlyMap<string, Value>;
  readonly argOrigins: ReadonlyMap<string, Origin>;
  readonly argsTemplate?: Value;
  /** Parameters that were written as YAML, before they became values. */
  readonly argNodes: ReadonlyMap<string, Node>;
  /** `local_action:`. */
  readonly isLocal: boolean;
}

/** Modules whose text is a command: only a few `name=value` words in it are parameters. */
const COMMANDS = new Set(["command", "shell", "script", "raw", "win_command", "win_shell"]);

/** Splits a task's entries into its keywords and the one action among the rest. Throws Failure when there is none, or more. */
export function splitAction(
  entries: readonly Entry[],
  level: Level,
  loading: Loading,
  taskOrigin: Origin,
): { readonly action: Entry; readonly keywords: readonly Entry[] } {
  const { options, problems } = loading;
  const isAction = ({ name }: Entry): boolean =>
    name === "action" || name === "local_action" || findAction(name, options) !== undefined;
  const rest = entries.filter((entry) => !isKeyword(entry.name, level, options));
  const written = entries.filter(({ name }) => name === "action" || name === "local_action");
  const actions = [...written, ...rest.filter(isAction)];
  const keywords = entries.filter((entry) => !rest.includes(entry) && !written.includes(entry));
  const [action, other] = actions;
  if (action && other)
    return fail(
      "task-actions",
      `a task has one action, but here are ${actions.map(({ name }) => `'${name}'`).join(" and ")}`,
      {
        origin: other.origin,
        hint: "make them separate tasks, each with its own '-'",
        related: [{ message: `the first is '${action.name}'`, origin: action.origin }],
      },
    );
  const unknown = rest.filter((entry) => !isAction(entry));
  if (action) {
    for (const entry of unknown) problems.add(strangeKey(entry, level, options));
    return { action, keywords };
  }
  for (const { name, origin } of unknown) refuseStatement(name, origin);
  // No action that we know: of the unknown keys, those that look like keywords are, and the first other one was meant as the action.
  const meant = unknown.filter(
    ({ name }) => nearest(name, keywordsAt(level)) === undefined || nearest(name, options.moduleNames()) !== undefined,
  );
  const [first] = meant;
  if (!first) {
    for (const entry of unknown) problems.add(strangeKey(entry, level, options));
    if (unknown.length > 0) throw new AlreadyTold();
    return fail("task-action", "no module/action detected in task", {
      origin: taskOrigin,
      hint: "a task needs a module, such as `debug:` or `copy:`, beside its keywords",
    });
  }
  for (const entry of unknown) if (entry !== first) problems.add(strangeKey(entry, level, options));
  throw new Failure(unknownModule(first.name, first.origin, options, level));
}

/** Reads the action and its parameters. `argsEntry` is the task's `args:`. */
export function readAction(action: Entry, argsEntry: Entry | undefined, loading: Loading, level: Level): Action {
  const { options } = loading;
  const isLocal = action.name === "local_action";
  const indirect = isLocal || action.name === "action";
  const named = indirect
    ? indirectAction(action)
    : { name: action.name, origin: action.origin, text: undefined, node: action.value, skip: "" };
  refuseStatement(named.name, named.origin);
  const module = findAction(named.name, options);
  if (!module) throw new Failure(unknownModule(named.name, named.origin, options, level));
  const args = new Map<string, Value>();
  const argOrigins = new Map<string, Origin>();
  const argNodes = new Map<string, Node>();
  let argsTemplate: Value | undefined;
  const set = (name: string, value: Value, origin: Origin): void => {
    args.set(name, value);
    argOrigins.set(name, origin);
  };
  if (argsEntry && !isNull(argsEntry.value)) argsTemplate = readArgs(argsEntry, set);
  if (argsEntry?.value.kind === "mapping")
    for (const { name, value } of entriesOf(argsEntry.value)) argNodes.set(name, value);
  const { node } = named;
  if (named.text !== undefined) readText(named.text, node.origin, false, module, set);
  else if (node.kind === "mapping") {
    for (const { name, value, origin } of entriesOf(node)) {
      if (name === named.skip) continue;
      set(parameterName(name, module), trusted(value), origin);
      argNodes.set(name, value);
    }
  } else if (node.kind === "sequence") {
    fail("task-args", `the parameters of '${named.name}' must be a mapping or text, but this is a list`, {
      origin: node.origin,
    });
  } else if (!isNull(node)) {
    const plain = node.value;
    if (typeof plain === "string") readText(plain, node.origin, node.unsafe === true, module, set);
    else if (module.freeForm !== undefined) set(module.freeForm, trusted(node), node.origin);
    else
      fail("task-args", `the parameters of '${named.name}' must be a mapping, but this is ${describe(node)}`, {
        origin: node.origin,
      });
  }
  return {
    name: named.name,
    origin: named.origin,
    module,
    args,
    argOrigins,
    argNodes,
    isLocal,
    ...(argsTemplate === undefined ? {} : { argsTemplate }),
  };
}

/** Checks parameters before the run; each problem stands at the parameter's own place. */
export function checkAction(action: Action, incomplete: boolean, options: PlaybookLoaderOptions): Problem[] {
  const { checkStatic } = options;
  if (!checkStatic) return [];
  const told = new Set<string>();
  const found: Problem[] = [];
  for (const [name, value] of action.args)
    for (const problem of checkStatic(action.module, new Map([[name, value]]), { incomplete: true })) {
      told.add(problem.message);
      found.push(at(problem, action.argOrigins.get(name) ?? action.origin));
    }
  for (const problem of checkStatic(action.module, action.args, {
    incomplete: incomplete || action.argsTemplate !== undefined,
  }))
    if (!told.has(problem.message)) found.push(at(problem, action.origin));
  return found;
}

function findAction(name: string, options: PlaybookLoaderOptions): AnyModule | undefined {
  const statement = statementOf(name);
  return statement ? STATEMENTS[statement] : options.findModule(name);
}

function isKeyword(name: string, level: Level, options: PlaybookLoaderOptions): boolean {
  if (name === "action" || name === "local_action" || name.startsWith("with_")) return true;
  const keyword = KEYWORDS[name];
  if (!keyword) return false;
  // `user` is an old keyword of plays, and the name of a module that tasks mean.
  return keyword.levels.includes(level) || (name !== "user" && options.findModule(name) === undefined);
}

/** A key that is neither keyword nor module, beside an action. */
function strangeKey({ name, origin }: Entry, level: Level, options: PlaybookLoaderOptions): Problem {
  const keyword = didYouMean(name, keywordsAt(level));
  const hint = keyword ?? didYouMean(name, options.moduleNames());
  return {
    code: "keyword-unknown",
    message: `'${name}' is neither a keyword of a task nor a module`,
    origin,
    ...(hint ? { hint } : {}),
  };
}

function unknownModule(name: string, origin: Origin, options: PlaybookLoaderOptions, level: Level): Problem {
  const short = name.split(".").at(-1) ?? name;
  // Short names only: in long ones the collection's name would make everything alike.
  const names = [...options.moduleNames(), ...Object.keys(STATEMENTS)].filter((known) => !known.includes("."));
  const module = nearest(short, names);
  const keyword = nearest(name, keywordsAt(level));
  const suggestions = [
    ...(module === undefined ? [] : [`the module '${module}'`]),
    ...(keyword === undefined ? [] : [`the keyword '${keyword}'`]),
  ];
  return {
    code: "module-unknown",
    message: `there is no module '${name}'`,
    origin,
    hint:
      suggestions.length > 0 ? `did you mean ${suggestions.join(" or ")}?` : "`tsplay doc` lists the modules there are",
  };
}

interface Named {
  readonly name: string;
  readonly origin: Origin;
  /** Parameters as text behind the module's name. */
  readonly text: string | undefined;
  readonly node: Node;
  /** Key of the mapping that is no parameter. */
  readonly skip: string;
}

/** `action: copy src=a` or `action: {module: copy, src: a}`. */
function indirectAction({ name: key, value, origin }: Entry): Named {
  if (value.kind === "mapping") {
    const module = entriesOf(value).find(({ name }) => name === "module");
    const name = plainText(module?.value)?.trim();
    if (module && name) {
      const [first = "", ...words] = name.split(/\s+/);
      if (words.length > 0)
        fail("task-args", "put parameters beside 'module', not behind the module's name", {
          origin: module.value.origin,
        });
      return { name: first, origin: module.value.origin, text: undefined, node: value, skip: "module" };
    }
    if (module && isTemplate(module.value)) templatedAction(module.value.origin);
    return fail("task-action", `'${key}' needs the module's name under 'module'`, { origin });
  }
  if (value.kind === "scalar" && typeof value.value === "string") {
    const match = /^\s*(\S+)\s*([\s\S]*)$/.exec(value.value);
    const name = match?.[1];
    if (name?.includes("{{")) templatedAction(value.origin);
    if (name !== undefined) return { name, origin: value.origin, text: match?.[2] ?? "", node: value, skip: "" };
  }
  return fail("task-action", `'${key}' must be text or a mapping with 'module', but this is ${describe(value)}`, {
    origin: value.origin,
  });
}

function templatedAction(origin: Origin): never {
  return fail("task-action-template", "the name of a module cannot be a template", {
    origin,
    hint: "use 'package' or 'service', which choose for each host, or one task with 'when' for each module",
  });
}

/** `args:` as a mapping or k=v text sets parameters; as a template it is kept for the run. */
function readArgs({ value }: Entry, set: (name: string, value: Value, origin: Origin) => void): Value | undefined {
  if (isTemplate(value)) return trusted(value);
  if (value.kind !== "mapping")
    return fail("keyword-type", `'args' must be a mapping, but this is ${describe(value)}`, { origin: value.origin });
  for (const { name, value: item, origin } of entriesOf(value)) set(name, trusted(item), origin);
  return undefined;
}

/** Text behind a module: free text of commands, else `k=v` words and what remains of them. */
function readText(
  text: string,
  origin: Origin,
  unsafe: boolean,
  module: AnyModule,
  set: (name: string, value: Value, origin: Origin) => void,
): void {
  if (text.trim() === "") return;
  const finish = (part: string): Value => (unsafe ? part : trust(part, origin));
  const { freeForm } = module;
  if (COMMANDS.has(module.name) && freeForm !== undefined) {
    for (const [name, part] of Object.entries(split(text, origin, { freeForm }).values))
      set(name, finish(part), origin);
    return;
  }
  const { values, rest } = split(text, origin, {});
  for (const [name, part] of Object.entries(values)) set(name, finish(part), origin);
  if (rest === undefined) return;
  if (freeForm !== undefined) set(freeForm, finish(rest), origin);
  else if (finish(rest) instanceof Template && Object.keys(values).length === 0)
    fail("task-args", `'${module.name}' takes a mapping of parameters; a template in its place is not evaluated`, {
      origin,
      hint: 'write `args: "{{ … }}"` for a mapping that is made at run time',
    });
  else
    fail(
      "task-args",
      `'${module.name}' takes no free text, but here is '${rest.length > 60 ? `${rest.slice(0, 57)}…` : rest}'`,
      {
        origin,
        hint: "write parameters as a mapping, or as name=value with quotes around values that have spaces",
      },
    );
}

function split(text: string, origin: Origin, options: { readonly freeForm?: string }) {
  try {
    return parseKeyValue(text, options);
  } catch (error) {
    if (error instanceof Failure) throw new Failure(at(error.problem, origin));
    throw error;
  }
}

/** Ansible takes `_raw_params` for the free text of a module. */
function parameterName(name: string, module: AnyModule): string {
  return name === "_raw_params" && module.freeForm !== undefined ? module.freeForm : name;
}
