// The scope of what stands before any host: names of imports, a play's own keywords, tags. Extra vars, the vars
// around the place, and what the run defines.

import type { Scope } from "../template/scope.ts";
import { type MagicTable, magicLayer } from "../vars/magic.ts";
import { composeScope, NO_STATIC_LAYERS, type StaticLayers } from "../vars/scope.ts";
import type { VariableStore } from "../vars/store.ts";

export function controlScope(
  store: VariableStore,
  enclosing: Partial<StaticLayers> = {},
  ...magic: readonly MagicTable[]
): Scope {
  return composeScope({
    magic: magicLayer(...magic),
    extraVars: store.extraVars,
    combine: store.combine,
    host: { inventory: new Map(), injectedFacts: new Map(), includeVars: new Map(), setFacts: new Map() },
    enclosing: { ...NO_STATIC_LAYERS, ...enclosing },
  });
}
