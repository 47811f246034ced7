// Rules about what a machine is: system, memory, room, cgroups, swap, kernel modules.

import {
  byValue,
  type Cluster,
  type Finding,
  isIn,
  isKubernetes,
  listed,
  type Needs,
  namesOf,
  nodes,
  PURPOSE_RULES,
  type SeenHost,
  seen,
} from "./cluster.ts";

/** Oldest release of a distribution that has what is needed. */
const OLDEST: Readonly<Record<string, number>> = { debian: 11, raspbian: 11, ubuntu: 20.04 };

export function systems(cluster: Cluster): Finding[] {
  return seen(cluster).flatMap((host): Finding[] => {
    const { os, systemd } = host.facts;
    const name = os.name || os.id || "an unknown system";
    const family = `${os.id} ${os.like}`.split(/\s+/);
    const rule = "system";
    const hosts = [host.name];
    if (!family.includes("debian") && os.id !== "raspbian")
      return [
        {
          rule,
          hosts,
          message: `${host.name} runs ${name}, which is not of Debian's family`,
          remedy: "install Raspberry Pi OS, Debian or Ubuntu on it",
        },
      ];
    const oldest = OLDEST[os.id];
    if (oldest !== undefined && Number.parseFloat(os.version) < oldest)
      return [
        {
          rule,
          hosts,
          message: `${host.name} runs ${name}, which is too old`,
          remedy: `upgrade it to ${os.id} ${oldest} or later`,
        },
      ];
    if (!systemd)
      return [
        {
          rule,
          hosts,
          message: `${host.name} is not run by systemd`,
          remedy: "boot it with systemd (package systemd-sysv): all that the roles start are its units",
        },
      ];
    return [];
  });
}

/** 32-bit machines, for which there are no images any more. */
export function architectures(cluster: Cluster): Finding[] {
  if (!PURPOSE_RULES[cluster.purpose].makes) return [];
  const minor = Number(/^1\.(\d+)/.exec(cluster.version)?.[1] ?? 0);
  if (!isKubernetes(cluster) || cluster.mode !== "kubeadm" || cluster.source === "debian" || minor < 27) return [];
  const hosts = nodes(seen(cluster)).filter(({ facts }) => /^(?:armv[67]|i[3-6]86)/.test(facts.architecture));
  if (hosts.length === 0) return [];
  const names = listed(namesOf(hosts));
  return [
    {
      rule: "architecture",
      hosts: namesOf(hosts),
      message: `${names} ${hosts.length === 1 ? "has a 32-bit system" : "have 32-bit systems"}, for which Kubernetes has had no images since 1.27`,
      remedy: "install a 64-bit system (a Pi 3 and later can run one), or set k8s_version to 1.26 or older",
    },
  ];
}

/** MiB that a host needs, by all that it is. */
function needed(cluster: Cluster, host: SeenHost, needs: Needs): { readonly mib: number; readonly as: string } {
  const roles: (readonly [keyof Needs, string])[] = [];
  if (isKubernetes(cluster)) {
    if (cluster.mode === "standalone" && isIn(host, "masters")) roles.push(["standalone", "a cluster of its own"]);
    else if (isIn(host, "masters")) roles.push(["master", "a master"]);
    else if (isIn(host, "workers")) roles.push(["worker", "a worker"]);
  }
  if (isIn(host, "etcd")) roles.push(["etcd", "a member of etcd"]);
  if (isIn(host, "nfs")) roles.push(["nfs", "an NFS server"]);
  const [first, ...others] = roles.map(([role, as]) => ({ mib: needs[role], as }));
  return others.reduce((most, one) => (one.mib > most.mib ? one : most), first ?? { mib: 0, as: "nothing" });
}

export function memory(cluster: Cluster): Finding[] {
  if (!PURPOSE_RULES[cluster.purpose].makes) return [];
  return seen(cluster).flatMap((host): Finding[] => {
    const { mib, as } = needed(cluster, host, cluster.memoryMib);
    if (host.facts.memoryMib >= mib) return [];
    return [
      {
        rule: "memory",
        hosts: [host.name],
        message: `${host.name} has ${host.facts.memoryMib} MiB of memory; ${as} needs ${mib}`,
        remedy: `use a machine with more${as === "a master" ? ", make it a worker" : ""}, or lower preflight_memory_mib if you know that it is enough`,
      },
    ];
  });
}

const RUNTIME_FOLDERS: Readonly<Record<string, string>> = {
  containerd: "/var/lib/containerd",
  docker: "/var/lib/docker",
  crio: "/var/lib/containers",
};

/** Free room on the file systems that will be filled. What is a node already has most of it: a fourth must be free. */
export function disks(cluster: Cluster): Finding[] {
  if (!PURPOSE_RULES[cluster.purpose].makes) return [];
  return seen(cluster).flatMap((host): Finding[] => {
    const { mib, as } = needed(cluster, host, cluster.diskMib);
    const isNode = isKubernetes(cluster) && isIn(host, "masters", "workers");
    const folder = isNode ? (RUNTIME_FOLDERS[host.runtime] ?? "/var/lib/containerd") : "/var/lib/etcd";
    const isEtcd = isIn(host, "etcd") || (isNode && isIn(host, "masters"));
    const wanted = [{ path: folder, mib }, ...(isEtcd ? [{ path: "/var/lib/etcd", mib: cluster.diskMib.etcd }] : [])];
    const share = host.facts.traces.authority === undefined && host.facts.traces.etcdToken === undefined ? 1 : 4;
    const short = new Map<string, Finding>();
    for (const { path, mib } of wanted) {
      const disk = host.facts.disks.find((one) => one.path === path);
      const need = Math.floor(mib / share);
      if (!disk || disk.freeMib >= need || short.has(disk.mount)) continue;
      short.set(disk.mount, {
        rule: "disk",
        hosts: [host.name],
        message: `${host.name} has ${disk.freeMib} MiB free on ${disk.mount} (for ${path}); ${as} needs ${need}`,
        remedy:
          "make room (`apt-get clean; journalctl --vacuum-size=50M`), use a larger card or a disk of its own (container_storage), or lower preflight_disk_mib",
      });
    }
    return [...short.values()];
  });
}

