// Volume groups of LVM: made of devices, extended, reduced, removed. A device that holds anything is taken only with
// force, and never while it is in use; a device that still holds a group's data is never taken out of it.

import { Undecided, Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { type BlockDevice, blockDevice, contentOf, usageOf } from "./block-device.ts";
import {
  logicalVolumes,
  type PhysicalVolume,
  physicalVolumes,
  readableSize,
  type VolumeGroup,
  volumeGroup,
} from "./lvm.ts";
import { type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { shellWords } from "./shell-words.ts";
import { failTask } from "./task-failure.ts";
import { requireTool, runTool } from "./tool-run.ts";

const PARAMS = {
  properties: {
    vg: { type: "string", aliases: ["name"], description: "Name of the volume group." },
    pvs: { type: "array", items: { type: "string" }, default: null, description: "Its devices. Needed to make it." },
    state: {
      type: "string",
      enum: ["present", "absent", "active", "inactive"],
      default: "present",
      description: "active and inactive say whether its volumes can be used.",
    },
    force: {
      type: "boolean",
      default: false,
      description: "Overwrite what is on the devices; remove a group with its volumes. What was there is lost.",
    },
    pesize: { type: "string", default: "4", description: "Size of an extent, MiB if no unit is given." },
    pv_options: { type: "string", default: "", description: "Further words for pvcreate." },
    vg_options: { type: "string", default: "", description: "Further words for vgcreate." },
    pvresize: { type: "boolean", default: false, description: "Let physical volumes grow to their devices' size." },
    remove_extra_pvs: { type: "boolean", default: true, description: "Take out devices that are not in pvs." },
    reset_vg_uuid: { type: "boolean", default: false, description: "Give an inactive group a new UUID, every time." },
    reset_pv_uuid: { type: "boolean", default: false, description: "Give its devices new UUIDs, every time." },
  },
  required: ["vg"],
} as const;

type GroupParams = ParamsOf<typeof PARAMS>;

export const lvg = defineModule({
  name: "lvg",
  aliases: ["community.general.lvg"],
  summary: "Configure LVM volume groups",
  params: PARAMS,
  returns: {},
  async plan(host, params, context): Promise<Plan> {
    const group = await volumeGroup(host, params.vg, context);
    if (params.state === "absent") return { changes: group ? await removal(host, params, group, context) : [] };
    const known = await physicalVolumes(host, context);
    const devices = await Promise.all((params.pvs ?? []).map((path) => deviceFor(host, path, context)));
    if (!group) return { changes: await creation(host, params, devices, known, context) };
    const changes: Change[] = [];
    if (group === "predicted") {
      const other = devices.find((device) => !(device.isPredicted && device.content === "LVM2_member"));
      if (other) throw new Undecided(`whether ${other.given} is in ${params.vg}, which an earlier task makes`);
      return { changes };
    }
    const own = (known ?? []).filter((one) => one.group === params.vg);
    if (params.pvs) changes.push(...(await membership(host, params, devices, known ?? [], context)));
    if (params.pvresize) changes.push(...growth(own, group, devices));
    if (params.state !== "present") changes.push(...(await activation(host, params, context)));
    changes.push(...identities(params, own));
    return { changes };
  },
  touches: ({ vg }) =>
    typeof vg === "string" ? [{ kind: "volume-group", name: vg, exists: new Unknown(`the volume group ${vg}`) }] : [],
});

async function deviceFor(host: Host, path: string, context: PlanContext): Promise<BlockDevice> {
  return (await blockDevice(host, path, context)) ?? failTask("device-missing", `Device ${path} not found.`);
}

async function creation(
  host: Host,
  params: GroupParams,
  devices: readonly BlockDevice[],
  known: readonly PhysicalVolume[] | undefined,
  context: PlanContext,
): Promise<Change[]> {
  if (devices.length === 0) failTask("lvg-devices", "No physical volumes given.");
  const changes = await preparations(host, params, devices, known, context);
  await requireTool(host, "vgcreate");
  const paths = devices.map((device) => device.path);
  const argv = ["vgcreate", ...shellWords(params.vg_options), "-s", params.pesize, params.vg, ...paths];
  changes.push({
    what: `make the volume group ${params.vg} of ${devices.map((device) => device.given).join(", ")}`,
    difference: difference(params.vg, [], paths),
    predict: [{ kind: "volume-group", name: params.vg, exists: true }],
    async apply(target) {
      await runTool(target, argv, `Creating volume group '${params.vg}' failed`);
      return undefined;
    },
  });
  if (params.state === "inactive") changes.push(switching(params.vg, false));
  return changes;
}

/** Makes physical volumes of the devices that are none yet. */
async function preparations(
  host: Host,
  params: GroupParams,
  devices: readonly BlockDevice[],
  known: readonly PhysicalVolume[] | undefined,
  context: PlanContext,
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const device of devices) {
    const volume = known?.find((one) => one.path === device.path);
    if (volume && volume.group !== "" && volume.group !== params.vg)
      failTask("device-in-use", `Device ${device.given} is already in ${volume.group} volume group.`);
    if (device.content === "LVM2_member" && !known && !device.isPredicted)
      throw new Undecided(`which volume group ${device.given} belongs to: lvm2 is installed by an earlier task`);
    if (device.content === "LVM2_member") continue;
    const there = contentOf(device);
    if (there !== undefined && !params.force)
      failTask("device-in-use", `${device.given} is already used as ${there}, use force=true to overwrite`);
    const usage = await usageOf(host, device, context);
    if (usage !== undefined)
      failTask("device-in-use", `${usage}: ${device.given} cannot become a physical volume, even by force`);
    changes.push(preparation(device, there, params));
  }
  if (changes.length > 0) await requireTool(host, "pvcreate");
  return changes;
}

function preparation(device: BlockDevice, there: string | undefined, params: GroupParams): Change {
  const force = there === undefined ? [] : ["-ff"];
  return {
    what: `make ${device.given} a physical volume${there === undefined ? "" : `, in place of ${there}`}`,
    difference: {
      before: `${there ?? "nothing"}\n`,
      after: "LVM2_member\n",
      beforeHeader: device.given,
      afterHeader: device.given,
    },
    predict: [{ kind: "device", path: device.path, content: "LVM2_member" }],
    async apply(host) {
      // pvcreate refuses a disk with a partition table even by force.
      if (there !== undefined) await runTool(host, ["wipefs", "--all", device.path], `wiping ${device.given} failed`);
      const argv = ["pvcreate", "--yes", ...force, ...shellWords(params.pv_options), device.path];
      await runTool(host, argv, `Creating physical volume '${device.given}' failed`);
      return undefined;
    },
  };
}

/** Devices that join an existing group, and those that leave it. */
async function membership(
  host: Host,
  params: GroupParams,
  devices: readonly BlockDevice[],
  known: readonly PhysicalVolume[],
  context: PlanContext,
): Promise<Change[]> {
  const own = known.filter((one) => one.group === params.vg);
  const before = own.map((one) => one.path);
  const wanted = devices.map((device) => device.path);
  const joining = devices.filter((device) => !before.includes(device.path));
  const leaving = params.remove_extra_pvs ? own.filter((one) => !wanted.includes(one.path)) : [];
  const changes: Change[] = [];
  if (joining.length > 0) {
    changes.push(...(await preparations(host, params, joining, known, context)));
    const paths = joining.map((device) => device.path);
    changes.push({
      what: `extend the volume group ${params.vg} by ${joining.map((device) => device.given).join(", ")}`,
      difference: difference(params.vg, before, [...before, ...paths]),
      async apply(target) {
        await runTool(target, ["vgextend", params.vg, ...paths], `Unable to extend ${params.vg}`);
        return undefined;
      },
    });
  }
  const used = leaving.find((one) => one.used > 0);
  if (used)
    failTask(
      "lvg-used",
      `${used.path} is not in pvs, but holds ${readableSize(used.used)} of ${params.vg}'s volumes: move them away with ` +
        "pvmove, name the device in pvs, or set remove_extra_pvs=false",
    );
  if (leaving.length > 0) {
    const paths = leaving.map((one) => one.path);
    changes.push({
      what: `take ${paths.join(", ")} out of the volume group ${params.vg}`,
      difference: difference(params.vg, before, wanted),
      async apply(target) {
        await runTool(target, ["vgreduce", params.vg, ...paths], `Unable to reduce ${params.vg}`);
        return undefined;
      },
    });
  }
  return changes;
}

function growth(own: readonly PhysicalVolume[], group: VolumeGroup, devices: readonly BlockDevice[]): Change[] {
  return own
    .filter((one) => devices.length === 0 || devices.some((device) => device.path === one.path))
    .filter((one) => one.deviceSize - one.start - one.size >= group.extent)
    .map((one) => ({
      what: `let the physical volume ${one.path} grow to its device's size`,
      difference: {
        before: `${one.size} bytes\n`,
        after: `${one.deviceSize} bytes\n`,
        beforeHeader: one.path,
        afterHeader: one.path,
      },
      async apply(target) {
        await runTool(target, ["pvresize", one.path], `Failed executing pvresize command for ${one.path}`);
        return undefined;
      },
    }));
}

async function activation(host: Host, params: GroupParams, context: PlanContext): Promise<Change[]> {
  const wanted = params.state === "active";
  const volumes = (await logicalVolumes(host, params.vg, context)).filter((one) => !one.skipsActivation);
  return volumes.some((one) => one.isActive !== wanted) ? [switching(params.vg, wanted)] : [];
}

function switching(group: string, active: boolean): Change {
  const state = active ? "active" : "inactive";
  return {
    what: `make the volumes of ${group} ${state}`,
    difference: { before: "", after: `${state}\n`, beforeHeader: group, afterHeader: group },
    async apply(target) {
      await runTool(target, ["vgchange", "--activate", active ? "y" : "n", group], `Failed to make ${group} ${state}`);
      return undefined;
    },
  };
}

/** New UUIDs are asked for each time: nothing on the host could tell that it has them already. */
function identities(params: GroupParams, own: readonly PhysicalVolume[]): Change[] {
  const commands = [
    ...(params.reset_vg_uuid ? [["vgchange", "--uuid", params.vg]] : []),
    ...(params.reset_pv_uuid ? own.map((one) => ["pvchange", "--uuid", one.path]) : []),
  ];
  return commands.map((argv) => ({
    what: `give ${argv.at(-1) ?? ""} a new UUID`,
    async apply(target) {
      await runTool(target, argv, `Failed to reset the UUID of ${argv.at(-1) ?? ""}`);
      return undefined;
    },
  }));
}

async function removal(
  host: Host,
  params: GroupParams,
  group: VolumeGroup | "predicted",
  context: PlanContext,
): Promise<Change[]> {
  const volumes = group === "predicted" ? [] : await logicalVolumes(host, params.vg, context);
  if (volumes.length > 0 && !params.force)
    failTask("lvg-not-empty", `Refuse to remove non-empty volume group ${params.vg} without force=true`);
  for (const { name } of volumes) {
    const device = await blockDevice(host, `/dev/${params.vg}/${name}`, context);
    const usage = device && (await usageOf(host, device, context));
    if (usage?.includes("mounted") || usage?.includes("swap"))
      failTask("device-in-use", `${usage}: the volume group ${params.vg} is not removed`);
  }
  const lost = volumes.length > 0 ? ` with the volumes ${volumes.map((one) => one.name).join(", ")}` : "";
  return [
    {
      what: `remove the volume group ${params.vg}${lost}`,
      difference: { before: `${params.vg}\n`, after: "", beforeHeader: params.vg, afterHeader: params.vg },
      predict: [{ kind: "volume-group", name: params.vg, exists: false }],
      async apply(target) {
        const force = params.force ? ["--force"] : [];
        await runTool(target, ["vgremove", ...force, params.vg], `Failed to remove volume group ${params.vg}`);
        return undefined;
      },
    },
  ];
}

function difference(group: string, before: readonly string[], after: readonly string[]) {
  const lines = (paths: readonly string[]): string => paths.map((path) => `${path}\n`).join("");
  const header = `devices of ${group}`;
  return { before: lines(before), after: lines(after), beforeHeader: header, afterHeader: header };
}
