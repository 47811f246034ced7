// From what a host's files and the script say to facts. Pure.

import { createHash, X509Certificate } from "node:crypto";
import type { ClusterTraces, Disk, HostFacts, Listener, Runtime } from "./facts.ts";

/** Files that are read; those that a host does not have are left out. */
export const FILES = {
  machineId: "/etc/machine-id",
  bootId: "/proc/sys/kernel/random/boot_id",
  osRelease: "/etc/os-release",
  memory: "/proc/meminfo",
  swaps: "/proc/swaps",
  cgroups: "/proc/cgroups",
  mounts: "/proc/self/mounts",
  controllers: "/sys/fs/cgroup/cgroup.controllers",
  model: "/proc/device-tree/model",
  boot: "/boot/firmware/cmdline.txt",
  oldBoot: "/boot/cmdline.txt",
  authority: "/etc/kubernetes/pki/ca.crt",
  apiserver: "/etc/kubernetes/manifests/kube-apiserver.yaml",
  controllerManager: "/etc/kubernetes/manifests/kube-controller-manager.yaml",
  kubeletFlags: "/var/lib/kubelet/kubeadm-flags.env",
  kubeletConfig: "/var/lib/kubelet/config.yaml",
  kubeletInstance: "/var/lib/kubelet/instance-config.yaml",
  etcdAuthority: "/etc/etcd/pki/ca.crt",
  etcdSettings: "/etc/etcd/etcd.env",
} as const;

export type FileName = keyof typeof FILES;
export type Texts = Readonly<Partial<Record<FileName, string>>>;

/** Everything but the clock. `systemd`: it is what runs the host. */
export function parseFacts(
  texts: Texts,
  output: string,
  { systemd }: { readonly systemd: boolean },
): Omit<HostFacts, "clock"> {
  const sections = sectionsOf(output);
  const section = (name: string): string[] => sections.get(name) ?? [];
  const [hostname = "", architecture = "", kernel = ""] = section("uname");
  const container = section("container")[0];
  const model = texts.model?.replaceAll("\0", "").trim();
  const boot = texts.boot !== undefined ? ("boot" as const) : ("oldBoot" as const);
  const bootText = texts[boot];
  const defaultAddress = /\bsrc (\S+)/.exec(section("route").join(" "))?.[1];
  return {
    hostname,
    machineId: texts.machineId?.trim() ?? "",
    bootId: texts.bootId?.trim() ?? "",
    architecture,
    kernel,
    os: osOf(texts.osRelease ?? ""),
    systemd,
    ...(container !== undefined && container !== "none" ? { container } : {}),
    ...(model ? { model } : {}),
    // Firmware of the Pi may say cgroup_disable=memory; what stands in the file comes later and wins.
    ...(bootText === undefined
      ? {}
      : { bootFile: { path: FILES[boot], enablesMemory: /\bcgroup_enable=memory\b/.test(bootText) } }),
    memoryMib: Math.floor(Number(/^MemTotal:\s+(\d+)/m.exec(texts.memory ?? "")?.[1] ?? 0) / 1024),
    swaps: (texts.swaps ?? "")
      .split("\n")
      .slice(1)
      .flatMap((line) => line.trim().split(/\s+/)[0] || []),
    cgroup: cgroupOf(texts),
    modules: {
      overlay: section("modules").includes("overlay"),
      br_netfilter: section("modules").includes("br_netfilter"),
    },
    addresses: section("addresses").flatMap((line) => {
      const [, name = "", address = "", prefix] = /^\d+:\s+(\S+)\s+inet6?\s+([^\s/]+)(?:\/(\d+))?/.exec(line) ?? [];
      if (address === "") return [];
      return [{ interface: name, address, prefix: Number(prefix ?? (address.includes(":") ? 128 : 32)) }];
    }),
    ...(defaultAddress === undefined ? {} : { defaultAddress }),
    listeners: listenersOf(section("listeners"), unitsOf(section("units"))),
    disks: section("disks").flatMap(diskOf),
    runtimes: runtimesOf(section("sockets")),
    names: Object.fromEntries(
      section("names").map((line) => {
        const [name = "", ...addresses] = line.split(" ");
        return [name, [...new Set(addresses)]];
      }),
    ),
    traces: tracesOf(texts, section("kubelet")[0]),
  };
}

/** The lines below each `== NAME`. */
function sectionsOf(output: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of output.split("\n")) {
    const name = /^== (\w+)$/.exec(line)?.[1];
    if (name !== undefined) {
      lines = [];
      sections.set(name, lines);
    } else if (line.trim() !== "") lines.push(line.trim());
  }
  return sections;
}

function osOf(text: string): HostFacts["os"] {
  const value = (key: string): string => new RegExp(`^${key}=["']?(.*?)["']?\\s*$`, "m").exec(text)?.[1] ?? "";
  return { id: value("ID"), like: value("ID_LIKE"), version: value("VERSION_ID"), name: value("PRETTY_NAME") };
}

