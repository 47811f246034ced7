// The inventory plugin `constructed`: variables and groups made from expressions over the hosts that earlier
// sources gave. Evaluation is handed in, since templates belong to another folder.

import { Failure, fail, type Origin, problemOf } from "../core/problem.ts";
import { Float, Undefined, type Value } from "../core/value.ts";
import type { MappingNode, Node } from "../text/node.ts";
import { nodeValue } from "../text/templates.ts";
import type { InventoryGraph } from "./graph.ts";
import { entryOf } from "./yaml.ts";

/** Evaluates one expression (no braces) over variables. May throw a Failure or give Undefined. */
export type Evaluate = (expression: string, vars: ReadonlyMap<string, Value>) => Value;

const KEYS = [
  "plugin",
  "compose",
  "groups",
  "keyed_groups",
  "strict",
  "leading_separator",
  "use_vars_plugins",
  "use_extra_vars",
];

export function readConstructed(root: MappingNode, graph: InventoryGraph, evaluate: Evaluate | undefined): void {
  for (const { key } of root.entries)
    if (!KEYS.includes(String(key.value)))
      fail("inventory-constructed", `'${String(key.value)}' is no option of the constructed plugin`, {
        origin: key.origin,
        hint: `options are ${KEYS.join(", ")}`,
      });
  if (!evaluate)
    fail("inventory-constructed", "the constructed plugin needs templates, which are not available here", {
      origin: root.origin,
    });
  const varsPlugins = entryOf(root, "use_vars_plugins");
  if (varsPlugins?.kind === "scalar" && varsPlugins.value === true)
    fail("inventory-constructed", "use_vars_plugins is not supported here: group_vars files are not seen", {
      origin: varsPlugins.origin,
      hint: "put the variables into the inventory itself",
    });
  const made = new Constructor(root, graph, evaluate);
  for (const host of [...graph.hosts.keys()]) made.host(host);
}

class Constructor {
  readonly #root: MappingNode;
  readonly #graph: InventoryGraph;
  readonly #evaluate: Evaluate;
  readonly #strict: boolean;

  constructor(root: MappingNode, graph: InventoryGraph, evaluate: Evaluate) {
    this.#root = root;
    this.#graph = graph;
    this.#evaluate = evaluate;
    this.#strict = scalarOf(entryOf(root, "strict")) === true;
  }

  host(name: string): void {
    for (const { key, value } of mappingOf(entryOf(this.#root, "compose"), "compose")) {
      const made = this.#value(name, value);
      if (made !== undefined) this.#graph.setHostVar(name, String(key.value), made, key.origin);
    }
    for (const { key, value } of mappingOf(entryOf(this.#root, "groups"), "groups")) {
      const met = this.#value(name, value);
      if (met !== undefined && isTrue(met)) this.#graph.ensureHost(name, safeName(String(key.value)));
    }
    const keyed = entryOf(this.#root, "keyed_groups");
    for (const item of keyed?.kind === "sequence" ? keyed.items : [])
      if (item.kind === "mapping") this.#keyedGroup(name, item);
  }

  #keyedGroup(host: string, rule: MappingNode): void {
    const option = (key: string): Value | undefined => scalarOf(entryOf(rule, key));
    const fallback = option("default_value");
    const keyNode = entryOf(rule, "key");
    const key = keyNode ? this.#value(host, keyNode) : undefined;
    if (key === undefined) return;
    const empty = key === null || key === "";
    if (!isTrue(key) && !(empty && typeof fallback === "string")) return;
    const prefix = String(option("prefix") ?? "");
    const separator = String(option("separator") ?? "_");
    const leading = scalarOf(entryOf(this.#root, "leading_separator")) === false && prefix === "" ? "" : separator;
    const parent = option("parent_group");
    for (const bare of namesFrom(
      empty ? (fallback ?? "") : key,
      separator,
      fallback,
      option("trailing_separator"),
      rule.origin,
    )) {
      const group = safeName(`${prefix}${leading}${bare}`);
      this.#graph.ensureHost(host, group);
      if (typeof parent === "string" && parent !== "") this.#graph.addChild(safeName(parent), group, rule.origin);
    }
  }

  /** The value of an expression for a host; undefined if it cannot be told and `strict` is off. */
  #value(host: string, node: Node): Value | undefined {
    if (node.kind !== "scalar" || typeof node.value !== "string") return nodeValue(node);
    try {
      const value = this.#evaluate(node.value, this.#varsOf(host));
      if (!(value instanceof Undefined)) return value;
      if (this.#strict) fail("inventory-constructed", `for the host '${host}': ${value.hint}`, { origin: node.origin });
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure) || this.#strict) {
        const problem = problemOf(error);
        throw new Failure({ ...problem, origin: problem.origin ?? node.origin }, { cause: error });
      }
      return undefined;
    }
  }

  #varsOf(host: string): ReadonlyMap<string, Value> {
    const vars = new Map<string, Value>();
    for (const group of this.#graph.groupsOf(host)) for (const [key, value] of group.vars) vars.set(key, value);
    for (const [key, value] of this.#graph.hosts.get(host)?.vars ?? []) vars.set(key, value);
    vars.set("inventory_hostname", host);
    vars.set("inventory_hostname_short", host.split(".")[0] ?? host);
    return vars;
  }
}

function namesFrom(
  key: Value,
  separator: string,
  fallback: Value | undefined,
  trailing: Value | undefined,
  origin: Origin,
): string[] {
  if (typeof key === "string") return [key];
  if (Array.isArray(key))
    return key.map((name) => String((name === null || name === "") && fallback !== undefined ? fallback : name));
  if (key instanceof Map)
    return [...key].map(([name, value]) => {
      const empty = value === null || value === "";
      if (empty && typeof fallback === "string") return `${String(name)}${separator}${fallback}`;
      return empty && trailing === false ? String(name) : `${String(name)}${separator}${String(value)}`;
    });
  return fail("inventory-constructed", "the key of keyed_groups must give text, a list or a mapping", { origin });
}

function mappingOf(node: Node | undefined, what: string): MappingNode["entries"] {
  if (node === undefined || (node.kind === "scalar" && node.value === null)) return [];
  if (node.kind === "mapping") return node.entries;
  return fail("inventory-constructed", `'${what}' must be a mapping`, { origin: node.origin });
}

function scalarOf(node: Node | undefined): Value | undefined {
  return node?.kind === "scalar" ? node.value : undefined;
}

function safeName(name: string): string {
  return name.replace(/^[\d\W]|[^\w]/gu, "_");
}

function isTrue(value: Value): boolean {
  if (value instanceof Float) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return Boolean(value);
}
