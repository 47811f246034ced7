// Kernel settings of this machine that labs need: raised by the first lab, put back when the last one is gone.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Places } from "./places.ts";
import { bootId } from "./process-identity.ts";

/** Settings by path below /proc/sys; a present value that is at least as large is left alone. */
export const KERNEL_SETTINGS: Readonly<Record<string, number>> = {
  "net/ipv4/ip_forward": 1,
  // Shared by all containers; each systemd takes several.
  "fs/inotify/max_user_instances": 2048,
  // A kubelet watches every pod's files.
  "fs/inotify/max_user_watches": 1_048_576,
};

interface Remembered {
  readonly boot: string;
  readonly before: Readonly<Record<string, string>>;
}

/** Raises what is too low and remembers what it was. Call it while holding the lock of all labs. */
export function raiseKernelSettings(places: Places): void {
  const low = Object.entries(KERNEL_SETTINGS).filter(([name, least]) => Number(read(name)) < least);
  if (low.length === 0) return;
  const before = { ...Object.fromEntries(low.map(([name]) => [name, read(name)])), ...remembered(places)?.before };
  mkdirSync(places.cacheDir, { recursive: true, mode: 0o700 });
  writeFileSync(file(places), `${JSON.stringify({ boot: bootId(), before } satisfies Remembered)}\n`);
  for (const [name, value] of low) writeFileSync(`/proc/sys/${name}`, String(value));
}

/** Puts back what was raised, unless somebody has changed it since. Call it when the last lab is gone. */
export function restoreKernelSettings(places: Places): void {
  for (const [name, value] of Object.entries(remembered(places)?.before ?? {}))
    if (Number(read(name)) === KERNEL_SETTINGS[name]) writeFileSync(`/proc/sys/${name}`, value);
  rmSync(file(places), { force: true });
}

function remembered(places: Places): Remembered | undefined {
  if (!existsSync(file(places))) return undefined;
  const found = JSON.parse(readFileSync(file(places), "utf8")) as Remembered;
  return found.boot === bootId() ? found : undefined;
}

function file(places: Places): string {
  return join(places.cacheDir, "kernel-settings.json");
}

function read(name: string): string {
  return readFileSync(`/proc/sys/${name}`, "utf8").trim();
}
