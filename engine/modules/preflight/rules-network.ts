// Rules about addresses, names, ports and ranges.

import { BlockList, isIP } from "node:net";
import {
  type Cluster,
  type ClusterHost,
  type Finding,
  hasOwnEtcd,
  isIn,
  isKubernetes,
  listed,
  namesOf,
  nodes,
  PURPOSE_RULES,
  type SeenHost,
  seen,
} from "./cluster.ts";
import type { Listener } from "./facts.ts";

/** Addresses that are none, or that are not the host's. */
export function addresses(cluster: Cluster): Finding[] {
  const findings: Finding[] = [];
  for (const host of cluster.hosts) {
    const { address, facts, name } = host;
    if (isIP(address) === 0) {
      if (address === "" && !facts) continue;
      findings.push({
        rule: "addresses",
        hosts: [name],
        message:
          address === ""
            ? `${name} has no address`
            : `node_address of ${name} is \`${address}\`, which is no IP address`,
        remedy: `set node_address of ${name} in the inventory to the address by which the other hosts reach it${ownAddresses(host)}`,
      });
    } else if (facts && !facts.addresses.some((one) => sameAddress(one.address, address)))
      findings.push({
        rule: "addresses",
        hosts: [name],
        message: `${name} has no interface with its node_address ${address}`,
        remedy: `set node_address of ${name} in the inventory to one of its own${ownAddresses(host)}`,
      });
  }
  const { virtualAddress } = cluster;
  const owner = cluster.hosts.find(({ address }) => virtualAddress !== "" && address === virtualAddress);
  if (owner)
    findings.push({
      rule: "addresses",
      hosts: [owner.name],
      message: `the virtual address ${virtualAddress} is the own address of ${owner.name}`,
      remedy: "set k8s_vip to a free address of the masters' network",
    });
  return findings;
}

/** Addresses made by clusters and container runtimes are not those of a host. */
const MADE = /^(?:lo|cni|flannel|docker|br-|veth|cali|cilium|kube-|tunl|vxlan|podman)/;

function ownAddresses({ facts }: ClusterHost): string {
  const own = (facts?.addresses ?? [])
    .filter((one) => !MADE.test(one.interface) && !one.address.startsWith("fe80:"))
    .map(({ address }) => address);
  return own.length === 0 ? "" : `; it has ${listed(own)}`;
}

function sameAddress(a: string, b: string): boolean {
  return a === b || (isIP(a) === 6 && isIP(b) === 6 && within(a, `${b}/128`));
}

/** Names that hosts must resolve and do not. */
export function resolution(cluster: Cluster): Finding[] {
  const hosts = seen(cluster);
  const names = new Set(hosts.flatMap(({ facts }) => Object.keys(facts.names)));
  return [...names].flatMap((name): Finding[] => {
    const without = namesOf(hosts.filter(({ facts }) => facts.names[name]?.length === 0));
    if (without.length === 0) return [];
    return [
      {
        rule: "names",
        hosts: without,
        message: `${listed(without)} cannot resolve ${name}`,
        remedy: `give ${name} an address in DNS, or in /etc/hosts there`,
      },
    ];
  });
}

interface PortUse {
  readonly port: number;
  readonly what: string;
  /** Beginnings of names of programs that may have it. */
  readonly programs: readonly string[];
  /** Unit that the program must be in, where another of the same name would be a stranger. */
  readonly unit?: RegExp;
  readonly variable?: string;
}

function portsOf(cluster: Cluster, host: ClusterHost): PortUse[] {
  const ports: PortUse[] = [];
  const ownEtcd = isIn(host, "etcd") && hasOwnEtcd(cluster);
  if (isKubernetes(cluster) && isIn(host, "masters")) {
    ports.push(
      {
        port: cluster.apiserverPort,
        what: "the apiserver",
        programs: ["kube-apiserver"],
        variable: "k8s_apiserver_port",
      },
      { port: 10257, what: "the controller-manager", programs: ["kube-controller"] },
      { port: 10259, what: "the scheduler", programs: ["kube-scheduler"] },
    );
    // The package's own etcd, started before the masters' was there, would be in its way.
    if (cluster.etcd === "stacked" && !ownEtcd)
      for (const port of [2379, 2380])
        ports.push({ port, what: "the master's etcd", programs: ["etcd"], unit: /^pod$/ });
  }
  if (isKubernetes(cluster) && isIn(host, "masters", "workers")) {
    ports.push({ port: 10250, what: "the kubelet", programs: ["kubelet"] });
    if (cluster.mode !== "standalone")
      for (const port of cluster.balancerPorts)
        ports.push({
          port,
          what: "the API's load balancer",
          programs: ["haproxy", "nginx"],
          unit: /^api-loadbalancer\.service$/,
          variable: "k8s_api_port",
        });
  }
  if (ownEtcd)
    ports.push(
      { port: cluster.etcdClientPort, what: "etcd", programs: ["etcd"], variable: "etcd_client_port" },
      { port: cluster.etcdPeerPort, what: "etcd", programs: ["etcd"], variable: "etcd_peer_port" },
    );
  return ports;
}

