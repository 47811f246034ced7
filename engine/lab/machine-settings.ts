// Kernel settings that hosts of the profile `kubernetes` can change on the whole machine: /proc/sys is writable for them,
// as a kubelet wants it, and much of it has no namespace. All of it is remembered before the first such host boots
// and put back when the last one is gone, whoever wrote it: a kubelet, a role, or the host's own systemd-sysctl.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KERNEL_SETTINGS } from "./kernel-settings.ts";
import { MachineNote } from "./machine-note.ts";
import type { Places } from "./places.ts";

const ROOT = "/proc/sys";

/** Parts of /proc/sys without a namespace; those of the network belong to the host alone. */
const PARTS = ["abi", "debug", "dev", "fs", "kernel", "user", "vm"] as const;

/** What changes by itself, or means nothing when written. */
const PASSING = [
  /^fs\/binfmt_misc\//,
  /^kernel\/random\//,
  /^kernel\/(ns_last_pid|tainted|perf_event_max_sample_rate)$/,
  /^vm\/stat_refresh$/,
];

interface Settings {
  readonly before: Readonly<Record<string, string>>;
}

/** Remembers all settings, unless an earlier lab has. Call it while holding the lock of all labs. */
export function rememberMachineSettings(places: Places, root = ROOT): void {
  const note = noteIn(places);
  if (!note.read()) note.write({ before: readSettings(root) });
}

/** Puts back what is different now. Call it when the last lab with such hosts is gone. */
export function restoreMachineSettings(places: Places, root = ROOT): void {
  const note = noteIn(places);
  const before = Object.entries(note.read()?.before ?? {});
  // Twice: of some pairs (`dirty_ratio`, `dirty_bytes`) writing one resets the other.
  for (const _ of [1, 2])
    for (const [name, value] of before)
      if (read(join(root, name)) !== value)
        try {
          writeFileSync(join(root, name), `${value}\n`);
        } catch {
          // Settings that only go one way until a reboot (`modules_disabled`), and halves of pairs.
        }
  note.remove();
}

/** Values of all settings below `root` that can be written, by path. */
function readSettings(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(name);
      else if (!(name in KERNEL_SETTINGS) && !PASSING.some((one) => one.test(name)) && writable(join(root, name))) {
        const value = read(join(root, name));
        if (value !== undefined) found[name] = value;
      }
    }
  };
  for (const part of PARTS) if (existsSync(join(root, part))) visit(part);
  return found;
}

function writable(path: string): boolean {
  return (statSync(path).mode & 0o600) === 0o600;
}

/** The value without its line end; undefined where it cannot be read. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trimEnd();
  } catch {
    return undefined;
  }
}

function noteIn(places: Places): MachineNote<Settings> {
  return new MachineNote(places, "machine-settings");
}
