import { expect } from "chai";
import type { HostFacts } from "../../../../engine/modules/preflight/facts.ts";
import { broken, cluster, facts, host, joined, told } from "./healthy.ts";

const withTraces = (traces: HostFacts["traces"]): Partial<HostFacts> => ({ traces });

describe("preflight: foreign clusters", () => {
  const sentence =
    "foreign-cluster: pi3 belongs to another cluster than pi1 and pi2: its authority (/etc/kubernetes/pki/ca.crt) is not the same → take the wrong ones out of the inventory, or let them forget it: `tsplay run playbooks/reset.yml -e node=pi3`";

  it("refuses a master whose authority is not that of most", () => {
    expect(told(broken({ 1: joined(), 2: joined(), 3: joined("CC:DD") }))).to.deep.equal([sentence]);
  });

  it("takes the first master's where no majority tells", () => {
    const two = broken({ 2: joined("AA:BB"), 3: joined("CC:DD") });
    expect(told(two)[0]).to.match(/^foreign-cluster: pi3 belongs to another cluster than pi2:/);
  });

  it("takes that of the kubeconfig on the controller before both", () => {
    const wanted = broken({ 1: joined("CC:DD"), 2: joined("CC:DD"), 3: joined("AA:BB") }, { knownAuthority: "AA:BB" });
    expect(told(wanted)[0]).to.match(
      /^foreign-cluster: pi1 and pi2 belong to another cluster than pi3: their authority/,
    );
    expect(told({ ...wanted, knownAuthority: "EE:FF" })[0]).to.match(
      /^foreign-cluster: pi3 belongs to another cluster than pi1 and pi2/,
    );
  });

  it("does not mistake a bare first master, whose machine was replaced, for one", () => {
    expect(told(broken({ 2: joined(), 3: joined(), 4: withTraces({ authority: "AA:BB" }) }))).to.deep.equal([]);
  });

  it("refuses workers of another cluster, and of one without masters here", () => {
    const worker = withTraces({ authority: "CC:DD" });
    expect(told(broken({ 1: joined(), 2: joined(), 3: joined(), 5: worker }))[0]).to.match(
      /^foreign-cluster: pi5 belongs to another/,
    );
    expect(told(broken({ 5: worker }))).to.deep.equal([
      "foreign-cluster: pi5 belongs to a cluster that no host of the group masters is part of → take the wrong ones out of the inventory, or let them forget it: `tsplay run playbooks/reset.yml -e node=pi5`",
    ]);
    const away = { facts: undefined, unseen: { reason: "gone", answers: false } };
    expect(told(broken({ 5: worker }, {}, { 2: away })).filter((line) => line.startsWith("foreign"))).to.deep.equal([]);
  });

  it("refuses a cluster of another name", () => {
    expect(told(broken({ 1: joined(), 2: joined(), 3: joined() }, { name: "lab" }))[0]).to.equal(
      "foreign-cluster: pi1, pi2 and pi3 belong to the cluster home, and cluster_name is lab → set cluster_name to home if that is the one; else use other hosts",
    );
    const named = { ...joined("CC:DD"), traces: { ...joined("CC:DD").traces, clusterName: "attic" } };
    expect(told(broken({ 1: joined(), 2: joined(), 3: named }))[0]).to.match(
      /^foreign-cluster: pi3 belongs to the cluster attic than|^foreign-cluster: pi3 belongs to the cluster attic/,
    );
  });

  it("asks nothing of a machine that stands alone", () => {
    const alone = host(1, { facts: facts(1, joined("CC:DD")) });
    expect(told(cluster({ mode: "standalone", hosts: [alone], knownAuthority: "AA:BB", name: "lab" }))).to.deep.equal(
      [],
    );
  });

  it("refuses members of another etcd cluster", () => {
    const member = (number: number, etcdToken: string, etcdAuthority?: string) =>
      host(number, {
        groups: ["etcd"],
        facts: facts(number, withTraces({ etcdToken, ...(etcdAuthority ? { etcdAuthority } : {}) })),
      });
    const interrupted = [member(1, "home", "AA:BB"), member(2, "home"), member(3, "home")];
    expect(told(cluster({ purpose: "etcd", hosts: interrupted }))).to.deep.equal([]);
    const mixed = [member(1, "home", "AA:BB"), member(2, "home", "AA:BB"), member(3, "home", "CC:DD")];
    expect(told(cluster({ purpose: "etcd", hosts: mixed }))[0]).to.match(/^foreign-cluster: pi3 belongs to another/);
    const hosts = [member(1, "home"), member(2, "attic"), member(3, "home")];
    expect(told(cluster({ purpose: "etcd", hosts }))[0]).to.match(
      /^foreign-cluster: pi2 belongs to another etcd cluster than pi1 and pi3/,
    );
  });
});

