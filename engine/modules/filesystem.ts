// File systems on devices: made, grown, wiped. What is on a device is overwritten only with force, and never while it
// is in use.

import { Undecided, Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { type BlockDevice, blockDevice, contentOf, mountpointOf, sizeOf, usageOf } from "./block-device.ts";
import { FILE_SYSTEMS, type FileSystemKind, type FileSystemName, filled, type Growth } from "./filesystem-kinds.ts";
import { type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { shellWords } from "./shell-words.ts";
import { failTask } from "./task-failure.ts";
import { askTool, requireTool, runTool } from "./tool-run.ts";

const NAMES = Object.keys(FILE_SYSTEMS) as FileSystemName[];

const PARAMS = {
  properties: {
    dev: { type: "path", aliases: ["device"], description: "The device, partition or volume, or a regular file." },
    fstype: { type: "string", aliases: ["type"], enum: NAMES, description: "Type of the file system; lvm makes a PV." },
    state: {
      type: "string",
      enum: ["present", "absent"],
      default: "present",
      description: "absent wipes the signatures of a file system that is there.",
    },
    force: { type: "boolean", default: false, description: "Overwrite what is on the device. It is lost." },
    resizefs: { type: "boolean", default: false, description: "Let the file system grow to the device's size." },
    opts: { type: "string", default: null, description: "Further words for the program that makes it." },
    uuid: { type: "string", default: null, description: "UUID of the file system, in its own program's words." },
  },
  required: ["dev"],
  requiredIf: [["state", "present", ["fstype"]]],
  exclusive: [["resizefs", "uuid"]],
} as const;

type FileSystemParams = ParamsOf<typeof PARAMS>;

export const filesystem = defineModule({
  name: "filesystem",
  aliases: ["community.general.filesystem"],
  summary: "Make file systems on devices",
  params: PARAMS,
  returns: {},
  async plan(host, params, context): Promise<Plan> {
    const device = await blockDevice(host, params.dev, context);
    if (params.state === "absent") return { changes: await wiping(host, params.dev, device, context) };
    if (!device) return failTask("device-missing", `Device ${params.dev} not found.`);
    const name = params.fstype as FileSystemName;
    const kind: FileSystemKind = FILE_SYSTEMS[name];
    if (device.content === (kind.found ?? name) && !params.force) {
      if (params.resizefs) return { changes: await growing(host, device, name, kind, context) };
      return { changes: await identifying(host, device, name, kind, params, context) };
    }
    const there = contentOf(device);
    if (there !== undefined && !params.force)
      failTask("device-in-use", `'${params.dev}' is already used as ${there}, use force=true to overwrite`);
    const usage = await usageOf(host, device, context);
    if (usage !== undefined) failTask("device-in-use", `${usage}: nothing can be made on ${params.dev}, even by force`);
    await requireTool(host, kind.make[0] ?? "");
    return { changes: [making(device, name, kind, params)] };
  },
  touches: ({ dev }) =>
    typeof dev === "string" ? [{ kind: "device", path: dev, content: new Unknown(`what is on ${dev}`) }] : [],
});

function making(device: BlockDevice, name: FileSystemName, kind: FileSystemKind, params: FileSystemParams): Change {
  const there = contentOf(device);
  const argv = [
    ...kind.make,
    ...(there === undefined ? [] : kind.force),
    ...(params.uuid !== undefined && kind.uuid !== undefined ? uuidWords(kind.uuid, params.uuid) : []),
    ...shellWords(params.opts ?? ""),
    device.path,
  ];
  const label = /(?:^|\s)(?:-L|--label)[= ]?(\S+)/.exec(params.opts ?? "")?.[1];
  return {
    what: `make a file system ${name} on ${params.dev}${there === undefined ? "" : `, in place of ${there}`}`,
    difference: {
      before: `${there ?? "nothing"}\n`,
      after: `${name}\n`,
      beforeHeader: params.dev,
      afterHeader: params.dev,
    },
    predict: [
      {
        kind: "device",
        path: device.path,
        content: kind.found ?? name,
        ...(label === undefined ? {} : { label }),
      },
    ],
    async apply(host) {
      // Some programs refuse a disk with partitions even by force, and leave a GPT's copy at its end.
      if (device.table !== "") await runTool(host, ["wipefs", "--all", device.path], `wiping ${params.dev} failed`);
      await runTool(host, argv, `Making the file system ${name} on ${params.dev} failed`);
      return undefined;
    },
  };
}

function uuidWords(before: string, uuid: string): string[] {
  return before.endsWith("=") ? shellWords(`${before}${uuid}`) : [before, uuid];
}

/** Takes away the signatures of what blkid knows as a file system; partition tables stay. */
async function wiping(
  host: Host,
  given: string,
  device: BlockDevice | undefined,
  context: PlanContext,
): Promise<Change[]> {
  if (!device || device.content === "") return [];
  const usage = await usageOf(host, device, context);
  if (usage !== undefined) failTask("device-in-use", `${usage}: it is not wiped`);
  return [
    {
      what: `wipe ${device.content} from ${given}`,
      difference: { before: `${device.content}\n`, after: "nothing\n", beforeHeader: given, afterHeader: given },
      predict: [{ kind: "device", path: device.path, content: "" }],
      async apply(target) {
        await runTool(target, ["wipefs", "--all", device.path], `wiping ${given} failed`);
        return undefined;
      },
    },
  ];
}

async function growing(
  host: Host,
  device: BlockDevice,
  name: FileSystemName,
  kind: FileSystemKind,
  context: PlanContext,
): Promise<Change[]> {
  const { grow } = kind;
  if (!grow) return failTask("filesystem-resize", `module does not support resizing ${name} filesystem yet.`);
  if (device.isPredicted) return [];
  if (context.predictions.of("logical-volume").some((one) => isVolume(device, one.group, one.name)))
    throw new Undecided(`the size of ${device.path}, which an earlier task changes`);
  const mount = await mountpointOf(host, device);
  if (mount === undefined && grow.mounted)
    failTask("filesystem-resize", `${device.path} needs to be mounted for ${name} to grow`);
  const [present, wanted] = await Promise.all([askSize(host, device, grow, mount), sizeOf(host, device)]);
  if (wanted - present.bytes < present.grain) return [];
  return [
    {
      what: `let ${name} on ${device.path} grow to ${wanted} bytes`,
      difference: {
        before: `${present.bytes} bytes\n`,
        after: `${wanted} bytes\n`,
        beforeHeader: device.path,
        afterHeader: device.path,
      },
      async apply(target) {
        if (mount === undefined && grow.before) await mend(target, filled(grow.before, { device: device.path }));
        await runTool(
          target,
          filled(grow.run, { device: device.path, ...(mount === undefined ? {} : { mount }) }),
          `Resizing ${device.path} failed`,
        );
        return undefined;
      },
    },
  ];
}

/** A check before growing; 1 says that errors were corrected. */
async function mend(host: Host, argv: readonly string[]): Promise<void> {
  const run = await host.run({ argv, env: { LC_ALL: "C" } });
  if (run.code > 1)
    failTask("filesystem-check", `${argv.join(" ")}: ${run.stdout.toString()}${run.stderr.toString()}`, {
      rc: run.code,
    });
}

async function askSize(
  host: Host,
  device: BlockDevice,
  grow: Growth,
  mount: string | undefined,
): Promise<{ readonly bytes: number; readonly grain: number }> {
  const argv = filled(grow.ask, { device: device.path, ...(mount === undefined ? {} : { mount }) });
  const { code, stdout, stderr } = await askTool(host, argv);
  const size = code === 0 ? grow.size(stdout) : undefined;
  return (
    size ??
    failTask(
      "filesystem-size",
      `unable to process ${argv[0]}'s answer about ${device.path}: ${stderr.trim() || stdout}`,
      {
        rc: code,
      },
    )
  );
}

/** Gives an existing file system its UUID. Words like `random` and a PV's new UUID are never there already. */
async function identifying(
  host: Host,
  device: BlockDevice,
  name: FileSystemName,
  kind: FileSystemKind,
  { uuid, dev }: FileSystemParams,
  context: PlanContext,
): Promise<Change[]> {
  if (uuid === undefined) return [];
  if (!kind.changeUuid)
    return failTask("filesystem-uuid", `module does not support UUID option for this filesystem (${name}) yet.`);
  if (name !== "lvm" && device.uuid.toLowerCase() === uuid.toLowerCase()) return [];
  if (device.isPredicted) throw new Undecided(`the UUID of ${dev}, which an earlier task makes`);
  const usage = name === "lvm" ? undefined : await usageOf(host, device, context);
  if (usage !== undefined && name === "xfs") failTask("device-in-use", `${usage}: its UUID cannot change`);
  const argv = filled(kind.changeUuid, { device: device.path, uuid });
  await requireTool(host, argv[0] ?? "");
  return [
    {
      what: `change the UUID of ${dev}`,
      difference: { before: `${device.uuid}\n`, after: `${uuid}\n`, beforeHeader: dev, afterHeader: dev },
      async apply(target) {
        await runTool(target, argv, `Changing the UUID of ${dev} failed`);
        return undefined;
      },
    },
  ];
}

function isVolume(device: BlockDevice, group: string, name: string): boolean {
  const escaped = (text: string): string => text.replaceAll("-", "--");
  const names = [`/dev/${group}/${name}`, `/dev/mapper/${escaped(group)}-${escaped(name)}`];
  return names.includes(device.path) || names.includes(device.given);
}
