// Rules about what hosts are part of already: another cluster, another runtime, another version.

import {
  byValue,
  type Cluster,
  type Finding,
  hasOwnEtcd,
  inGroup,
  isKubernetes,
  listed,
  namesOf,
  nodes,
  PURPOSE_RULES,
  type SeenHost,
  seen,
} from "./cluster.ts";
import { RUNTIMES } from "./facts.ts";

const RESET = (names: readonly string[]): string =>
  `take the wrong ones out of the inventory, or let them forget it: \`tsplay run playbooks/reset.yml -e node=${names.join(",")}\``;

/** Hosts that belong to another cluster than the others. */
export function foreignClusters(cluster: Cluster): Finding[] {
  return [
    ...(isKubernetes(cluster) && cluster.mode !== "standalone" ? foreignKubernetes(cluster) : []),
    ...(hasOwnEtcd(cluster) ? foreignEtcd(cluster) : []),
  ].map((one) => (cluster.purpose === "reset" ? { ...one, remedy: "hosts are emptied whatever they belong to" } : one));
}

function foreignKubernetes(cluster: Cluster): Finding[] {
  const joined = nodes(seen(cluster)).filter(({ facts }) => facts.traces.authority !== undefined);
  const masters = inGroup(joined, "masters");
  const ours = ownAuthority(cluster, joined, masters);
  const foreign = joined.filter(({ facts }) => facts.traces.authority !== ours);
  const findings = [...byValue(foreign, ({ facts }) => facts.traces.authority)].map(([, hosts]): Finding => {
    const own = joined.filter(({ facts }) => facts.traces.authority === ours);
    const named = hosts.find(({ facts }) => facts.traces.clusterName)?.facts.traces.clusterName;
    const which = named && named !== cluster.name ? `the cluster ${named}` : "another cluster";
    const than = own.length > 0 ? `than ${listed(namesOf(own))}` : `than the one whose kubeconfig this controller has`;
    return {
      rule: "foreign-cluster",
      hosts: namesOf(hosts),
      message: `${belong(hosts)} to ${which} ${than}: ${hosts.length === 1 ? "its" : "their"} authority (/etc/kubernetes/pki/ca.crt) is not the same`,
      remedy: RESET(namesOf(hosts)),
    };
  });
  const alone = inGroup(joined, "workers").filter((host) => !foreign.includes(host) && !masters.includes(host));
  const unseenMasters = inGroup(cluster.hosts, "masters").some(({ facts }) => facts === undefined);
  if (masters.length === 0 && alone.length > 0 && !unseenMasters && cluster.purpose !== "restore")
    findings.push({
      rule: "foreign-cluster",
      hosts: namesOf(alone),
      message: `${belong(alone)} to a cluster that no host of the group masters is part of`,
      remedy: RESET(namesOf(alone)),
    });
  const misnamed = masters.filter(
    ({ facts }) => facts.traces.clusterName !== undefined && facts.traces.clusterName !== cluster.name,
  );
  const same = misnamed.filter((host) => !foreign.includes(host));
  if (same.length > 0)
    findings.push({
      rule: "foreign-cluster",
      hosts: namesOf(same),
      message: `${belong(same)} to the cluster ${same[0]?.facts.traces.clusterName}, and cluster_name is ${cluster.name}`,
      remedy: `set cluster_name to ${same[0]?.facts.traces.clusterName} if that is the one; else use other hosts`,
    });
  return findings;
}

function belong(hosts: readonly SeenHost[]): string {
  return `${listed(namesOf(hosts))} ${hosts.length === 1 ? "belongs" : "belong"}`;
}

/** The authority of the cluster that is meant: the one that is known here, most masters' (the first one's in a tie), most workers'. */
function ownAuthority(cluster: Cluster, joined: readonly SeenHost[], masters: readonly SeenHost[]): string | undefined {
  const authority = ({ facts }: SeenHost): string | undefined => facts.traces.authority;
  const { knownAuthority } = cluster;
  if (knownAuthority !== undefined && joined.some((host) => authority(host) === knownAuthority)) return knownAuthority;
  const groups = [...byValue(masters.length > 0 ? masters : joined, authority)];
  const most = Math.max(0, ...groups.map(([, hosts]) => hosts.length));
  return groups.find(([, hosts]) => hosts.length === most)?.[0];
}

/**
 * A run that was interrupted may have left some members without an authority: what they have in common is compared. A
 * restore gives all members one new token, and one that was interrupted has given it to some of them.
 */
