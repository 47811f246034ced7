// Hosts of another architecture than the machine's: arm64, as a Raspberry Pi has, through qemu's user mode. The kernel is told
// by binfmt_misc to run such programs with qemu; the last such lab takes that back.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/problem.ts";
import { command, tryCommand } from "./command.ts";
import { MachineNote } from "./machine-note.ts";
import type { Places } from "./places.ts";

/** Debian's names of the architectures that hosts can have. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;
export type LabArch = (typeof ARCHITECTURES)[number];

const NODE_NAMES: Readonly<Record<string, LabArch>> = { x64: "amd64", arm64: "arm64" };
const REGISTRY = "/proc/sys/fs/binfmt_misc";
const ENTRY = "tsplay-aarch64";

/** Programs of arm64 by their first bytes, as the ELF format has them: 64 bits, little-endian, machine 183. */
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;

/** Where Debian's packages have qemu; the first kind is told the program's own name (flag P). */
const INTERPRETERS = [
  { path: "/usr/libexec/qemu-binfmt/aarch64-binfmt-P", flags: "POCF" },
  { path: "/usr/bin/qemu-aarch64-static", flags: "OCF" },
] as const;

interface Emulation {
  /** The file system was not mounted before. */
  readonly mounted: boolean;
  /** Names of labs that need it, from before their images are built on. */
  readonly labs: readonly string[];
}

/** This machine's own architecture; undefined where it is none that labs know. */
export function machineArch(nodeName: string = process.arch): LabArch | undefined {
  return NODE_NAMES[nodeName];
}

/** Refuses what cannot be emulated. `arch`: what the hosts are to have. */
export function checkArch(arch: LabArch, machine: LabArch | undefined, profile: string): void {
  if (arch === machine) return;
  if (arch !== "arm64")
    fail("lab-arch", `this machine cannot run hosts of ${arch}: only arm64 is emulated, on amd64`, {
      hint: "leave `--arch` out",
    });
  if (profile !== "plain")
    fail(
      "lab-arch-profile",
      `emulated hosts cannot run a kubelet: the profile \`${profile}\` needs this machine's own architecture`,
      {
        hint: "leave `--arch` or `--profile` out",
      },
    );
}

/** Makes this machine run programs of arm64, for a lab. Call it while holding the lock of all labs. */
export async function startEmulation(places: Places, lab: string, onProgress: (text: string) => void): Promise<void> {
  const note = noteIn(places);
  const before = note.read();
  if (before) {
    note.write({ ...before, labs: [...new Set([...before.labs, lab])] });
    if (existsSync(join(REGISTRY, ENTRY))) return;
  }
  if (!INTERPRETERS.some(({ path }) => existsSync(path))) {
    onProgress("installing Debian's package that emulates arm64: qemu-user-static");
    await command(["apt-get", "install", "-y", "--no-install-recommends", "qemu-user-static"], {
      environment: { DEBIAN_FRONTEND: "noninteractive" },
    });
  }
  const interpreter = INTERPRETERS.find(({ path }) => existsSync(path));
  if (!interpreter) return fail("lab-arch", "the package qemu-user-static brought no qemu for arm64");
  const mounted = !existsSync(join(REGISTRY, "register"));
  if (!before) note.write({ mounted, labs: [lab] });
  if (mounted) {
    await tryCommand(["modprobe", "binfmt_misc"]);
    const { code, stderr } = await tryCommand(["mount", "-t", "binfmt_misc", "binfmt_misc", REGISTRY]);
    if (code !== 0)
      fail("lab-arch", `this machine cannot be told to emulate arm64: ${stderr.trim()}`, {
        hint: "its kernel needs the module binfmt_misc",
      });
  }
  if (!existsSync(join(REGISTRY, ENTRY))) writeFileSync(join(REGISTRY, "register"), registration(interpreter));
}

/**
 * The line that registers qemu. C: programs with the set-user-id bit, as sudo, get their rights. F: the interpreter is opened
 * now, so that hosts need not have it.
 */
export function registration({ path, flags }: { readonly path: string; readonly flags: string }): string {
  return `:${ENTRY}:M::${MAGIC}:${MASK}:${path}:${flags}`;
}

/** systemd cannot hand credentials to its units under qemu (the mounts fail), and its own units ask for some. */
const NO_CREDENTIALS = `[Service]
LoadCredential=
LoadCredentialEncrypted=
SetCredential=
SetCredentialEncrypted=
`;

/** Writes what an emulated host needs in its root. */
export function prepareEmulatedHost(root: string): void {
  const folder = join(root, "etc/systemd/system/service.d");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "90-lab-emulated.conf"), NO_CREDENTIALS);
}

/** A lab needs it no longer; the last one takes back what `startEmulation` did. Call it while holding the lock of all labs. */
export async function stopEmulation(places: Places, lab: string): Promise<void> {
  const note = noteIn(places);
  const before = note.read();
  if (!before?.labs.includes(lab)) return;
  const labs = before.labs.filter((name) => name !== lab);
  if (labs.length > 0) return note.write({ ...before, labs });
  if (existsSync(join(REGISTRY, ENTRY))) writeFileSync(join(REGISTRY, ENTRY), "-1");
  if (before.mounted && existsSync(join(REGISTRY, "register"))) await command(["umount", REGISTRY]);
  note.remove();
}

function noteIn(places: Places): MachineNote<Emulation> {
  return new MachineNote(places, "emulation");
}
