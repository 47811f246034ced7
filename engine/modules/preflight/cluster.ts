// The cluster that is wanted, as the rules of preflight see it: hosts with their variables and facts, and what the
// playbook is about to do.

import type { HostFacts } from "./facts.ts";

/** What playbooks are about to do. */
export const PURPOSES = [
  "k8s",
  "add-master",
  "add-worker",
  "replace-master",
  "remove-node",
  "upgrade",
  "etcd",
  "nfs",
  "backup",
  "restore",
  "rotate-certificates",
  "reboot",
  "reset",
] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Names of rules, by which findings can be made mere notes. */
export const RULE_NAMES = [
  "voters",
  "names",
  "same-machine",
  "addresses",
  "machine-ids",
  "host-names",
  "clocks",
  "system",
  "architecture",
  "memory",
  "disk",
  "memory-cgroup",
  "cgroup-v1",
  "swap",
  "kernel-modules",
  "ports",
  "ranges",
  "runtime",
  "versions",
  "foreign-cluster",
] as const;
export type RuleName = (typeof RULE_NAMES)[number];

/** What differs between purposes. */
export interface PurposeRules {
  /** What it is done to; `present`: whichever clusters the hosts are part of, Kubernetes or an etcd of its own. */
  readonly about: "kubernetes" | "etcd" | "nfs" | "present";
  /** Role rpi runs: it mends swap, cgroups of a Pi, host names and kernel modules. */
  readonly prepares: boolean;
  /** An even number of voters is refused; elsewhere it is a step on the way or none of its business. */
  readonly odd: boolean;
  /** Nodes are made: room, ports and addresses matter. */
  readonly makes: boolean;
  /** The versions that run are those that are asked for. */
  readonly keepsVersion: boolean;
  /** Rules that apply where not all do. */
  readonly only?: readonly RuleName[];
  /** Rules of which it is only told: the purpose bears what they find, or is the remedy for it. */
  readonly notes?: readonly RuleName[];
}

const MAKES: PurposeRules = { about: "kubernetes", prepares: true, odd: true, makes: true, keepsVersion: true };
const KEEPS: PurposeRules = { about: "kubernetes", prepares: false, odd: false, makes: false, keepsVersion: false };
/** Who the hosts are and whether they agree, but nothing of what they are made of. */
const PRESENT: PurposeRules = {
  ...KEEPS,
  about: "present",
  only: ["voters", "names", "same-machine", "addresses", "machine-ids", "host-names", "clocks", "foreign-cluster"],
  notes: ["addresses", "machine-ids", "host-names"],
};

export const PURPOSE_RULES: Readonly<Record<Purpose, PurposeRules>> = {
  k8s: MAKES,
  "add-master": MAKES,
  "add-worker": { ...MAKES, odd: false },
  "replace-master": MAKES,
  "remove-node": KEEPS,
  upgrade: { ...KEEPS, makes: true },
  etcd: { ...KEEPS, about: "etcd", odd: true, makes: true },
  nfs: { ...KEEPS, about: "nfs", makes: true },
  backup: PRESENT,
  // The members' addresses are written anew.
  restore: { ...PRESENT, notes: ["machine-ids", "host-names"] },
  "rotate-certificates": KEEPS,
  reboot: PRESENT,
  // It is what other purposes name as a remedy: only what would empty the wrong machine stops it.
  reset: { ...PRESENT, only: ["same-machine", "foreign-cluster"], notes: ["foreign-cluster"] },
};

export type Mode = "kubeadm" | "standalone" | "binaries";

export interface ClusterHost {
  readonly name: string;
  readonly groups: readonly string[];
  /** `node_address`, else what stands for it; "" when nothing tells it. */
  readonly address: string;
  readonly runtime: string;
  /** Host name that the role rpi gives it; "" leaves it alone. */
  readonly hostname: string;
  /** What the role rpi puts right on this host, where it runs. */
  readonly mends: { readonly swap: boolean; readonly memoryCgroup: boolean; readonly clock: boolean };
  /** undefined: the host could not be looked at. */
  readonly facts?: HostFacts;
  /** Why it could not be looked at, and whether it answered at all. */
  readonly unseen?: { readonly reason: string; readonly answers: boolean };
}

