// Reboots of members of an etcd cluster and of Kubernetes' nodes: one at a time, only while a majority stays, and back in the cluster
// before the next. etcd is real; Kubernetes is a kubectl of the test's, which keeps its nodes in that etcd.

import { join, resolve } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { useLab } from "./lab-fixture.ts";
import { type Finished, RunFolder, said, until } from "./spawned-run.ts";

const PROJECT = resolve(import.meta.dirname, "../..");
const NODES = ["node-1", "node-2", "node-3"] as const;

const KUBECTL = `#!/bin/sh
. /etc/profile.d/etcdctl.sh
value() { etcdctl get "$1" --print-value-only; }
node() {
  cordoned=$(value "/cordon/$1")
  printf '{"metadata": {"name": "%s"}, "spec": {%s}, "status": {"nodeInfo": {"bootID": "%s"}, "conditions": [{"type": "Ready", "status": "True"}]}}' \\
    "$1" "\${cordoned:+\\"unschedulable\\": true}" "$(value "/boot/$1")"
}
while case $1 in --*) true;; *) false;; esac; do shift; done
case "$1 $2" in
"get nodes") printf '{"items": ['; node node-1; echo ,; node node-2; echo ,; node node-3; echo ']}' ;;
"get node") node "$3" ;;
drain*)
  etcdctl put "/log/$(date +%s%N)" "drain $2 by $(hostname)" >/dev/null
  etcdctl put "/cordon/$2" 1 >/dev/null
  [ -z "$(value "/hold/$2")" ] || { echo "Cannot evict pod as it would violate the pod's disruption budget." >&2; exit 1; } ;;
uncordon*) etcdctl put "/log/$(date +%s%N)" "uncordon $2 by $(hostname)" >/dev/null; etcdctl del "/cordon/$2" >/dev/null ;;
*) exit 64 ;;
esac
`;

/** What a kubelet does after a boot, and the sign that the host is a node. */
const NODE = `
set -e
apt-get -qq update; apt-get -qq install -y curl >/dev/null 2>&1
cat >/usr/local/bin/kubectl <<'END'
${KUBECTL}END
chmod 755 /usr/local/bin/kubectl
mkdir -p /etc/kubernetes; touch /etc/kubernetes/kubelet.conf /etc/kubernetes/admin.conf
cat >/etc/systemd/system/kubelet.service <<END
[Unit]
After=etcd.service
[Service]
Restart=on-failure
RestartSec=1
ExecStart=/bin/sh -c '. /etc/profile.d/etcdctl.sh; etcdctl put /boot/$1 "\\$(cat /proc/sys/kernel/random/boot_id)"; echo boot >>/var/boots'
[Install]
WantedBy=multi-user.target
END
systemctl -q enable kubelet
systemctl start kubelet
`;

