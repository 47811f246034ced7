// Reads and checks the keywords that plays, roles, blocks and tasks share. What is a template is checked when it runs.

import { didYouMean } from "../core/nearest.ts";
import { fail, type Origin } from "../core/problem.ts";
import { Float, type Value } from "../core/value.ts";
import type { MappingNode, Node } from "../text/node.ts";
import { KEYWORDS, type KeywordType, keywordsAt, type Level } from "./keywords.ts";
import type { Condition, Keywords } from "./model.ts";
import { describe, type Entry, entriesOf, isNull, isTemplate, listOf, trusted, variablesOf } from "./nodes.ts";
import type { ProblemList } from "./problem-list.ts";

const BOOLEANS = new Set(["yes", "no", "on", "off", "true", "false", "1", "0", "y", "n", "t", "f", "1.0", "0.0"]);
export const NO_KEYWORDS: Keywords = { when: [], tags: [], vars: new Map(), environment: [], moduleDefaults: [] };

/** Whether the text may be the name of a variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** The keywords of a mapping at a level: each checked once, unknown ones told with a suggestion. `known`: keys read by the caller. */
export function readKeywords(
  entries: readonly Entry[],
  level: Level,
  problems: ProblemList,
  what: string,
): { readonly keywords: Keywords; readonly found: ReadonlyMap<string, Entry> } {
  const found = new Map<string, Entry>();
  for (const entry of entries) {
    const keyword = KEYWORDS[entry.name];
    if (!keyword) problems.add(unknownKeyword(entry, level, what));
    else if (!keyword.levels.includes(level)) problems.add(misplaced(entry, level, what));
    else if (problems.attempt(() => checkKeyword(entry, keyword.type)) !== undefined) {
      found.set(entry.name, entry);
      if (keyword.ignored !== undefined)
        problems.warn({
          code: "keyword-ignored",
          message: `'${entry.name}' has no effect here: ${keyword.ignored}`,
          origin: entry.origin,
        });
    }
  }
  return { keywords: keywordsFrom(found), found };
}

function unknownKeyword({ name, origin }: Entry, level: Level, what: string) {
  const hint = didYouMean(name, keywordsAt(level));
  return { code: "keyword-unknown", message: `'${name}' is no keyword of ${what}`, origin, ...(hint ? { hint } : {}) };
}

function misplaced({ name, origin }: Entry, level: Level, what: string) {
  const levels = KEYWORDS[name]?.levels.map((other) => (other === "play" ? "plays" : `${other}s`)) ?? [];
  const hint = level === "play" && name === "when" ? "put 'when' on the tasks, or on an import_playbook" : undefined;
  return {
    code: "keyword-misplaced",
    message: `'${name}' is not allowed on ${what}, only on ${levels.join(", ")}`,
    origin,
    ...(hint ? { hint } : {}),
  };
}

/** Throws Failure `keyword-type` if a value that is no template is of the wrong kind. */
function checkKeyword({ name, value }: Entry, type: KeywordType): true {
  checkType(value, type, `'${name}'`);
  return true;
}

/** As `checkKeyword`, for any named value; empty values count as not set. */
export function checkType(node: Node, type: KeywordType, what: string): void {
  if (type === "any" || isNull(node) || isTemplate(node)) return;
  const wrong = (wanted: string, origin: Origin = node.origin, hint?: string): never =>
    fail("keyword-type", `${what} must be ${wanted}, but this is ${describe(node)}`, {
      origin,
      ...(hint ? { hint } : {}),
    });
  const scalar = node.kind === "scalar" ? node : undefined;
  switch (type) {
    case "text":
      if (!scalar) wrong("text");
      return;
    case "boolean":
      if (!scalar || !isBoolean(scalar.value)) wrong("true or false");
      return;
    case "integer":
    case "number":
    case "percent":
      if (!scalar || !isNumber(scalar.value, type))
        wrong(type === "integer" ? "a whole number" : type === "number" ? "a number" : "a number or a percentage");
      return;
    case "list":
      if (node.kind !== "sequence") wrong("a list");
      return;
    case "texts":
      if (node.kind === "mapping") wrong("text or a list of texts");
      if (node.kind === "sequence")
        for (const item of node.items)
          if (item.kind !== "scalar")
            fail("keyword-type", `an item of ${what} must be text, but this is ${describe(item)}`, {
              origin: item.origin,
            });
      return;
    case "conditions":
      if (node.kind === "mapping")
        wrong(
          "an expression or a list of expressions",
          node.origin,
          "an unquoted `{{ x }}` is a mapping in YAML: write the bare expression `x`",
        );
      return;
    case "mapping":
      if (node.kind !== "mapping") wrong("a mapping");
      return;
    case "mappings":
      if (node.kind === "scalar") wrong("a mapping or a list of mappings");
      if (node.kind === "sequence")
        for (const item of node.items)
          if (item.kind !== "mapping" && !isTemplate(item))
            fail("keyword-type", `an item of ${what} must be a mapping, but this is ${describe(item)}`, {
              origin: item.origin,
            });
      return;
    case "variables":
      if (node.kind === "mapping") checkNames(node);
      else wrong("a mapping");
  }
}

