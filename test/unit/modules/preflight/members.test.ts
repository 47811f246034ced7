import { expect } from "chai";
import { PURPOSES } from "../../../../engine/modules/preflight/cluster.ts";
import { findings, refusalText } from "../../../../engine/modules/preflight/rules.ts";
import { broken, cluster, facts, host, member, told } from "./healthy.ts";

const BINARIES = { mode: "binaries", source: "tarball" } as const;

describe("preflight", () => {
  it("tells everything that is wrong at once, numbered, with what to do", () => {
    const wanted = broken({ 2: { memoryMib: 900, swaps: ["/swapfile"] }, 4: { systemd: false } }, { version: "1.36" });
    const text = refusalText(findings(wanted));
    expect(text.split("\n")).to.deep.equal([
      "3 things stand in the way of this cluster; nothing was changed:",
      "  1. pi4 is not run by systemd",
      "     → boot it with systemd (package systemd-sysv): all that the roles start are its units",
      "  2. pi2 has 900 MiB of memory; a master needs 1700",
      "     → use a machine with more, make it a worker, or lower preflight_memory_mib if you know that it is enough",
      "  3. k8s_version is `1.36`, which is no whole version",
      '     → write it with three numbers and without a v, in quotes: "1.36.2"',
    ]);
  });

  it("makes findings of ignored rules mere notes", () => {
    const wanted = broken({ 2: { memoryMib: 900 } });
    expect(told(wanted)).to.have.lengthOf(1);
    expect(told(wanted, ["memory"])[0]).to.match(/^\(memory: pi2 has 900 MiB/);
  });

  it("names hosts that could not be looked at: those that do not answer as a note", () => {
    const away = { facts: undefined, unseen: { reason: "connection refused", answers: false } };
    const locked = { facts: undefined, unseen: { reason: "Missing sudo password", answers: true } };
    expect(told(broken({}, {}, { 2: away, 5: away }))).to.deep.equal([
      "(unseen: pi2 and pi5 could not be looked at (connection refused) → what may be wrong there is not told)",
    ]);
    expect(told(broken({}, {}, { 2: locked }))).to.deep.equal([
      "unseen: pi2 could not be looked at (Missing sudo password) → mend what is said there; its user must be able to become root",
    ]);
  });
});

describe("preflight: who votes", () => {
  const few = (count: number) => [1, 2, 3].slice(0, count).map((number) => host(number));

  it("refuses an even number of masters", () => {
    expect(told(cluster({ hosts: [...few(2), host(4)] }))).to.deep.equal([
      "voters: the group masters has 2 hosts (pi1 and pi2), an even number of voters, which bears no more failures than 1 → add one host to the group, or take one out: 1, 3 or 5 masters are good numbers",
    ]);
    expect(told(cluster({ hosts: few(1) }))).to.deep.equal([]);
  });

  it("only notes it where the number is a step on the way or nothing to do with it", () => {
    for (const purpose of ["remove-node", "add-worker", "backup"] as const)
      expect(told(cluster({ hosts: few(2), purpose }))[0]).to.match(/^\(voters: the group masters has 2 hosts/);
  });

  it("refuses groups without hosts", () => {
    expect(told(cluster({ hosts: [host(4)] }))[0]).to.equal(
      "voters: the group masters has no hosts → name the masters in the inventory's group masters",
    );
    expect(told(cluster({ hosts: [], purpose: "nfs" }))[0]).to.match(/^voters: the group nfs has no hosts/);
  });

  it("counts the group etcd where that votes", () => {
    const etcd = few(2).map((one) => ({ ...one, groups: ["etcd"] }));
    expect(told(cluster({ hosts: etcd, purpose: "etcd" }))[0]).to.match(/^voters: the group etcd has 2 hosts/);
    const both = [...etcd, { ...host(3), groups: ["masters"] }];
    expect(told(cluster({ hosts: both, etcd: "external" }))).to.have.lengthOf(1);
  });

  it("does not count masters where the group etcd votes in their place", () => {
    const apart = [...few(2), ...[6, 7, 8].map((number) => member(number))];
    const both = few(2).map((one) => ({ ...one, groups: ["masters", "etcd"] }));
    for (const purpose of PURPOSES.filter((one) => one !== "nfs")) {
      expect(told(cluster({ hosts: apart, etcd: "external", purpose })), purpose).to.deep.equal([]);
      expect(told(cluster({ ...BINARIES, hosts: [...both, member(3)], purpose })), purpose).to.deep.equal([]);
    }
    expect(told(cluster({ ...BINARIES, hosts: both }))).to.deep.equal([
      "voters: the group etcd has 2 hosts (pi1 and pi2), an even number of voters, which bears no more failures than 1 → add one host to the group, or take one out: 1, 3 or 5 etcd members are good numbers",
    ]);
    expect(told(cluster({ hosts: [host(4), member(6)], etcd: "external" }))[0]).to.equal(
      "voters: the group masters has no hosts → name the masters in the inventory's group masters",
    );
  });

  it("wants masters that are units to be members of etcd's own cluster", () => {
    const sentence =
      "voters: pi1 is a master, but not in the group etcd, as k8s_mode binaries needs → make masters children of the group etcd: `etcd: {children: {masters: {}}}`";
    expect(told(cluster({ ...BINARIES, hosts: [host(1), host(4)] }))).to.deep.equal([sentence]);
    // Before it is removed, it leaves etcd.
    expect(told(cluster({ ...BINARIES, hosts: [host(1), member(6)], purpose: "remove-node" }))).to.deep.equal([
      `(${sentence})`,
    ]);
    expect(told(cluster({ ...BINARIES, hosts: [host(1, { groups: ["masters", "etcd"] }), host(4)] }))).to.deep.equal(
      [],
    );
    expect(told(cluster({ mode: "binaries", hosts: [host(1, { groups: ["masters", "etcd"] })] }))[0]).to.match(
      /and k8s_source is packages → set k8s_source to tarball or debian$/,
    );
  });

  it("lets one machine stand alone", () => {
    expect(told(cluster({ hosts: few(1), mode: "standalone" }))).to.deep.equal([]);
    expect(told(cluster({ hosts: [host(1), host(4)], mode: "standalone" }))).to.deep.equal([
      "voters: k8s_mode standalone is for one machine, and the groups masters and workers have 2: pi1 and pi4 → use an inventory for each machine, or k8s_mode kubeadm",
    ]);
  });
});

describe("preflight: names and machines", () => {
  it("refuses names that no node can have", () => {
    const hosts = [{ ...host(1), name: "Pi_1" }];
    expect(told(cluster({ hosts }))[0]).to.match(/^names: Pi_1 cannot be the name of a node → use small letters/);
  });

  it("tells copies of one card by their machine id", () => {
    expect(told(broken({ 2: { machineId: "7".repeat(32) }, 4: { machineId: "7".repeat(32) } }))).to.deep.equal([
      "machine-ids: pi2 and pi4 have the same machine id, as copies of one card have → on pi4: `rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot`",
    ]);
  });

  it("tells two names for one machine from two machines that are alike", () => {
    const same = { ...facts(2), hostname: "pi2" };
    const wanted = cluster({ hosts: [host(1), host(2), { ...host(3), address: "192.168.1.2", facts: same }] });
    expect(told(wanted)).to.deep.equal([
      "same-machine: pi2 and pi3 are one and the same machine → give each its own address in the inventory (ansible_host), or take one of the names out",
    ]);
  });

  it("refuses an address that two hosts have, seen or not", () => {
    const wanted = broken({}, {}, { 3: { address: "192.168.1.2", facts: undefined } });
    expect(told(wanted)[0]).to.equal(
      "addresses: pi2 and pi3 have the same address, 192.168.1.2 → give each its own node_address (or ansible_host) in the inventory",
    );
  });

  it("refuses host names that two hosts have, unless the role rpi gives them others", () => {
    const changes = { 1: { hostname: "raspberrypi" }, 2: { hostname: "raspberrypi" } };
    expect(told(broken(changes))).to.deep.equal([]);
    const sentence =
      "host-names: pi1 and pi2 have the same host name, raspberrypi → give each a name of its own (`hostnamectl set-hostname NAME`, or let the role rpi do it: rpi_hostname)";
    expect(told(broken(changes, {}, { 1: { hostname: "" }, 2: { hostname: "" } }))).to.deep.equal([sentence]);
    expect(told(broken(changes, { purpose: "upgrade" }))).to.deep.equal([sentence]);
  });
});
