// Inventories in YAML form: groups with hosts, vars and children. Values are YAML's own; text with template marks
// becomes a Template.

import { fail, type Origin, type Problem } from "../core/problem.ts";
import type { MappingNode, Node } from "../text/node.ts";
import { nodeValue } from "../text/templates.ts";
import type { InventoryGraph, SourcePlace } from "./graph.ts";
import { expandHosts } from "./ranges.ts";

const SECTIONS = ["vars", "children", "hosts"];

/** The name in `plugin:` if the mapping is a plugin's configuration, not an inventory. */
export function pluginOf(root: Node | undefined): string | undefined {
  if (root?.kind !== "mapping") return undefined;
  const value = entryOf(root, "plugin");
  return value?.kind === "scalar" && typeof value.value === "string" ? value.value : undefined;
}

/** The value of a key of a mapping. */
export function entryOf(node: MappingNode, key: string): Node | undefined {
  return node.entries.find((entry) => entry.key.value === key)?.value;
}

/** Adds what a YAML inventory says. Throws Failure `inventory-…` with the place. */
export function readYamlInventory(
  root: Node,
  graph: InventoryGraph,
  place: SourcePlace,
  warn: (problem: Problem) => void,
): void {
  if (root.kind !== "mapping")
    fail("inventory-shape", "a YAML inventory is a mapping of groups", {
      origin: root.origin,
      hint: "write all: hosts: NAME: below one another",
    });
  const reader = new YamlReader(graph, place, warn);
  for (const { key, value } of root.entries) reader.group(nameOf(key.value, "group", key.origin), value, key.origin);
}

class YamlReader {
  readonly #graph: InventoryGraph;
  readonly #place: SourcePlace;
  readonly #warn: (problem: Problem) => void;

  constructor(graph: InventoryGraph, place: SourcePlace, warn: (problem: Problem) => void) {
    this.#graph = graph;
    this.#place = place;
    this.#warn = warn;
  }

  group(name: string, node: Node, origin: Origin): boolean {
    if (!isNull(node) && node.kind !== "mapping") {
      this.#warn({ code: "inventory-shape", message: `'${name}' is skipped: it is no valid group definition`, origin });
      return false;
    }
    this.#graph.ensureGroup(name, origin);
    if (node.kind !== "mapping") return true;
    for (const { key, value } of node.entries) this.#section(name, String(key.value), value, key.origin);
    return true;
  }

  #section(group: string, section: string, node: Node, origin: Origin): void {
    if (!SECTIONS.includes(section)) {
      this.#warn({
        code: "inventory-shape",
        message: `the key '${section}' of the group '${group}' is skipped: only vars, children and hosts mean something there`,
        origin,
        ...(node.kind === "mapping" ? { hint: `is it a group? then it belongs under 'children:'` } : {}),
      });
      return;
    }
    if (isNull(node)) return;
    // Text in place of a mapping is the name of the only entry.
    const entries =
      node.kind === "mapping"
        ? node.entries
        : node.kind === "scalar" && typeof node.value === "string"
          ? [{ key: node, value: undefined }]
          : this.#notAMapping(group, section, node);
    for (const { key, value } of entries) {
      if (section === "vars")
        this.#graph.setGroupVar(
          group,
          String(key.value),
          value ? nodeValue(value, { trusted: true }) : null,
          key.origin,
        );
      else if (section === "hosts") this.#host(group, nameOf(key.value, "host", key.origin), value, key.origin);
      else this.#child(group, nameOf(key.value, "group", key.origin), value, key.origin);
    }
  }

  #child(parent: string, name: string, node: Node | undefined, origin: Origin): void {
    if (node && !this.group(name, node, origin)) return;
    this.#graph.addChild(parent, name, origin);
  }

  #host(group: string, entry: string, node: Node | undefined, origin: Origin): void {
    const { names, port } = expandHosts(entry, origin);
    if (node && !isNull(node) && node.kind !== "mapping")
      fail("inventory-shape", `the variables of the host '${entry}' must be a mapping`, {
        origin: node.origin,
        hint: `write '${entry}:' with nothing after it, or with 'name: value' lines below it`,
      });
    for (const name of names) {
      this.#graph.ensureHost(name, group, port, this.#place);
      if (node?.kind !== "mapping") continue;
      for (const { key, value } of node.entries)
        this.#graph.setHostVar(name, String(key.value), nodeValue(value, { trusted: true }), key.origin);
    }
  }

  #notAMapping(group: string, section: string, node: Node): never {
    fail(
      "inventory-shape",
      `'${section}' of the group '${group}' must be a mapping, not ${node.kind === "sequence" ? "a list" : "a value"}`,
      {
        origin: node.origin,
        ...(node.kind === "sequence" ? { hint: "write each name as 'NAME:' without the dash" } : {}),
      },
    );
  }
}

function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

function nameOf(value: unknown, what: "group" | "host", origin: Origin): string {
  if (typeof value === "string" && value !== "") return value;
  return fail(`inventory-${what}`, `the name of a ${what} must be text, not ${String(value)}`, {
    origin,
    hint: "put it in quotes",
  });
}
