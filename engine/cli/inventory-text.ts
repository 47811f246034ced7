// What `tsplay inventory` prints, in the forms of ansible-inventory. Pure: variables come through functions.

import type { Data, Value } from "../core/value.ts";
import type { Inventory, InventoryGroup } from "../inventory/inventory.ts";
import { str } from "../template/python/text.ts";
import { compareText } from "../text/numbers.ts";
import { shownVariables } from "./shown-value.ts";

export interface InventoryView {
  readonly inventory: Inventory;
  /** Hosts that the limit lets through. */
  readonly hosts: ReadonlySet<string>;
  readonly hostVars: (host: string) => ReadonlyMap<string, Value>;
  readonly groupVars: (group: string) => ReadonlyMap<string, Value>;
  /** Groups with their own variables, hosts with theirs alone (`--export`). */
  readonly exported: boolean;
}

/** `--list`: groups with hosts and children, variables of all hosts in `_meta`. */
export function listDocument(view: InventoryView): Map<Data, Data> {
  const document = new Map<Data, Data>();
  const hostvars = new Map<Data, Data>();
  for (const host of view.inventory.hosts.keys()) {
    if (!view.hosts.has(host)) continue;
    const vars = shownVariables(view.hostVars(host));
    if (vars.size > 0) hostvars.set(host, vars);
  }
  document.set(
    "_meta",
    new Map<Data, Data>([
      ["hostvars", hostvars],
      ["profile", "inventory_legacy"],
    ]),
  );
  const add = (group: InventoryGroup): void => {
    if (document.has(group.name)) return;
    const hosts = hostsOf(view, group);
    const children = childrenOf(view, group);
    const vars = view.exported ? shownVariables(view.groupVars(group.name)) : new Map<Data, Data>();
    const entry = new Map<Data, Data>();
    if (children.length > 0)
      entry.set(
        "children",
        children.map(({ name }) => name),
      );
    if (hosts.length > 0) entry.set("hosts", hosts);
    if (vars.size > 0) entry.set("vars", vars);
    if (entry.size > 0) document.set(group.name, entry);
    for (const child of children) add(child);
  };
  add(groupOf(view, "all"));
  return document;
}

/** `--list -y`: nested as a YAML inventory; a host's variables where it appears first. */
export function yamlDocument(view: InventoryView): Map<Data, Data> {
  const seenHosts = new Set<string>();
  const seenGroups = new Set<string>();
  const format = (group: InventoryGroup): Map<Data, Data> => {
    const children = new Map<Data, Data>();
    for (const child of childrenOf(view, group)) {
      if (seenGroups.has(child.name)) children.set(child.name, new Map());
      else {
        for (const [name, entry] of format(child)) children.set(name, entry);
        seenGroups.add(child.name);
      }
    }
    const hosts = new Map<Data, Data>();
    for (const host of hostsOf(view, group)) {
      hosts.set(host, seenHosts.has(host) ? new Map() : shownVariables(view.hostVars(host)));
      seenHosts.add(host);
    }
    const vars = view.exported ? shownVariables(view.groupVars(group.name)) : new Map<Data, Data>();
    const entry = new Map<Data, Data>();
    if (children.size > 0) entry.set("children", children);
    if (hosts.size > 0) entry.set("hosts", hosts);
    if (vars.size > 0) entry.set("vars", vars);
    return entry.size > 0 ? new Map<Data, Data>([[group.name, entry]]) : new Map<Data, Data>();
  };
  return format(groupOf(view, "all"));
}

/** `--graph`: the tree from a group down, with `--vars` the variables too. */
export function graphLines(view: InventoryView, from: string, withVars: boolean): string[] {
  const lines: string[] = [];
  const put = (text: string, depth: number): void => {
    lines.push(depth === 0 ? text : `${"  |".repeat(depth)}--${text}`);
  };
  const variables = (values: ReadonlyMap<string, Value>, depth: number): void => {
    if (!withVars) return;
    for (const [name, value] of [...shownVariables(values)].sort(([a], [b]) => compareText(String(a), String(b))))
      put(`{${String(name)} = ${str(value)}}`, depth);
  };
  const walk = (group: InventoryGroup, depth: number): void => {
    put(`@${group.name}:`, depth);
    for (const child of [...group.children].flatMap((name) => view.inventory.groups.get(name) ?? []))
      walk(child, depth + 1);
    for (const host of hostsOf(view, group)) {
      put(host, depth + 1);
      variables(view.hostVars(host), depth + 2);
    }
    variables(view.groupVars(group.name), depth + 1);
  };
  walk(groupOf(view, from), 0);
  return lines;
}

function groupOf(view: InventoryView, name: string): InventoryGroup {
  const group = view.inventory.groups.get(name);
  if (!group) throw new Error(`no group ${name}`);
  return group;
}

/** A group's own hosts; `all` lists none, its loose hosts stand in `ungrouped`. */
function hostsOf(view: InventoryView, group: InventoryGroup): string[] {
  return group.name === "all" ? [] : [...group.hosts].filter((host) => view.hosts.has(host));
}

function childrenOf(view: InventoryView, group: InventoryGroup): InventoryGroup[] {
  return [...group.children]
    .flatMap((name) => view.inventory.groups.get(name) ?? [])
    .filter((child) => child.name !== "ungrouped" || child.hosts.size > 0);
}
