// Module cases as data: what a file in cases/ may say, and the playbook that its tasks become.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";

/** Dry run, run, run again. */
export type Pass = "check" | "run" | "again";

export const PASSES: readonly Pass[] = ["check", "run", "again"];

/** A task as a playbook has it, with a name that no other task of the file has, and how it is compared. */
export interface TaskCase {
  readonly name: string;
  /** Results are compared in these paths only (`ansible_facts/packages/bash`). */
  readonly only?: readonly string[];
  /** Keys of which only the type of the value is compared. */
  readonly volatile?: readonly string[];
  /** Why a pass, `check/setting` or the like, differs on purpose. */
  readonly differences?: Readonly<Partial<Record<Pass, string>>>;
  readonly [keyword: string]: unknown;
}

/** One file in cases/. */
export interface ModuleCases {
  /** Makes the state that all passes start with; run by sh as root. */
  readonly setup?: string;
  /** What is looked at before and after: folders with all below them, and what commands say. */
  readonly probe?: { readonly paths?: readonly string[]; readonly commands?: readonly string[] };
  /** Files beside the playbook. */
  readonly files?: Readonly<Record<string, string>>;
  /** The same for files that are not text, in base64. */
  readonly binaries?: Readonly<Record<string, string>>;
  /** Keywords of the play. */
  readonly play?: Readonly<Record<string, unknown>>;
  readonly volatile?: readonly string[];
  /** Keys that are not compared, and why. */
  readonly apart?: Readonly<Record<string, string>>;
  /** Keys whose lists come in no special order. */
  readonly anyOrder?: readonly string[];
  /** Why what is found on the host after a run differs on purpose. */
  readonly probeDifference?: string;
  /** Why all tasks differ on purpose in a pass. */
  readonly differences?: Readonly<Partial<Record<Pass, string>>>;
  readonly tasks: readonly TaskCase[];
}

const FOLDER = import.meta.dirname;

/** Names of all modules that have cases. */
export function moduleNames(): string[] {
  return readdirSync(join(FOLDER, "cases"))
    .filter((name) => name.endsWith(".yml"))
    .map((name) => name.replace(/\.yml$/, ""))
    .sort();
}

export function loadCases(module: string): ModuleCases {
  return parse(readFileSync(join(FOLDER, "cases", `${module}.yml`), "utf8")) as ModuleCases;
}

export function recordedFile(module: string): string {
  return join(FOLDER, "recorded", `${module}.json`);
}

/** Writes the playbook and its files below `folder`. */
export function layOut(cases: ModuleCases, folder: string, hostVariables: Readonly<Record<string, unknown>>): void {
  const tasks = cases.tasks.map((one) => {
    const { only: _only, volatile: _volatile, differences: _differences, ...task } = one;
    return { ignore_errors: true, ...task };
  });
  const play = { hosts: "twin", gather_facts: false, ...cases.play, tasks };
  const inventory = { all: { hosts: { twin: hostVariables } } };
  const files = {
    ...cases.files,
    "play.yml": stringify([play], { aliasDuplicateObjects: false }),
    "hosts.yml": JSON.stringify(inventory),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: path.endsWith(".sh") ? 0o755 : 0o644 });
  }
  for (const [path, base64] of Object.entries(cases.binaries ?? {})) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), Buffer.from(base64, "base64"));
  }
  mkdirSync(join(folder, "out"), { recursive: true });
}

/** Arguments of a pass, for both programs. */
export function argumentsOf(pass: Pass): string[] {
  return ["-i", "hosts.yml", "play.yml", ...(pass === "check" ? ["--check"] : [])];
}