/** Version 2 where the unified tree is mounted at its usual place; hybrid hosts have their controllers in version 1. */
function cgroupOf(texts: Texts): HostFacts["cgroup"] {
  const mounts = (texts.mounts ?? "").split("\n").map((line) => line.split(" "));
  const own = mounts.filter(([, , type]) => type === "cgroup");
  if (own.length > 0) {
    const memory = /^memory\s+\d+\s+\d+\s+(\d)/m.exec(texts.cgroups ?? "")?.[1] === "1";
    const isMounted = own.some(([, , , options = ""]) => options.split(",").includes("memory"));
    return { version: 1, memory: memory && isMounted };
  }
  if (texts.controllers !== undefined)
    return { version: 2, memory: texts.controllers.trim().split(/\s+/).includes("memory") };
  return { version: 0, memory: false };
}

/** Unit (or `pod`) of each process, from the lines of /proc/PID/cgroup. */
function unitsOf(lines: readonly string[]): Map<number, string> {
  const units = new Map<number, string>();
  for (const line of lines) {
    const [pid = "", path = ""] = line.split(" ", 2);
    if (/kubepods/.test(line)) units.set(Number(pid), "pod");
    const unit = /([^/]+\.(?:service|scope))$/.exec(path)?.[1];
    if (unit !== undefined && !units.has(Number(pid))) units.set(Number(pid), unit);
  }
  return units;
}

/** Lines of `ss -Hltnp`, or of /proc/net/tcp with `proc` in front. */
function listenersOf(lines: readonly string[], units: ReadonlyMap<number, string>): Listener[] {
  const found = new Map<string, Listener>();
  for (const line of lines) {
    const words = line.split(/\s+/);
    if (words[0] === "proc") {
      const port = Number.parseInt(words[1]?.split(":")[1] ?? "", 16);
      found.set(`${port}`, { port, address: "*" });
      continue;
    }
    const [, address = "", port] = /^(.*):(\d+)$/.exec(words[3] ?? "") ?? [];
    if (port === undefined) continue;
    const [, program, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? [];
    const unit = units.get(Number(pid));
    const plain = address.replace(/^\[|\]$|%.*$/g, "");
    const one: Listener = {
      port: Number(port),
      address: /^(?:\*|0\.0\.0\.0|::)$/.test(plain) ? "*" : plain,
      ...(program === undefined ? {} : { program, pid: Number(pid) }),
      ...(unit === undefined ? {} : { unit }),
    };
    found.set(`${one.port} ${one.address} ${pid}`, one);
  }
  return [...found.values()];
}

function diskOf(line: string): Disk[] {
  const [path = "", total, free, ...mount] = line.split(" ");
  if (mount.length === 0) return [];
  return [
    {
      path,
      mount: mount.join(" "),
      totalMib: Math.floor(Number(total) / 1024),
      freeMib: Math.floor(Number(free) / 1024),
    },
  ];
}

function runtimesOf(sockets: readonly string[]): Runtime[] {
  const has = (part: string): boolean => sockets.some((socket) => socket.includes(part));
  const docker = has("docker") ? ["docker" as const] : [];
  return [...(has("containerd") ? ["containerd" as const] : []), ...(has("crio") ? ["crio" as const] : []), ...docker];
}

function tracesOf(texts: Texts, kubelet: string | undefined): ClusterTraces {
  const traces = {
    authority: fingerprint(texts.authority),
    clusterName: flag(texts.controllerManager, "cluster-name"),
    apiserverVersion: /^\s*(?:- )?image:\s*\S+:v?(\d+\.\d+\.\d+\S*)/m.exec(texts.apiserver ?? "")?.[1],
    serviceSubnet: flag(texts.apiserver, "service-cluster-ip-range"),
    podSubnet: flag(texts.controllerManager, "cluster-cidr"),
    kubeletVersion: /v(\d+\.\d+\.\d+\S*)/.exec(kubelet ?? "")?.[1],
    allowsSwap: /^failSwapOn:\s*false\b/m.test(texts.kubeletConfig ?? "") || undefined,
    runtimeSocket: runtimeSocket(texts),
    etcdAuthority: fingerprint(texts.etcdAuthority),
    etcdToken: /^ETCD_INITIAL_CLUSTER_TOKEN=["']?([^"'\n]*)/m.exec(texts.etcdSettings ?? "")?.[1],
  };
  return Object.fromEntries(Object.entries(traces).filter(([, value]) => value !== undefined)) as ClusterTraces;
}

/** Value of `--name=value` in a manifest or a file of flags. */
function flag(text: string | undefined, name: string): string | undefined {
  return new RegExp(`--${name}=["']?([^\\s"']+)`).exec(text ?? "")?.[1];
}

/** The latest word of kubeadm comes first: a file of its own since 1.32, its flags before that, the kubelet's own settings. */
function runtimeSocket(texts: Texts): string | undefined {
  const setting = (text: string | undefined): string | undefined =>
    /^containerRuntimeEndpoint:\s*["']?([^\s"']+)/m.exec(text ?? "")?.[1];
  const socket =
    setting(texts.kubeletInstance) ??
    flag(texts.kubeletFlags, "container-runtime-endpoint") ??
    setting(texts.kubeletConfig);
  return socket?.replace(/^unix:\/\//, "");
}

/** SHA-256 of a certificate; of the text itself where it is none, so that a broken one still differs from others. */
export function fingerprint(pem: string | undefined): string | undefined {
  if (pem === undefined || pem.trim() === "") return undefined;
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return `text ${createHash("sha256").update(pem.trim()).digest("hex")}`;
  }
}
