// An etcd cluster whose members come and go while a client writes: no write may fail, but for the moment in which the leader's
// machine is killed.

import { expect } from "chai";
import { after, describe, it } from "mocha";
import { labKill, labRebuild } from "../../engine/lab/lab.ts";
import { EtcdLab } from "./etcd-lab.ts";
import { useLab } from "./lab-fixture.ts";
import { changesIn } from "./role-run.ts";

const NAME = "etcd-grow";
const TASK = "etcd : Make every host a voter, one after the other";

describe("members of an etcd cluster that come and go", function () {
  this.timeout(600_000);
  const lab = useLab({ name: NAME, count: 5 });
  const etcd = new EtcdLab(lab);
  after(() => etcd.remove());

  it("begin as one", async () => {
    etcd.members([1]);
    changesIn(await etcd.play("etcd"));
    expect(etcd.list()).to.deep.equal(etcd.voters(1));
  });

  it("become three and five, each as a learner first, and no write fails", async () => {
    const end = etcd.write();
    etcd.members([1, 2, 3]);
    const foretold = changesIn(await etcd.play("etcd", "--check"));
    const changed = changesIn(await etcd.play("etcd"));
    // What the members' authority holds is read from a member, so nothing of it is left open.
    expect(changed).to.deep.equal(foretold);
    expect(changed)
      .to.include(`${TASK} on ${etcd.name(2)}`)
      .and.not.to.include(`${TASK} on ${etcd.name(1)}`);
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3));
    etcd.members([1, 2, 3, 4, 5]);
    const plan = await etcd.play("etcd", "--check", "--diff");
    expect(plan.stdout).to.match(new RegExp(`\\+${etcd.name(5)} https://\\S+ voter`));
    changesIn(await etcd.play("etcd"));
    expect(etcd.list(5)).to.deep.equal(etcd.voters(1, 2, 3, 4, 5));
    const { writes, failures } = await end();
    expect(failures).to.deep.equal([]);
    expect(writes).to.be.greaterThan(100);
    expect(etcd.says(4, "ls /var/backups/etcd")).to.match(new RegExp(`^before-add-${etcd.name(4)}-.*\\.db$`));
  });

  it("are not removed unasked; two are when asked, and give up their data", async () => {
    etcd.members([1, 2, 3]);
    const refused = await etcd.play("etcd");
    expect(refused.code).to.equal(2);
    expect(refused.all)
      .to.contain("the cluster has members that are not desired")
      .and.contain("etcd_remove_absent=true");
    expect(refused.stdout).not.to.match(/^changed/m);
    const end = etcd.write();
    const words = ["-e", "etcd_remove_absent=true"];
    const foretold = changesIn(await etcd.play("etcd", "--check", ...words));
    expect(changesIn(await etcd.play("etcd", ...words))).to.deep.equal(foretold);
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3));
    expect((await end()).failures).to.deep.equal([]);
    expect(etcd.says(4, "systemctl is-active etcd; ls /var/lib/etcd/default | wc -l")).to.equal("inactive\n0");
    expect(changesIn(await etcd.play("etcd", ...words))).to.deep.equal([]);
  });

  it("are replaced when a machine, the leader's at that, is gone for good, but only when that is said", async () => {
    const id = etcd.says(1, `etcdctl member list | grep ', ${etcd.name(2)},' | cut -d, -f1`);
    for (const { address } of lab().hosts.slice(0, 3))
      etcd.says(1, `ETCDCTL_ENDPOINTS=https://${address}:2379 etcdctl move-leader ${id}`);
    const dying = etcd.write(1000);
    await new Promise((next) => setTimeout(next, 1000));
    await labKill({ name: NAME, host: etcd.name(2) });
    await new Promise((next) => setTimeout(next, 12_000));
    const election = await dying();
    // At most one timeout of 2.5 to 5 s and the vote.
    expect(election.gap, JSON.stringify(election)).to.be.within(0.5, 8);
    const end = etcd.write();
    await labRebuild({ name: NAME, host: etcd.name(2) });
    const refused = await etcd.play("etcd");
    expect(refused.all)
      .to.contain("the machine was rebuilt")
      .and.contain(`etcd_replace=${etcd.name(2)}`);
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3));
    changesIn(await etcd.play("etcd", "-e", `etcd_replace=${etcd.name(2)}`));
    expect(etcd.list(2)).to.deep.equal(etcd.voters(1, 2, 3));
    expect(etcd.says(2, "etcdctl get written-1 --keys-only")).to.equal("written-1");
    expect((await end()).failures).to.deep.equal([]);
    expect(changesIn(await etcd.play("etcd", "-e", `etcd_replace=${etcd.name(2)}`))).to.deep.equal([]);
  });
});