export function ports(cluster: Cluster): Finding[] {
  if (!PURPOSE_RULES[cluster.purpose].makes) return [];
  return seen(cluster).flatMap((host) =>
    portsOf(cluster, host).flatMap((use): Finding[] => {
      const { port, what, variable } = use;
      const taken = host.facts.listeners.filter((one) => one.port === port && !isOurs(one, use));
      const [one] = taken;
      if (!one) return [];
      return [
        {
          rule: "ports",
          hosts: [host.name],
          message: `port ${port} of ${host.name} is taken by ${programText(one)}; ${what} needs it`,
          remedy: `${stopText(one)}${variable ? `, or choose another ${variable}` : ""}`,
        },
      ];
    }),
  );
}

function isOurs({ program, unit }: Listener, use: PortUse): boolean {
  if (program === undefined) return false;
  if (!use.programs.some((name) => program.startsWith(name.slice(0, 15)))) return false;
  return use.unit === undefined || unit === undefined || use.unit.test(unit);
}

function programText({ program, pid, unit }: Listener): string {
  if (program === undefined) return "a program that cannot be seen";
  return `${program} (${unit && unit !== "pod" ? `${unit}, ` : ""}process ${pid})`;
}

function stopText({ program, unit }: Listener): string {
  if (program?.startsWith("k3s")) return "remove K3s from it (`k3s-uninstall.sh` or `k3s-agent-uninstall.sh`)";
  if (program?.startsWith("kubelite")) return "remove MicroK8s from it (`snap remove microk8s`)";
  if (unit?.endsWith(".service")) return `stop it there (\`systemctl disable --now ${unit}\`)`;
  return program === undefined ? "find it there (`ss -ltnp`) and stop it" : "stop it there";
}

/** Ranges of pods, services and nodes that overlap, or that are no ranges. */
export function ranges(cluster: Cluster): Finding[] {
  if (!isKubernetes(cluster) || cluster.mode === "standalone" || !PURPOSE_RULES[cluster.purpose].makes) return [];
  const findings: Finding[] = [];
  const own = [
    { name: "k8s_pod_subnet", ranges: split(cluster.podSubnet) },
    { name: "k8s_service_subnet", ranges: split(cluster.serviceSubnet) },
  ];
  for (const { name, ranges: all } of own)
    for (const range of all)
      if (!isRange(range))
        findings.push({
          rule: "ranges",
          hosts: [],
          message: `${name} is \`${range}\`, which is no range of addresses`,
          remedy: "write it as an address and a length, 10.244.0.0/16",
        });
  if (findings.length > 0) return findings;
  const [pods = [], services = []] = own.map(({ ranges: all }) => all);
  for (const pod of pods)
    for (const service of services)
      if (overlap(pod, service))
        findings.push({
          rule: "ranges",
          hosts: [],
          message: `the pods' range ${pod} and the services' range ${service} overlap`,
          remedy: "choose k8s_pod_subnet and k8s_service_subnet apart from each other",
        });
  for (const { name, ranges: all } of own)
    for (const range of all) {
      const inside = nodes(cluster.hosts).filter((host) => networks(host).some((network) => overlap(network, range)));
      if (inside.length > 0)
        findings.push({
          rule: "ranges",
          hosts: namesOf(inside),
          message: `${name} ${range} overlaps the network of ${listed(namesOf(inside))} (${listed([...new Set(inside.flatMap(networks))])})`,
          remedy: `choose a ${name} that nothing else in your network uses`,
        });
    }
  findings.push(...changedRanges(cluster));
  return findings;
}

/** Ranges that a cluster has been made with stay. */
function changedRanges(cluster: Cluster): Finding[] {
  const findings: Finding[] = [];
  const compare = (host: SeenHost, variable: string, wanted: string, present: string | undefined): void => {
    if (present === undefined || split(present).join() === split(wanted).join()) return;
    if (findings.some((one) => one.message.startsWith(variable))) return;
    findings.push({
      rule: "ranges",
      hosts: [host.name],
      message: `${variable} is ${wanted}, but the cluster of ${host.name} was made with ${present}`,
      remedy: `set ${variable} to ${present}: a living cluster keeps its ranges`,
    });
  };
  for (const host of seen(cluster)) {
    compare(host, "k8s_service_subnet", cluster.serviceSubnet, host.facts.traces.serviceSubnet);
    compare(host, "k8s_pod_subnet", cluster.podSubnet, host.facts.traces.podSubnet);
  }
  return findings;
}

/** The network of a host's node_address, or the address alone where that is not known. */
function networks({ address, facts }: ClusterHost): string[] {
  if (isIP(address) === 0) return [];
  const found = facts?.addresses.find((one) => sameAddress(one.address, address));
  return [`${address}/${found?.prefix ?? (isIP(address) === 6 ? 128 : 32)}`];
}

function split(list: string): string[] {
  return list
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

function isRange(text: string): boolean {
  const [address = "", length = "", more] = text.split("/");
  const family = isIP(address);
  return family > 0 && more === undefined && /^\d+$/.test(length) && Number(length) <= (family === 6 ? 128 : 32);
}

function overlap(a: string, b: string): boolean {
  return within(a.split("/")[0] ?? "", b) || within(b.split("/")[0] ?? "", a);
}

/** Whether an address is in a range of its family. */
function within(address: string, range: string): boolean {
  const [network = "", length = "0"] = range.split("/");
  const family = isIP(address);
  if (family === 0 || family !== isIP(network)) return false;
  const type = family === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(network, Number(length), type);
  return list.check(address, type);
}
