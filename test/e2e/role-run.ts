// What tests of roles share: the project's roles run on lab hosts, and the changes that such a run tells of.

import { resolve } from "node:path";
import { expect } from "chai";
import type { LabState } from "../../engine/lab/lab.ts";
import { type InventoryParts, labInventory } from "../lab-hosts.ts";
import type { Finished, RunFolder } from "./spawned-run.ts";

const ROLES = resolve(import.meta.dirname, "../../roles");

/** One playbook on hosts of a lab. `hosts`: variables by name, in the order of the lab's hosts; `groups`: their members. */
export interface RoleRun extends Pick<InventoryParts, "hosts" | "groups"> {
  readonly playbook: string;
  readonly args?: readonly string[];
}

/** Runs it in the folder with the project's roles. */
export function runRole(
  folder: RunFolder,
  lab: LabState,
  { playbook, hosts, groups, args }: RoleRun,
): Promise<Finished> {
  const addressed = Object.fromEntries(
    Object.entries(hosts).map(([name, vars], at) => [name, { ansible_host: folder.address(at + 1), ...vars }]),
  );
  folder.write({ "site.yml": playbook, "hosts.yml": labInventory(lab, { hosts: addressed, groups }) });
  return folder.start(args, { ANSIBLE_ROLES_PATH: ROLES }).done;
}

/** `TASK on HOST` for every changed line of a run that succeeds, `undecided …` for what a dry run left open; sorted. */
export function changesIn({ stdout, all, code }: Finished): string[] {
  expect(code, all).to.equal(0);
  const changes = new Set<string>();
  let task = "";
  for (const line of stdout.split("\n")) {
    task = /^(?:TASK|RUNNING HANDLER) \[(.*)\]/.exec(line)?.[1] ?? task;
    const [, status, host] = /^(changed|undecided): \[([^\] ]+)/.exec(line) ?? [];
    if (host) changes.add(`${status === "undecided" ? "undecided " : ""}${task} on ${host}`);
  }
  return [...changes].sort();
}
