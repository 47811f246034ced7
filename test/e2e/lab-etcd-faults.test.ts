// What goes wrong when members of an etcd cluster come and go: the cluster is unharmed, the message clear, the next run converges, and
// no write fails meanwhile.

import { expect } from "chai";
import { after, describe, it } from "mocha";
import { EtcdLab } from "./etcd-lab.ts";
import { useLab } from "./lab-fixture.ts";
import { changesIn } from "./role-run.ts";

describe("members of an etcd cluster that come to grief", function () {
  this.timeout(600_000);
  const lab = useLab({ name: "etcd-faults", count: 5 });
  const etcd = new EtcdLab(lab);
  const drop = "/etc/systemd/system/etcd.service.d";
  let end: ReturnType<EtcdLab["write"]>;
  after(() => etcd.remove());

  it("begin as three", async () => {
    etcd.members([1, 2, 3]);
    changesIn(await etcd.play("etcd"));
    end = etcd.write();
  });

  it("with a name that another one has: refused before anything is changed", async () => {
    etcd.members([1, 2, 3], { [etcd.name(3)]: { ansible_host: lab().hosts[3]?.address } });
    const refused = await etcd.play("etcd", "--limit", etcd.name(1));
    expect(refused.code).to.equal(2);
    expect(refused.all)
      .to.contain(`the cluster has a member called ${etcd.name(3)} already`)
      .and.contain("another name");
    expect(refused.stdout).not.to.match(/^changed/m);
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3));
  });

  it("with data of another cluster: refused, the data is kept", async () => {
    etcd.members([1, 2, 3, 4, 5]);
    etcd.says(
      4,
      "apt-get update -qq; printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; apt-get install -qq --no-install-recommends etcd-server; rm /usr/sbin/policy-rc.d",
    );
    etcd.says(
      4,
      "mkdir -p /var/lib/etcd/default; timeout 4 etcd --data-dir /var/lib/etcd/default --name other; chown -R etcd: /var/lib/etcd",
    );
    const refused = await etcd.play("etcd", "--limit", etcd.name(4));
    expect(refused.all).to.match(/holds data of another cluster \([0-9a-f]+; this one is [0-9a-f]+\)/);
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3));
    expect(etcd.says(4, "ls /var/lib/etcd/default/member")).to.contain("wal");
    etcd.says(4, "rm -rf /var/lib/etcd/default/member");
  });

  it("and do not start: taken back, with the reason", async () => {
    etcd.says(
      4,
      `mkdir -p ${drop}; printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c "echo no such luck: error; exit 1"\\nRestartSec=0\\n' > ${drop}/broken.conf`,
    );
    const failed = await etcd.play("etcd", "--limit", etcd.name(4));
    expect(failed.code).to.equal(2);
    expect(failed.all).to.contain("does not start").and.contain("no such luck").and.contain("the cluster is as it was");
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3));
    expect(etcd.says(4, "ls /var/lib/etcd/default | wc -l; systemctl is-enabled etcd")).to.equal("0\ndisabled");
  });

  it("while the controller is killed between adding and promoting: the next run goes on, on the new host alone", async () => {
    etcd.says(4, `printf '[Service]\\nExecStartPre=/bin/sleep 6\\n' > ${drop}/broken.conf`);
    const { child, done } = etcd.start("etcd", "--limit", etcd.name(4));
    for (const limit = Date.now() + 90_000; etcd.list().length < 4 && Date.now() < limit; )
      await new Promise((next) => setTimeout(next, 200));
    child.kill("SIGKILL");
    await done;
    expect(etcd.list())
      .to.have.lengthOf(4)
      .and.to.satisfy((lines: string[]) => lines.some((line) => line.endsWith(" learner")));
    etcd.says(4, `rm -r ${drop}`);
    changesIn(await etcd.play("etcd", "--limit", etcd.name(4)));
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3, 4));
    changesIn(await etcd.play("etcd"));
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3, 4, 5));
    expect(changesIn(await etcd.play("etcd"))).to.deep.equal([]);
  });

  it("all that while no write failed", async () => {
    const { writes, failures } = await end();
    expect(failures).to.deep.equal([]);
    expect(writes).to.be.greaterThan(200);
  });
});
