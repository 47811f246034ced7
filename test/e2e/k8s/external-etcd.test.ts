// Masters whose etcd is a cluster of its own, here and there on the same machines: it grows and shrinks beneath them, and data
// comes back. Two masters, as masters that are no voters may be even in number.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { useLab } from "../lab-fixture.ts";
import { changesIn } from "../role-run.ts";
import { ClusterRun, readyNodes } from "./cluster-run.ts";

describe("a cluster whose etcd is one of its own", function () {
  this.timeout(1_800_000); // The first time, Kubernetes is built.
  let cluster: ClusterRun;
  const lab = useLab({ name: "k8s-etcd", count: 3, profile: "kubernetes" });
  const settings = { k8s_etcd: "external", cluster_name: "apart" };
  // Former members stay in the inventory, so that playbooks can stop them.
  const arrange = (...etcd: number[]): void =>
    cluster.arrange({ masters: [1, 2], workers: [], etcd, machines: [1, 2, 3] }, settings);
  before(() => {
    cluster = new ClusterRun(lab);
    arrange(3);
  });
  after(() => cluster?.remove());

  /** Which etcd a master's apiserver runs with: numbers of hosts. */
  const used = (number: number): number[] => {
    const flags = cluster.says(number, "tr '\\0' '\\n' < /proc/$(pgrep -xo kube-apiserver)/cmdline");
    const servers = /^--etcd-servers=(.*)$/m.exec(flags)?.[1] ?? "";
    const addresses = lab().hosts.map(({ address }) => `https://${address}:2379`);
    return servers.split(",").map((one) => addresses.indexOf(one) + 1);
  };

  it("is made, with masters that have no member and no key but their own", async () => {
    const made = await cluster.plays("k8s");
    expect(made.stdout).to.contain("etcd has 1 voters");
    expect(readyNodes(cluster.objects(1, "nodes"))).to.deep.equal([cluster.name(1), cluster.name(2)]);
    expect([used(1), used(2)]).to.deep.equal([[3], [3]]);
    const here = "ls /etc/kubernetes/manifests/etcd.yaml /etc/kubernetes/pki/etcd /var/lib/etcd/member 2> /dev/null";
    expect(cluster.says(1, here)).to.equal("/etc/kubernetes/pki/etcd:\nca.crt");
    const key = "sha256sum < /etc/kubernetes/pki/apiserver-etcd-client.key";
    expect(cluster.says(1, key)).to.not.equal(cluster.says(2, key));
    expect(cluster.says(3, "ls /etc/kubernetes 2>&1")).to.contain("No such file");
  });

  it("changes nothing when it is made again", async () => {
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
  });

  it("has members of etcd added, of which apiservers are told", async () => {
    arrange(1, 2, 3);
    const grown = await cluster.plays("k8s");
    expect(grown.stdout).to.contain("etcd has 3 voters");
    expect([used(1), used(2)]).to.deep.equal([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it("does not let go of a master that is a member still", async () => {
    const refused = await cluster.play("remove-node", "-e", `node=${cluster.name(2)}`);
    expect(refused.all).to.contain("belongs to the group etcd too");
    expect(readyNodes(cluster.objects(1, "nodes"))).to.contain(cluster.name(2));
  });

  it("has members removed, and stays verified before apiservers know and after", async () => {
    arrange(1);
    await cluster.plays("etcd", "-e", "etcd_remove_absent=true");
    await cluster.plays("verify");
    const shrunk = await cluster.plays("k8s");
    expect(shrunk.stdout).to.contain("etcd has 1 voters");
    expect([used(1), used(2)]).to.deep.equal([[1], [1]]);
    expect(cluster.says(3, "systemctl is-active etcd; ls /var/lib/etcd/default")).to.equal("inactive");
  });

  it("has its data back from a backup, in which the authorities of the masters are too", async () => {
    cluster.says(1, "kubectl create configmap saved --from-literal=word=back");
    await cluster.plays("backup");
    const backups = join(cluster.inventory, ".cluster/backups");
    const [backup = ""] = readdirSync(backups).filter((name) => name.startsWith("own-"));
    const saved = readFileSync(join(backups, backup, "kubernetes/ca.key"), "utf8");
    expect(saved.trim()).to.equal(cluster.says(2, "cat /etc/kubernetes/pki/ca.key"));
    cluster.says(1, "kubectl create configmap late --from-literal=word=gone");
    await cluster.plays("restore", "-e", "confirmed=true");
    expect(cluster.says(2, "kubectl get configmap saved --output 'jsonpath={.data.word}'")).to.equal("back");
    expect(cluster.says(2, "kubectl get configmap late 2>&1")).to.contain("not found");
  });

  it("has the client's certificate renewed with the others", async () => {
    const serials = (): string[] =>
      [1, 2].map((number) =>
        cluster.says(number, "openssl x509 -in /etc/kubernetes/pki/apiserver-etcd-client.crt -noout -serial"),
      );
    const before = serials();
    await cluster.plays("rotate-certificates", "-e", "k8s_rotate_days=400");
    for (const [at, serial] of serials().entries())
      expect(serial)
        .to.match(/^serial=/)
        .and.not.equal(before[at]);
    await cluster.plays("verify");
  });
});
