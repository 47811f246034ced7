// All modules by every name they answer to. Module files are small and imported at once, because the playbook
// loader needs them while it parses; heavy packages inside them are imported when they are used.

import type { AnyModule } from "./module.ts";
import { fileModules } from "./registry-files.ts";
import { nodeModules } from "./registry-nodes.ts";
import { systemModules } from "./registry-system.ts";

const byName = new Map<string, AnyModule>();
for (const module of [...fileModules, ...nodeModules, ...systemModules])
  for (const name of [module.name, ...module.aliases]) byName.set(name, module);

/** The module of a short or fully qualified name, or undefined. */
export function findModule(name: string): AnyModule | undefined {
  return byName.get(name);
}

/** All names, short and qualified, for suggestions and completion. */
export function moduleNames(): readonly string[] {
  return [...byName.keys()];
}

/** All modules, once each, by short name. */
export function allModules(): readonly AnyModule[] {
  return [...new Set(byName.values())].sort((a, b) => (a.name < b.name ? -1 : 1));
}
