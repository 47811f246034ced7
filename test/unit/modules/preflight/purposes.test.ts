// Each rule against each purpose: what refuses, what is only told, what is nobody's business.

import { expect } from "chai";
import {
  type Cluster,
  type ClusterHost,
  PURPOSES,
  type Purpose,
  type RuleName,
} from "../../../../engine/modules/preflight/cluster.ts";
import type { HostFacts } from "../../../../engine/modules/preflight/facts.ts";
import { findings } from "../../../../engine/modules/preflight/rules.ts";
import { broken, cluster, facts, host, joined, member, told } from "./healthy.ts";

type Verdict = "refused" | "told" | "silent";

function verdict(wanted: Cluster, rule: RuleName | "unseen"): Verdict {
  const found = findings(wanted).filter((one) => one.rule === rule);
  if (found.length === 0) return "silent";
  return found.some(({ note }) => !note) ? "refused" : "told";
}

/** `R` refused, `t` told, `-` silent, one for each purpose of a row's head. */
const VERDICTS: Readonly<Record<string, Verdict>> = { R: "refused", t: "told", "-": "silent" };

function checkTable(
  heads: readonly (readonly Purpose[])[],
  rows: readonly (readonly [string, RuleName, string, Cluster])[],
): void {
  for (const [fault, rule, marks, broken] of rows)
    it(`${rule}: ${fault}`, () => {
      for (const [index, purposes] of heads.entries())
        for (const purpose of purposes)
          expect(verdict({ ...broken, purpose }, rule), purpose).to.equal(VERDICTS[marks.split(" ")[index] ?? ""]);
    });
}

const noMends = { mends: { swap: false, memoryCgroup: false, clock: false }, hostname: "" };
/** A living cluster of three masters and two workers, of which the second master has this fault. */
function living(fault: Partial<HostFacts>, more: Partial<Cluster> = {}, other: Partial<ClusterHost> = {}): Cluster {
  const worker = { traces: { authority: "AA:BB" } };
  const second = { ...joined(), ...fault };
  return broken({ 1: joined(), 2: second, 3: joined(), 4: worker, 5: worker }, more, {
    1: { hostname: "" },
    2: { ...noMends, ...other },
  });
}

const traces = (more: HostFacts["traces"]): Partial<HostFacts> => ({ traces: { ...joined().traces, ...more } });
const os = { id: "fedora", like: "", version: "42", name: "Fedora 42" };
const clock = { offset: 42, uncertainty: 0, time: 1_795_000_000 };
const squatter = { port: 10250, address: "*", program: "nginx", pid: 9, unit: "nginx.service" };
const full = { disks: [{ path: "/var/lib/containerd", mount: "/", totalMib: 9000, freeMib: 1 }] };

