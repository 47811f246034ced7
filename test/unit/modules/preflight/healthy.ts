// A cluster with which nothing is wrong: three masters and two workers, Pis with 64-bit Debian. Tests break one thing of it.

import type { Cluster, ClusterHost } from "../../../../engine/modules/preflight/cluster.ts";
import type { HostFacts } from "../../../../engine/modules/preflight/facts.ts";
import { findings } from "../../../../engine/modules/preflight/rules.ts";

export function facts(number: number, more: Partial<HostFacts> = {}): HostFacts {
  return {
    hostname: `pi${number}`,
    machineId: String(number).repeat(32),
    bootId: `boot-${number}`,
    architecture: "aarch64",
    kernel: "6.12.25+rpt-rpi-v8",
    os: { id: "debian", like: "", version: "13", name: "Debian GNU/Linux 13 (trixie)" },
    systemd: true,
    model: "Raspberry Pi 4 Model B Rev 1.4",
    bootFile: { path: "/boot/firmware/cmdline.txt", enablesMemory: true },
    memoryMib: 3790,
    swaps: [],
    cgroup: { version: 2, memory: true },
    modules: { overlay: true, br_netfilter: true },
    addresses: [
      { interface: "lo", address: "127.0.0.1", prefix: 8 },
      { interface: "eth0", address: `192.168.1.${number}`, prefix: 24 },
    ],
    defaultAddress: `192.168.1.${number}`,
    listeners: [{ port: 22, address: "*", program: "sshd", pid: 600, unit: "ssh.service" }],
    disks: ["/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd"].map((path) => ({
      path,
      mount: "/",
      totalMib: 29_000,
      freeMib: 24_000,
    })),
    runtimes: [],
    names: {},
    traces: {},
    clock: { offset: 0.01 * number, uncertainty: 0.02, time: 1_795_000_000 },
    ...more,
  };
}

export function host(number: number, more: Partial<ClusterHost> = {}): ClusterHost {
  return {
    name: `pi${number}`,
    groups: [number <= 3 ? "masters" : "workers"],
    address: `192.168.1.${number}`,
    runtime: "containerd",
    hostname: `pi${number}`,
    mends: { swap: true, memoryCgroup: true, clock: true },
    facts: facts(number),
    ...more,
  };
}

export function cluster(more: Partial<Cluster> = {}): Cluster {
  return {
    purpose: "k8s",
    mode: "kubeadm",
    name: "home",
    version: "1.36.2",
    hosts: [1, 2, 3, 4, 5].map((number) => host(number)),
    etcd: "stacked",
    source: "packages",
    apiName: "api.home.internal",
    apiserverPort: 6443,
    balancerPorts: [8443],
    virtualAddress: "",
    etcdClientPort: 2379,
    etcdPeerPort: 2380,
    podSubnet: "10.244.0.0/16",
    serviceSubnet: "10.96.0.0/16",
    network: "flannel",
    memoryMib: { master: 1700, worker: 700, standalone: 850, etcd: 400, nfs: 200 },
    diskMib: { master: 4096, worker: 3072, standalone: 4096, etcd: 1024, nfs: 256 },
    clockSkew: 2,
    allowsCgroupV1: false,
    allowsSwap: false,
    ...more,
  };
}

/** The healthy cluster with some hosts' facts (and more of the hosts) replaced, by number. */
export function broken(
  changes: Readonly<Record<number, Partial<HostFacts>>>,
  more: Partial<Cluster> = {},
  hosts: Readonly<Record<number, Partial<ClusterHost>>> = {},
): Cluster {
  return cluster({
    hosts: [1, 2, 3, 4, 5].map((number) => host(number, { facts: facts(number, changes[number]), ...hosts[number] })),
    ...more,
  });
}

/** A master as kubeadm leaves it. */
export function joined(authority = "AA:BB", version = "1.36.2"): Partial<HostFacts> {
  return {
    traces: { authority, clusterName: "home", apiserverVersion: version, kubeletVersion: version },
    runtimes: ["containerd"],
    listeners: [
      { port: 6443, address: "*", program: "kube-apiserver", pid: 1, unit: "pod" },
      { port: 10257, address: "127.0.0.1", program: "kube-controller", pid: 2, unit: "pod" },
      { port: 10259, address: "127.0.0.1", program: "kube-scheduler", pid: 3, unit: "pod" },
      { port: 10250, address: "*", program: "kubelet", pid: 4, unit: "kubelet.service" },
      { port: 2379, address: "127.0.0.1", program: "etcd", pid: 5, unit: "pod" },
      { port: 2380, address: "192.168.1.1", program: "etcd", pid: 5, unit: "pod" },
      { port: 8443, address: "127.0.0.1", program: "haproxy", pid: 6, unit: "api-loadbalancer.service" },
    ],
  };
}

/** What is told, one line each: `rule: message → remedy`, notes in brackets. */
export function told(wanted: Cluster, ignored: readonly string[] = []): string[] {
  return findings(wanted, ignored).map(({ rule, message, remedy, note }) => {
    const line = `${rule}: ${message} → ${remedy}`;
    return note ? `(${line})` : line;
  });
}

/** A member of an etcd cluster of its own, one of three. */
export function member(number: number, more: Partial<HostFacts> = {}, others: Partial<ClusterHost> = {}): ClusterHost {
  const traces = { etcdAuthority: "EE:01", etcdToken: "home" };
  const listeners = [2379, 2380].map((port) => ({ port, address: "*", program: "etcd", pid: 7, unit: "etcd.service" }));
  return host(number, { groups: ["etcd"], facts: facts(number, { traces, listeners, ...more }), ...others });
}
