// What happens to a cluster in its life: masters and workers come and go, a machine dies and is replaced, all while a client
// writes; data is saved and restored, certificates are renewed, versions change, hosts are given back.
// The longest of all tests: a quarter of an hour on a quiet machine. npm test -- --skip life leaves it out.

import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { labKill, labRebuild } from "../../../engine/lab/lab.ts";
import { differences, TRACES } from "../host-traces.ts";
import { ClusterRun, readyNodes } from "../k8s/cluster-run.ts";
import { otherVersion } from "../k8s/cluster-version.ts";
import { useLab } from "../lab-fixture.ts";
import { changesIn } from "../role-run.ts";

const NAME = "k8s-life";

describe("the life of a cluster", function () {
  this.timeout(1_800_000);
  let cluster: ClusterRun;
  const lab = useLab({ name: NAME, count: 5, profile: "kubernetes" });
  before(async () => {
    cluster = new ClusterRun(lab);
    cluster.arrange({ masters: [1, 2, 3], workers: [] });
    await cluster.plays("k8s");
  });
  after(() => cluster?.remove());
  const names = (...numbers: number[]): string[] => numbers.map((number) => cluster.name(number));

  it("takes in two more masters without a failed write, and their names into its certificates", async () => {
    const end = await cluster.write(1);
    cluster.arrange({ masters: [1, 2, 3, 4, 5], workers: [] });
    await cluster.plays("add-master");
    const { etcd, api } = await end();
    expect(cluster.members(3)).to.deep.equal(names(1, 2, 3, 4, 5).map((name) => `${name} started`));
    expect(readyNodes(cluster.objects(5, "nodes"))).to.deep.equal(names(1, 2, 3, 4, 5));
    for (const number of [1, 5])
      expect(cluster.says(number, "openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -ext subjectAltName"))
        .to.contain(`DNS:${cluster.name(4)}`)
        .and.to.contain(`DNS:${cluster.name(5)}`);
    expect({ etcd: etcd.failed, api: api.failed }).to.deep.equal({ etcd: 0, api: 0 });
    expect(etcd.writes).to.be.greaterThan(50);
  });

  it("lets two masters go again, refuses to let go of one", async () => {
    const refused = await cluster.play("remove-node", "-e", `node=${cluster.name(5)}`);
    expect(refused.code).to.equal(2);
    expect(refused.all).to.contain("etcd needs an odd number");
    const end = await cluster.write(1);
    await cluster.plays("remove-node", "-e", `node=${cluster.name(4)},${cluster.name(5)}`);
    const { etcd, api } = await end();
    expect(cluster.members(1)).to.deep.equal(names(1, 2, 3).map((name) => `${name} started`));
    expect(cluster.objects(1, "nodes").map(({ metadata }) => metadata.name)).to.deep.equal(names(1, 2, 3));
    expect({ etcd: etcd.failed, api: api.failed }).to.deep.equal({ etcd: 0, api: 0 });
  });

  it("takes in a worker and lets it go", async () => {
    cluster.arrange({ masters: [1, 2, 3], workers: [4] });
    await cluster.plays("add-worker");
    expect(readyNodes(cluster.objects(1, "nodes"))).to.deep.equal(names(1, 2, 3, 4));
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
    await cluster.plays("remove-node", "-e", `node=${cluster.name(4)}`);
    cluster.arrange({ masters: [1, 2, 3], workers: [] });
    expect(cluster.objects(1, "nodes").map(({ metadata }) => metadata.name)).to.deep.equal(names(1, 2, 3));
    expect(cluster.says(4, "ls -d /etc/kubernetes /var/lib/kubelet/* /etc/cni/net.d/* 2>/dev/null | wc -l")).to.equal(
      "0",
    );
  });

  it("registers a node again that somebody deleted", async () => {
    cluster.says(1, `kubectl delete node ${cluster.name(2)}`);
    const healed = changesIn(await cluster.plays("k8s"));
    expect(healed).to.include(`k8s : Register the node anew on ${cluster.name(2)}`);
    expect(readyNodes(cluster.objects(1, "nodes"))).to.deep.equal(names(1, 2, 3));
  });

  it("brings the others up to date when a master's machine dies in the middle of a run, and says so", async () => {
    cluster.says(1, "kubectl create configmap witness --from-literal=word=kept");
    const end = await cluster.write(1);
    const setting = { k8s_sysctls: { "net.ipv4.ip_forward": 1, "net.ipv4.conf.all.rp_filter": 0 } };
    const running = cluster.play("k8s", "-e", JSON.stringify(setting));
    await sleep(3000);
    await labKill({ name: NAME, host: cluster.name(3) });
    const finished = await running;
    // What is asked of a machine in the moment in which its processes end may fail before it is unreachable.
    expect(finished.code, finished.all).to.be.oneOf([2, 4, 6]);
    expect(finished.stdout).to.match(new RegExp(`^${cluster.name(3)} .*(unreachable=1|failed=1)`, "m"));
    expect(finished.all).to.match(new RegExp(`Nothing is heard of ${cluster.name(3)}`));
    for (const number of [1, 2])
      expect(cluster.says(number, "cat /etc/sysctl.d/90-kubernetes.conf")).to.contain("rp_filter=0");
    // An election is all that a client may notice.
    const { etcd } = await end();
    expect(etcd.writes - etcd.failed).to.be.greaterThan(etcd.failed * 10);
  });

  it("replaces a master whose machine is gone, and goes on writing", async () => {
    const early = await cluster.play("replace-master", "-e", `master=${cluster.name(2)}`);
    expect(early.all).to.contain("is a master still");
    expect(early.stdout).not.to.match(/^changed:/m);
    expect(cluster.objects(1, "nodes").map(({ metadata }) => metadata.name)).to.include(cluster.name(2));
    const end = await cluster.write(1);
    await labRebuild({ name: NAME, host: cluster.name(3) });
    await cluster.plays("replace-master", "-e", `master=${cluster.name(3)}`);
    const { etcd, api } = await end();
    expect(cluster.members(3)).to.deep.equal(names(1, 2, 3).map((name) => `${name} started`));
    expect(readyNodes(cluster.objects(3, "nodes"))).to.deep.equal(names(1, 2, 3));
    expect(cluster.says(3, "kubectl get configmap witness --output 'jsonpath={.data.word}'")).to.equal("kept");
    expect({ etcd: etcd.failed, api: api.failed }).to.deep.equal({ etcd: 0, api: 0 });
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
  });

  it("has its data back after all of etcd's was destroyed", async () => {
    cluster.says(1, "kubectl create configmap saved --from-literal=word=back");
    await cluster.plays("backup");
    cluster.says(1, "kubectl create configmap late --from-literal=word=gone");
    for (const number of [1, 2, 3])
      cluster.says(
        number,
        "mv /etc/kubernetes/manifests/etcd.yaml /root; sleep 1; pkill -x etcd; rm -rf /var/lib/etcd/member; mv /root/etcd.yaml /etc/kubernetes/manifests",
      );
    await cluster.plays("restore", "-e", "confirmed=true");
    await cluster.plays("verify");
    expect(cluster.says(2, "kubectl get configmap saved --output 'jsonpath={.data.word}'")).to.equal("back");
    expect(cluster.says(2, "kubectl get configmap late 2>&1")).to.contain("not found");
  });

  it("has its certificates renewed, one master at a time", async () => {
    const serial = (): string => cluster.says(2, "openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -serial");
    const before = serial();
    expect(changesIn(await cluster.plays("rotate-certificates"))).to.deep.equal([]);
    await cluster.plays("rotate-certificates", "-e", "k8s_rotate_days=400");
    expect(serial()).to.not.equal(before);
    await cluster.plays("verify");
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
  });

  it("is upgraded, one node at a time, and writes go on", async () => {
    const other = otherVersion();
    try {
      const wrong = await cluster.play("k8s", ...other.args);
      expect(wrong.all).to.contain("upgrade it by playbooks/upgrade.yml");
      const end = await cluster.write(1);
      await cluster.plays("upgrade", ...other.args);
      const { etcd } = await end();
      const nodes = cluster.objects(1, "nodes");
      expect(nodes.map(({ status }) => status.nodeInfo?.kubeletVersion)).to.deep.equal(
        names(1, 2, 3).map(() => `v${other.version}`),
      );
      expect(nodes.every(({ spec }) => spec.unschedulable !== true)).to.equal(true);
      expect(cluster.says(3, "kubectl version --short | grep Server")).to.contain(other.version);
      expect(etcd.failed).to.equal(0);
      expect(
        changesIn(await cluster.plays("upgrade", ...other.args)).filter((one) => one.includes("k8s : ")),
      ).to.deep.equal([]);
    } finally {
      other.remove();
    }
  });

  it("leaves hosts as they were when it is reset", async () => {
    const asked = await cluster.play("reset");
    expect(asked.all).to.contain("Nothing was changed");
    await labRebuild({ name: NAME, host: cluster.name(5) });
    const fresh = cluster.says(5, TRACES);
    expect(differences(fresh, cluster.says(1, TRACES))).to.include.members([
      "+ package containerd",
      "+ file /etc/kubernetes/admin.conf",
      "+ unit kubelet.service",
    ]);
    await cluster.plays("reset", "-e", "confirmed=true");
    for (const number of [1, 3]) expect(differences(fresh, cluster.says(number, TRACES))).to.deep.equal([]);
  });
});
