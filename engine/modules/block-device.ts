// What is on a block device and whether it is in use, as blkid and lsblk see it or as earlier tasks of a dry run would
// have made it. Reads only; every module that would write to a device asks here first.

import { isUnknown, Undecided } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { PlanContext } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { askTool } from "./tool-run.ts";

/** A device, partition, volume, or a regular file used as one. */
export interface BlockDevice {
  /** As it was asked for. */
  readonly given: string;
  /** Without links: /dev/sdb1, /dev/dm-0. */
  readonly path: string;
  /** What is on it, in blkid's words: ext4, LVM2_member, swap …; empty when nothing is. */
  readonly content: string;
  /** Type of its partition table (gpt, dos), empty when it has none. */
  readonly table: string;
  readonly uuid: string;
  readonly label: string;
  /** Made by an earlier task of a dry run, so that no tool can be asked about it. */
  readonly isPredicted: boolean;
}

/** blkid's exit status for a device on which it finds nothing, and for one on which it finds too much. */
const NOTHING = 2;
const AMBIVALENT = 8;

/** Looks at a device; undefined if there is none. Links (`/dev/disk/by-id/…`) are followed. */
export async function blockDevice(host: Host, given: string, context: PlanContext): Promise<BlockDevice | undefined> {
  const path = (await host.realpath(given)) ?? given;
  const predicted = context.predictions
    .of("device")
    .filter((one) => one.path === path || one.path === given)
    .at(-1);
  if (predicted) {
    if (isUnknown(predicted.content)) throw new Undecided(predicted.content);
    return {
      given,
      path,
      content: predicted.content,
      table: predicted.table ?? "",
      uuid: "",
      label: predicted.label ?? "",
      isPredicted: true,
    };
  }
  const stat = await host.stat(path, { follow: true });
  if (!stat) return undefined;
  if (stat.type !== "block" && stat.type !== "file")
    failTask("device-type", `${given} is no block device (it is a ${stat.type})`);
  if (context.predictions.of("path").some((one) => one.path === path))
    throw new Undecided(`what is on ${given}, which an earlier task makes`);
  // -p reads the device itself: the cache may be old, and knows nothing of partition tables.
  const { code, stdout, stderr } = await askTool(host, ["blkid", "-p", "-o", "export", "--", path]);
  if (stderr.trim() !== "" && code !== AMBIVALENT)
    failTask("device-unreadable", `cannot read ${given} (is this task run as root?): ${stderr.trim()}`, { rc: code });
  if (code !== 0 && code !== NOTHING && code !== AMBIVALENT)
    failTask("device-unreadable", `blkid cannot tell what is on ${given} (exit status ${code})`, { rc: code });
  const found = parseExport(stdout);
  return {
    given,
    path,
    content: code === AMBIVALENT ? "several kinds of file systems" : (found.get("TYPE") ?? ""),
    table: found.get("PTTYPE") ?? "",
    uuid: found.get("UUID") ?? "",
    label: found.get("LABEL") ?? "",
    isPredicted: false,
  };
}

/** `NAME=value` lines of `blkid -o export`; values have backslashes before what a shell would take apart. */
function parseExport(text: string): Map<string, string> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const at = line.indexOf("=");
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1).replace(/\\(.)/g, "$1")] as const];
    }),
  );
}

/** What is on a device, for a sentence; undefined when it is blank. */
export function contentOf(device: BlockDevice): string | undefined {
  if (device.content !== "") return device.content;
  return device.table === "" ? undefined : `a disk with a partition table (${device.table})`;
}

/** A device that belongs to this one: itself, a partition, a volume on it. */
export interface Part {
  readonly path: string;
  /** The device that was asked about. */
  readonly isItself: boolean;
  readonly type: string;
  readonly mountpoint: string | undefined;
}

/** The device and all that is built on it, in lsblk's words. Nothing for a regular file. */
export async function partsOf(host: Host, device: BlockDevice): Promise<Part[]> {
  if (device.isPredicted) return [];
  const argv = ["lsblk", "--json", "--paths", "--output", "KNAME,PATH,TYPE,MOUNTPOINT", "--", device.path];
  const { code, stdout } = await askTool(host, argv);
  if (code !== 0) return [];
  const found = JSON.parse(stdout) as { readonly blockdevices?: readonly LsblkDevice[] };
  return flattened(found.blockdevices ?? [], device.path);
}

interface LsblkDevice {
  readonly kname: string;
  readonly path: string;
  readonly type: string;
  readonly mountpoint: string | null;
  readonly children?: readonly LsblkDevice[];
}

function flattened(devices: readonly LsblkDevice[], itself: string): Part[] {
  return devices.flatMap(({ kname, path, type, mountpoint, children }) => [
    { path, isItself: kname === itself, type, mountpoint: mountpoint ?? undefined },
    ...flattened(children ?? [], itself),
  ]);
}

/** Where the device or a part of it is in use, for a sentence: "mounted at /srv", "used as swap"; undefined if nowhere. */
export async function usageOf(host: Host, device: BlockDevice, context: PlanContext): Promise<string | undefined> {
  const mount = context.predictions
    .of("mount")
    .filter((one) => one.mounted && one.source !== undefined && [device.path, device.given].includes(one.source))
    .at(-1);
  if (mount) return `${device.path} is mounted at ${mount.path} by an earlier task`;
  const parts = await partsOf(host, device);
  const used = parts.find((part) => part.mountpoint !== undefined);
  if (used)
    return used.mountpoint === "[SWAP]"
      ? `${used.path} is used as swap`
      : `${used.path} is mounted at ${used.mountpoint ?? ""}`;
  const other = parts.find((part) => !part.isItself && part.type !== "part");
  return other ? `${other.path} (${other.type}) is built on it` : undefined;
}

/** Where the device itself is mounted now (the first place, if there are several). */
export async function mountpointOf(host: Host, device: BlockDevice): Promise<string | undefined> {
  const own = (await partsOf(host, device)).find((part) => part.isItself && part.mountpoint !== undefined);
  return own?.mountpoint === "[SWAP]" ? undefined : own?.mountpoint;
}

/** Bytes of a device, or of a regular file. */
export async function sizeOf(host: Host, device: BlockDevice): Promise<number> {
  const stat = await host.stat(device.path, { follow: true });
  if (stat?.type === "file") return stat.size;
  const { code, stdout, stderr } = await askTool(host, ["blockdev", "--getsize64", device.path]);
  const size = Number(stdout.trim());
  if (code !== 0 || !Number.isSafeInteger(size))
    failTask("device-size", `cannot tell the size of ${device.path}: ${stderr.trim()}`, { rc: code });
  return size;
}
