// What preflight knows of a host: plain data, as the module preflight_facts returns it and as the rules read it.

/** A program that listens on a TCP port. */
export interface Listener {
  readonly port: number;
  /** `*` is every address. */
  readonly address: string;
  /** Name of the process, at most 15 characters long; absent where it cannot be seen (the kernel's own, or no root). */
  readonly program?: string;
  readonly pid?: number;
  /** Its systemd unit; `pod` for containers of a kubelet. */
  readonly unit?: string;
}

/** The file system below a folder that a cluster fills. */
export interface Disk {
  readonly path: string;
  readonly mount: string;
  readonly totalMib: number;
  readonly freeMib: number;
}

export interface ClockReading {
  /** Seconds by which the host's clock is ahead of the controller's. */
  readonly offset: number;
  /** How wrong `offset` may be: half the round trip, and what the host's clock leaves out. */
  readonly uncertainty: number;
  /** The host's time, in seconds since the epoch. */
  readonly time: number;
}

export const RUNTIMES = ["containerd", "crio", "docker"] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** What of Kubernetes or etcd is on the host already. */
export interface ClusterTraces {
  /** SHA-256 of the cluster's authority, as pairs of digits. */
  readonly authority?: string;
  /** `--cluster-name` of its controller-manager. */
  readonly clusterName?: string;
  readonly apiserverVersion?: string;
  readonly serviceSubnet?: string;
  readonly podSubnet?: string;
  /** Of the installed program. */
  readonly kubeletVersion?: string;
  /** The kubelet is told to live with swap. */
  readonly allowsSwap?: true;
  /** Socket that the kubelet is told to use. */
  readonly runtimeSocket?: string;
  /** Of an etcd cluster of its own. */
  readonly etcdAuthority?: string;
  readonly etcdToken?: string;
}

export interface HostFacts {
  readonly hostname: string;
  readonly machineId: string;
  readonly bootId: string;
  readonly architecture: string;
  readonly kernel: string;
  readonly os: { readonly id: string; readonly like: string; readonly version: string; readonly name: string };
  readonly systemd: boolean;
  /** Kind of container that the host is, where it is one. */
  readonly container?: string;
  /** A Raspberry Pi's, from its device tree. */
  readonly model?: string;
  /** The Pi's kernel command line file. */
  readonly bootFile?: { readonly path: string; readonly enablesMemory: boolean };
  readonly memoryMib: number;
  readonly swaps: readonly string[];
  readonly cgroup: { readonly version: 0 | 1 | 2; readonly memory: boolean };
  /** Kernel modules that are there or can be loaded. */
  readonly modules: { readonly overlay: boolean; readonly br_netfilter: boolean };
  readonly addresses: readonly { readonly interface: string; readonly address: string; readonly prefix: number }[];
  /** Address of the default route. */
  readonly defaultAddress?: string;
  readonly listeners: readonly Listener[];
  readonly disks: readonly Disk[];
  /** Container runtimes whose sockets are there. */
  readonly runtimes: readonly Runtime[];
  /** Names that were asked for, with what they resolve to. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly traces: ClusterTraces;
  readonly clock: ClockReading;
}
