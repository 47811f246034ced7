// Hosts and groups while they are built and afterwards: membership, ancestry, the order in which variables merge.
// Sources fill it (ini.ts, yaml.ts, script.ts, constructed.ts); patterns are answered by patterns.ts.

import { fail, type Origin, type Problem } from "../core/problem.ts";
import { Float, type Value } from "../core/value.ts";
import type { Inventory, InventoryGroup, InventoryHost } from "./inventory.ts";
import { LOCALHOSTS, matchHosts } from "./patterns.ts";

export interface GraphOptions {
  readonly warn: (problem: Problem) => void;
  /** The content of the file of a limit `@file`. Absent: such limits fail. */
  readonly readLimitFile?: (path: string) => string;
}

/** Where a host or variable comes from. */
export interface SourcePlace {
  /** What `inventory_file` says. */
  readonly file: string;
  /** What `inventory_dir` says. */
  readonly directory: string;
}

export class InventoryGraph implements Inventory {
  readonly hosts = new Map<string, InventoryHost>();
  readonly groups = new Map<string, InventoryGroup>();
  readonly sources: string[] = [];
  readonly #options: GraphOptions;
  readonly #warned = new Set<string>();
  #implicit: InventoryHost | undefined;
  #explicitLocal: InventoryHost | undefined;
  #depths: Map<string, number> | undefined;
  readonly #members = new Map<string, readonly string[]>();

  constructor(options: GraphOptions) {
    this.#options = options;
    this.ensureGroup("all");
    this.ensureGroup("ungrouped");
    this.addChild("all", "ungrouped");
  }