function foreignEtcd(cluster: Cluster): Finding[] {
  const members = inGroup(seen(cluster), "etcd");
  const byAuthority = [...byValue(members, ({ facts }) => facts.traces.etcdAuthority)];
  const byToken = cluster.purpose === "restore" ? [] : [...byValue(members, ({ facts }) => facts.traces.etcdToken)];
  const groups = byAuthority.length > 1 ? byAuthority : byToken;
  const most = Math.max(...groups.map(([, hosts]) => hosts.length));
  const ours = groups.find(([, hosts]) => hosts.length === most);
  return groups
    .filter((one) => one !== ours)
    .map(([, hosts]) => ({
      rule: "foreign-cluster",
      hosts: namesOf(hosts),
      message: `${belong(hosts)} to another etcd cluster than ${listed(namesOf(ours?.[1] ?? []))}`,
      remedy:
        "take the wrong ones out of the group etcd, or let them forget it: `systemctl stop etcd; rm -r /etc/etcd /var/lib/etcd` there",
    }));
}

const SOCKETS: Readonly<Record<string, RegExp>> = {
  containerd: /containerd/,
  crio: /crio/,
  docker: /docker/,
};

/** Nodes with different runtimes, and hosts with another one than is asked for. */
export function runtimes(cluster: Cluster): Finding[] {
  if (!isKubernetes(cluster)) return [];
  const rule = "runtime";
  const findings: Finding[] = [];
  const wanted = [...byValue(nodes(cluster.hosts), ({ runtime }) => runtime)];
  if (wanted.length > 1)
    findings.push({
      rule,
      hosts: namesOf(nodes(cluster.hosts)),
      message: `container_runtime is not the same on all nodes: ${wanted.map(([runtime, hosts]) => `${runtime} on ${listed(namesOf(hosts))}`).join("; ")}`,
      remedy: "set one container_runtime for all of them",
    });
  for (const [runtime, hosts] of wanted)
    if (!(RUNTIMES as readonly string[]).includes(runtime))
      findings.push({
        rule,
        hosts: namesOf(hosts),
        message: `container_runtime of ${listed(namesOf(hosts))} is ${runtime}, which is none`,
        remedy: `choose ${RUNTIMES.join(", ")}`,
      });
  if (!PURPOSE_RULES[cluster.purpose].makes) return findings;
  for (const host of nodes(seen(cluster))) {
    const socket = host.facts.traces.runtimeSocket;
    const present = Object.entries(SOCKETS).find(([, pattern]) => socket !== undefined && pattern.test(socket))?.[0];
    if (present !== undefined && present !== host.runtime)
      findings.push({
        rule,
        hosts: [host.name],
        message: `the kubelet of ${host.name} uses ${present}, and container_runtime is ${host.runtime}`,
        remedy: `set container_runtime to ${present}, or remove the node, reset it and add it anew`,
      });
    else {
      // Docker brings containerd along; everything else beside the chosen one is a stranger.
      const others = host.facts.runtimes.filter(
        (one) => one !== host.runtime && !(one === "containerd" && host.runtime === "docker"),
      );
      if (others.length > 0)
        findings.push({
          rule,
          hosts: [host.name],
          message: `${host.name} runs ${listed(others)}, and container_runtime is ${host.runtime}`,
          remedy: `remove ${listed(others.map(packagesOf))} from it, or set container_runtime to ${others[0]}`,
        });
    }
  }
  return findings;
}

function packagesOf(runtime: string): string {
  return runtime === "docker" ? "docker (packages docker.io or docker-ce)" : runtime === "crio" ? "cri-o" : runtime;
}

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly text: string;
}

function versionOf(text: string | undefined): Version | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text ?? "");
  if (!match) return undefined;
  return {
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3]),
    text: match[0].replace(/^v/, ""),
  };
}