describe("rebooting the members of a cluster", function () {
  this.timeout(300_000);
  const lab = useLab({ name: "rpi-r", count: 3 });
  let run: RunFolder;

  const play = (book: string, ...more: string[]): Promise<Finished> =>
    run.startWith(["run", book, "-i", "hosts.yml", ...more]).done;
  const book = (name: string): string => join(PROJECT, "playbooks", name);
  const on = (number: number, script: string): Promise<string> => said(run.host(number), script);
  const boots = async (): Promise<number[]> =>
    Promise.all([1, 2, 3].map(async (number) => Number(await on(number, "wc -l </var/boots"))));
  const etcdctl = (words: string): Promise<string> => on(1, `. /etc/profile.d/etcdctl.sh; etcdctl ${words}`);

  before(async () => {
    run = new RunFolder(lab());
    run.write({ "ansible.cfg": `[defaults]\nroles_path = ${join(PROJECT, "roles")}\n` });
    const hosts = Object.fromEntries(NODES.map((name, index) => [name, { ansible_host: run.address(index + 1) }]));
    run.inventory(hosts);
    run.write({
      "groups.yml": JSON.stringify({
        all: { children: { etcd: { hosts: { "node-[1:3]": {} } }, masters: { hosts: { "node-[1:3]": {} } } } },
      }),
    });
    const done = await play(book("etcd.yml"), "-i", "groups.yml");
    expect(done.code, done.all).to.equal(0);
    await Promise.all(
      NODES.map(async (name, index) => {
        const { code, stderr } = await run
          .host(index + 1)
          .run({ script: `hostname ${name}; echo ${name} >/etc/hostname; set -- ${name}\n${NODE}` });
        expect(code, stderr.toString()).to.equal(0);
        await until(run.host(index + 1), "test -s /var/boots");
      }),
    );
  });
  after(() => run?.remove());

  it("takes turns where a play has all of them: each is back before the next one goes", async () => {
    run.write({
      "all.yml": JSON.stringify([
        {
          hosts: "all",
          become: true,
          vars: { rpi_reboot: "always" },
          tasks: [{ name: "Reboot", "ansible.builtin.include_role": { name: "rpi", tasks_from: "reboot" } }],
        },
      ]),
    });
    const count = await boots();
    const done = await play("all.yml", "-i", "groups.yml");
    expect(done.code, done.all).to.equal(0);
    expect(await boots()).to.deep.equal(count.map((number) => number + 1));
    // The API of a node itself goes away with it: another master is asked.
    expect(await etcdctl("get --prefix /log/ --print-value-only")).to.equal(
      [
        "drain node-1 by node-2\nuncordon node-1 by node-2",
        "drain node-2 by node-1\nuncordon node-2 by node-1",
        "drain node-3 by node-1\nuncordon node-3 by node-1",
      ].join("\n"),
    );
    expect(await etcdctl("get --prefix /cordon/")).to.equal("");
  });

  it("reboots only who needs it, where that is asked, and leaves a cordoned node cordoned", async () => {
    await on(2, "touch /run/reboot-required; echo linux-image-amd64 >/run/reboot-required.pkgs");
    await etcdctl("put /cordon/node-2 1");
    const count = await boots();
    const done = await play(book("reboot.yml"), "-i", "groups.yml", "-e", "rpi_reboot=needed");
    expect(done.code, done.all).to.equal(0);
    expect(done.stdout).to.contain("node-2 is rebooted: changed since the boot: linux-image-amd64");
    expect(await boots()).to.deep.equal([count[0], (count[1] ?? 0) + 1, count[2]]);
    expect(await etcdctl("get /cordon/node-2 --print-value-only")).to.equal("1");
    await etcdctl("del /cordon/node-2");
  });

  it("does not reboot a node whose pods cannot be moved, and lets it take pods again", async () => {
    await etcdctl("put /hold/node-1 1");
    const count = await boots();
    const done = await play(book("reboot.yml"), "-i", "groups.yml");
    await etcdctl("del /hold/node-1");
    expect(done.code).to.equal(2);
    expect(done.stdout).to.match(
      /node-1 is not rebooted: its pods could not be moved within 300 s, and it takes pods again:.*disruption budget/,
    );
    expect(await etcdctl("get --prefix /cordon/")).to.equal("");
    expect(await boots()).to.deep.equal(count);
  });

  it("reboots nobody while a member is missing, in a dry run too, and says what to do", async () => {
    await on(3, "systemctl stop etcd");
    const count = await boots();
    const told = await play(book("reboot.yml"), "-i", "groups.yml", "--check");
    const done = await play(book("reboot.yml"), "-i", "groups.yml");
    await on(3, "systemctl start etcd");
    for (const { code, stdout } of [told, done]) {
      expect(code).to.equal(2);
      expect(stdout).to.contain(
        "node-1 is not rebooted: of 3 voters of etcd only 1 would be left in health, and 2 are needed",
      );
      expect(stdout).to.contain("node-3 is not rebooted: etcd does not say who its members are");
    }
    expect(await boots()).to.deep.equal(count);
  });
});
