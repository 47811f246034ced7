// Kernel settings of this machine that labs need: raised by the first lab, put back when the last one is gone.

import { readFileSync, writeFileSync } from "node:fs";
import { MachineNote } from "./machine-note.ts";
import type { Places } from "./places.ts";

/** Settings by path below /proc/sys; a present value that is at least as large is left alone. */
export const KERNEL_SETTINGS: Readonly<Record<string, number>> = {
  "net/ipv4/ip_forward": 1,
  // Shared by all containers; each systemd takes several.
  "fs/inotify/max_user_instances": 2048,
  // A kubelet watches every pod's files.
  "fs/inotify/max_user_watches": 1_048_576,
};

interface Raised {
  readonly before: Readonly<Record<string, string>>;
}

/** Raises what is too low and remembers what it was. Call it while holding the lock of all labs. */
export function raiseKernelSettings(places: Places): void {
  const low = Object.entries(KERNEL_SETTINGS).filter(([name, least]) => Number(read(name)) < least);
  if (low.length === 0) return;
  const note = noteIn(places);
  note.write({ before: { ...Object.fromEntries(low.map(([name]) => [name, read(name)])), ...note.read()?.before } });
  for (const [name, value] of low) writeFileSync(`/proc/sys/${name}`, String(value));
}

/** Puts back what was raised, unless somebody has changed it since. Call it when the last lab is gone. */
export function restoreKernelSettings(places: Places): void {
  const note = noteIn(places);
  for (const [name, value] of Object.entries(note.read()?.before ?? {}))
    if (Number(read(name)) === KERNEL_SETTINGS[name]) writeFileSync(`/proc/sys/${name}`, value);
  note.remove();
}

function noteIn(places: Places): MachineNote<Raised> {
  return new MachineNote(places, "kernel-settings");
}

function read(name: string): string {
  return readFileSync(`/proc/sys/${name}`, "utf8").trim();
}
