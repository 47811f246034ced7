// The playbook of the quickstart on bare hosts: what the dry run tells is what the run changes, and then nothing is left.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { writeInventory } from "../../engine/lab/inventory.ts";
import { labSsh } from "../../engine/lab/lab.ts";
import { useLab } from "./lab-fixture.ts";

const PROJECT = resolve(import.meta.dirname, "../..");

/** `TASK on HOST` for every changed line of a run's text output, sorted. */
function changesIn(output: string): string[] {
  const changes = new Set<string>();
  let task = "";
  for (const line of output.split("\n")) {
    task = /^(?:TASK|RUNNING HANDLER) \[(.*)\]/.exec(line)?.[1] ?? task;
    const host = /^changed: \[([^\]]+)\]/.exec(line)?.[1];
    if (host) changes.add(`${task} on ${host}`);
  }
  return [...changes].sort();
}

describe("the etcd playbook on three bare hosts", function () {
  this.timeout(300_000);
  const lab = useLab({ name: "etcd-test", count: 3 });
  let predicted: string[] = [];

  function play(...more: string[]): string {
    const inventory = mkdtempSync(join(tmpdir(), "tsplay-etcd-"));
    writeInventory({ ...lab(), inventory });
    const words = [join(PROJECT, "bin/tsplay"), "run", join(PROJECT, "playbooks/etcd.yml"), "-i", inventory, ...more];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: PROJECT, encoding: "utf8" });
    expect(status, `${stdout}\n${stderr}`).to.equal(0);
    return stdout;
  }

  it("foretells changes on every host without making any", async () => {
    predicted = changesIn(play("--check", "--diff"));
    expect(predicted.length).to.be.greaterThan(40);
    const [program = "", ...args] = await labSsh({
      name: "etcd-test",
      command: ["ls /etc/etcd 2>&1 || getent passwd etcd"],
    });
    expect(spawnSync(program, args, { encoding: "utf8" }).stdout).to.match(/^ls: .*No such file or directory\s*$/);
  });

  it("changes exactly what it foretold", () => {
    expect(changesIn(play())).to.deep.equal(predicted);
  });

  it("changes nothing when run again, and foretells that too", () => {
    expect(changesIn(play("--check"))).to.deep.equal([]);
    expect(changesIn(play())).to.deep.equal([]);
  });

  it("leaves three healthy voters, as etcd's own tools see them", async () => {
    const command = [". /etc/profile.d/etcdctl.sh; etcdctl endpoint health 2>&1; etcdctl member list"];
    const [program = "", ...args] = await labSsh({ name: "etcd-test", command });
    const said = execFileSync(program, args, { encoding: "utf8" });
    expect(said.match(/is healthy/g)).to.have.lengthOf(3);
    expect(said.match(/, started, .*, false$/gm)).to.have.lengthOf(3);
  });

  it("restarts members one after the other when a setting changes, and foretells it", () => {
    const setting = ["-e", "etcd_compaction_hours=2"];
    const foretold = changesIn(play("--check", ...setting));
    expect(foretold).to.include("etcd : The member's settings on etcd-test-2");
    expect(foretold.filter((change) => change.includes("Restart etcd members in turn"))).to.have.lengthOf(3);
    expect(changesIn(play(...setting))).to.deep.equal(foretold);
  });
});
