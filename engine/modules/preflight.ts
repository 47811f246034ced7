// Refuses a cluster that cannot be, with all reasons at once. Looks at no host: what hosts are is in the results of
// preflight_facts, what is wanted in the inventory's variables.

import { readFileSync } from "node:fs";
import type { Plain } from "../core/value.ts";
import { type ActionContext, defineAction } from "./module.ts";
import {
  type Cluster,
  type ClusterHost,
  type Finding,
  type Mode,
  type Needs,
  PURPOSES,
  type Purpose,
  RULE_NAMES,
} from "./preflight/cluster.ts";
import type { HostFacts } from "./preflight/facts.ts";
import { fingerprint } from "./preflight/parse.ts";
import { findings, refusalText } from "./preflight/rules.ts";
import { TaskFailure } from "./task-failure.ts";

/** MiB of memory: what kubeadm asks of a master, and what was seen to be enough for the others. */
const MEMORY: Readonly<Record<Mode, Needs>> = {
  kubeadm: { master: 1700, worker: 700, standalone: 850, etcd: 400, nfs: 200 },
  binaries: { master: 850, worker: 400, standalone: 850, etcd: 400, nfs: 200 },
  standalone: { master: 850, worker: 400, standalone: 850, etcd: 400, nfs: 200 },
};
/** MiB that are free before images and data come. */
const DISK: Needs = { master: 4096, worker: 3072, standalone: 4096, etcd: 1024, nfs: 256 };

export const preflight = defineAction({
  name: "preflight",
  aliases: [],
  summary: "Refuse a cluster that cannot be, with all reasons at once",
  params: {
    properties: {
      purpose: { type: "string", enum: PURPOSES, default: "k8s", description: "What the playbook is about to do." },
      hosts: {
        type: "array",
        items: { type: "string" },
        description: "Names of all hosts of the cluster, in the inventory's order.",
      },
      seen: {
        type: "array",
        items: { type: "raw" },
        description: "Results of preflight_facts, one a host (`results` of its loop).",
      },
      ignore: {
        type: "array",
        items: { type: "string", enum: RULE_NAMES },
        default: [],
        description: "Rules whose findings are told as warnings only.",
      },
      clock_skew: {
        type: "number",
        default: 2,
        minimum: 0,
        description: "Seconds by which two hosts' clocks may differ.",
      },
      memory_mib: {
        type: "object",
        default: {},
        description:
          "MiB of memory by what a host is: master, worker, standalone, etcd, nfs. Those not named keep their defaults.",
      },
      disk_mib: {
        type: "object",
        default: {},
        description:
          "MiB that must be free, as memory_mib. A fourth is enough where the host is part of the cluster already.",
      },
    },
    required: ["hosts", "seen"],
  },
  returns: {
    problems: "What stands in the way: rule, hosts, message, remedy.",
    warnings: "What should be known, if there is something.",
    msg: "How many hosts were looked at.",
  },
  runsInCheck: true,
  oncePerPlay: true,
  async run(context, params) {
    const cluster = clusterOf(context, params);
    const all = findings(cluster, params.ignore);
    const problems = all.filter(({ note }) => !note);
    const notes = all.filter(({ note }) => note);
    const warnings = notes.map(({ message, remedy }) => `${message}: ${remedy}`);
    const result = { problems: plain(problems), ...(warnings.length > 0 ? { warnings } : {}) };
    if (problems.length > 0)
      throw new TaskFailure(
        { code: "preflight", message: refusalText(problems) },
        result,
        `${problems.length === 1 ? "1 thing stands" : `${problems.length} things stand`} in the way of this cluster, listed above`,
      );
    const count = cluster.hosts.filter(({ facts }) => facts).length;
    return {
      changed: false,
      ...result,
      msg: `${count} of ${cluster.hosts.length} hosts looked at; nothing stands in the way`,
    };
  },
});

function plain(found: readonly Finding[]): Plain {
  return found.map(({ rule, hosts, message, remedy }) => ({ rule, hosts: [...hosts], message, remedy }));
}

interface Params {
  readonly purpose: Purpose;
  readonly hosts: readonly string[];
  readonly seen: readonly unknown[];
  readonly clock_skew: number;
  readonly memory_mib: Readonly<Record<string, unknown>>;
  readonly disk_mib: Readonly<Record<string, unknown>>;
}

/** Reads a host's variables as other hosts see them: role defaults are not among them. */
type Variables = (host: string, name: string) => Plain | undefined;

