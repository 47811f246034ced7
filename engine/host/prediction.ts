// What a planned change says of the host as it would then be. A dry run (and the planner that looks ahead)
// remembers these and reads through them: predicted.ts is the Host that does.

import type { Unknown } from "../core/unknown.ts";
import type { PlainObject } from "../core/value.ts";
import type { FileType } from "./host.ts";

/** A path as it would be. Fields that are absent stay as they are; Unknown ones cannot be told. */
export interface PathPrediction {
  readonly kind: "path";
  readonly path: string;
  /** `absent`: it and all below it are gone. */
  readonly type: FileType | "absent" | Unknown;
  /** A file's content: bytes as long as they are small, or Unknown. */
  readonly content?: Uint8Array | string | Unknown;
  readonly target?: string;
  readonly mode?: number | Unknown;
  readonly owner?: string | number | Unknown;
  readonly group?: string | number | Unknown;
  /** A folder whose entries cannot be told (an unpacked archive): reads below it are Unknown. */
  readonly below?: Unknown;
}
export interface PackagePrediction {
  readonly kind: "package";
  readonly name: string;
  /** Version, `absent`, or Unknown version of an installed package. */
  readonly version: string | "absent" | Unknown;
  /** Paths it brings, where they can be listed; otherwise any path that does not exist becomes Unknown ("comes with NAME"). */
  readonly files?: readonly string[];
}
export interface UnitPrediction {
  readonly kind: "unit";
  readonly name: string;
  readonly exists?: boolean;
  readonly enabled?: boolean | "masked" | Unknown;
  readonly active?: boolean | Unknown;
}
export interface UserPrediction {
  readonly kind: "user";
  readonly name: string;
  readonly exists: boolean;
  readonly uid?: number | Unknown;
  readonly gid?: number | Unknown;
  readonly group?: string;
  readonly groups?: readonly string[];
  readonly home?: string;
  readonly shell?: string;
  readonly comment?: string;
}
export interface GroupPrediction {
  readonly kind: "group";
  readonly name: string;
  readonly exists: boolean;
  readonly gid?: number | Unknown;
}
export interface MountPrediction {
  readonly kind: "mount";
  readonly path: string;
  readonly source?: string;
  readonly fstype?: string;
  readonly options?: string;
  readonly mounted: boolean;
}
/** A block device as a probe of all of it would find it. */
export interface DevicePrediction {
  readonly kind: "device";
  /** Without links: /dev/sdb1; /dev/GROUP/VOLUME for a volume that does not exist yet. */
  readonly path: string;
  /** Type of what is on it (ext4, LVM2_member, swap …), empty when nothing is. */
  readonly content: string | Unknown;
  readonly label?: string;
  /** Type of its partition table; absent when it has none. */
  readonly table?: string;
}
export interface VolumeGroupPrediction {
  readonly kind: "volume-group";
  readonly name: string;
  readonly exists: boolean | Unknown;
}
export interface LogicalVolumePrediction {
  readonly kind: "logical-volume";
  readonly group: string;
  readonly name: string;
  readonly exists: boolean | Unknown;
  readonly isPool?: boolean;
  /** The thin pool it is in; what it is a snapshot of. */
  readonly pool?: string;
  readonly origin?: string;
  /** Bytes; Unknown where only LVM can tell. */
  readonly size?: number | Unknown;
}
export interface KernelModulePrediction {
  readonly kind: "module";
  readonly name: string;
  readonly loaded: boolean;
}
export interface SysctlPrediction {
  readonly kind: "sysctl";
  readonly name: string;
  readonly value: string;
}
export interface HostnamePrediction {
  readonly kind: "hostname";
  readonly name: string;
}
/** An object of the cluster that the host's kubectl talks to. */
export interface KubernetesObjectPrediction {
  readonly kind: "kubernetes-object";
  /** Group and kind, namespace, name: `apps/Deployment/default/web`, `Namespace//web`. */
  readonly name: string;
  readonly exists: boolean;
  /** As far as it can be told; absent where the server decides. */
  readonly content?: PlainObject;
}
/** Package lists were refreshed, or sources changed: what apt would install may be Unknown. */
export interface AptCachePrediction {
  readonly kind: "apt-cache";
  readonly state: "refreshed" | Unknown;
}

export type Prediction =
  | PathPrediction
  | PackagePrediction
  | UnitPrediction
  | UserPrediction
  | GroupPrediction
  | MountPrediction
  | DevicePrediction
  | VolumeGroupPrediction
  | LogicalVolumePrediction
  | KernelModulePrediction
  | SysctlPrediction
  | HostnamePrediction
  | KubernetesObjectPrediction
  | AptCachePrediction;

/** Answers reads about things that are not files: what earlier tasks predicted of a subject, newest last. */
export interface Predictions {
  of<K extends Prediction["kind"]>(kind: K): ReadonlyArray<Extract<Prediction, { kind: K }>>;
}
