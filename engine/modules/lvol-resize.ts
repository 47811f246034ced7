// How large an existing logical volume is to be, and the command that makes it so. Pure.

import type { Prediction } from "../host/prediction.ts";
import { type LogicalVolume, readableSize, type VolumeGroup, type VolumeSize, volumeSize } from "./lvm.ts";
import type { Change } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { runTool } from "./tool-run.ts";

/** The parameters of the task that size depends on. */
interface SizeParams {
  readonly vg: string;
  readonly size: string | undefined;
  readonly shrink: boolean;
  readonly force: boolean;
  readonly resizefs: boolean;
  readonly pvs: readonly string[] | undefined;
}

/** The change of size, if one is wanted. */
export function resizing(
  params: SizeParams,
  name: string,
  present: LogicalVolume,
  group: VolumeGroup | "predicted",
  volumes: readonly LogicalVolume[],
): Change[] {
  const size = params.size === undefined ? undefined : volumeSize(params.size);
  if (!size || group === "predicted") return [];
  const origin = volumes.find((one) => one.name === present.origin);
  const wanted = wantedBytes(size, present, group, origin);
  if (wanted > present.size) return [extending(params, name, present, group, wanted)];
  // Percentages are rounded by LVM in ways of its own: less than an extent is no difference.
  const isSame = "percent" in size.amount ? present.size - wanted <= group.extent : present.size === wanted;
  // A share of what is free shrinks by itself with every other volume: it only says how far to grow.
  const isMinimum = "percent" in size.amount && size.amount.of === "FREE" && size.sign === "";
  if (isSame || isMinimum || !params.shrink) return [];
  if (wanted <= 0) failTask("lvol-size", `Sorry, no shrinking of ${name} to 0 permitted.`);
  if (present.isPool)
    failTask("lvol-shrink", `the thin pool ${params.vg}/${name} cannot shrink: LVM has no way to do it`);
  if (!params.force)
    failTask(
      "lvol-shrink",
      `Sorry, no shrinking of ${name} without force=true. It has ${readableSize(present.size)}, wanted are ` +
        `${readableSize(wanted)}; shrink=false leaves larger volumes alone`,
    );
  return [command(params, name, present, wanted, "lvreduce")];
}

/** Bytes that are wanted, in whole extents. */
function wantedBytes(
  size: VolumeSize,
  present: LogicalVolume,
  group: VolumeGroup,
  origin: LogicalVolume | undefined,
): number {
  const { sign, amount } = size;
  const whole = (bytes: number, round: (extents: number) => number): number =>
    round(bytes / group.extent) * group.extent;
  if ("bytes" in amount) {
    const bytes = whole(amount.bytes, Math.ceil);
    return sign === "" ? bytes : present.size + (sign === "+" ? bytes : -bytes);
  }
  const total = { VG: group.size, PVS: group.size, FREE: group.free, ORIGIN: origin?.size ?? 0 }[amount.of];
  if (sign !== "") {
    const bytes = whole((total * amount.percent) / 100, Math.floor);
    return present.size + (sign === "+" ? bytes : -bytes);
  }
  // What the volume has already was free when it was made, so 100%FREE is reached once nothing is free.
  const base = amount.of === "FREE" ? total + present.size : total;
  return whole((base * amount.percent) / 100, Math.floor);
}

function extending(
  params: SizeParams,
  name: string,
  present: LogicalVolume,
  group: VolumeGroup,
  wanted: number,
): Change {
  const isThin = present.pool !== "";
  const missing = wanted - present.size;
  if (!isThin && missing > group.free)
    failTask(
      "lvol-space",
      `Logical Volume ${name} could not be extended. Not enough free space left (${readableSize(missing)} required / ` +
        `${readableSize(group.free)} available)`,
    );
  return command(params, name, present, wanted, "lvextend");
}

function command(
  params: SizeParams,
  name: string,
  present: LogicalVolume,
  wanted: number,
  tool: "lvextend" | "lvreduce",
): Change {
  const path = `${params.vg}/${name}`;
  const argv = [
    tool,
    "--yes",
    ...(tool === "lvreduce" ? ["--force"] : []),
    ...(params.resizefs ? ["--resizefs"] : []),
    "-L",
    `${wanted}b`,
    path,
    ...(tool === "lvextend" ? (params.pvs ?? []) : []),
  ];
  const predict: Prediction[] = [{ kind: "logical-volume", group: params.vg, name, exists: true, size: wanted }];
  return {
    what: `${tool === "lvextend" ? "extend" : "shrink"} ${path} to ${readableSize(wanted)}`,
    difference: {
      before: `${readableSize(present.size)}\n`,
      after: `${readableSize(wanted)}\n`,
      beforeHeader: path,
      afterHeader: path,
    },
    predict,
    async apply(target) {
      await runTool(target, argv, `Unable to resize ${name} to ${readableSize(wanted)}`);
      return undefined;
    },
  };
}
