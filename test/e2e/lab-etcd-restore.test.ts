// playbooks/backup.yml and restore.yml: what was saved comes back after all data is gone.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { after, describe, it } from "mocha";
import { EtcdLab } from "./etcd-lab.ts";
import { useLab } from "./lab-fixture.ts";
import { changesIn } from "./role-run.ts";

describe("an etcd cluster that lost everything", function () {
  this.timeout(600_000);
  const lab = useLab({ name: "etcd-lost", count: 3 });
  const etcd = new EtcdLab(lab);
  after(() => etcd.remove());
  const saved = (): string[] => readdirSync(join(etcd.inventory, ".cluster/backups")).sort();

  it("is saved before, with its authority, readable by nobody else, the oldest ones going", async () => {
    etcd.members([1, 2, 3]);
    changesIn(await etcd.play("etcd"));
    etcd.says(1, "for n in 1 2 3 4 5; do etcdctl put /kept/$n value-$n; done");
    const keep = ["-e", "etcd_backup_keep=1"];
    changesIn(await etcd.play("backup", ...keep));
    const [first] = saved();
    changesIn(await etcd.play("backup", ...keep));
    expect(saved()).to.have.lengthOf(1).and.not.include(first);
    const folder = join(etcd.inventory, ".cluster/backups", saved()[0] ?? "");
    expect(readFileSync(join(folder, "pki/ca.key"), "utf8")).to.contain("PRIVATE KEY");
    for (const file of ["pki/ca.key", "snapshot.db"]) expect(statSync(join(folder, file)).mode & 0o77).to.equal(0);
    expect(JSON.parse(readFileSync(join(folder, "backup.json"), "utf8")).members).to.have.lengthOf(3);
  });

  it("is not restored unasked, nor from a backup that was damaged", async () => {
    const asked = await etcd.play("restore");
    expect(asked.code).to.equal(2);
    expect(asked.all).to.contain("Nothing was changed");
    const folder = join(etcd.inventory, ".cluster/backups", saved()[0] ?? "");
    const damaged = join(etcd.place, "damaged");
    spawnSync("cp", ["-a", folder, damaged]);
    const snapshot = readFileSync(join(damaged, "snapshot.db"));
    snapshot[snapshot.length >> 1] = (snapshot[snapshot.length >> 1] ?? 0) ^ 1;
    writeFileSync(join(damaged, "snapshot.db"), snapshot);
    const refused = await etcd.play("restore", "-e", "confirmed=true", "-e", `restore_from=${damaged}`);
    expect(refused.all).to.contain("is not what was saved");
    expect(etcd.says(1, "systemctl is-active etcd; etcdctl get /kept/5 --print-value-only")).to.equal(
      "active\nvalue-5",
    );
  });

  it("comes back with all that was saved, under one new token, and the next run changes nothing", async () => {
    etcd.says(1, "etcdctl put /kept/6 too-late");
    etcd.says(1, "systemctl kill -s KILL etcd; systemctl stop etcd; rm -rf /var/lib/etcd/default");
    etcd.says(2, "systemctl stop etcd; rm -rf /var/lib/etcd/default/member /etc/etcd/pki/ca.key");
    changesIn(await etcd.play("restore", "-e", "confirmed=true"));
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3));
    expect(etcd.says(3, "etcdctl get /kept/ --prefix --print-value-only")).to.equal(
      [1, 2, 3, 4, 5].map((number) => `value-${number}`).join("\n"),
    );
    expect(etcd.says(3, "ls -d /var/lib/etcd/default.before-restore-*/wal")).to.contain("wal");
    expect(changesIn(await etcd.play("etcd"))).to.deep.equal([]);
  });
});