/** A host that was looked at. */
export type SeenHost = ClusterHost & { readonly facts: HostFacts };

/** MiB that a host needs, by what it is. */
export interface Needs {
  readonly master: number;
  readonly worker: number;
  readonly standalone: number;
  readonly etcd: number;
  readonly nfs: number;
}

export interface Cluster {
  readonly purpose: Purpose;
  readonly mode: Mode;
  readonly name: string;
  readonly version: string;
  readonly hosts: readonly ClusterHost[];
  readonly etcd: "stacked" | "external";
  /** Source of Kubernetes: Debian's, built, has images for 32-bit machines too. */
  readonly source: string;
  readonly apiName: string;
  readonly apiserverPort: number;
  /** Ports of the local load balancer. */
  readonly balancerPorts: readonly number[];
  readonly virtualAddress: string;
  readonly etcdClientPort: number;
  readonly etcdPeerPort: number;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly network: string;
  readonly memoryMib: Needs;
  readonly diskMib: Needs;
  /** Seconds. */
  readonly clockSkew: number;
  /** Fingerprint of the authority in the kubeconfig that was fetched to the controller. */
  readonly knownAuthority?: string;
  /** The kubelet is told to go on with cgroup v1. */
  readonly allowsCgroupV1: boolean;
  /** The kubelet is told to live with swap. */
  readonly allowsSwap: boolean;
}

/** Something that stands in the way, or that should be known. */
export interface Finding {
  /** Name of the rule, as in `preflight_ignore`. */
  readonly rule: RuleName | "unseen";
  readonly hosts: readonly string[];
  /** One sentence: what is wrong, with the hosts' names. */
  readonly message: string;
  /** What to do about it, as a sentence without its end. */
  readonly remedy: string;
  /** Only to be known. */
  readonly note?: true;
}

export type Rule = (cluster: Cluster) => readonly Finding[];

export function seen(cluster: Cluster): SeenHost[] {
  return cluster.hosts.filter((host): host is SeenHost => host.facts !== undefined);
}

export function isIn(host: ClusterHost, ...groups: string[]): boolean {
  return groups.some((group) => host.groups.includes(group));
}

/** Hosts of a group, in the inventory's order. */
export function inGroup<H extends ClusterHost>(hosts: readonly H[], group: string): H[] {
  return hosts.filter((host) => isIn(host, group));
}

/** Nodes: what runs a kubelet. */
export function nodes<H extends ClusterHost>(hosts: readonly H[]): H[] {
  return hosts.filter((host) => isIn(host, "masters", "workers"));
}

/** Whether it is about Kubernetes at all. */
export function isKubernetes(cluster: Cluster): boolean {
  const { about } = PURPOSE_RULES[cluster.purpose];
  return about === "kubernetes" || (about === "present" && nodes(cluster.hosts).length > 0);
}

/** Whether the group etcd is, or may be, an etcd cluster of its own; traces tell of which one a host is a member. */
export function hasOwnEtcd(cluster: Cluster): boolean {
  const { about } = PURPOSE_RULES[cluster.purpose];
  if (about !== "kubernetes") return about !== "nfs";
  return cluster.mode === "binaries" || (cluster.mode === "kubeadm" && cluster.etcd === "external");
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? "";
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Values with the hosts that share them, in the order of their first host. */
export function byValue<H extends ClusterHost>(
  hosts: readonly H[],
  value: (host: H) => string | undefined,
): Map<string, H[]> {
  const found = new Map<string, H[]>();
  for (const host of hosts) {
    const key = value(host);
    if (key === undefined || key === "") continue;
    found.set(key, [...(found.get(key) ?? []), host]);
  }
  return found;
}

export function namesOf(hosts: readonly ClusterHost[]): string[] {
  return hosts.map(({ name }) => name);
}
