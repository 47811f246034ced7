// include_tasks, include_role and meta: what the runner needs to know of them.

import { didYouMean } from "../core/nearest.ts";
import { fail } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Action } from "./action.ts";
import { given } from "./given.ts";
import { readKeywords } from "./keyword-values.ts";
import type { ApplyKeywords, Include, Meta, MetaAction } from "./model.ts";
import { entriesOf, isNull, mappingOf } from "./nodes.ts";
import type { Loading } from "./options.ts";
import type { StatementName } from "./statements.ts";

const META_ACTIONS: readonly MetaAction[] = [
  "noop",
  "flush_handlers",
  "refresh_inventory",
  "clear_facts",
  "clear_host_errors",
  "end_play",
  "end_host",
  "end_batch",
  "end_role",
  "reset_connection",
];

/** The include of an include_tasks or include_role; undefined for other tasks. */
export function readInclude(
  action: Action,
  statement: StatementName | undefined,
  loading: Loading,
): Include | undefined {
  if (statement !== "include_tasks" && statement !== "include_role") return undefined;
  const { args } = action;
  const apply = readApply(action, loading);
  if (statement === "include_tasks") {
    const file = args.get("file");
    if (file === undefined || file === null || file === "")
      return fail("include-file", "'include_tasks' needs the name of a file", { origin: action.origin });
    return { kind: "tasks", file, ...given({ apply }) };
  }
  const name = roleName(action);
  return {
    kind: "role",
    name,
    ...given({
      tasksFrom: args.get("tasks_from"),
      varsFrom: args.get("vars_from"),
      defaultsFrom: args.get("defaults_from"),
      handlersFrom: args.get("handlers_from"),
      isPublic: args.get("public"),
      allowDuplicates: args.get("allow_duplicates"),
      roleArgumentValidation: args.get("rolespec_validate"),
      apply,
    }),
  };
}

/** The role that an include_role or import_role names. */
export function roleName(action: Action): Value {
  const name = action.args.get("name") ?? action.args.get("role");
  if (name === undefined || name === null || name === "")
    return fail("role-name", `'${action.name}' needs the name of a role`, {
      origin: action.origin,
      hint: "write `name: THE_ROLE` below it",
    });
  return name;
}

/** What a meta task does; undefined for other tasks. */
export function readMeta(action: Action, statement: StatementName | undefined): Meta | undefined {
  if (statement !== "meta") return undefined;
  const text = action.args.get("free_form");
  const known = META_ACTIONS.find((name) => name === text);
  if (known === undefined) {
    const hint = typeof text === "string" ? didYouMean(text, META_ACTIONS) : undefined;
    return fail("meta-unknown", `there is no meta action '${typeof text === "string" ? text : ""}'`, {
      origin: action.argOrigins.get("free_form") ?? action.origin,
      hint: hint ?? `there are ${META_ACTIONS.join(", ")}`,
    });
  }
  return { action: known };
}

function readApply(action: Action, loading: Loading): ApplyKeywords | undefined {
  const node = action.argNodes.get("apply");
  if (!node || isNull(node)) return undefined;
  const mapping = mappingOf(node, "'apply'");
  return readKeywords(entriesOf(mapping), "block", loading.problems, "'apply'").keywords;
}

/** A parameter that must be known before the run: its text, or undefined if it was not given. */
export function staticText(
  action: Action,
  name: string,
  resolve: (value: Value) => string | undefined,
): string | undefined {
  const value = action.args.get(name);
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "string" ? value : resolve(value);
  if (text !== undefined && text !== "") return text;
  return fail("import-template", `'${name}' of '${action.name}' cannot be known before the run`, {
    origin: action.argOrigins.get(name) ?? action.origin,
    hint: `use '${action.name.replace("import_", "include_")}', or set what it needs in extra vars or the play's vars`,
  });
}