  /** The group of this name, made if need be. */
  ensureGroup(name: string, origin?: Origin): InventoryGroup {
    const existing = this.groups.get(name);
    if (existing) return existing;
    if (name === "") fail("inventory-group", "a group needs a name", { origin });
    if (/^\d|[^\p{L}\p{N}_]/u.test(name))
      this.#warnOnce({
        code: "inventory-group-name",
        message: `the group name '${name}' cannot be used as a variable (only letters, digits and _ can)`,
        ...(origin ? { origin } : {}),
      });
    const group: InventoryGroup = {
      name,
      vars: new Map(),
      origins: new Map(),
      hosts: new Set(),
      children: new Set(),
      parents: new Set(),
      priority: 1,
    };
    this.groups.set(name, group);
    this.#forget();
    return group;
  }

  /** The host of this name, made if need be, listed in `group` if one is given. */
  ensureHost(name: string, group?: string, port?: number, place?: SourcePlace): InventoryHost {
    let host = this.hosts.get(name);
    if (!host) {
      if (name === "") fail("inventory-host", "a host needs a name");
      host = newHost(name, port, false);
      host.vars.set("inventory_file", place?.file ?? null);
      host.vars.set("inventory_dir", place?.directory ?? null);
      this.hosts.set(name, host);
      if (LOCALHOSTS.includes(name)) this.#explicitLocal ??= host;
    }
    if (group !== undefined) this.#list(host, this.ensureGroup(group));
    return host;
  }

  /** Makes a group the child of another. Fails on a cycle, spelling it out. */
  addChild(parentName: string, childName: string, origin?: Origin): boolean {
    const parent = this.ensureGroup(parentName, origin);
    const child = this.ensureGroup(childName, origin);
    if (parent.children.has(childName)) return false;
    const path = parentName === childName ? [parentName] : this.#pathDown(childName, parentName);
    if (path)
      fail("inventory-cycle", `the groups form a cycle: ${[parentName, ...path].join(" → ")}`, {
        origin,
        hint: `a group cannot be its own descendant; remove '${childName}' from the children of '${parentName}'`,
      });
    parent.children.add(childName);
    child.parents.add(parentName);
    this.#forget();
    return true;
  }

  setGroupVar(name: string, key: string, value: Value, origin?: Origin): void {
    const group = this.ensureGroup(name);
    if (key === "ansible_group_priority") {
      const priority = Number(value);
      if (!Number.isInteger(priority))
        fail("inventory-priority", `ansible_group_priority of '${name}' must be a whole number`, { origin });
      group.priority = priority;
      return;
    }
    group.vars.set(key, value);
    if (origin) group.origins.set(key, origin);
  }

  setHostVar(name: string, key: string, value: Value, origin?: Origin): void {
    const host = this.ensureHost(name);
    host.vars.set(key, value);
    if (origin) host.origins.set(key, origin);
  }

  /** Settles what sources leave open: every group below `all`, hosts without a group in `ungrouped`. */
  reconcile(): void {
    for (const group of this.groups.values())
      if (group.name !== "all" && group.parents.size === 0) this.addChild("all", group.name);
    const ungrouped = this.ensureGroup("ungrouped");
    for (const host of this.hosts.values()) {
      const real = [...host.groups].some((name) => name !== "all" && name !== "ungrouped");
      if (real) {
        ungrouped.hosts.delete(host.name);
        host.groups.delete("ungrouped");
      } else this.#list(host, ungrouped);
      if (this.groups.has(host.name))
        this.#warnOnce({
          code: "inventory-name-twice",
          message: `'${host.name}' is the name of a group and of a host`,
          hint: "rename one of them: in patterns the name means both",
        });
    }
    this.#forget();
  }

  hostsOf(name: string): readonly string[] {
    const known = this.#members.get(name);
    if (known) return known;
    const members = new Set<string>();
    for (const group of this.#descendants(name)) for (const host of group.hosts) members.add(host);
    const list = [...members];
    this.#members.set(name, list);
    return list;
  }

  groupsOf(name: string): readonly InventoryGroup[] {
    const found = new Set<InventoryGroup>([this.ensureGroup("all")]);
    const visit = (group: InventoryGroup | undefined): void => {
      if (!group || found.has(group)) return;
      found.add(group);
      for (const parent of group.parents) visit(this.groups.get(parent));
    };
    for (const group of this.hosts.get(name)?.groups ?? []) visit(this.groups.get(group));
    const depths = this.#depthMap();
    const depthOf = (group: InventoryGroup): number => depths.get(group.name) ?? 0;
    return [...found].sort(
      (a, b) => depthOf(a) - depthOf(b) || a.priority - b.priority || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
  }

  match(pattern: string, limit?: string): readonly InventoryHost[] {
    return matchHosts(this, pattern, limit, {
      warn: (problem) => this.#warnOnce(problem),
      ...(this.#options.readLimitFile ? { readLimitFile: this.#options.readLimitFile } : {}),
    });
  }

  /** The controller under one of its names: the listed one, else one made for the occasion. */
  localhost(name: string): InventoryHost {
    if (this.#explicitLocal) return this.#explicitLocal;
    if (!this.#implicit) {
      this.#implicit = newHost(name, undefined, true);
      this.#implicit.vars.set("ansible_connection", "local");
    }
    return this.#implicit;
  }

  addHost(name: string, groups: readonly string[], vars: ReadonlyMap<string, Value>): boolean {
    let changed = !this.hosts.has(name);
    const host = this.ensureHost(name, changed ? "all" : undefined);
    for (const [key, value] of vars) {
      if (!same(host.vars.get(key), value)) changed = true;
      host.vars.set(key, value);
    }
    for (const group of groups) if (this.#list(host, this.ensureGroup(group))) changed = true;
    if (changed) this.reconcile();
    return changed;
  }

  addToGroup(name: string, groupName: string, parents: readonly string[]): boolean {
    const host = this.hosts.get(name) ?? (LOCALHOSTS.includes(name) ? this.localhost(name) : undefined);
    if (!host) return fail("inventory-host", `the host '${name}' is not in the inventory`);
    const group = this.ensureGroup(groupName);
    let changed = false;
    for (const parent of parents) if (this.addChild(parent, groupName)) changed = true;
    if (this.#list(host, group)) changed = true;
    if (changed) this.reconcile();
    return changed;
  }

  #list(host: InventoryHost, group: InventoryGroup): boolean {
    if (group.hosts.has(host.name)) return false;
    group.hosts.add(host.name);
    host.groups.add(group.name);
    this.#members.clear();
    return true;
  }

  /** The group, its children in order, then theirs, breadth first. */
  #descendants(name: string): InventoryGroup[] {
    const start = this.groups.get(name);
    const found = new Set<InventoryGroup>(start ? [start] : []);
    for (const group of found)
      for (const child of group.children) {
        const next = this.groups.get(child);
        if (next) found.add(next);
      }
    return [...found];
  }

  #pathDown(from: string, to: string): string[] | undefined {
    if (from === to) return [from];
    for (const child of this.groups.get(from)?.children ?? []) {
      const rest = this.#pathDown(child, to);
      if (rest) return [from, ...rest];
    }
    return undefined;
  }

  /** Longest way down from a group without parents; Ansible's depth of a group. */
  #depthMap(): ReadonlyMap<string, number> {
    if (this.#depths) return this.#depths;
    const depths = new Map<string, number>();
    const depth = (name: string): number => {
      const known = depths.get(name);
      if (known !== undefined) return known;
      const parents = [...(this.groups.get(name)?.parents ?? [])];
      const value = parents.reduce((deepest, parent) => Math.max(deepest, depth(parent) + 1), 0);
      depths.set(name, value);
      return value;
    };
    for (const name of this.groups.keys()) depth(name);
    this.#depths = depths;
    return depths;
  }

  #forget(): void {
    this.#depths = undefined;
    this.#members.clear();
  }

  #warnOnce(problem: Problem): void {
    const identity = `${problem.code} ${problem.message}`;
    if (this.#warned.has(identity)) return;
    this.#warned.add(identity);
    this.#options.warn(problem);
  }
}

/** Equal in content: add_host with the same variables changes nothing. */
function same(a: Value | undefined, b: Value | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && same(item, b.get(key)));
  if (a instanceof Float && b instanceof Float) return a.value === b.value;
  return a === b;
}

function newHost(name: string, port: number | undefined, implicit: boolean): InventoryHost {
  const host: InventoryHost = {
    name,
    vars: new Map(),
    origins: new Map(),
    groups: new Set(),
    implicit,
    ...(port === undefined ? {} : { port }),
  };
  if (port !== undefined) host.vars.set("ansible_port", port);
  return host;
}
