// What is known of each host besides the inventory: facts, set_fact, registered results, include_vars.
// The one mutable place of the variables; everything else reads it.

import { type Data, fromPlain, type Plain, type PlainObject, toPlain, type Value } from "../core/value.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { type Combine, combineInto, replaced } from "./combine.ts";
import type { FactCache } from "./fact-cache.ts";
import { inventoryLayers, type Layer, type VarsFileLoader, type VarsFolders } from "./inventory-layers.ts";

/** One host's variables. `version` grows with every change, for caches. */
export interface HostVariables {
  /** Inventory levels merged, highest wins. */
  readonly inventory: ReadonlyMap<string, Value>;
  readonly layers: readonly Layer[];
  /** `ansible_facts`: names without prefix. */
  readonly facts: Map<Data, Data>;
  /** Facts as top-level variables (`ansible_NAME`, and facts that modules return under their own names). */
  readonly injectedFacts: Map<string, Value>;
  readonly includeVars: Map<string, Value>;
  readonly setFacts: Map<string, Value>;
  version: number;
}

/** What the configuration says of variables. */
export interface StoreOptions {
  /** What becomes of a name that several levels set (`hash_behaviour`); default the highest's value. */
  readonly combine?: Combine;
  /** Whether facts are variables `ansible_NAME` too (`inject_facts_as_vars`); default yes. */
  readonly injectFacts?: boolean;
  /** Facts that outlive the run. */
  readonly cache?: FactCache;
}

export class VariableStore {
  readonly combine: Combine;
  readonly extraVars: ReadonlyMap<string, Value>;
  readonly #inventory: Inventory;
  readonly #folders: VarsFolders;
  readonly #load: VarsFileLoader;
  readonly #injectFacts: boolean;
  readonly #cache: FactCache | undefined;
  readonly #hosts = new Map<string, HostVariables>();
  /** What the cache keeps of hosts, by the names that modules gave. */
  readonly #cached = new Map<string, Record<string, Plain>>();

  constructor(
    inventory: Inventory,
    folders: VarsFolders,
    load: VarsFileLoader,
    extraVars: ReadonlyMap<string, Value> = new Map(),
    options: StoreOptions = {},
  ) {
    this.combine = options.combine ?? replaced;
    this.#injectFacts = options.injectFacts ?? true;
    this.#cache = options.cache;
    this.#inventory = inventory;
    this.#folders = folders;
    this.#load = load;
    this.extraVars = extraVars;
  }

  host(name: string): HostVariables {
    let variables = this.#hosts.get(name);
    if (!variables) {
      const layers = inventoryLayers(this.#inventory, name, this.#folders, this.#load, this.combine);
      variables = {
        layers,
        inventory: mergeLayers(layers, this.combine),
        facts: new Map(),
        injectedFacts: new Map(),
        includeVars: new Map(),
        setFacts: new Map(),
        version: 0,
      };
      this.#hosts.set(name, variables);
      const known = this.#cache && !this.#cached.has(name) ? this.#cache.load(name) : undefined;
      if (known) {
        this.#cached.set(name, { ...known } as Record<string, Plain>);
        this.#takeFacts(variables, known);
      }
    }
    return variables;
  }

  /** The inventory changed for a host (add_host, group_by): its layers are read again, what it learnt stays. */
  refreshInventory(names: Iterable<string>): void {
    for (const name of names) {
      const old = this.#hosts.get(name);
      if (!old) continue;
      this.#hosts.delete(name);
      const { layers, inventory } = this.host(name);
      this.#hosts.set(name, { ...old, layers, inventory, version: old.version + 1 });
    }
  }

  /** Facts from a module's `ansible_facts`: `ansible_x` is kept as fact `x` and as variable `ansible_x`. */
  addFacts(name: string, facts: PlainObject): void {
    const host = this.host(name);
    this.#takeFacts(host, facts);
    this.#keep(name, facts);
    host.version++;
  }

  #takeFacts(host: HostVariables, facts: PlainObject): void {
    for (const [key, plain] of Object.entries(facts)) {
      if (plain === undefined) continue;
      const value = fromPlain(plain);
      // Ansible keeps `ansible_local` under its full name in ansible_facts too.
      host.facts.set(key === "ansible_local" ? key : key.replace(/^ansible_/, ""), value);
      if (this.#injectFacts || key === "ansible_local") host.injectedFacts.set(key, value);
    }
  }

  #keep(name: string, facts: PlainObject): void {
    if (!this.#cache) return;
    const known = { ...this.#cached.get(name), ...facts } as Record<string, Plain>;
    this.#cached.set(name, known);
    this.#cache.save(name, known);
  }

  setFacts(
    name: string,
    values: Iterable<readonly [string, Value]>,
    options: { readonly cacheable?: boolean } = {},
  ): void {
    const host = this.host(name);
    for (const [key, value] of values) {
      host.setFacts.set(key, value);
      if (options.cacheable) {
        host.facts.set(key, value as Data);
        if (this.#injectFacts) host.injectedFacts.set(key, value);
        this.#keep(name, { [key]: toPlain(value as Data) });
      }
    }
    host.version++;
  }

  includeVars(name: string, values: Iterable<readonly [string, Value]>): void {
    const host = this.host(name);
    combineInto(host.includeVars, values, this.combine);
    host.version++;
  }

  clearFacts(name: string): void {
    const host = this.host(name);
    this.#cache?.forget(name);
    this.#cached.set(name, {});
    host.facts.clear();
    host.injectedFacts.clear();
    host.version++;
  }
}

function mergeLayers(layers: readonly Layer[], combine: Combine): ReadonlyMap<string, Value> {
  const merged = new Map<string, Value>();
  for (const layer of layers) combineInto(merged, layer.values, combine);
  return merged;
}
