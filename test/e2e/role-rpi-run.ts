// Runs the role rpi on a lab host that looks like a Pi, as a user would, and looks at what it left.

import { join, resolve } from "node:path";
import { expect } from "chai";
import type { Host } from "../../engine/host/host.ts";
import type { LabState } from "../../engine/lab/lab.ts";
import type { HostVariables } from "../lab-hosts.ts";
import { MODEL_FILE } from "./role-rpi-host.ts";
import { type Finished, RunFolder, recapOf, said } from "./spawned-run.ts";

const PROJECT = resolve(import.meta.dirname, "../..");

/** The inventory's name of the host; its name before was another. */
export const NODE = "pi-1";

/** `TASK (item)` for every changed line of a run's text output, in order. */
export function changesIn(output: string): string[] {
  const changes: string[] = [];
  let task = "";
  for (const line of output.split("\n")) {
    task = /^(?:TASK|RUNNING HANDLER) \[(?:rpi : )?(.*)\]/.exec(line)?.[1] ?? task;
    const changed = /^changed: \[[^\]]+\](?: => \(item=(.*)\))?/.exec(line);
    if (changed) changes.push(changed[1] === undefined ? task : `${task} (${changed[1]})`);
  }
  return changes;
}

/** The role on one host, in a folder of its own. */
export class PiRun {
  readonly folder: RunFolder;
  readonly host: Host;

  constructor(lab: LabState, variables: HostVariables = {}) {
    this.folder = new RunFolder(lab);
    this.folder.inventory({ [NODE]: { rpi_model_file: MODEL_FILE, ...variables } });
    this.folder.write({
      "ansible.cfg": `[defaults]\nroles_path = ${join(PROJECT, "roles")}\n`,
      "site.yml": "- hosts: all\n  become: true\n  roles: [rpi]\n",
    });
    this.host = this.folder.host(1);
  }

  /** A run that must succeed, with these extra variables. */
  async play(variables: Readonly<Record<string, unknown>> = {}, ...more: string[]): Promise<Finished> {
    const done = await this.folder.run(undefined, ["-e", JSON.stringify(variables), ...more]);
    expect(done.code, done.all).to.equal(0);
    return done;
  }

  /** What a dry run and then the run change, which must be the same; the run's output. */
  async foretoldAndDone(variables: Readonly<Record<string, unknown>> = {}): Promise<Finished> {
    const dry = await this.play(variables, "--check", "--diff");
    expect(recapOf(dry, NODE), "undecided").to.not.have.property("undecided");
    const done = await this.play(variables);
    expect(changesIn(done.stdout)).to.deep.equal(changesIn(dry.stdout));
    return done;
  }

  /** What a script says on the host. */
  says(script: string): Promise<string> {
    return said(this.host, script);
  }

  /** How often the host was booted since it looks like a Pi; making it look so counts as one. */
  async boots(): Promise<number> {
    return Number(await this.says("wc -l </var/lib/lab/boots"));
  }

  remove(): Promise<void> {
    return this.folder.remove();
  }
}
