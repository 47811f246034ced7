// A host's variables from the inventory and from group_vars/host_vars files, level by level, each value with the
// place that set it. Loaded once a host; files once a run.

import type { Origin } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Inventory, InventoryGroup, Variables } from "../inventory/inventory.ts";
import { type Combine, combineInto, replaced } from "./combine.ts";
import type { Level } from "./levels.ts";

/** One level's variables of one host. */
export interface Layer {
  readonly level: Level;
  readonly values: ReadonlyMap<string, Value>;
  readonly origins: ReadonlyMap<string, Origin>;
}

/** Finds and loads the variable files of a group or host in some folders; injected, so that it can be cached and tested. */
export type VarsFileLoader = (
  folders: readonly string[],
  kind: "group_vars" | "host_vars",
  name: string,
) => readonly Variables[];

export interface VarsFolders {
  /** Folders that hold the inventory sources. */
  readonly inventory: readonly string[];
  /** Folders of the playbooks. */
  readonly playbook: readonly string[];
  /** The project's root, if it is none of the above. */
  readonly root: readonly string[];
}

/** The layers of a host, lowest precedence first. */
export function inventoryLayers(
  inventory: Inventory,
  hostName: string,
  folders: VarsFolders,
  load: VarsFileLoader,
  combine: Combine = replaced,
): Layer[] {
  const merge = (level: Level, parts: readonly Variables[]): Layer => merged(level, parts, combine);
  const host = inventory.hosts.get(hostName);
  const groups = inventory.groupsOf(hostName);
  const all = groups.filter((group) => group.name === "all");
  const others = groups.filter((group) => group.name !== "all");
  const files = (level: Level, where: readonly string[], which: readonly InventoryGroup[]): Layer =>
    merge(
      level,
      which.flatMap((group) => load(where, "group_vars", group.name)),
    );
  const hostFiles = (level: Level, where: readonly string[]): Layer => merge(level, load(where, "host_vars", hostName));
  const sourceVars = (level: Level, which: readonly InventoryGroup[]): Layer =>
    merge(
      level,
      which.map(({ vars, origins }) => ({ values: vars, origins })),
    );
  return [
    sourceVars("inventory_file_group_vars_all", all),
    sourceVars("inventory_file_group_vars", others),
    files("inventory_group_vars_all", folders.inventory, all),
    files("root_group_vars_all", folders.root, all),
    files("playbook_group_vars_all", folders.playbook, all),
    files("inventory_group_vars", folders.inventory, others),
    files("root_group_vars", folders.root, others),
    files("playbook_group_vars", folders.playbook, others),
    host
      ? merge("inventory_file_host_vars", [{ values: host.vars, origins: host.origins }])
      : merge("inventory_file_host_vars", []),
    hostFiles("inventory_host_vars", folders.inventory),
    hostFiles("root_host_vars", folders.root),
    hostFiles("playbook_host_vars", folders.playbook),
  ].filter(({ values }) => values.size > 0);
}

function merged(level: Level, parts: readonly Variables[], combine: Combine): Layer {
  const [only] = parts;
  if (parts.length === 1 && only) return { level, values: only.values, origins: only.origins };
  const values = new Map<string, Value>();
  const origins = new Map<string, Origin>();
  for (const part of parts) {
    combineInto(values, part.values, combine);
    for (const [name, origin] of part.origins) origins.set(name, origin);
  }
  return { level, values, origins };
}
