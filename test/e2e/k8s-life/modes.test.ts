// The other ways to a cluster: one machine that is one (standalone), and programs as units with versions side by side (binaries).

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { differences, TRACES } from "../host-traces.ts";
import { ClusterRun, readyNodes } from "../k8s/cluster-run.ts";
import { otherVersion } from "../k8s/cluster-version.ts";
import { useLab } from "../lab-fixture.ts";
import { changesIn } from "../role-run.ts";

describe("a machine that is a cluster of its own", function () {
  this.timeout(1_800_000); // The first time, Kubernetes is built.
  let cluster: ClusterRun;
  const lab = useLab({ name: "k8s-solo", count: 1, profile: "kubernetes" });
  before(() => {
    cluster = new ClusterRun(lab);
    cluster.arrange({ masters: [1], workers: [] }, { k8s_mode: "standalone", cluster_name: "solo" });
  });
  after(() => cluster?.remove());

  it("is made of images that were built here, registers with its own apiserver, and runs a pod", async () => {
    const made = await cluster.plays("k8s");
    expect(made.stdout).to.contain("1 nodes are ready, pods and services answer on each of them; etcd has 1 voters");
    expect(readyNodes(cluster.objects(1, "nodes"))).to.deep.equal([cluster.name(1)]);
    const running = cluster.says(1, "crictl pods -q | wc -l");
    expect(Number(running)).to.be.at.least(5); // etcd, apiserver, controller-manager, scheduler, kube-proxy
    expect(cluster.says(1, "ls /etc/kubernetes/manifests").split("\n")).to.deep.equal([
      "etcd.yaml",
      "kube-apiserver.yaml",
      "kube-controller-manager.yaml",
      "kube-proxy.yaml",
      "kube-scheduler.yaml",
    ]);
  });

  it("changes nothing when it is made again", async () => {
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
  });

  it("keeps taints that others gave it, and those that it gives it", async () => {
    const mark = `k8s : Roles and racks of the nodes on ${cluster.name(1)}`;
    const given = (value: string): string[] => [
      "-e",
      JSON.stringify({ k8s_taints: [{ key: "test/given", value, effect: "PreferNoSchedule" }] }),
    ];
    const taints = (): (string | undefined)[] =>
      cluster.objects(1, "nodes").flatMap(({ spec }) => spec.taints?.map(({ key, value }) => `${key}=${value}`));
    cluster.says(1, `kubectl taint node ${cluster.name(1)} test/other=theirs:PreferNoSchedule`);
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
    // What is read of a node that would change is left open.
    const foretold = changesIn(await cluster.plays("k8s", "--check", ...given("1")));
    expect(foretold.filter((line) => !line.startsWith("undecided"))).to.deep.equal([mark]);
    expect(changesIn(await cluster.plays("k8s", ...given("1")))).to.deep.equal([mark]);
    expect(taints()).to.have.members(["test/other=theirs", "test/given=1"]);
    expect(changesIn(await cluster.plays("k8s", ...given("2")))).to.deep.equal([mark]);
    expect(taints()).to.have.members(["test/other=theirs", "test/given=2"]);
    expect(changesIn(await cluster.plays("k8s", ...given("2")))).to.deep.equal([]);
  });

  it("is all there again after a reboot", async () => {
    cluster.says(1, "kubectl create configmap witness --from-literal=word=kept");
    const before = cluster.says(1, "stat -c %Y /proc/1/cmdline; cat /proc/sys/kernel/random/boot_id");
    const started = cluster.says(1, "ps -o lstart= -p 1");
    cluster.says(1, "systemctl reboot");
    for (let waited = 0; waited < 240; waited++) {
      await sleep(1000);
      const now = cluster.says(1, "ps -o lstart= -p 1");
      if (/\d{4}$/.test(now) && now !== started) break;
    }
    expect(cluster.says(1, "ps -o lstart= -p 1"), before).to.not.equal(started);
    await cluster.plays("verify");
    expect(cluster.says(1, "kubectl get configmap witness --output 'jsonpath={.data.word}'")).to.equal("kept");
  });

  it("ends its pods before the machine goes down, which would wait for them", async () => {
    expect(Number(cluster.says(1, "pgrep -c -f containerd-shim"))).to.be.at.least(5);
    cluster.says(1, "systemctl stop kubelet pods-shutdown");
    expect(cluster.says(1, "pgrep -c -f containerd-shim; crictl ps -q")).to.equal("0");
    cluster.says(1, "systemctl start pods-shutdown kubelet");
    await cluster.plays("verify");
  });
});

describe("programs as units", function () {
  this.timeout(1_800_000); // The first time, Kubernetes is built.
  let cluster: ClusterRun;
  let fresh = "";
  const lab = useLab({ name: "k8s-units", count: 2, profile: "kubernetes" });
  before(() => {
    cluster = new ClusterRun(lab);
    cluster.arrange({ masters: [1], workers: [2], etcd: [1] }, { k8s_mode: "binaries", cluster_name: "units" });
    fresh = cluster.says(1, TRACES);
  });
  after(() => cluster?.remove());

  it("make a cluster with an etcd of its own", async () => {
    await cluster.plays("k8s");
    expect(readyNodes(cluster.objects(1, "nodes"))).to.deep.equal([cluster.name(1), cluster.name(2)]);
    const active = cluster.says(
      1,
      "systemctl is-active etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy",
    );
    expect(active.split("\n")).to.deep.equal(Array.from({ length: 6 }, () => "active"));
    expect(cluster.says(2, "readlink /opt/k8s/current")).to.match(/^\/opt\/k8s\/v[\d.]+$/);
  });

  it("change nothing when it is made again", async () => {
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
  });

  it("switch to another version and back", async () => {
    const other = otherVersion(2);
    try {
      await cluster.plays("k8s", ...other.args);
      expect(cluster.says(2, "readlink /opt/k8s/current")).to.equal(`/opt/k8s/v${other.version}`);
      expect(cluster.objects(1, "nodes").map(({ status }) => status.nodeInfo?.kubeletVersion)).to.deep.equal([
        `v${other.version}`,
        `v${other.version}`,
      ]);
      const fact = JSON.parse(cluster.says(1, "cat /etc/ansible/facts.d/k8s.fact")) as { version: string };
      expect(fact.version).to.equal(other.version);
      await cluster.plays("k8s");
      const present = /^k8s_version: *(\S+)/m.exec(readFileSync("inventories/lab/group_vars/all.yml", "utf8"))?.[1];
      expect(cluster.says(1, "readlink /opt/k8s/current")).to.equal(`/opt/k8s/v${present}`);
    } finally {
      other.remove();
    }
  });

  it("leave no trace when they are reset", async () => {
    expect(differences(fresh, cluster.says(1, TRACES))).to.include.members([
      "+ unit kube-apiserver.service",
      "+ unit etcd.service",
    ]);
    await cluster.plays("reset", "-e", "confirmed=true");
    for (const number of [1, 2]) expect(differences(fresh, cluster.says(number, TRACES))).to.deep.equal([]);
  });
});
