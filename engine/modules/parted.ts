// Partitions by GNU parted. An existing partition table, file system or partition is never overwritten: what is in the
// way is refused by name, and partitions only grow.

import { Undecided, Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import { type BlockDevice, blockDevice, partsOf } from "./block-device.ts";
import { type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { type PartedPartition, type PartedTable, parsePrint, partitionPath, placeInBytes } from "./parted-table.ts";
import { failTask, TaskFailure } from "./task-failure.ts";
import { askTool, requireTool, runTool } from "./tool-run.ts";

const UNITS = ["s", "B", "KB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB", "%", "cyl", "chs", "compact"] as const;
const LABELS = ["aix", "amiga", "bsd", "dvh", "gpt", "loop", "mac", "msdos", "pc98", "sun"] as const;

const PARAMS = {
  properties: {
    device: { type: "string", description: "The disk." },
    number: { type: "integer", description: "Number of the partition. Needed unless state is info." },
    state: {
      type: "string",
      enum: ["present", "absent", "info"],
      default: "info",
      description: "Whether the partition is there; info only tells what is.",
    },
    label: {
      type: "string",
      enum: LABELS,
      default: "msdos",
      description: "Type of the partition table, if there is none.",
    },
    part_type: {
      type: "string",
      enum: ["extended", "logical", "primary"],
      default: "primary",
      description: "Kind of the partition; with gpt only its first name.",
    },
    part_start: { type: "string", default: "0%", description: "Where it begins: 0%, 1MiB; negative from the end." },
    part_end: { type: "string", default: "100%", description: "Where it ends." },
    name: { type: "string", description: "Its name, for gpt, mac and pc98." },
    flags: { type: "array", items: { type: "string" }, description: "Its flags: lvm, esp, boot." },
    fs_type: { type: "string", description: "Type that the table says it has. No file system is made." },
    resize: { type: "boolean", default: false, description: "Let an existing partition grow to part_end." },
    align: {
      type: "string",
      enum: ["cylinder", "minimal", "none", "optimal", "undefined"],
      default: "optimal",
      description: "How its places are rounded.",
    },
    unit: {
      type: "string",
      enum: UNITS,
      default: "KiB",
      description: "Unit of what is returned, and of bare numbers.",
    },
  },
  required: ["device"],
  requiredIf: [
    ["state", "present", ["number"]],
    ["state", "absent", ["number"]],
  ],
} as const;

type PartedParams = ParamsOf<typeof PARAMS>;

/** Beginnings and ends are rounded to so many bytes by `align: optimal`. */
const GRAIN = 1024 * 1024;

export const parted = defineModule({
  name: "parted",
  aliases: ["community.general.parted"],
  summary: "Make and remove partitions",
  params: PARAMS,
  returns: {
    disk: "dev, logical_block, model, physical_block, size, table, unit.",
    partitions: "Of each: begin, end, flags, fstype, name, num, size, unit.",
    script: "What parted was told.",
  },
  check: ({ number }) => (typeof number === "number" && number < 1 ? "number must be greater then 0." : undefined),
  async plan(host, params, context): Promise<Plan> {
    const device = await blockDevice(host, params.device, context);
    if (!device) return failTask("device-missing", `Device ${params.device} not found.`);
    const table = await readTable(host, device, context);
    if (params.state === "info" && table === undefined)
      throw new Undecided("the partitions: parted is installed by an earlier task");
    const info = params.state === "info" ? await answer(host, device, params.unit) : {};
    if (params.state === "info") return { changes: [], result: { ...info, script: "" } };
    const steps =
      params.state === "absent"
        ? await removing(host, params, device, table ?? plannedTable(device, context))
        : await making(host, params, device, table ?? plannedTable(device, context));
    await requireTool(host, "parted");
    const result = table === undefined ? {} : await answer(host, device, params.unit);
    if (steps.length === 0) return { changes: [], result: { ...result, script: "" } };
    const script = ["unit", params.unit, ...steps.flatMap((step) => step.words)];
    return { changes: [changing(params, device, steps, script)], result: { ...result, script: script.join(" ") } };
  },
  touches({ device, number, state }) {
    if (typeof device !== "string" || typeof number !== "number" || state === "info") return [];
    const path = partitionPath(device, number);
    return [{ kind: "path", path, type: new Unknown(`the partition ${path}`) }];
  },
});

/** One command of parted's script. */
interface Step {
  readonly what: string;
  readonly words: readonly string[];
  readonly predict?: readonly Prediction[];
}

/** What is known of a disk that parted was not asked about: earlier tasks of a dry run make its partitions, if any. */
function plannedTable(device: BlockDevice, context: PlanContext): PartedTable {
  const label = device.table === "dos" ? "msdos" : device.table;
  const paths = new Set(context.predictions.of("device").map((one) => one.path));
  const numbers = Array.from({ length: MOST_PARTITIONS }, (_, index) => index + 1).filter((number) =>
    paths.has(partitionPath(device.given, number)),
  );
  return {
    disk: {
      dev: device.path,
      size: 0,
      unit: "b",
      logical_block: 512,
      physical_block: 512,
      table: label === "" ? "unknown" : label,
      model: "",
    },
    partitions: numbers.map((num) => ({ num, begin: 0, end: 0, size: 0, fstype: "", name: "", flags: [], unit: "b" })),
  };
}

/** A GPT has room for so many, unless it was made otherwise. */
const MOST_PARTITIONS = 128;

/** The table in bytes; undefined where parted comes with an earlier task and the disk is known to be blank. */
async function readTable(host: Host, device: BlockDevice, context: PlanContext): Promise<PartedTable | undefined> {
  if (device.isPredicted) {
    return undefined;
  }
  try {
    return await print(host, device, "B");
  } catch (error) {
    const comes = context.predictions.of("package").some((one) => one.name === "parted" && one.version !== "absent");
    if (!(error instanceof TaskFailure && error.problem.code === "tool-missing" && comes)) throw error;
    if (device.table !== "") throw new Undecided("the partitions: parted is installed by an earlier task");
    return undefined;
  }
}

/** parted ends with 1 where there is no table yet, and still tells of the disk. */
async function print(host: Host, device: BlockDevice, unit: string): Promise<PartedTable> {
  const { code, stdout, stderr } = await askTool(host, [
    "parted",
    "-s",
    "-m",
    device.path,
    "--",
    "unit",
    unit,
    "print",
  ]);
  const said = parsePrint(stdout, unit);
  return (
    said ??
    failTask("parted-failed", `Error while getting device information with parted: ${stderr.trim()}`, { rc: code })
  );
}

async function answer(host: Host, device: BlockDevice, unit: string): Promise<{ disk: unknown; partitions: unknown }> {
  const { disk, partitions } = await print(host, device, unit);
  return { disk: { ...disk }, partitions: partitions.map((one) => ({ ...one })) };
}

async function making(host: Host, params: PartedParams, device: BlockDevice, table: PartedTable): Promise<Step[]> {
  const number = params.number ?? 0;
  const steps: Step[] = [];
  const isNew = table.disk.table !== params.label;
  if (isNew) steps.push(await labelling(host, params, device, table));
  const path = partitionPath(params.device, number);
  const present = isNew ? undefined : table.partitions.find((one) => one.num === number);
  if (!present) {
    refuseOverlap(params, isNew ? { ...table, partitions: [] } : table);
    const fsType = params.fs_type === undefined ? [] : [params.fs_type];
    steps.push({
      what: `make the partition ${number} from ${params.part_start} to ${params.part_end}`,
      words: ["mkpart", params.part_type, ...fsType, params.part_start, params.part_end],
      predict: [
        { kind: "path", path, type: "block" },
        { kind: "device", path, content: "" },
      ],
    });
  } else if (table.disk.size === 0) {
    throw new Undecided(`the partition ${number} of ${params.device}, which an earlier task makes`);
  } else if (params.resize) steps.push(...resizing(params, present, table));
  if (params.name !== undefined && params.name !== present?.name)
    steps.push({ what: `name it ${params.name}`, words: ["name", String(number), `"${params.name}"`] });
  steps.push(...flagging(params, present, params.label));
  return steps;
}

/** A table is only made where there is none, or an empty one of another type. */
async function labelling(host: Host, params: PartedParams, device: BlockDevice, table: PartedTable): Promise<Step> {
  const { label } = params;
  if (device.content !== "")
    failTask(
      "device-in-use",
      `${params.device} is already used as ${device.content}: a partition table would destroy it. If it may be lost, ` +
        "wipe it first (filesystem with state=absent)",
    );
  if (table.partitions.length > 0)
    failTask(
      "parted-label",
      `${params.device} has a partition table ${table.disk.table} with ${table.partitions.length} partitions: a new one ` +
        `(${label}) would destroy them. Set label=${table.disk.table}, or remove them first`,
    );
  const used = (await partsOf(host, device)).find((part) => part.mountpoint !== undefined || part.type === "lvm");
  if (used) failTask("device-in-use", `${params.device} is in use (${used.path}): it gets no partition table`);
  return {
    what: `make a partition table ${label}`,
    words: ["mklabel", label],
    predict: [{ kind: "device", path: device.path, content: "", table: label === "msdos" ? "dos" : label }],
  };
}

/** parted would move or ask; here what is in the way is told while planning. */
function refuseOverlap(params: PartedParams, { disk, partitions }: PartedTable): void {
  const { number = 0, device } = params;
  const numbers = new Set(partitions.map((one) => one.num));
  let next = params.part_type === "logical" ? 5 : 1;
  while (numbers.has(next)) next += 1;
  if (next !== number)
    failTask("parted-number", `partition ${number} of ${device} cannot be made: the next free number is ${next}`);
  if (params.part_type === "logical" || disk.size === 0) return;
  const sizes = { size: disk.size, sector: disk.logical_block };
  const begin = placeInBytes(params.part_start, params.unit, sizes);
  const end = placeInBytes(params.part_end, params.unit, sizes);
  if (begin === undefined || end === undefined) return;
  if (end <= begin) failTask("parted-place", `partition ${number} of ${device} would end before it begins`);
  const other = partitions.find((one) => one.begin < end - GRAIN && one.end > begin + GRAIN);
  if (other)
    failTask(
      "parted-place",
      `partition ${number} of ${device}, from ${params.part_start} to ${params.part_end}, would overlap partition ` +
        `${other.num}: choose other places`,
    );
}

function resizing(params: PartedParams, present: PartedPartition, { disk, partitions }: PartedTable): Step[] {
  const wanted = placeInBytes(params.part_end, params.unit, { size: disk.size, sector: disk.logical_block });
  if (wanted === undefined)
    return failTask("parted-resize", `cannot tell where ${params.part_end} is: write it in bytes, %, or s`);
  const next = partitions.filter((one) => one.begin > present.end).sort((a, b) => a.begin - b.begin)[0];
  if (next && wanted > next.begin)
    failTask("parted-place", `partition ${present.num} of ${params.device} cannot grow into partition ${next.num}`);
  if (present.end - wanted > GRAIN)
    failTask(
      "parted-shrink",
      `partition ${present.num} of ${params.device} would shrink to ${params.part_end}: data would be lost`,
    );
  if (wanted - present.end <= GRAIN) return [];
  return [
    {
      what: `let partition ${present.num} grow to ${params.part_end}`,
      words: ["resizepart", String(present.num), params.part_end],
    },
  ];
}

/** esp and boot are one and the same on GPT, and both are listed. */
function flagging(params: PartedParams, present: PartedPartition | undefined, label: string): Step[] {
  const { flags, number = 0 } = params;
  if (flags === undefined) return [];
  const same = (flag: string): string => (label === "gpt" && flag === "boot" ? "esp" : flag);
  const wanted = new Set(flags.map(same));
  const set = new Set((present?.flags ?? []).map(same));
  const step = (flag: string, value: "on" | "off"): Step => ({
    what: `turn its flag ${flag} ${value}`,
    words: ["set", String(number), flag, value],
  });
  return [
    ...[...set].filter((flag) => !wanted.has(flag)).map((flag) => step(flag, "off")),
    ...[...wanted].filter((flag) => !set.has(flag)).map((flag) => step(flag, "on")),
  ];
}

async function removing(host: Host, params: PartedParams, device: BlockDevice, table: PartedTable): Promise<Step[]> {
  const number = params.number ?? 0;
  if (!table.partitions.some((one) => one.num === number)) return [];
  const path = partitionPath(device.path, number);
  const parts = await partsOf(host, { ...device, path });
  const used = parts.find((part) => part.mountpoint !== undefined || (!part.isItself && part.type !== "part"));
  if (used)
    failTask(
      "device-in-use",
      `${path} is in use (${used.path}${used.mountpoint ? ` at ${used.mountpoint}` : ""}): it is not removed`,
    );
  return [
    {
      what: `remove the partition ${number}`,
      words: ["rm", String(number)],
      predict: [{ kind: "path", path: partitionPath(params.device, number), type: "absent" }],
    },
  ];
}

function changing(
  params: PartedParams,
  device: BlockDevice,
  steps: readonly Step[],
  script: readonly string[],
): Change {
  return {
    what: `on ${params.device}: ${steps.map((step) => step.what).join(", ")}`,
    difference: {
      before: "",
      after: steps.map((step) => `${step.what}\n`).join(""),
      beforeHeader: params.device,
      afterHeader: params.device,
    },
    predict: steps.flatMap((step) => step.predict ?? []),
    async apply(host) {
      const align = params.align === "undefined" ? [] : ["-a", params.align];
      await runTool(
        host,
        ["parted", "-s", "-m", ...align, device.path, "--", ...script],
        "Error while running parted script",
      );
      // The links of udev (by-id, by-partlabel) come a moment later; hosts without udev have the bare node at once.
      await host.run({ script: "! command -v udevadm >/dev/null || udevadm settle --timeout=10" });
      return { ...(await answer(host, device, params.unit)), script: script.join(" ") };
    },
  };
}