describe("preflight of a Kubernetes cluster, by what is about to be done", () => {
  const heads: readonly (readonly Purpose[])[] = [
    ["k8s", "add-master", "replace-master"],
    ["add-worker"],
    ["upgrade"],
    ["remove-node", "rotate-certificates"],
    ["backup", "reboot"],
    ["restore"],
    ["reset"],
  ];

  it("has nothing to say of a healthy one", () => {
    for (const purpose of heads.flat()) {
      expect(told(cluster({ purpose })), purpose).to.deep.equal([]);
      expect(told({ ...living({}), purpose }), purpose).to.deep.equal([]);
    }
  });

  it("is checked here for every purpose there is", () => {
    expect([...heads.flat(), "etcd", "nfs"].sort()).to.deep.equal([...PURPOSES].sort());
  });

  checkTable(heads, [
    ["an even number of masters", "voters", "R t t t t t -", cluster({ hosts: [1, 2, 4].map((n) => host(n)) })],
    ["a name that no node can have", "names", "R R R R R R -", living({}, {}, { name: "Pi_2" })],
    ["a name that is not known there", "names", "R R R R R R -", living({ names: { "api.lan": [] } })],
    ["two names for one machine", "same-machine", "R R R R R R R", living({ ...facts(1), traces: joined().traces })],
    ["an address that it has not", "addresses", "R R R R t R -", living({}, {}, { address: "192.168.1.99" })],
    ["a copied card", "machine-ids", "R R R R t t -", living({ machineId: "1".repeat(32) })],
    ["a host name that two have", "host-names", "R R R R t t -", living({ hostname: "pi1" })],
    ["a clock that is wrong", "clocks", "R R R R R R -", living({ clock })],
    ["another system", "system", "R R R R - - -", living({ os })],
    ["32 bits", "architecture", "R R R - - - -", living({ architecture: "armv7l" })],
    ["little memory", "memory", "R R R - - - -", living({ memoryMib: 300 })],
    ["a full disk", "disk", "R R R - - - -", living(full)],
    ["no memory cgroup", "memory-cgroup", "R R R - - - -", living({ cgroup: { version: 2, memory: false } })],
    ["cgroups of version 1", "cgroup-v1", "R R R - - - -", living({ cgroup: { version: 1, memory: true } })],
    ["swap", "swap", "R R R - - - -", living({ swaps: ["/swapfile"] })],
    ["no overlay", "kernel-modules", "R R R - - - -", living({ modules: { overlay: false, br_netfilter: true } })],
    ["a port that is taken", "ports", "R R R - - - -", living({ listeners: [squatter] })],
    ["ranges that overlap", "ranges", "R R R - - - -", living({}, { podSubnet: "10.0.0.0/8" })],
    ["two runtimes", "runtime", "R R R R - - -", living({}, {}, { runtime: "crio" })],
    ["no whole version", "versions", "R R R R - - -", living({}, { version: "1.36" })],
    ["another authority", "foreign-cluster", "R R R R R R t", living(traces({ authority: "CC:DD" }))],
    ["another name of the cluster", "foreign-cluster", "R R R R R R t", living({}, { name: "attic" })],
  ]);

  it("says of a reset that it empties hosts of other clusters as well", () => {
    const foreign = living(traces({ authority: "CC:DD" }), { purpose: "reset" });
    expect(told(foreign)).to.deep.equal([
      "(foreign-cluster: pi2 belongs to another cluster than pi1, pi3, pi4 and pi5: its authority (/etc/kubernetes/pki/ca.crt) is not the same → hosts are emptied whatever they belong to)",
    ]);
  });
});

