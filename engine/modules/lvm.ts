// What LVM knows: volume groups, physical and logical volumes, from its tools' JSON reports; and what earlier tasks of a
// dry run would have made of them. Reads only.

import { isUnknown, Undecided } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { PlanContext } from "./module.ts";
import { failTask, TaskFailure } from "./task-failure.ts";
import { askTool } from "./tool-run.ts";

/** Sizes are bytes. */
export interface VolumeGroup {
  readonly name: string;
  readonly size: number;
  readonly free: number;
  readonly extent: number;
}

export interface PhysicalVolume {
  /** Without links. */
  readonly path: string;
  /** Empty when it belongs to no group. */
  readonly group: string;
  readonly size: number;
  readonly used: number;
  /** Of the device below it, and where on it the extents begin. */
  readonly deviceSize: number;
  readonly start: number;
}

export interface LogicalVolume {
  readonly name: string;
  readonly size: number;
  readonly isActive: boolean;
  /** Set on snapshots of thin volumes: they are left inactive unless asked for twice. */
  readonly skipsActivation: boolean;
  readonly isPool: boolean;
  /** Name of the pool of a thin volume, empty for others. */
  readonly pool: string;
  /** What a snapshot was made of, empty for others. */
  readonly origin: string;
}

type Row = Readonly<Record<string, string>>;

/** One report; undefined when LVM's tools are not there yet but come with a package that an earlier task installs. */
async function report(
  host: Host,
  tool: "vgs" | "pvs" | "lvs",
  columns: string,
  context: PlanContext,
): Promise<readonly Row[] | undefined> {
  const argv = [tool, "--reportformat", "json", "--units", "b", "--nosuffix", "-o", columns];
  try {
    const { code, stdout, stderr } = await askTool(host, argv);
    if (code !== 0) failTask("lvm-failed", `${tool} failed: ${stderr.trim()}`, { rc: code, stderr });
    const { report: parts } = JSON.parse(stdout) as { readonly report: readonly Readonly<Record<string, Row[]>>[] };
    return parts.flatMap((part) => part[tool.slice(0, 2)] ?? []);
  } catch (error) {
    const comes = context.predictions.of("package").some((one) => one.name === "lvm2" && one.version !== "absent");
    if (error instanceof TaskFailure && error.problem.code === "tool-missing" && comes) return undefined;
    throw error;
  }
}

/** The group, `predicted` where an earlier task makes it, undefined if there is none. */
export async function volumeGroup(
  host: Host,
  name: string,
  context: PlanContext,
): Promise<VolumeGroup | "predicted" | undefined> {
  const predicted = context.predictions
    .of("volume-group")
    .filter((one) => one.name === name)
    .at(-1);
  if (isUnknown(predicted?.exists)) throw new Undecided(predicted.exists);
  if (predicted) return predicted.exists ? "predicted" : undefined;
  const rows = await report(host, "vgs", "vg_name,vg_size,vg_free,vg_extent_size", context);
  const row = rows?.find((one) => one.vg_name === name);
  return row === undefined
    ? undefined
    : {
        name,
        size: Number(row.vg_size),
        free: Number(row.vg_free),
        extent: Number(row.vg_extent_size),
      };
}

/** All physical volumes of the host, in a group or not; undefined where the tools are still to come. */
export async function physicalVolumes(host: Host, context: PlanContext): Promise<PhysicalVolume[] | undefined> {
  const rows = await report(host, "pvs", "pv_name,vg_name,pv_size,pv_used,dev_size,pe_start", context);
  if (!rows) return undefined;
  const paths = await Promise.all(rows.map(({ pv_name = "" }) => host.realpath(pv_name)));
  return rows.map((row, index) => ({
    path: paths[index] ?? row.pv_name ?? "",
    group: row.vg_name ?? "",
    size: Number(row.pv_size),
    used: Number(row.pv_used),
    deviceSize: Number(row.dev_size),
    start: Number(row.pe_start),
  }));
}

/** Volumes of a group that exists now; none where the tools are still to come. */
export async function logicalVolumes(host: Host, group: string, context: PlanContext): Promise<LogicalVolume[]> {
  const rows = await report(host, "lvs", "vg_name,lv_name,lv_size,lv_attr,lv_active,pool_lv,origin", context);
  return (rows ?? [])
    .filter((row) => row.vg_name === group)
    .map((row) => ({
      name: row.lv_name ?? "",
      size: Number(row.lv_size),
      isActive: row.lv_active === "active",
      skipsActivation: row.lv_attr?.[9] === "k",
      isPool: row.lv_attr?.[0] === "t",
      pool: row.pool_lv ?? "",
      origin: row.origin ?? "",
    }));
}

/** A size as lvcreate(8) takes it: with a unit (of 1024, m if none), or a share of something in extents. */
export interface VolumeSize {
  /** `+` and `-`: by so much more or less. */
  readonly sign: "" | "+" | "-";
  readonly amount: { readonly bytes: number } | { readonly percent: number; readonly of: Share };
  /** The option and its value for LVM's tools. */
  readonly words: readonly [option: string, value: string];
}

export type Share = "VG" | "PVS" | "FREE" | "ORIGIN";

const UNITS = "bskmgtpe";

/** Reads a size; undefined if it is none. */
export function volumeSize(text: string): VolumeSize | undefined {
  const share = /^([+-]?)(\d+)%(VG|PVS|FREE|ORIGIN)$/i.exec(text.trim());
  if (share) {
    const [, sign = "", percent = "", of = ""] = share;
    const whole = of.toUpperCase() as Share;
    if (Number(percent) > 100 && whole !== "ORIGIN") return undefined;
    return {
      sign: sign as VolumeSize["sign"],
      amount: { percent: Number(percent), of: whole },
      words: ["-l", `${sign}${percent}%${whole}`],
    };
  }
  const absolute = /^([+-]?)(\d+(?:\.\d+)?)([bskmgtpe]?)$/i.exec(text.trim());
  if (!absolute) return undefined;
  const [, sign = "", digits = "", unit = ""] = absolute;
  const letter = unit.toLowerCase() || "m";
  const power = Math.max(0, UNITS.indexOf(letter) - 1);
  const bytes = Number(digits) * (letter === "s" ? 512 : 1024 ** power);
  return {
    sign: sign as VolumeSize["sign"],
    amount: { bytes: Math.round(bytes) },
    words: ["-L", `${sign}${digits}${letter}`],
  };
}

/** Bytes for people: 1.5 GiB. */
export function readableSize(bytes: number): string {
  const names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const power = bytes < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${Number.isInteger(value) ? value : value.toFixed(2)} ${names[power]}`;
}
