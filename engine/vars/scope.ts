// A scope: layers of variables looked through from the highest precedence down, first one wins.

import type { Value } from "../core/value.ts";
import type { Scope } from "../template/scope.ts";
import { type Combine, replaced } from "./combine.ts";
import type { Level } from "./levels.ts";

/** A layer of a scope. `get` may make its value when it is asked for (magic variables). */
export interface ScopeLayer {
  readonly level: Level;
  get(name: string): Value | undefined;
  keys(): Iterable<string>;
}

/** Layers, highest precedence first. Values that are `undefined` do not count as set. */
export class LayeredScope implements Scope {
  readonly #layers: readonly ScopeLayer[];
  readonly #combine: Combine;

  constructor(layers: readonly ScopeLayer[], combine: Combine = replaced) {
    this.#layers = layers;
    this.#combine = combine;
  }

  get(name: string): Value | undefined {
    for (const layer of this.#layers) {
      const value = layer.get(name);
      if (value === undefined) continue;
      if (this.#combine === replaced || layer.level === "magic" || !(value instanceof Map)) return value;
      return this.#combined(name);
    }
    return undefined;
  }

  /** All levels from the lowest up, but for what the run itself sets: that is alone in its place. */
  #combined(name: string): Value | undefined {
    let value: Value | undefined;
    for (const layer of this.#layers.toReversed()) {
      const next = layer.level === "magic" ? undefined : layer.get(name);
      if (next !== undefined) value = this.#combine(value, next);
    }
    return value;
  }

  *names(): Iterable<string> {
    const seen = new Set<string>();
    for (const layer of this.#layers)
      for (const name of layer.keys()) {
        if (seen.has(name)) continue;
        seen.add(name);
        yield name;
      }
  }
}

/** A map as a layer, or nothing if it is empty. */
function mapLayer(level: Level, values: ReadonlyMap<string, Value>): ScopeLayer[] {
  return values.size === 0 ? [] : [{ level, get: (name) => values.get(name), keys: () => values.keys() }];
}

/** What encloses a use of variables, from the play inwards: the parts of a scope that do not depend on the host. */
export interface StaticLayers {
  readonly playVars: ReadonlyMap<string, Value>;
  readonly promptVars: ReadonlyMap<string, Value>;
  readonly varsFiles: ReadonlyMap<string, Value>;
  /** Highest first. */
  readonly roleDefaults: readonly ReadonlyMap<string, Value>[];
  /** Highest first. */
  readonly roleVars: readonly ReadonlyMap<string, Value>[];
  /** Innermost first. */
  readonly blockVars: readonly ReadonlyMap<string, Value>[];
  readonly taskVars: ReadonlyMap<string, Value>;
  /** Innermost first. */
  readonly roleParams: readonly ReadonlyMap<string, Value>[];
  /** Innermost first: vars of dynamic includes. */
  readonly includeParams: readonly ReadonlyMap<string, Value>[];
}

export const NO_STATIC_LAYERS: StaticLayers = {
  playVars: new Map(),
  promptVars: new Map(),
  varsFiles: new Map(),
  roleDefaults: [],
  roleVars: [],
  blockVars: [],
  taskVars: new Map(),
  roleParams: [],
  includeParams: [],
};

/** What a host adds. */
export interface HostLayers {
  readonly inventory: ReadonlyMap<string, Value>;
  readonly injectedFacts: ReadonlyMap<string, Value>;
  readonly includeVars: ReadonlyMap<string, Value>;
  readonly setFacts: ReadonlyMap<string, Value>;
}

/**
 * Ansible's order, highest first. `front` holds names above everything (loop variables); `magic` the names that
 * the run itself defines, which nothing can override.
 */
export function composeScope(parts: {
  readonly front?: ReadonlyMap<string, Value>;
  readonly magic: ScopeLayer;
  readonly extraVars: ReadonlyMap<string, Value>;
  readonly host: HostLayers;
  readonly enclosing: StaticLayers;
  /** What becomes of a name that several levels set; default the highest's value. */
  readonly combine?: Combine;
}): LayeredScope {
  const { host, enclosing } = parts;
  const each = (level: Level, maps: readonly ReadonlyMap<string, Value>[]) =>
    maps.flatMap((map) => mapLayer(level, map));
  const layers = [
    ...(parts.front ? mapLayer("magic", parts.front) : []),
    parts.magic,
    ...mapLayer("extra_vars", parts.extraVars),
    ...each("include_params", enclosing.includeParams),
    ...each("role_params", enclosing.roleParams),
    ...mapLayer("set_facts", host.setFacts),
    ...mapLayer("include_vars", host.includeVars),
    ...mapLayer("task_vars", enclosing.taskVars),
    ...each("block_vars", enclosing.blockVars),
    ...each("role_vars", enclosing.roleVars),
    ...mapLayer("play_vars_files", enclosing.varsFiles),
    ...mapLayer("play_vars_prompt", enclosing.promptVars),
    ...mapLayer("play_vars", enclosing.playVars),
    ...mapLayer("facts", host.injectedFacts),
    ...mapLayer("inventory_host_vars", host.inventory),
    ...each("role_defaults", enclosing.roleDefaults),
  ];
  return new LayeredScope(layers, parts.combine);
}
