// The inventory as the rest of the engine sees it: hosts and groups with the variables their sources gave them.
// Reading sources is sources.ts and its neighbours; patterns are patterns.ts.

import type { Origin } from "../core/problem.ts";
import type { Value } from "../core/value.ts";

/** Variables with the place each was set. */
export interface Variables {
  readonly values: ReadonlyMap<string, Value>;
  readonly origins: ReadonlyMap<string, Origin>;
}

export interface InventoryHost {
  readonly name: string;
  /** From the inventory source itself (not host_vars files). */
  readonly vars: Map<string, Value>;
  readonly origins: Map<string, Origin>;
  /** `ansible_port` from `name:port`. */
  readonly port?: number;
  /** Names of groups that list it directly; `all` and `ungrouped` included as Ansible does. */
  readonly groups: Set<string>;
  /** `localhost` that no source named. */
  readonly implicit: boolean;
}

export interface InventoryGroup {
  readonly name: string;
  readonly vars: Map<string, Value>;
  readonly origins: Map<string, Origin>;
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly parents: Set<string>;
  /** `ansible_group_priority`, default 1. */
  priority: number;
}

export interface Inventory {
  readonly hosts: ReadonlyMap<string, InventoryHost>;
  readonly groups: ReadonlyMap<string, InventoryGroup>;
  /** Absolute paths of the sources, in order; group_vars and host_vars are looked for beside each. */
  readonly sources: readonly string[];
  /** Hosts of a group and its descendants, in inventory order. */
  hostsOf(group: string): readonly string[];
  /** All groups of a host, ancestors included, in the order in which their variables are merged (depth, priority, name). */
  groupsOf(host: string): readonly InventoryGroup[];
  /** Hosts that a pattern names, in inventory order; Failure `pattern-…` for malformed ones; warns of names that match nothing. */
  match(pattern: string, limit?: string): readonly InventoryHost[];
  addHost(name: string, groups: readonly string[], vars: ReadonlyMap<string, Value>): boolean;
  addToGroup(host: string, group: string, parents: readonly string[]): boolean;
}
