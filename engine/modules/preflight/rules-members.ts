// Rules about who is in the cluster: groups, voters, names, machines that are there twice.

import {
  byValue,
  type Cluster,
  type Finding,
  hasOwnEtcd,
  inGroup,
  isIn,
  isKubernetes,
  listed,
  namesOf,
  nodes,
  PURPOSE_RULES,
  type SeenHost,
  seen,
} from "./cluster.ts";

/** Groups without hosts, and an even number of those that vote. */
export function voters(cluster: Cluster): Finding[] {
  const { odd, about } = PURPOSE_RULES[cluster.purpose];
  const note = odd ? {} : { note: true as const };
  const findings: Finding[] = [];
  const count = (group: string, what: string): void => {
    const hosts = namesOf(inGroup(cluster.hosts, group));
    if (hosts.length === 0)
      findings.push({
        rule: "voters",
        hosts: [],
        message: `the group ${group} has no hosts`,
        remedy: `name the ${what} in the inventory's group ${group}`,
      });
    else if (hosts.length % 2 === 0)
      findings.push({
        rule: "voters",
        hosts,
        message: `the group ${group} has ${hosts.length} hosts (${listed(hosts)}), an even number of voters, which bears no more failures than ${hosts.length - 1}`,
        remedy: `add one host to the group, or take one out: 1, 3 or 5 ${what} are good numbers`,
        ...note,
      });
  };
  if (about === "present") {
    const groups = votingGroups(cluster);
    for (const [group, what] of groups) count(group, what);
    if (groups.length === 0 && cluster.purpose !== "reboot")
      findings.push({
        rule: "voters",
        hosts: [],
        message: "neither the group masters nor the group etcd has hosts",
        remedy: "name the hosts that have etcd in one of these groups of the inventory",
      });
    return findings;
  }
  // Units without a group etcd are told by withoutEtcd.
  const ownEtcd = about === "kubernetes" && hasOwnEtcd(cluster);
  const isEmpty = inGroup(cluster.hosts, "etcd").length === 0;
  if (about === "etcd" || (ownEtcd && !(cluster.mode === "binaries" && isEmpty))) count("etcd", "etcd members");
  if (!isKubernetes(cluster)) {
    if (about === "nfs" && inGroup(cluster.hosts, "nfs").length === 0)
      findings.push({
        rule: "voters",
        hosts: [],
        message: "the group nfs has no hosts",
        remedy: "name the host with the disk in the inventory's group nfs",
      });
    return findings;
  }
  if (cluster.mode === "standalone") {
    const machines = namesOf(nodes(cluster.hosts));
    if (machines.length > 1)
      findings.push({
        rule: "voters",
        hosts: machines,
        message: `k8s_mode standalone is for one machine, and the groups masters and workers have ${machines.length}: ${listed(machines)}`,
        remedy: "use an inventory for each machine, or k8s_mode kubeadm",
      });
    return findings;
  }
  // Where etcd is a cluster of its own, masters do not vote.
  if (!ownEtcd || inGroup(cluster.hosts, "masters").length === 0) count("masters", "masters");
  if (cluster.mode === "binaries") findings.push(...withoutEtcd(cluster));
  return findings;
}

/** Groups that vote in clusters that are there; a group etcd of masters alone is counted once. */
function votingGroups({ hosts, etcd, mode }: Cluster): (readonly [string, string])[] {
  const masters = etcd === "stacked" && mode !== "binaries" && inGroup(hosts, "masters").length > 0;
  const own = inGroup(hosts, "etcd").some((host) => !masters || !isIn(host, "masters"));
  return [...(masters ? [["masters", "masters"] as const] : []), ...(own ? [["etcd", "etcd members"] as const] : [])];
}

/** With units of its own Kubernetes has an etcd cluster of its own, of which every master is a member but one that is about to leave. */
function withoutEtcd(cluster: Cluster): Finding[] {
  const hosts = namesOf(inGroup(cluster.hosts, "masters").filter((host) => !isIn(host, "etcd")));
  if (hosts.length === 0) return [];
  return [
    {
      rule: "voters",
      hosts,
      message: `${listed(hosts)} ${hosts.length === 1 ? "is a master, but not" : "are masters, but not"} in the group etcd, as k8s_mode binaries needs`,
      remedy: "make masters children of the group etcd: `etcd: {children: {masters: {}}}`",
      ...(cluster.purpose === "remove-node" ? { note: true as const } : {}),
    },
  ];
}

