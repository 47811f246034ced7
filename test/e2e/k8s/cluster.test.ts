// A cluster of three masters from bare hosts: foretold, made, verified, made again.

import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { useLab } from "../lab-fixture.ts";
import { changesIn } from "../role-run.ts";
import { ClusterRun, readyNodes } from "./cluster-run.ts";

const NAME = "k8s-test";

describe("the cluster that k8s.yml makes", function () {
  this.timeout(1_800_000); // The first time, Kubernetes is built.
  let cluster: ClusterRun;
  const lab = useLab({ name: NAME, count: 3, profile: "kubernetes" });
  before(() => {
    cluster = new ClusterRun(lab);
    cluster.arrange({ masters: [1, 2, 3], workers: [] });
    return cluster.plays("artifacts");
  });
  after(() => cluster?.remove());
  const names = (...numbers: number[]): string[] => numbers.map((number) => cluster.name(number));
  let foretold: string[] = [];

  it("is foretold on bare hosts, which stay bare", async () => {
    foretold = changesIn(await cluster.plays("k8s", "--check", "--diff"));
    expect(foretold.length).to.be.greaterThan(100);
    expect(
      cluster.says(1, "ls -d /etc/kubernetes /etc/containerd /usr/local/bin/kubeadm 2>&1 | grep -v 'No such' | wc -l"),
    ).to.equal("0");
  });

  it("changes nothing that was not foretold, and everything that was", async () => {
    const changed = changesIn(await cluster.plays("k8s"));
    const undecided = new Set(
      foretold.filter((one) => one.startsWith("undecided ")).map((one) => one.slice("undecided ".length)),
    );
    const certain = foretold.filter((one) => !one.startsWith("undecided "));
    expect(
      certain.filter((one) => !changed.includes(one)),
      "foretold, but not changed",
    ).to.deep.equal([]);
    expect(
      changed.filter((one) => !certain.includes(one) && !undecided.has(one)),
      "changed, but not foretold",
    ).to.deep.equal([]);
    expect(undecided.size).to.be.lessThan(certain.length / 2);
  });

  it("has three masters that are ready and three voters, as Kubernetes' and etcd's own tools see them", () => {
    const nodes = cluster.objects(1, "nodes");
    expect(readyNodes(nodes)).to.deep.equal(names(1, 2, 3));
    expect(nodes.every(({ metadata }) => "node-role.kubernetes.io/control-plane" in (metadata.labels ?? {}))).to.equal(
      true,
    );
    expect(cluster.members(2)).to.deep.equal(names(1, 2, 3).map((name) => `${name} started`));
  });

  it("is verified, and changes nothing when it is made again", async () => {
    expect(changesIn(await cluster.plays("verify"))).to.deep.equal([]);
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
  });

  it("uses each node's own load balancer in its kubelets, controllers and schedulers", () => {
    for (const number of [1, 2, 3])
      expect(
        cluster.says(
          number,
          "cd /etc/kubernetes; grep -h server: kubelet.conf controller-manager.conf scheduler.conf | sort -u",
        ),
      ).to.match(/^server: https:\/\/api\.lab\.internal:8443$/);
  });

  it("is rebooted, one node at a time, each taking pods again, and has lost nothing", async () => {
    const boots = (): string[] =>
      [1, 2, 3].map((number) => cluster.says(number, "cat /proc/sys/kernel/random/boot_id"));
    cluster.says(1, "kubectl create configmap witness --from-literal=word=kept");
    const before = boots();
    await cluster.plays("reboot");
    for (const [index, boot] of boots().entries())
      expect(boot)
        .to.match(/^[0-9a-f-]{36}$/)
        .and.not.equal(before[index]);
    const nodes = cluster.objects(2, "nodes");
    expect(readyNodes(nodes)).to.deep.equal(names(1, 2, 3));
    expect(nodes.filter(({ spec }) => spec.unschedulable)).to.deep.equal([]);
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
    expect(cluster.says(3, "kubectl get configmap witness --output 'jsonpath={.data.word}'")).to.equal("kept");
  });
});