function clusterOf(context: ActionContext, params: Params): Cluster {
  const { purpose, hosts: names } = params;
  const variables: Variables = (host, name) =>
    context.evaluate(`hostvars[${JSON.stringify(host)}][${JSON.stringify(name)}]`);
  const first = names[0] ?? "";
  const text = (name: string, standard: string, host = first): string => {
    const value = variables(host, name);
    return value === undefined || value === null ? standard : String(value);
  };
  const number = (name: string, standard: number): number => Number(text(name, String(standard)));
  const mode = modeOf(text("k8s_mode", "kubeadm"));
  const name = text("cluster_name", "home");
  const apiPort = number("k8s_api_port", 8443);
  const kubelet = (setting: string): boolean => {
    const settings = variables(first, "k8s_kubelet_settings");
    return isRecord(settings) && settings[setting] === false;
  };
  return {
    purpose,
    mode,
    name,
    version: text("k8s_version", "1.36.2"),
    etcd: text("k8s_etcd", "stacked") === "external" ? "external" : "stacked",
    source: text("k8s_source", "packages"),
    apiName: text("k8s_api_name", `api.${name}.internal`),
    apiserverPort: number("k8s_apiserver_port", 6443),
    balancerPorts: balancerPorts(variables(first, "loadbalancer_bind"), text("loadbalancer_kind", "haproxy"), apiPort),
    virtualAddress: text("loadbalancer_vip", text("k8s_vip", "")),
    etcdClientPort: number("etcd_client_port", 2379),
    etcdPeerPort: number("etcd_peer_port", 2380),
    podSubnet: text("k8s_pod_subnet", "10.244.0.0/16"),
    serviceSubnet: text("k8s_service_subnet", "10.96.0.0/16"),
    network: text("k8s_cni", "flannel"),
    memoryMib: needs(MEMORY[mode], params.memory_mib),
    diskMib: needs(DISK, params.disk_mib),
    clockSkew: params.clock_skew,
    ...knownAuthority(text("cluster_dir", "")),
    allowsCgroupV1: kubelet("failCgroupV1"),
    allowsSwap: kubelet("failSwapOn"),
    hosts: names.map((host) => hostOf(host, variables, params.seen)),
  };
}

function modeOf(text: string): Mode {
  return text === "standalone" || text === "binaries" ? text : "kubeadm";
}

function needs(standard: Needs, given: Readonly<Record<string, unknown>>): Needs {
  const chosen = Object.entries(given).flatMap(([name, value]) => (value === null ? [] : [[name, Number(value)]]));
  return { ...standard, ...Object.fromEntries(chosen) };
}

function balancerPorts(bind: Plain | undefined, kind: string, port: number): number[] {
  if (kind === "none") return [];
  if (!Array.isArray(bind)) return [port];
  return bind.map((one) => Number(String(one).replace(/^.*:/, ""))).filter(Number.isInteger);
}

/** The authority in the kubeconfig that was fetched from this cluster before. */
function knownAuthority(folder: string): { knownAuthority?: string } {
  if (folder === "") return {};
  try {
    const data = /certificate-authority-data:\s*(\S+)/.exec(readFileSync(`${folder}/admin.conf`, "utf8"))?.[1];
    const found = data && fingerprint(Buffer.from(data, "base64").toString());
    return found ? { knownAuthority: found } : {};
  } catch {
    // No kubeconfig yet.
    return {};
  }
}

function hostOf(name: string, variables: Variables, seen: readonly unknown[]): ClusterHost {
  const one = seen.find((result) => isRecord(result) && result.item === name) as
    | Readonly<Record<string, unknown>>
    | undefined;
  const facts = one?.preflight as HostFacts | undefined;
  const given = variables(name, "node_address") ?? variables(name, "ansible_host");
  const address = given === undefined || given === null ? (facts?.defaultAddress ?? "") : String(given);
  const groupNames = variables(name, "group_names");
  const groups = Array.isArray(groupNames) ? groupNames.map(String) : [];
  // Whether k8s.yml has the role rpi prepare the machine at all: it does so with nodes.
  const isNode = groups.includes("masters") || groups.includes("workers");
  const isPrepared = isNode && variables(name, "k8s_prepare_machines") !== false;
  const isOn = (variable: string): boolean => isPrepared && variables(name, variable) !== false;
  const words = variables(name, "rpi_cmdline");
  const hostname = variables(name, "rpi_hostname");
  return {
    name,
    groups,
    address,
    runtime: String(variables(name, "container_runtime") ?? "containerd"),
    hostname: isPrepared ? String(hostname ?? name) : "",
    mends: {
      swap: isOn("rpi_swap_off"),
      memoryCgroup: isPrepared && (!Array.isArray(words) || words.includes("cgroup_enable=memory")),
      clock: isOn("rpi_manage_clock"),
    },
    ...(facts
      ? { facts }
      : { unseen: { reason: reasonOf(one), answers: one?.failed === true && one.unreachable !== true } }),
  };
}

function reasonOf(result: Readonly<Record<string, unknown>> | undefined): string {
  if (result === undefined) return "it was not asked";
  const text = typeof result.msg === "string" ? result.msg.split("\n")[0] : undefined;
  // "NAME (ADDRESS) is unreachable …": the name is told already.
  return text?.replace(/^\S+ \(\S+\) is (?=unreachable)/, "") || "it gave no reason";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