const NODE_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/;

/** Names that Kubernetes does not take. */
export function nodeNames(cluster: Cluster): Finding[] {
  if (!isKubernetes(cluster)) return [];
  const hosts = namesOf(nodes(cluster.hosts).filter(({ name }) => !NODE_NAME.test(name) || name.length > 253));
  if (hosts.length === 0) return [];
  return [
    {
      rule: "names",
      hosts,
      message: `${listed(hosts)} cannot be ${hosts.length === 1 ? "the name of a node" : "names of nodes"}`,
      remedy:
        "use small letters, digits, hyphens and dots in the inventory, with a letter or digit at both ends of each part",
    },
  ];
}

/** Addresses, host names and machine ids that two hosts share. */
export function duplicates(cluster: Cluster): Finding[] {
  const hosts = seen(cluster);
  const findings: Finding[] = [];
  const twins = sameMachines(hosts);
  const isTwins = (names: readonly string[]): boolean =>
    twins.some((twin) => names.every((name) => twin.includes(name)));
  for (const twin of twins)
    findings.push({
      rule: "same-machine",
      hosts: twin,
      message: `${listed(twin)} are one and the same machine`,
      remedy: "give each its own address in the inventory (ansible_host), or take one of the names out",
    });
  for (const [address, shared] of byValue(cluster.hosts, (host) => host.address)) {
    if (shared.length < 2 || isTwins(namesOf(shared))) continue;
    findings.push({
      rule: "addresses",
      hosts: namesOf(shared),
      message: `${listed(namesOf(shared))} have the same address, ${address}`,
      remedy: "give each its own node_address (or ansible_host) in the inventory",
    });
  }
  for (const [, shared] of byValue(hosts, ({ facts }) => facts.machineId)) {
    if (shared.length < 2 || isTwins(namesOf(shared))) continue;
    findings.push({
      rule: "machine-ids",
      hosts: namesOf(shared),
      message: `${listed(namesOf(shared))} have the same machine id, as copies of one card have`,
      remedy: `on ${oneLess(namesOf(shared))}: \`rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot\``,
    });
  }
  const { prepares } = PURPOSE_RULES[cluster.purpose];
  const name = (host: SeenHost): string => (prepares && host.hostname) || host.facts.hostname;
  for (const [hostname, shared] of byValue(hosts, name)) {
    if (shared.length < 2 || isTwins(namesOf(shared))) continue;
    findings.push({
      rule: "host-names",
      hosts: namesOf(shared),
      message: `${listed(namesOf(shared))} have the same host name, ${hostname}`,
      remedy: "give each a name of its own (`hostnamectl set-hostname NAME`, or let the role rpi do it: rpi_hostname)",
    });
  }
  return findings;
}

function oneLess(names: readonly string[]): string {
  return names.length === 2 ? (names[1] ?? "") : `all of them but one`;
}

/** Names of hosts that are the same machine: booted at the same time, with the same addresses. */
function sameMachines(hosts: readonly SeenHost[]): string[][] {
  const identity = ({ facts }: SeenHost): string | undefined => {
    const own = facts.addresses.filter((one) => one.interface !== "lo" && !one.address.startsWith("fe80:"));
    if (facts.bootId === "" || own.length === 0) return undefined;
    return [facts.bootId, facts.machineId, ...own.map(({ address }) => address).sort()].join(" ");
  };
  return [...byValue(hosts, identity).values()].filter((shared) => shared.length > 1).map(namesOf);
}

/** Hosts that do not answer are only to be known: what is wrong there cannot be told. One that answers must let itself be looked at. */
export function unseen(cluster: Cluster): Finding[] {
  const away = cluster.hosts.filter((host) => host.unseen !== undefined);
  return [...byValue(away, ({ unseen: why }) => JSON.stringify([why?.answers, why?.reason]))].map(([, hosts]) => {
    const { reason = "", answers = false } = hosts[0]?.unseen ?? {};
    return {
      rule: "unseen",
      hosts: namesOf(hosts),
      message: `${listed(namesOf(hosts))} could not be looked at (${reason})`,
      ...(answers
        ? { remedy: "mend what is said there; its user must be able to become root" }
        : { remedy: "what may be wrong there is not told", note: true as const }),
    };
  });
}
