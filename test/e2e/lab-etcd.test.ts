// An etcd cluster on three bare hosts: what the dry run tells is what the run changes, and then nothing is left. Settings,
// certificates and releases change without the cluster stopping.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { EtcdLab } from "./etcd-lab.ts";
import { differences, TRACES } from "./host-traces.ts";
import { useLab } from "./lab-fixture.ts";
import { changesIn } from "./role-run.ts";

const RESTART = "etcd : Restart etcd members in turn";
const CERTIFICATES = "etcd : Certificates of the member and of its client, one host at a time";

/** Changes without those of tasks that the dry run left open on that host. */
function decided(changes: readonly string[], foretold: readonly string[]): string[] {
  const open = new Set(
    foretold.filter((one) => one.startsWith("undecided ")).map((one) => one.slice("undecided ".length)),
  );
  return changes.filter((one) => !one.startsWith("undecided ") && !open.has(one));
}

describe("the etcd playbook on three bare hosts", function () {
  this.timeout(600_000);
  const lab = useLab({ name: "etcd-test", count: 3 });
  const etcd = new EtcdLab(lab);
  let predicted: string[] = [];
  let fresh = "";
  before(() => {
    fresh = etcd.says(1, TRACES);
  });
  after(() => etcd.remove());

  const on = (task: string): string[] => [1, 2, 3].map((number) => `${task} on ${etcd.name(number)}`);

  it("foretells changes on every host without making any", async () => {
    etcd.members([1, 2, 3]);
    predicted = changesIn(await etcd.play("etcd", "--check", "--diff"));
    expect(predicted.length).to.be.greaterThan(50);
    // Only the authority, which is made on one host, is not known to the others before.
    for (const one of predicted.filter((change) => change.startsWith("undecided")))
      expect(one).to.match(/(Fetch|Every member keeps) the authority's/);
    expect(etcd.says(1, "ls /etc/etcd; getent passwd etcd")).to.match(/^ls: .*No such file or directory$/);
  });

  it("changes exactly what it foretold", async () => {
    const changes = changesIn(await etcd.play("etcd"));
    expect(decided(changes, predicted)).to.deep.equal(decided(predicted, []));
  });

  it("changes nothing when run again, and foretells that too", async () => {
    expect(changesIn(await etcd.play("etcd", "--check"))).to.deep.equal([]);
    expect(changesIn(await etcd.play("etcd"))).to.deep.equal([]);
  });

  it("leaves three healthy voters who talk to nobody without a certificate", () => {
    expect(etcd.list()).to.deep.equal(etcd.voters(1, 2, 3));
    expect(etcd.says(2, "etcdctl endpoint health 2>&1").match(/https:\S+ is healthy/g)).to.have.lengthOf(3);
    const bare = "ETCDCTL_CERT= ETCDCTL_KEY= etcdctl --command-timeout=2s get x 2>&1; echo $?";
    expect(etcd.says(1, bare)).to.match(/(certificate required|bad certificate|deadline exceeded)[\s\S]*\n1$/);
    expect(etcd.says(1, "stat -c '%a %U' /etc/etcd/pki/ca.key /etc/etcd/pki/member.key")).to.equal(
      "600 root\n640 root",
    );
    expect(new Set([1, 2, 3].map((number) => etcd.says(number, "md5sum < /etc/etcd/pki/ca.key"))).size).to.equal(1);
  });

  it("restarts members one after the other when a setting changes, foretells it, and no write fails", async () => {
    const setting = ["-e", "etcd_compaction_hours=2"];
    const foretold = changesIn(await etcd.play("etcd", "--check", ...setting));
    expect(foretold).to.include.members([...on("etcd : The member's settings"), ...on(RESTART)]);
    const end = etcd.write();
    expect(changesIn(await etcd.play("etcd", ...setting))).to.deep.equal(foretold);
    // The client's own member is restarted too: it must come back, not answer all the time.
    const { failures, gap } = await end();
    expect(failures.filter((one) => !/ECONNREFUSED|ECONNRESET|socket|hang up|leader/.test(one))).to.deep.equal([]);
    expect(gap).to.be.lessThan(20);
  });

  it("renews certificates whose names change or whose end is near, without a restart", async () => {
    const since = etcd.says(1, "systemctl show -p ActiveEnterTimestampMonotonic etcd");
    const words = ["-e", "etcd_compaction_hours=2", "-e", '{"etcd_extra_names": ["etcd.home.test", "10.99.0.1"]}'];
    expect(changesIn(await etcd.play("etcd", ...words))).to.include.members(on(CERTIFICATES));
    const served =
      "echo | openssl s_client -connect 127.0.0.1:2379 2>/dev/null | openssl x509 -noout -ext subjectAltName -serial";
    const names = etcd.says(
      1,
      `command -v openssl >/dev/null || apt-get install -qq openssl >/dev/null 2>&1; ${served}`,
    );
    expect(names).to.contain("DNS:etcd.home.test").and.contain("IP Address:10.99.0.1");
    const soon = changesIn(await etcd.play("etcd", ...words, "-e", "etcd_renew_days=400"));
    expect(soon).to.deep.equal(on(CERTIFICATES));
    expect(etcd.says(1, served)).not.to.equal(names);
    expect(etcd.says(1, "systemctl show -p ActiveEnterTimestampMonotonic etcd")).to.equal(since);
    expect(changesIn(await etcd.play("etcd", ...words))).to.deep.equal([]);
  });

  it("gives back free space, one member after the other", async () => {
    const playbook = join(etcd.place, "defragment.yml");
    const role =
      "{ansible.builtin.include_role: {name: etcd, tasks_from: defragment}, vars: {etcd_defragment_percent: 0}}";
    writeFileSync(playbook, `- hosts: etcd\n  become: true\n  tasks:\n    - ${role}\n`);
    const { stdout, code, all } = await etcd.play(playbook);
    expect(code, all).to.equal(0);
    expect(stdout.match(/^changed: .*% of .* MiB is free/gm)).to.have.lengthOf(3);
  });

  it("changes to a release, member by member, and runs it", async () => {
    const place = join(etcd.place, "etcd-v3.4.23-linux");
    mkdirSync(place);
    const address = lab().hosts[0]?.address;
    const known = ["-F", "/dev/null", "-i", lab().privateKeyFile, "-o", `UserKnownHostsFile=${lab().knownHostsFile}`];
    const fetch = spawnSync("scp", ["-q", ...known, `root@${address}:/usr/bin/etcd*`, place], { encoding: "utf8" });
    expect(fetch.status, fetch.stderr).to.equal(0);
    spawnSync("tar", ["-czf", `${place}.tar.gz`, "-C", etcd.place, "etcd-v3.4.23-linux"]);
    const words = ["-e", `etcd_source=tarball etcd_version=3.4.23 etcd_tarball=${place}.tar.gz`];
    expect(changesIn(await etcd.play("etcd", ...words))).to.include.members(on(RESTART));
    expect(etcd.says(2, "readlink /proc/$(systemctl show -p MainPID --value etcd)/exe /usr/local/bin/etcd")).to.equal(
      "/opt/etcd/3.4.23/etcd\n/opt/etcd/3.4.23/etcd",
    );
    expect(changesIn(await etcd.play("etcd", ...words))).to.deep.equal([]);
    changesIn(await etcd.play("etcd"));
    expect(etcd.says(2, "readlink /proc/$(systemctl show -p MainPID --value etcd)/exe")).to.equal("/usr/bin/etcd");
  });

  it("leaves no trace when it is reset, after a yes only", async () => {
    const asked = await etcd.play("reset");
    expect(asked.all).to.contain("Nothing was changed");
    expect(asked.stdout).not.to.match(/^changed:/m);
    expect(differences(fresh, etcd.says(1, TRACES))).to.include.members(["+ user etcd", "+ unit etcd.service"]);
    changesIn(await etcd.play("reset", "-e", "confirmed=true"));
    // This one was brought by a test above.
    const left = (number: number): string[] =>
      differences(fresh, etcd.says(number, TRACES)).filter((line) => !/openssl/.test(line));
    for (const number of [1, 2, 3]) expect(left(number)).to.deep.equal([]);
  });
});
