// What `up` made, written before it is made, so that `down` can remove it after whatever happened in between.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/problem.ts";
import { type LabArch, machineArch } from "./foreign-arch.ts";
import type { LabNetwork } from "./network.ts";
import { labDir, labsDir, type Places } from "./places.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { LabProfile } from "./profile.ts";

/** Raise it when older state files can no longer be read. */
const STATE_FORMAT = 1;

/** One host of a lab. */
export interface LabHost {
  /** Inventory name and host name: `lab-1`. */
  readonly name: string;
  readonly address: string;
  /** Its folder: upper, work, root (the mount), console.log. */
  readonly dir: string;
  /** 32 hexadecimal digits; also how its processes are found when `up` died before writing their numbers. */
  readonly machineId: string;
  /** Folders of its cgroups, where the lab had to make them. */
  readonly cgroups: readonly string[];
  /** The process that runs its container, and runs it again when the host reboots. */
  readonly supervisor?: ProcessIdentity;
}

/** A lab as it was asked for and made. */
export interface LabState {
  readonly format: number;
  readonly name: string;
  readonly suite: string;
  readonly arch: LabArch;
  /** What its hosts are for. */
  readonly profile: LabProfile;
  readonly python: boolean;
  readonly extraPackages: readonly string[];
  /** Name of the base image. */
  readonly image: string;
  /** `making` until every host has answered. */
  readonly phase: "making" | "up";
  /** The boot of the machine that it belongs to. */
  readonly boot: string;
  readonly network: LabNetwork;
  readonly hosts: readonly LabHost[];
  readonly privateKeyFile: string;
  readonly knownHostsFile: string;
  /** The folder of its inventory: what `-i` takes. */
  readonly inventory: string;
  /** Folder of variables of groups that its inventory links to, where there is one. */
  readonly groupVars?: string;
}

/** The state of a lab; undefined when there is none by that name, or `up` died before deciding anything. */
export function readState(places: Places, name: string): LabState | undefined {
  const path = stateFile(places, name);
  if (!existsSync(path)) return undefined;
  // Labs from before there were profiles and architectures are plain.
  const state = { profile: "plain", arch: machineArch(), ...JSON.parse(readFileSync(path, "utf8")) } as LabState;
  if (state.format !== STATE_FORMAT)
    fail("lab-other-version", `the lab \`${name}\` was made by another version of tsplay`, {
      hint: "take it down with that version, or reboot this machine and delete its folder by hand",
      origin: { file: path, line: 1, column: 1 },
    });
  return state;
}

/** Writes the state in one step and gives it back. */
export function writeState(places: Places, state: Omit<LabState, "format">): LabState {
  const whole = { ...state, format: STATE_FORMAT };
  mkdirSync(labDir(places, state.name), { recursive: true, mode: 0o700 });
  const path = stateFile(places, state.name);
  writeFileSync(`${path}.new`, `${JSON.stringify(whole, null, 2)}\n`);
  renameSync(`${path}.new`, path);
  return whole;
}

/** Names of all labs that have a folder, whether up or left behind. */
export function labNames(places: Places): string[] {
  if (!existsSync(labsDir(places))) return [];
  return readdirSync(labsDir(places), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function stateFile(places: Places, name: string): string {
  return join(labDir(places, name), "state.json");
}
