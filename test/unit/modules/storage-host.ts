// A simulated host with disks: answers of blkid, lsblk, parted and LVM's tools as they were recorded in a virtual machine.

import { createPredictedHost, PredictionStore } from "../../../engine/host/predicted.ts";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { findModule } from "../../../engine/modules/registry.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly, type RawParams } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

/** A disk or what is built on one. */
export interface SimulatedDevice {
  /** Lines of `blkid -o export`. */
  readonly blkid?: readonly string[];
  readonly mountpoint?: string;
  readonly size?: number;
  /** Devices that are built on it, with lsblk's type. */
  readonly parts?: Readonly<Record<string, { readonly type: string; readonly mountpoint?: string }>>;
  readonly parted?: string;
}

export interface Lvm {
  readonly vg?: readonly Readonly<Record<string, string>>[];
  readonly pv?: readonly Readonly<Record<string, string>>[];
  readonly lv?: readonly Readonly<Record<string, string>>[];
}

const TOOLS = "parted pvcreate vgcreate lvcreate mkfs.ext4 mkfs.xfs mkswap tune2fs pvchange xfs_admin".split(" ");
/** Commands that only ask. */
const ASKING = /^(?:blkid|lsblk|blockdev|vgs|pvs|lvs|dumpe2fs|xfs_info|parted .* print$)/;

export function storageHost(devices: Readonly<Record<string, SimulatedDevice>>, lvm: Lvm = {}): SimulatedHost {
  const host = new SimulatedHost();
  for (const tool of TOOLS) host.seed(`/usr/sbin/${tool}`, "");
  for (const [path, device] of Object.entries(devices)) {
    host.seed(path, { type: "block" });
    const lines = device.blkid ?? [];
    host.onRun(`blkid -p -o export -- ${path}`, lines.length > 0 ? { stdout: `${lines.join("\n")}\n` } : { code: 2 });
    const itself = { kname: path, path, type: "disk", mountpoint: device.mountpoint ?? null };
    const parts = Object.entries(device.parts ?? {}).map(([part, { type, mountpoint }]) => ({
      kname: part,
      path: part,
      type,
      mountpoint: mountpoint ?? null,
    }));
    host.onRun((request) => request.argv?.[0] === "lsblk" && request.argv.at(-1) === path, {
      stdout: JSON.stringify({ blockdevices: [itself, ...parts] }),
    });
    host.onRun(`blockdev --getsize64 ${path}`, { stdout: `${device.size ?? 2147483648}\n` });
    if (device.parted !== undefined) {
      const isBlank = device.parted.includes(":unknown:");
      host.onRun(new RegExp(`^parted -s -m ${path} -- unit \\S+ print$`), {
        stdout: device.parted,
        code: isBlank ? 1 : 0,
      });
    }
  }
  for (const [tool, part] of [
    ["vgs", "vg"],
    ["pvs", "pv"],
    ["lvs", "lv"],
  ] as const)
    host.onRun(new RegExp(`^${tool} --reportformat json`), {
      stdout: JSON.stringify({ report: [{ [part]: lvm[part] ?? [] }] }),
    });
  return host.onRun(
    (request) => !ASKING.test(request.argv?.join(" ") ?? "") && !/^lsblk|^blkid/.test(request.argv?.[0] ?? ""),
  );
}

const moduleOf = (name: string): AnyModule => findModule(name) as AnyModule;

/** The commands that change something, which a dry run must have foretold. */
export async function commands(name: string, params: RawParams, host: SimulatedHost): Promise<string[]> {
  const dry = await planOnly(moduleOf(name), params, host);
  const before = host.commands.length;
  const ran = await planAndApply(moduleOf(name), params, host);
  if (dry.plan.changes.length !== ran.plan.changes.length) throw new Error("the dry run told of something else");
  return host.commands.slice(before).filter((command) => !ASKING.test(command) && !command.includes("udevadm"));
}

/** Why a task is refused. */
export function refusal(name: string, params: RawParams, host: SimulatedHost): Promise<string> {
  return messageOf(planOnly(moduleOf(name), params, host));
}

/** What a dry run tells of each of these tasks in turn: whether it changes something. */
export async function foretold(
  host: SimulatedHost,
  tasks: readonly (readonly [string, RawParams])[],
): Promise<boolean[]> {
  const store = new PredictionStore();
  const predicted = createPredictedHost(host, store, () => 1_700_000_000);
  const told: boolean[] = [];
  for (const [name, params] of tasks) {
    const outcome = await planOnly(moduleOf(name), params, predicted, { predictions: store });
    store.add(outcome.predictions);
    told.push(outcome.changed);
  }
  return told;
}