function isBoolean(value: unknown): boolean {
  return (
    typeof value === "boolean" ||
    (["string", "number"].includes(typeof value) && BOOLEANS.has(String(value).toLowerCase()))
  );
}

function isNumber(value: unknown, type: KeywordType): boolean {
  if (typeof value === "number" || typeof value === "bigint" || value instanceof Float)
    return type !== "integer" || (!(value instanceof Float) && Number.isInteger(Number(value)));
  if (typeof value !== "string") return false;
  return (
    type === "integer" ? /^\s*[-+]?\d+\s*$/ : type === "percent" ? /^\s*\d+(\.\d+)?\s*%?\s*$/ : /^\s*[-+]?\d*\.?\d+\s*$/
  ).test(value);
}

function checkNames(mapping: MappingNode): void {
  for (const { name, origin } of entriesOf(mapping))
    if (!isVariableName(name))
      fail("variable-name", `'${name}' is not a valid name of a variable`, {
        origin,
        hint: "names have letters, digits and underscores, and do not start with a digit",
      });
}

/** The shared keywords from checked entries. */
function keywordsFrom(found: ReadonlyMap<string, Entry>): Keywords {
  const value = (name: string): Value | undefined => {
    const entry = found.get(name);
    return entry && !isNull(entry.value) ? trusted(entry.value) : undefined;
  };
  const vars = found.get("vars")?.value;
  const keywords: { -readonly [K in keyof Keywords]: Keywords[K] } = {
    when: conditionsOf(found.get("when")?.value),
    tags: valuesOf(found.get("tags")?.value),
    vars: vars?.kind === "mapping" ? variablesOf(vars) : new Map(),
    environment: valuesOf(found.get("environment")?.value),
    moduleDefaults: valuesOf(found.get("module_defaults")?.value),
  };
  for (const [name, field] of SIMPLE) {
    const given = value(name);
    if (given !== undefined) keywords[field] = given;
  }
  return keywords;
}

type SimpleField = Exclude<keyof Keywords, "when" | "tags" | "vars" | "environment" | "moduleDefaults">;

const SIMPLE: readonly (readonly [string, SimpleField])[] = [
  ["become", "become"],
  ["become_user", "becomeUser"],
  ["become_method", "becomeMethod"],
  ["become_flags", "becomeFlags"],
  ["become_exe", "becomeExe"],
  ["connection", "connection"],
  ["port", "port"],
  ["user", "remoteUser"],
  ["remote_user", "remoteUser"],
  ["timeout", "timeout"],
  ["ignore_errors", "ignoreErrors"],
  ["ignore_unreachable", "ignoreUnreachable"],
  ["any_errors_fatal", "anyErrorsFatal"],
  ["max_fail_percentage", "maxFailPercentage"],
  ["check_mode", "checkMode"],
  ["diff", "diff"],
  ["no_log", "noLog"],
  ["run_once", "runOnce"],
  ["throttle", "throttle"],
  ["delegate_to", "delegateTo"],
  ["delegate_facts", "delegateFacts"],
];

/** A list, or one value as a list of one; nothing gives none. */
export function valuesOf(node: Node | undefined): Value[] {
  if (!node || isNull(node)) return [];
  return node.kind === "sequence" ? node.items.map(trusted) : [trusted(node)];
}

/** `when:` and its kin as conditions, each with its own place. */
export function conditionsOf(node: Node | undefined): Condition[] {
  if (!node || isNull(node)) return [];
  const items = node.kind === "sequence" ? listOf(node, "conditions").items : [node];
  return items.map((item) => ({ value: trusted(item), origin: item.origin }));
}