describe("preflight of an etcd cluster alone, by what is about to be done", () => {
  const heads: readonly (readonly Purpose[])[] = [["etcd"], ["backup"], ["restore"], ["reboot"]];
  const alone = (fault: Partial<HostFacts>, other: Partial<ClusterHost> = {}): Cluster =>
    cluster({ hosts: [member(1), member(2, fault, other), member(3)] });
  const of = (etcdAuthority: string, etcdToken: string): Partial<HostFacts> => ({
    traces: { etcdAuthority, etcdToken },
  });

  it("has nothing to say of a healthy one, nor of settings of a Kubernetes that is not there", () => {
    for (const purpose of heads.flat()) {
      expect(told({ ...alone({}), purpose }), purpose).to.deep.equal([]);
      expect(told({ ...alone({}), purpose, version: "1.36", podSubnet: "none" }), purpose).to.deep.equal([]);
    }
  });

  checkTable(heads, [
    ["an even number of members", "voters", "R t t t", cluster({ hosts: [member(1), member(2)] })],
    ["a name that is not known there", "names", "R R R R", alone({ names: { pi3: [] } })],
    ["two names for one machine", "same-machine", "R R R R", alone({ ...facts(1) })],
    ["an address that it has not", "addresses", "R t R t", alone({}, { address: "192.168.1.99" })],
    ["a copied card", "machine-ids", "R t t t", alone({ machineId: "1".repeat(32) })],
    ["a host name that two have", "host-names", "R t t t", alone({ hostname: "pi1" })],
    ["a clock that is wrong", "clocks", "R R R R", alone({ clock })],
    ["another system", "system", "R - - -", alone({ os })],
    ["32 bits", "architecture", "- - - -", alone({ architecture: "armv7l" })],
    ["little memory", "memory", "R - - -", alone({ memoryMib: 300 })],
    ["a full disk", "disk", "R - - -", alone({ disks: full.disks.map((one) => ({ ...one, path: "/var/lib/etcd" })) })],
    ["no memory cgroup", "memory-cgroup", "- - - -", alone({ cgroup: { version: 2, memory: false } })],
    ["swap", "swap", "- - - -", alone({ swaps: ["/swapfile"] })],
    ["a port that is taken", "ports", "R - - -", alone({ listeners: [{ ...squatter, port: 2379 }] })],
    ["another authority", "foreign-cluster", "R R R R", alone(of("EE:02", "home"))],
    // As an interrupted restore leaves it: restoring again is the remedy.
    ["another cluster's token", "foreign-cluster", "R R - R", alone(of("EE:01", "attic"))],
  ]);

  it("refuses what is only for Kubernetes, and what is for etcd where there is none", () => {
    for (const purpose of ["k8s", "upgrade", "remove-node", "rotate-certificates"] as const)
      expect(told({ ...alone({}), purpose })[0], purpose).to.match(/^voters: the group masters has no hosts → /);
    const workers = cluster({ hosts: [host(4)] });
    for (const purpose of ["backup", "restore"] as const)
      expect(told({ ...workers, purpose })[0], purpose).to.equal(
        "voters: neither the group masters nor the group etcd has hosts → name the hosts that have etcd in one of these groups of the inventory",
      );
    expect(told({ ...workers, purpose: "reboot" })).to.deep.equal([]);
  });
});

describe("preflight of other clusters", () => {
  it("counts masters that are the group etcd once, others apart", () => {
    const both = (...numbers: number[]) => numbers.map((number) => host(number, { groups: ["masters", "etcd"] }));
    const of = (...hosts: ClusterHost[]) =>
      told(cluster({ hosts, purpose: "backup" })).map((line) => line.split(" (")[0]);
    expect(of(...both(1, 2))).to.deep.equal(["(voters: the group masters has 2 hosts"]);
    expect(of(...both(1), member(2), member(3), member(4), host(5))).to.deep.equal([
      "(voters: the group etcd has 4 hosts",
    ]);
  });

  it("compares members of an external etcd whatever is about to be done, and not what calls itself etcd beside stacked masters", () => {
    const strange = { traces: { etcdAuthority: "EE:02", etcdToken: "attic" } };
    const hosts = [host(1), host(2), host(3), member(6), member(7), member(8, strange)];
    for (const purpose of ["k8s", "upgrade", "backup", "reboot"] as const)
      expect(told(cluster({ hosts, purpose, etcd: "external" })), purpose).to.deep.equal([
        "foreign-cluster: pi8 belongs to another etcd cluster than pi6 and pi7 → take the wrong ones out of the group etcd, or let them forget it: `systemctl stop etcd; rm -r /etc/etcd /var/lib/etcd` there",
      ]);
    expect(verdict(cluster({ hosts, purpose: "k8s" }), "foreign-cluster")).to.equal("silent");
  });

  it("warns of a host that does not answer, and refuses one that does not let itself be looked at, for every purpose", () => {
    const unseen = (answers: boolean) => ({ facts: undefined, unseen: { reason: "no", answers } });
    for (const purpose of PURPOSES) {
      expect(verdict({ ...broken({}, {}, { 2: unseen(false) }), purpose }, "unseen"), purpose).to.equal("told");
      expect(verdict({ ...broken({}, {}, { 2: unseen(true) }), purpose }, "unseen"), purpose).to.equal("refused");
    }
  });
});
