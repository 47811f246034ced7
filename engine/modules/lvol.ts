// Logical volumes of LVM: plain ones, thin pools and thin volumes in them, snapshots. Nothing shrinks or goes without
// force, and nothing that is in use goes at all.

import { isUnknown, Undecided, Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import { blockDevice, usageOf } from "./block-device.ts";
import { type LogicalVolume, logicalVolumes, readableSize, type VolumeGroup, volumeGroup, volumeSize } from "./lvm.ts";
import { resizing } from "./lvol-resize.ts";
import { type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { shellWords } from "./shell-words.ts";
import { failTask } from "./task-failure.ts";
import { requireTool, runTool } from "./tool-run.ts";

const PARAMS = {
  properties: {
    vg: { type: "string", description: "The volume group." },
    lv: { type: "string", default: null, description: "Name of the volume; of a snapshot's origin." },
    size: {
      type: "string",
      default: null,
      description:
        "512 (MiB), 10g, 80%VG, 50%FREE, 20%ORIGIN; with + or - before it: by so much more or less, every time.",
    },
    thinpool: {
      type: "string",
      default: null,
      description: "The thin pool that the volume is in; without lv, the pool itself is made.",
    },
    snapshot: { type: "string", default: null, description: "Name of a snapshot of lv." },
    state: {
      type: "string",
      enum: ["present", "absent"],
      default: "present",
      description: "Whether it is there.",
    },
    active: { type: "boolean", default: true, description: "Whether it can be used." },
    opts: { type: "string", default: null, description: "Further words for lvcreate." },
    pvs: { type: "array", items: { type: "string" }, default: null, description: "Devices of the group to take." },
    resizefs: { type: "boolean", default: false, description: "Resize the file system on it too." },
    shrink: { type: "boolean", default: true, description: "Shrink it where it is larger (with force only)." },
    force: {
      type: "boolean",
      default: false,
      description: "Let it be shrunk or removed. What was there is lost.",
    },
  },
  required: ["vg"],
  oneOf: [["lv", "thinpool"]],
} as const;

type VolumeParams = ParamsOf<typeof PARAMS>;

export const lvol = defineModule({
  name: "lvol",
  aliases: ["community.general.lvol"],
  summary: "Configure LVM logical volumes",
  params: PARAMS,
  returns: { vg: "The volume group.", lv: "Name of the volume, pool or snapshot." },
  check(given) {
    if (given.snapshot != null && given.lv == null) return "snapshot needs lv, the volume that it is made of";
    const { size } = given;
    if (typeof size !== "string") return undefined;
    const read = volumeSize(size);
    if (!read)
      return `Bad size specification of '${size}': write 512, 10g, 80%VG, 50%FREE or 20%ORIGIN, with + or - to change it by that`;
    if (given.thinpool != null && given.lv != null && "percent" in read.amount)
      return "Thin volume sizing with percentage not supported.";
    if ("percent" in read.amount && read.amount.of === "ORIGIN" && given.snapshot == null)
      return "Snapshot Volumes only supported with %ORIGIN: name a snapshot";
    return undefined;
  },
  async plan(host, params, context): Promise<Plan> {
    const name = nameOf(params);
    const result = { vg: params.vg, lv: name };
    const group = await volumeGroup(host, params.vg, context);
    if (!group) {
      if (params.state === "absent") return { changes: [], result };
      return failTask("lvol-group", `Volume group ${params.vg} does not exist.`);
    }
    const volumes = await volumesOf(host, params.vg, group, context);
    const present = volumes.find((one) => one.name === name);
    if (params.state === "absent")
      return { changes: present ? await removal(host, params, present, volumes, context) : [], result };
    if (!present) return { changes: [await creation(host, params, group, volumes)], result };
    expectKind(params, present);
    if (present.size < 0) return { changes: [], result };
    return {
      changes: [
        ...resizing(params, name, present, group, volumes),
        ...(await switching(host, params, present, context)),
      ],
      result,
    };
  },
  touches(params) {
    const group = params.vg;
    const name = params.snapshot ?? params.lv ?? params.thinpool;
    if (typeof group !== "string" || typeof name !== "string") return [];
    const unknown = new Unknown(`the volume ${group}/${name}`);
    return [
      { kind: "logical-volume", group, name, exists: unknown },
      { kind: "path", path: `/dev/${group}/${name}`, type: unknown },
    ];
  },
});

/** What the task is about: a snapshot, a volume, or a pool. */
function nameOf(params: VolumeParams): string {
  return params.snapshot ?? params.lv ?? params.thinpool ?? "";
}

/** The group's volumes as they are, and as earlier tasks of a dry run would have made them (then with size -1). */
async function volumesOf(
  host: Host,
  name: string,
  group: VolumeGroup | "predicted",
  context: PlanContext,
): Promise<LogicalVolume[]> {
  const found = group === "predicted" ? [] : await logicalVolumes(host, name, context);
  const volumes = new Map(found.map((one) => [one.name, one]));
  for (const one of context.predictions.of("logical-volume").filter(({ group: of }) => of === name)) {
    const before = volumes.get(one.name);
    if (isUnknown(one.exists)) throw new Undecided(one.exists);
    if (!one.exists) volumes.delete(one.name);
    else
      volumes.set(one.name, {
        ...(before ?? { isActive: true, skipsActivation: false, pool: one.pool ?? "", origin: one.origin ?? "" }),
        name: one.name,
        isPool: one.isPool ?? before?.isPool ?? false,
        size: typeof one.size === "number" ? one.size : -1,
      });
  }
  return [...volumes.values()];
}

/** Something of that name that is not what was asked for is left alone. */
function expectKind({ vg, lv, thinpool, snapshot }: VolumeParams, present: LogicalVolume): void {
  const path = `${vg}/${present.name}`;
  if (snapshot !== undefined && present.origin !== lv)
    failTask("lvol-kind", `${path} is there, but is no snapshot of ${lv ?? ""}`);
  if (snapshot !== undefined) return;
  if (lv === undefined && !present.isPool) failTask("lvol-kind", `${path} is there, but is no thin pool`);
  if (lv !== undefined && thinpool !== undefined && present.pool !== thinpool)
    failTask("lvol-kind", `${path} is there, but is no thin volume of the pool ${thinpool}`);
  if (lv !== undefined && present.isPool) failTask("lvol-kind", `${path} is a thin pool: name it as thinpool`);
}

async function creation(
  host: Host,
  params: VolumeParams,
  group: VolumeGroup | "predicted",
  volumes: readonly LogicalVolume[],
): Promise<Change> {
  const { vg, lv = "", thinpool, snapshot } = params;
  const name = nameOf(params);
  const size = params.size === undefined ? undefined : volumeSize(params.size);
  if (size && size.sign !== "")
    failTask(
      "lvol-size",
      `Bad size specification of '${params.size ?? ""}' for creating LV: ${vg}/${name} is not there`,
    );
  const origin = volumes.find((one) => one.name === lv);
  const isThin = thinpool !== undefined || (snapshot !== undefined && origin?.pool !== "");
  if (snapshot !== undefined && !origin)
    failTask("lvol-origin", `Snapshot origin LV ${lv} does not exist in volume group ${vg}.`);
  if (snapshot === undefined && thinpool !== undefined && params.lv !== undefined) expectPool(vg, thinpool, volumes);
  if (!size && !(snapshot !== undefined && isThin)) failTask("lvol-size", "No size given.");
  if (size && group !== "predicted" && !(isThin && params.lv !== undefined) && "bytes" in size.amount) {
    const needed = Math.ceil(size.amount.bytes / group.extent) * group.extent;
    if (needed > group.free)
      failTask(
        "lvol-space",
        `${vg}/${name} needs ${readableSize(needed)}, but ${readableSize(group.free)} of the volume group are free: choose a smaller size, or ` +
          "extend the group by a device",
      );
  }
  const extent = group === "predicted" ? 1 : group.extent;
  const bytes = size && "bytes" in size.amount ? Math.ceil(size.amount.bytes / extent) * extent : undefined;
  await requireTool(host, "lvcreate");
  const argv = [
    "lvcreate",
    "--yes",
    ...(params.active ? [] : ["--activate", "n"]),
    ...creationWords(params, size?.words),
    ...(params.pvs ?? []),
  ];
  const kind = snapshot !== undefined ? `snapshot of ${lv}` : params.lv === undefined ? "thin pool" : "volume";
  return {
    what: `make the ${kind} ${vg}/${name}${params.size === undefined ? "" : ` of ${params.size}`}`,
    difference: {
      before: "",
      after: `${name} ${params.size ?? ""}\n`,
      beforeHeader: `volumes of ${vg}`,
      afterHeader: `volumes of ${vg}`,
    },
    predict: created(params, name, bytes),
    async apply(target) {
      await runTool(target, argv, `Creating logical volume '${name}' failed`);
      return undefined;
    },
  };
}

function creationWords(params: VolumeParams, size: readonly string[] | undefined): string[] {
  const { vg, lv = "", thinpool, snapshot } = params;
  const opts = shellWords(params.opts ?? "");
  if (snapshot !== undefined) return ["--snapshot", ...(size ?? []), "--name", snapshot, ...opts, `${vg}/${lv}`];
  if (thinpool === undefined) return ["--name", lv, ...(size ?? []), ...opts, vg];
  if (params.lv === undefined) return [...(size ?? []), ...opts, "--thinpool", `${vg}/${thinpool}`];
  return ["--name", lv, "--virtualsize", size?.[1] ?? "", ...opts, "--thin", `${vg}/${thinpool}`];
}

function expectPool(vg: string, thinpool: string, volumes: readonly LogicalVolume[]): void {
  const pool = volumes.find((one) => one.name === thinpool);
  if (!pool) failTask("lvol-pool", `the thin pool ${vg}/${thinpool} does not exist: make it first, by lvol without lv`);
  if (!pool?.isPool) failTask("lvol-pool", `${vg}/${thinpool} is there, but is no thin pool`);
}

function created(params: VolumeParams, name: string, bytes: number | undefined): Prediction[] {
  const { vg, lv, thinpool, snapshot } = params;
  const isPool = lv === undefined;
  const path = `/dev/${vg}/${name}`;
  const size = bytes ?? new Unknown(`the size of ${vg}/${name}`);
  const volume: Prediction = {
    kind: "logical-volume",
    group: vg,
    name,
    exists: true,
    isPool,
    size,
    ...(snapshot === undefined ? (thinpool === undefined ? {} : { pool: thinpool }) : { origin: lv ?? "" }),
  };
  if (isPool || !params.active) return [volume];
  const device: Prediction[] = snapshot === undefined ? [{ kind: "device", path, content: "" }] : [];
  return [volume, { kind: "path", path, type: "block" }, ...device];
}

async function switching(
  host: Host,
  params: VolumeParams,
  present: LogicalVolume,
  context: PlanContext,
): Promise<Change[]> {
  if (present.skipsActivation || present.isActive === params.active) return [];
  const path = `${params.vg}/${present.name}`;
  if (!params.active) await refuseInUse(host, params.vg, present.name, context, "not made inactive");
  const state = params.active ? "active" : "inactive";
  return [
    {
      what: `make ${path} ${state}`,
      difference: {
        before: `${params.active ? "inactive" : "active"}\n`,
        after: `${state}\n`,
        beforeHeader: path,
        afterHeader: path,
      },
      predict: params.active ? [{ kind: "path", path: `/dev/${path}`, type: "block" }] : [],
      async apply(target) {
        const argv = ["lvchange", "--activate", params.active ? "y" : "n", path];
        await runTool(target, argv, `Failed to make ${path} ${state}`);
        return undefined;
      },
    },
  ];
}

async function refuseInUse(
  host: Host,
  group: string,
  name: string,
  context: PlanContext,
  consequence: string,
): Promise<void> {
  const device = await blockDevice(host, `/dev/${group}/${name}`, context);
  const usage = device && (await usageOf(host, device, context));
  if (usage && /mounted|swap/.test(usage)) failTask("device-in-use", `${usage}: ${group}/${name} is ${consequence}`);
}

/** What goes takes along the snapshots of a volume, and the volumes of a pool. */
async function removal(
  host: Host,
  params: VolumeParams,
  present: LogicalVolume,
  volumes: readonly LogicalVolume[],
  context: PlanContext,
): Promise<Change[]> {
  const path = `${params.vg}/${present.name}`;
  if (!params.force) failTask("lvol-force", `Sorry, no removal of logical volume ${present.name} without force=true.`);
  const others = present.isPool
    ? volumes.filter((one) => one.pool === present.name)
    : volumes.filter((one) => one.origin === present.name && one.pool === "");
  for (const { name } of [present, ...others]) await refuseInUse(host, params.vg, name, context, "not removed");
  const along = others.length > 0 ? `, with ${others.map((one) => one.name).join(", ")}` : "";
  return [
    {
      what: `remove ${path}${along}`,
      difference: {
        before: [present, ...others].map((one) => `${one.name}\n`).join(""),
        after: "",
        beforeHeader: `volumes of ${params.vg}`,
        afterHeader: `volumes of ${params.vg}`,
      },
      predict: [present, ...others].flatMap(({ name }): Prediction[] => [
        { kind: "logical-volume", group: params.vg, name, exists: false },
        { kind: "path", path: `/dev/${params.vg}/${name}`, type: "absent" },
      ]),
      async apply(target) {
        await runTool(target, ["lvremove", "--force", path], `Failed to remove logical volume ${present.name}`);
        return undefined;
      },
    },
  ];
}