describe("preflight: runtimes", () => {
  it("refuses a cluster of two runtimes", () => {
    expect(told(broken({}, {}, { 5: { runtime: "crio" } }))).to.deep.equal([
      "runtime: container_runtime is not the same on all nodes: containerd on pi1, pi2, pi3 and pi4; crio on pi5 → set one container_runtime for all of them",
    ]);
  });

  it("refuses one that does not exist", () => {
    const hosts = [1, 2, 3].map((number) => host(number, { runtime: "podman" }));
    expect(told(cluster({ hosts }))[0]).to.equal(
      "runtime: container_runtime of pi1, pi2 and pi3 is podman, which is none → choose containerd, crio, docker",
    );
  });

  it("refuses a node whose kubelet uses another one", () => {
    const node = { ...joined(), traces: { ...joined().traces, runtimeSocket: "/var/run/crio/crio.sock" } };
    expect(told(broken({ 1: joined(), 2: node, 3: joined() }))).to.deep.equal([
      "runtime: the kubelet of pi2 uses crio, and container_runtime is containerd → set container_runtime to crio, or remove the node, reset it and add it anew",
    ]);
  });

  it("refuses hosts where another one runs beside it, but for the containerd that docker brings", () => {
    expect(told(broken({ 4: { runtimes: ["containerd", "docker"] } }))).to.deep.equal([
      "runtime: pi4 runs docker, and container_runtime is containerd → remove docker (packages docker.io or docker-ce) from it, or set container_runtime to docker",
    ]);
    const hosts = [1, 2, 3].map((number) =>
      host(number, { runtime: "docker", facts: facts(number, { runtimes: ["containerd", "docker"] }) }),
    );
    expect(told(cluster({ hosts }))).to.deep.equal([]);
  });
});

describe("preflight: versions", () => {
  const living = (...versions: string[]) =>
    Object.fromEntries(versions.map((version, index) => [index + 1, joined("AA:BB", version)]));
  const worker = (kubeletVersion: string) => withTraces({ authority: "AA:BB", kubeletVersion });
  const messages = (...args: Parameters<typeof broken>) =>
    told(broken(...args)).map((line) => line.replace(/^versions: /, ""));

  it("leaves an upgrade to the playbook for it, and makes no cluster older", () => {
    expect(messages(living("1.35.4", "1.35.4", "1.35.4"))).to.deep.equal([
      "the cluster runs 1.35.4, and k8s_version is 1.36.2 → upgrade it by playbooks/upgrade.yml, which goes node by node",
    ]);
    expect(messages(living("1.36.2", "1.36.2", "1.36.3"))[0]).to.match(
      /^the cluster runs 1.36.2 to 1.36.3, .* → set k8s_version to 1.36.3/,
    );
    expect(messages(living("1.36.2", "1.36.2", "1.36.2"), { purpose: "add-worker" })).to.deep.equal([]);
    const alone = host(1, { facts: facts(1, joined("AA:BB", "1.35.4")) });
    expect(told(cluster({ mode: "standalone", hosts: [alone] }))).to.deep.equal([]);
  });

  it("upgrades one minor version at a time", () => {
    const upgrade = (version: string, ...present: string[]) =>
      messages(living(...present), { purpose: "upgrade", version });
    expect(upgrade("1.36.2", "1.35.4", "1.35.4", "1.35.4")).to.deep.equal([]);
    expect(upgrade("1.36.2", "1.36.2", "1.35.4", "1.35.4")).to.deep.equal([]);
    expect(upgrade("1.36.2", "1.34.1", "1.34.1", "1.34.1")).to.deep.equal([
      "the cluster runs 1.34.1, and k8s_version is 1.36.2: an upgrade may not leave out a minor version → upgrade to 1.35 first",
    ]);
    expect(upgrade("1.35.1", "1.36.2", "1.36.2", "1.36.2")[0]).to.match(
      /^the cluster runs 1.36.2 already, and k8s_version is 1.35.1/,
    );
  });

  it("knows how far kubelets may lag behind: three minor versions, two before 1.25", () => {
    const present = living("1.35.4", "1.35.4", "1.35.4");
    const upgrade = { purpose: "upgrade", version: "1.36.2" } as const;
    expect(messages({ ...present, 4: worker("1.33.1") }, upgrade)).to.deep.equal([]);
    expect(messages({ ...present, 4: worker("1.32.9") }, upgrade)).to.deep.equal([
      "the kubelet of pi4 is 1.32.9, more than 3 minor versions older than the apiserver's 1.36.2 → upgrade these nodes to the version that the masters have now, then go on",
    ]);
    const old = { purpose: "remove-node", version: "1.26.1" } as const;
    expect(messages({ ...living("1.26.1", "1.26.1", "1.26.1"), 4: worker("1.24.2") }, old)).to.deep.equal([]);
    expect(messages({ ...living("1.26.1", "1.26.1", "1.26.1"), 4: worker("1.23.2") }, old)).to.have.lengthOf(1);
  });

  it("refuses a kubelet that is newer than the apiserver, as unattended upgrades make it", () => {
    const present = { ...living("1.35.4", "1.35.4", "1.35.4"), 5: worker("1.36.2") };
    expect(messages(present, { purpose: "add-worker", version: "1.35.4" })).to.deep.equal([
      "the kubelet of pi5 is 1.36.2, newer than the apiserver's 1.35.4 → install the kubelet of 1.35.4 there again and hold its package (`apt-mark hold kubelet`)",
    ]);
  });

  it("refuses apiservers more than one minor version apart", () => {
    expect(messages(living("1.34.1", "1.36.2", "1.36.2"), { purpose: "remove-node" })[0]).to.match(
      /^the apiservers run 1.34.1 to 1.36.2; they may be one minor version apart →/,
    );
  });

  it("refuses what is no version", () => {
    for (const version of ["v1.36.2", "1.36", "latest"])
      expect(messages({}, { version })[0]).to.match(
        /^k8s_version is `.*`, which is no whole version → write it with three numbers/,
      );
  });
});