export function memoryCgroups(cluster: Cluster): Finding[] {
  if (!isKubernetes(cluster) || !PURPOSE_RULES[cluster.purpose].makes) return [];
  const minor = Number(/^1\.(\d+)/.exec(cluster.version)?.[1] ?? 0);
  const hosts = nodes(seen(cluster));
  const without = hosts.filter(({ facts }) => !facts.cgroup.memory);
  const findings = [...byValue(without, (host) => memoryRemedy(cluster, host).remedy)].map(
    ([remedy, alike]): Finding => ({
      rule: "memory-cgroup",
      hosts: namesOf(alike),
      message: `${listed(namesOf(alike))} ${alike.length === 1 ? "has" : "have"} no memory cgroup, without which no kubelet starts`,
      remedy,
      ...(alike.every((host) => memoryRemedy(cluster, host).mended) ? { note: true as const } : {}),
    }),
  );
  const old = hosts.filter(({ facts }) => facts.cgroup.memory && facts.cgroup.version === 1);
  if (old.length > 0 && minor >= 35 && !cluster.allowsCgroupV1)
    findings.push({
      rule: "cgroup-v1",
      hosts: namesOf(old),
      message: `${listed(namesOf(old))} ${old.length === 1 ? "has" : "have"} cgroups of version 1, which the kubelet refuses since 1.35`,
      remedy:
        "boot with systemd.unified_cgroup_hierarchy=1 (the default since Debian 11), or set `k8s_kubelet_settings: {failCgroupV1: false}`",
    });
  return findings;
}

function memoryRemedy(cluster: Cluster, host: SeenHost): { readonly remedy: string; readonly mended?: true } {
  const { bootFile, container, model } = host.facts;
  if (container !== undefined) return { remedy: `a container's machine must give it the controller (${container})` };
  if (bootFile && PURPOSE_RULES[cluster.purpose].prepares && host.mends.memoryCgroup)
    return { remedy: `the role rpi writes cgroup_enable=memory into ${bootFile.path} and reboots`, mended: true };
  if (bootFile?.enablesMemory) return { remedy: `${bootFile.path} asks for it already: reboot` };
  const file = bootFile?.path ?? (model?.startsWith("Raspberry Pi") ? "/boot/firmware/cmdline.txt" : undefined);
  if (file) return { remedy: `add cgroup_enable=memory cgroup_memory=1 to the one line of ${file}, and reboot` };
  return { remedy: "boot with cgroup_enable=memory, or with a kernel that has CONFIG_MEMCG" };
}

export function swaps(cluster: Cluster): Finding[] {
  if (!isKubernetes(cluster) || cluster.allowsSwap) return [];
  const { prepares, makes } = PURPOSE_RULES[cluster.purpose];
  if (!makes) return [];
  return nodes(seen(cluster)).flatMap((host): Finding[] => {
    const { swaps: files, traces } = host.facts;
    // What the role rpi turns off without further ado is not worth a word.
    if (files.length === 0 || traces.allowsSwap || (prepares && host.mends.swap)) return [];
    return [
      {
        rule: "swap",
        hosts: [host.name],
        message: `${host.name} has swap on (${listed(files)}), with which the kubelet does not start`,
        remedy:
          "`swapoff -a` there and take it out of what turns it on at boot (the role rpi does both: rpi_swap_off), or set `k8s_kubelet_settings: {failSwapOn: false}`",
      },
    ];
  });
}

/** Modules that the kernel has not and cannot load. */
export function kernelModules(cluster: Cluster): Finding[] {
  if (!isKubernetes(cluster) || !PURPOSE_RULES[cluster.purpose].makes) return [];
  const missing = (name: "overlay" | "br_netfilter", hosts: readonly SeenHost[], why: string): Finding[] => {
    const lacking = hosts.filter(({ facts }) => !facts.modules[name]);
    if (lacking.length === 0) return [];
    return [
      {
        rule: "kernel-modules",
        hosts: namesOf(lacking),
        message: `${listed(namesOf(lacking))} cannot load the kernel module ${name}, ${why}`,
        remedy:
          "install the kernel's modules for the kernel that runs (`apt-get install linux-image-$(dpkg --print-architecture)`), and reboot if it was upgraded",
      },
    ];
  };
  const members = nodes(seen(cluster));
  const overlays = members.filter(({ runtime }) => runtime !== "docker");
  return [
    ...missing("overlay", overlays, "which containers' file systems are made with"),
    ...(["bridge", "flannel"].includes(cluster.network)
      ? missing("br_netfilter", members, "without which pods cannot reach services on their own host")
      : []),
  ];
}
