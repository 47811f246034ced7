// Runs `tsplay` as a user would, on the machines of a test.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { changesIn } from "../e2e/role-run.ts";
import type { Finished } from "../e2e/spawned-run.ts";
import type { VirtualMachines } from "../e2e/vm-fixture.ts";

export const PROJECT = resolve(import.meta.dirname, "../..");

/** What the tests of storage need, so that they share one image. */
export const STORAGE_PACKAGES = ["parted", "lvm2", "thin-provisioning-tools", "xfsprogs", "dosfstools"];

/** Groups of machines by their names. */
export type Groups = Readonly<Record<string, readonly string[]>>;

export class VmRun {
  readonly #vms: () => VirtualMachines;
  readonly #groups: Groups;

  constructor(vms: () => VirtualMachines, groups: Groups = {}) {
    this.#vms = vms;
    this.#groups = groups;
  }

  /** A playbook's text, or the path of one of the project's. */
  run(playbook: string, ...args: string[]): Finished {
    const { folder, machines } = this.#vms();
    const hosts = Object.fromEntries(machines.map((one) => [one.name, this.#vms().hostVars(one)]));
    const children = Object.fromEntries(
      Object.entries(this.#groups).map(([group, members]) => [
        group,
        { hosts: Object.fromEntries(members.map((name) => [name, null])) },
      ]),
    );
    const own = playbook.includes("\n");
    writeFileSync(join(folder, "hosts.yml"), JSON.stringify({ all: { hosts, children } }));
    writeFileSync(join(folder, "ansible.cfg"), `[defaults]\ntimeout = 120\nroles_path = ${join(PROJECT, "roles")}\n`);
    if (own) writeFileSync(join(folder, "site.yml"), playbook);
    const words = ["run", own ? "site.yml" : join(PROJECT, playbook), "-i", "hosts.yml", ...args];
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [join(PROJECT, "bin/tsplay"), ...words], {
      cwd: folder,
      encoding: "utf8",
      timeout: 900_000,
    });
    return { code: status, signal, stdout, stderr, all: stdout + stderr, took: 0 };
  }

  /** `TASK on HOST` for each change of a run that goes well, `undecided …` for what a dry run left open. */
  changes(playbook: string, ...args: string[]): string[] {
    return changesIn(this.run(playbook, ...args));
  }

  /** The output of a run that fails because it refuses something. */
  refused(playbook: string, ...args: string[]): string {
    const { code, all } = this.run(playbook, ...args);
    expect(code, all).to.equal(2);
    return all;
  }
}
