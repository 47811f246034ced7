// Magic variables: what the run itself defines for a host (inventory_hostname, groups, hostvars, play_hosts …).
// Values are made when they are asked for.

import { LazyMap, type Value } from "../core/value.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Scope } from "../template/scope.ts";
import type { ScopeLayer } from "./scope.ts";

/** A table of names to makers of values. */
export type MagicTable = Readonly<Record<string, () => Value | undefined>>;

/** A layer from tables, the first that has the name wins. */
export function magicLayer(...tables: readonly MagicTable[]): ScopeLayer {
  return {
    level: "magic",
    get(name) {
      for (const table of tables) if (Object.hasOwn(table, name)) return table[name]?.();
      return undefined;
    },
    *keys() {
      for (const table of tables) yield* Object.keys(table);
    },
  };
}

/** Names about the inventory and one host. */
export function hostMagic(inventory: Inventory, host: string): MagicTable {
  return {
    inventory_hostname: () => host,
    inventory_hostname_short: () => host.split(".")[0] ?? host,
    group_names: () =>
      inventory
        .groupsOf(host)
        .map(({ name }) => name)
        .filter((name) => name !== "all")
        .sort(),
    groups: () => groupsOf(inventory),
    // Where the host was first named; of hosts that no file names, the first source.
    inventory_file: () => inventory.hosts.get(host)?.vars.get("inventory_file") ?? inventory.sources[0],
    inventory_dir: () =>
      inventory.hosts.get(host)?.vars.get("inventory_dir") ?? inventory.sources[0]?.replace(/\/[^/]*$/, ""),
    // The implicit localhost.
    ...(host === "localhost" && !inventory.hosts.has(host) ? { ansible_connection: () => "local" } : {}),
    ansible_inventory_sources: () => [...inventory.sources],
  };
}

const groupsCache = new WeakMap<Inventory, { readonly size: string; readonly value: Value }>();

/** `groups`: every group with its hosts. Made once per state of the inventory. */
function groupsOf(inventory: Inventory): Value {
  const size = `${inventory.hosts.size} ${[...inventory.groups.values()].reduce((sum, { hosts }) => sum + hosts.size, inventory.groups.size)}`;
  const cached = groupsCache.get(inventory);
  if (cached?.size === size) return cached.value;
  const value: Value = new Map<Value, Value>(
    [...inventory.groups.keys()].map((name) => [name, [...inventory.hostsOf(name)]]),
  );
  groupsCache.set(inventory, { size, value });
  return value;
}

/** `hostvars`: each host's variables, evaluated in that host's own scope. */
export class HostVars extends LazyMap {
  readonly #inventory: Inventory;
  readonly #scopeOf: (host: string) => Scope;
  readonly #resolve: (value: Value, scope: Scope) => Value;
  readonly #made = new Map<string, ScopeMap>();

  constructor(inventory: Inventory, scopeOf: (host: string) => Scope, resolve: (value: Value, scope: Scope) => Value) {
    super();
    this.#inventory = inventory;
    this.#scopeOf = scopeOf;
    this.#resolve = resolve;
  }

  override get(name: string): Value | undefined {
    if (!this.#inventory.hosts.has(name) && name !== "localhost") return undefined;
    let map = this.#made.get(name);
    if (!map) {
      map = new ScopeMap(() => this.#scopeOf(name), this.#resolve);
      this.#made.set(name, map);
    }
    return map;
  }

  override keys(): Iterable<string> {
    return this.#inventory.hosts.keys();
  }

  override has(name: string): boolean {
    return this.#inventory.hosts.has(name);
  }
}

/** A scope as a mapping, its values finished in that scope: `hostvars[h]`, `vars`. */
export class ScopeMap extends LazyMap {
  readonly #scope: () => Scope;
  readonly #finish: (value: Value, scope: Scope) => Value;

  constructor(scope: () => Scope, finish: (value: Value, scope: Scope) => Value) {
    super();
    this.#scope = scope;
    this.#finish = finish;
  }

  override get(name: string): Value | undefined {
    const scope = this.#scope();
    const value = scope.get(name);
    return value === undefined ? undefined : this.#finish(value, scope);
  }

  override keys(): Iterable<string> {
    return this.#scope().names();
  }

  override has(name: string): boolean {
    return this.#scope().get(name) !== undefined;
  }
}
