// Masters whose etcd is a cluster of its own, here and there on the same machines: it grows and shrinks beneath them, and data
// comes back. One master or two, as masters that are no voters may be even in number: they come, die and go while a client writes.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { labKill, labRebuild } from "../../../engine/lab/lab.ts";
import { ClusterRun, readyNodes } from "../k8s/cluster-run.ts";
import { type OtherVersion, otherVersion } from "../k8s/cluster-version.ts";
import { useLab } from "../lab-fixture.ts";
import { changesIn } from "../role-run.ts";

const NAME = "k8s-etcd";

describe("a cluster whose etcd is one of its own", function () {
  this.timeout(1_800_000); // The first time, Kubernetes is built.
  let cluster: ClusterRun;
  const lab = useLab({ name: NAME, count: 3, profile: "kubernetes" });
  const settings = { k8s_etcd: "external", cluster_name: "apart" };
  // Former members stay in the inventory, so that playbooks can stop them.
  const arrange = (masters: number[], etcd: number[], workers: number[] = []): void =>
    cluster.arrange({ masters, workers, etcd, machines: [1, 2, 3] }, settings);
  let other: OtherVersion | undefined;
  before(() => {
    cluster = new ClusterRun(lab);
    arrange([1], [3]);
  });
  after(() => {
    other?.remove();
    cluster?.remove();
  });
  const names = (...numbers: number[]): string[] => numbers.map((number) => cluster.name(number));
  const nodes = (): string[] => readyNodes(cluster.objects(1, "nodes"));
  /** Plays it while a client writes through the API, of whose writes none may fail. */
  const playsUnderWrites = async (playbook: string, ...args: string[]): Promise<void> => {
    const end = await cluster.write(1, "api");
    const finished = await cluster.play(playbook, ...args);
    const { api } = await end();
    expect(finished.code, finished.all).to.equal(0);
    expect(api.failed, `of ${api.writes} writes`).to.equal(0);
    expect(api.writes).to.be.greaterThan(50);
  };

  /** Which etcd a master's apiserver runs with: numbers of hosts. */
  const used = (number: number): number[] => {
    const flags = cluster.says(number, "tr '\\0' '\\n' < /proc/$(pgrep -xo kube-apiserver)/cmdline");
    const servers = /^--etcd-servers=(.*)$/m.exec(flags)?.[1] ?? "";
    const addresses = lab().hosts.map(({ address }) => `https://${address}:2379`);
    return servers.split(",").map((one) => addresses.indexOf(one) + 1);
  };

  it("is made, with a master that has no member", async () => {
    const made = await cluster.plays("k8s");
    expect(made.stdout).to.contain("etcd has 1 voters");
    expect(nodes()).to.deep.equal(names(1));
    expect(used(1)).to.deep.equal([3]);
    const here = "ls /etc/kubernetes/manifests/etcd.yaml /etc/kubernetes/pki/etcd /var/lib/etcd/member 2> /dev/null";
    expect(cluster.says(1, here)).to.equal("/etc/kubernetes/pki/etcd:\nca.crt");
    expect(cluster.says(3, "ls /etc/kubernetes 2>&1")).to.contain("No such file");
  });

  it("takes in a second master without a failed write, its names into the first one's certificate, its key from nobody", async () => {
    arrange([1, 2], [3]);
    await playsUnderWrites("add-master");
    expect(nodes()).to.deep.equal(names(1, 2));
    expect([used(1), used(2)]).to.deep.equal([[3], [3]]);
    for (const number of [1, 2])
      expect(
        cluster.says(number, "openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -ext subjectAltName"),
      ).to.contain(`DNS:${cluster.name(2)}`);
    const key = "sha256sum < /etc/kubernetes/pki/apiserver-etcd-client.key";
    expect(cluster.says(1, key)).to.not.equal(cluster.says(2, key));
  });

  it("has a master replaced whose machine died, and changes nothing when it is made again", async () => {
    cluster.says(1, "kubectl create configmap witness --from-literal=word=kept");
    await labKill({ name: NAME, host: cluster.name(2) });
    await labRebuild({ name: NAME, host: cluster.name(2) });
    await playsUnderWrites("replace-master", "-e", `master=${cluster.name(2)}`);
    expect(nodes()).to.deep.equal(names(1, 2));
    expect(used(2)).to.deep.equal([3]);
    expect(cluster.says(2, "kubectl get configmap witness --output 'jsonpath={.data.word}'")).to.equal("kept");
    expect(changesIn(await cluster.plays("k8s"))).to.deep.equal([]);
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

  it("has members of etcd added, of which apiservers are told", async () => {
    arrange([1, 2], [1, 2, 3]);
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
    expect(nodes()).to.contain(cluster.name(2));
  });

  it("has members removed, and stays verified before apiservers know and after", async () => {
    arrange([1, 2], [1]);
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

  it("is upgraded, one master at a time, and writes go on", async () => {
    other = otherVersion();
    const { version, args } = other;
    await playsUnderWrites("upgrade", ...args);
    expect(cluster.objects(1, "nodes").map(({ status }) => status.nodeInfo?.kubeletVersion)).to.deep.equal([
      `v${version}`,
      `v${version}`,
    ]);
    expect(cluster.says(2, "kubectl version --short | grep Server")).to.contain(version);
  });

  it("lets one of two masters go without a failed write", async () => {
    const { args = [] } = other ?? {};
    const all = await cluster.play("remove-node", ...args, "-e", `node=${names(1, 2).join(",")}`);
    expect(all.all).to.contain("there would be no master");
    await playsUnderWrites("remove-node", ...args, "-e", `node=${cluster.name(2)}`);
    expect(cluster.objects(1, "nodes").map(({ metadata }) => metadata.name)).to.deep.equal(names(1));
    expect(cluster.says(2, "ls -d /etc/kubernetes /var/lib/kubelet/* 2>/dev/null; pgrep -l kube")).to.equal("");
  });

  it("takes in its machine as a worker, changes nothing when it is made again, and lets the worker go", async () => {
    const { args = [] } = other ?? {};
    arrange([1], [1], [2]);
    await cluster.plays("add-worker", ...args);
    expect(nodes()).to.deep.equal(names(1, 2));
    expect(changesIn(await cluster.plays("k8s", ...args))).to.deep.equal([]);
    await cluster.plays("remove-node", ...args, "-e", `node=${cluster.name(2)}`);
    expect(cluster.objects(1, "nodes").map(({ metadata }) => metadata.name)).to.deep.equal(names(1));
  });
});
