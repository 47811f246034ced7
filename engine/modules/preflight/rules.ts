// All rules of preflight, in the order in which their findings are told: who, where, when, what, and what is there already.

import { type Cluster, type Finding, PURPOSE_RULES, type Rule } from "./cluster.ts";
import { clocks } from "./rules-clock.ts";
import { foreignClusters, runtimes, versions } from "./rules-cluster.ts";
import { architectures, disks, kernelModules, memory, memoryCgroups, swaps, systems } from "./rules-machine.ts";
import { duplicates, nodeNames, unseen, voters } from "./rules-members.ts";
import { addresses, ports, ranges, resolution } from "./rules-network.ts";

const RULES: readonly Rule[] = [
  voters,
  nodeNames,
  duplicates,
  addresses,
  resolution,
  clocks,
  systems,
  architectures,
  memory,
  disks,
  memoryCgroups,
  swaps,
  kernelModules,
  ports,
  ranges,
  runtimes,
  versions,
  foreignClusters,
  unseen,
];

/** Everything that is to be said of the cluster for its purpose; those of `ignored` rules as notes. Pure. */
export function findings(cluster: Cluster, ignored: readonly string[] = []): Finding[] {
  const { only, notes = [] } = PURPOSE_RULES[cluster.purpose];
  const told: readonly string[] = [...notes, ...ignored];
  return RULES.flatMap((rule) => rule(cluster))
    .filter(({ rule }) => rule === "unseen" || !only || only.includes(rule))
    .map((one) => (told.includes(one.rule) ? { ...one, note: true as const } : one));
}

/** The list of what stands in the way, for a person. */
export function refusalText(problems: readonly Finding[]): string {
  const count = problems.length;
  const head = count === 1 ? "1 thing stands" : `${count} things stand`;
  const width = String(count).length;
  const lines = problems.map(
    ({ message, remedy }, index) =>
      `  ${String(index + 1).padStart(width)}. ${message}\n  ${" ".repeat(width)}  → ${remedy}`,
  );
  return [`${head} in the way of this cluster; nothing was changed:`, ...lines].join("\n");
}