function compare(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** Minor versions by which a kubelet may be older than the apiserver: 3, but 2 for those before 1.25. */
function kubeletLag(kubelet: Version): number {
  return kubelet.minor >= 25 ? 3 : 2;
}

/** What Kubernetes' policy of version skew does not allow. */
export function versions(cluster: Cluster): Finding[] {
  if (!isKubernetes(cluster)) return [];
  const target = versionOf(cluster.version);
  const rule = "versions";
  if (!target || !/^\d+\.\d+\.\d+$/.test(cluster.version))
    return [
      {
        rule,
        hosts: [],
        message: `k8s_version is \`${cluster.version}\`, which is no whole version`,
        remedy: 'write it with three numbers and without a v, in quotes: "1.36.2"',
      },
    ];
  if (cluster.mode === "binaries" && cluster.source === "packages")
    return [
      {
        rule,
        hosts: [],
        message: "k8s_mode binaries takes programs from tarballs or from Debian's source, and k8s_source is packages",
        remedy: "set k8s_source to tarball or debian",
      },
    ];
  const masters = inGroup(nodes(seen(cluster)), "masters").flatMap((host) => {
    const version = versionOf(host.facts.traces.apiserverVersion);
    return version ? [{ host, version }] : [];
  });
  const oldest = masters.map(({ version }) => version).sort(compare)[0];
  const newest = masters
    .map(({ version }) => version)
    .sort(compare)
    .at(-1);
  const findings: Finding[] = [];
  const add = (hosts: readonly SeenHost[], message: string, remedy: string): void => {
    if (hosts.length > 0) findings.push({ rule, hosts: namesOf(hosts), message, remedy });
  };
  if (oldest && newest && newest.minor - oldest.minor > 1)
    add(
      masters.map(({ host }) => host),
      `the apiservers run ${oldest.text} to ${newest.text}; they may be one minor version apart`,
      "upgrade the older ones first, one minor version at a time (playbooks/upgrade.yml)",
    );
  // The other modes have no order to keep: another version is other programs, at once.
  if (oldest && newest && cluster.mode === "kubeadm") {
    const hosts = masters.map(({ host }) => host);
    if (cluster.purpose === "upgrade") findings.push(...upgradeSteps(target, oldest, newest, hosts));
    else if (PURPOSE_RULES[cluster.purpose].keepsVersion && (compare(oldest, target) || compare(newest, target)))
      add(
        hosts,
        `the cluster runs ${oldest.text}${compare(oldest, newest) ? ` to ${newest.text}` : ""}, and k8s_version is ${target.text}`,
        compare(oldest, target) < 0
          ? "upgrade it by playbooks/upgrade.yml, which goes node by node"
          : `set k8s_version to ${newest.text}: a cluster is not made older`,
      );
  }
  // What the kubelets will talk to: in an upgrade the new apiserver, else the oldest that there is.
  const apiserver = cluster.purpose === "upgrade" ? target : oldest;
  if (!apiserver) return findings;
  const members = nodes(seen(cluster)).filter(({ facts }) => facts.traces.authority !== undefined);
  const kubelet = ({ facts }: SeenHost): Version | undefined => versionOf(facts.traces.kubeletVersion);
  for (const [text, hosts] of byValue(members, (host) => kubelet(host)?.text)) {
    const version = versionOf(text);
    if (!version) continue;
    const present = newest ?? apiserver;
    if (version.minor > present.minor)
      add(
        hosts,
        `the kubelet of ${listed(namesOf(hosts))} is ${text}, newer than the apiserver's ${present.text}`,
        `install the kubelet of ${present.text} there again and hold its package (\`apt-mark hold kubelet\`)`,
      );
    else if (apiserver.minor - version.minor > kubeletLag(version))
      add(
        hosts,
        `the kubelet of ${listed(namesOf(hosts))} is ${text}, more than ${kubeletLag(version)} minor versions older than the apiserver's ${apiserver.text}`,
        cluster.purpose === "upgrade"
          ? "upgrade these nodes to the version that the masters have now, then go on"
          : "upgrade these nodes (playbooks/upgrade.yml)",
      );
  }
  return findings;
}

function upgradeSteps(target: Version, oldest: Version, newest: Version, hosts: readonly SeenHost[]): Finding[] {
  const finding = (message: string, remedy: string): Finding[] => [
    { rule: "versions", hosts: namesOf(hosts), message, remedy },
  ];
  if (compare(newest, target) > 0)
    return finding(
      `the cluster runs ${newest.text} already, and k8s_version is ${target.text}`,
      `set k8s_version to ${newest.text} or later: a cluster is not made older`,
    );
  if (target.major === oldest.major && target.minor - oldest.minor > 1)
    return finding(
      `the cluster runs ${oldest.text}, and k8s_version is ${target.text}: an upgrade may not leave out a minor version`,
      `upgrade to 1.${oldest.minor + 1} first`,
    );
  return [];
}
