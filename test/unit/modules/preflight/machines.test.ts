import { expect } from "chai";
import type { ClockReading } from "../../../../engine/modules/preflight/facts.ts";
import { broken, cluster, facts, host, joined, told } from "./healthy.ts";

const clock = (offset: number, uncertainty = 0.02): { clock: ClockReading } => ({
  clock: { offset, uncertainty, time: 1_795_000_000 + offset },
});
const unmanaged = { mends: { swap: false, memoryCgroup: false, clock: false } };

describe("preflight: clocks", () => {
  it("compares hosts with one another, not with the controller", () => {
    const all = Object.fromEntries([1, 2, 3, 4, 5].map((number) => [number, clock(-7200)]));
    expect(told(broken(all))).to.deep.equal([
      "(clocks: the hosts' clocks agree, but are 2 h behind this controller's → one of the two is wrong; certificates that are made now carry the hosts' time)",
    ]);
  });

  it("names the host whose clock differs from those of most, and by how much", () => {
    expect(told(broken({ 1: clock(42) }, {}, { 1: unmanaged }))).to.deep.equal([
      "clocks: the clock of pi1 is 42.0 s ahead of those of pi2, pi3, pi4 and pi5 → let pi1 keep its time (`timedatectl set-ntp true`, or chrony) and wait until it is right; certificates and etcd need the same time everywhere",
    ]);
    const two = {
      hosts: [1, 2].map((number) => host(number, { ...unmanaged, facts: facts(number, clock(-90 * number)) })),
    };
    expect(told(cluster({ ...two, purpose: "upgrade" }))[1]).to.match(
      /^clocks: the clock of pi2 is 90\.0 s behind that of pi1/,
    );
  });

  it("allows for the time that a question and its answer take", () => {
    expect(told(broken({ 2: clock(3, 0.02) }, {}, { 2: unmanaged }))).to.have.lengthOf(1);
    expect(told(broken({ 2: clock(3, 1.5) }, {}, { 2: unmanaged }))).to.deep.equal([]);
  });

  it("only notes on a bare host what the role rpi sets right, but not under a member of a cluster", () => {
    expect(told(broken({ 2: clock(42) }))[0]).to.match(/^\(clocks: .* → the role rpi sets it right\)$/);
    const living = { 1: joined(), 2: { ...joined(), ...clock(42) }, 3: joined() };
    expect(told(broken(living))[0]).to.match(/^clocks: the clock of pi2 is 42\.0 s ahead/);
  });

  it("knows that nobody lives in 1970", () => {
    const past = { clock: { offset: 0, uncertainty: 0.1, time: 5000 } };
    const hosts = [1, 2, 3].map((number) => host(number, { ...unmanaged, facts: facts(number, past) }));
    expect(told(cluster({ hosts }))[0]).to.match(
      /^clocks: the clock of pi1, pi2 and pi3 says 1970-01-01, which is long past/,
    );
  });
});

describe("preflight: machines", () => {
  it("refuses systems that the roles do not know", () => {
    const os = (id: string, version: string, like = "") => ({ os: { id, like, version, name: `${id} ${version}` } });
    expect(
      told(
        broken({
          1: os("fedora", "42"),
          2: os("debian", "10"),
          3: os("raspbian", "12"),
          4: os("ubuntu", "24.04", "debian"),
        }),
      ),
    ).to.deep.equal([
      "system: pi1 runs fedora 42, which is not of Debian's family → install Raspberry Pi OS, Debian or Ubuntu on it",
      "system: pi2 runs debian 10, which is too old → upgrade it to debian 11 or later",
    ]);
    expect(told(broken({ 1: os("linuxmint", "22", "ubuntu debian") }))).to.deep.equal([]);
  });

  it("knows that 32-bit systems have had no images since 1.27", () => {
    const old = { 4: { architecture: "armv7l" } };
    expect(told(broken(old))).to.deep.equal([
      "architecture: pi4 has a 32-bit system, for which Kubernetes has had no images since 1.27 → install a 64-bit system (a Pi 3 and later can run one), or set k8s_version to 1.26 or older",
    ]);
    expect(told(broken(old, { version: "1.26.15" }))).to.deep.equal([]);
    expect(told(broken(old, { source: "debian" }))).to.deep.equal([]);
  });

  it("asks for memory by what a host is", () => {
    const small = { 3: { memoryMib: 906 }, 4: { memoryMib: 906 }, 5: { memoryMib: 420 } };
    expect(told(broken(small)).map((line) => line.split(" → ")[0])).to.deep.equal([
      "memory: pi3 has 906 MiB of memory; a master needs 1700",
      "memory: pi5 has 420 MiB of memory; a worker needs 700",
    ]);
    expect(told(broken(small, { purpose: "backup" }))).to.deep.equal([]);
  });

  it("asks for free room on the file system that is filled, and for less where a node is there", () => {
    const full = (freeMib: number) => ({
      disks: [
        { path: "/var/lib/containerd", mount: "/mnt/ssd", totalMib: 9000, freeMib },
        { path: "/var/lib/etcd", mount: "/", totalMib: 9000, freeMib: 900 },
      ],
    });
    expect(told(broken({ 1: full(2000), 4: full(2000) })).map((line) => line.split(" → ")[0])).to.deep.equal([
      "disk: pi1 has 2000 MiB free on /mnt/ssd (for /var/lib/containerd); a master needs 4096",
      "disk: pi1 has 900 MiB free on / (for /var/lib/etcd); a master needs 1024",
      "disk: pi4 has 2000 MiB free on /mnt/ssd (for /var/lib/containerd); a worker needs 3072",
    ]);
    expect(told(broken({ 1: { ...joined(), ...full(2000) } }))).to.deep.equal([]);
  });

  it("tells the remedy for a missing memory cgroup, which differs with the machine", () => {
    const none = { cgroup: { version: 2 as const, memory: false } };
    const line = (more: object, purpose: "k8s" | "upgrade" = "k8s") =>
      told(broken({ 2: { ...none, ...more } }, { purpose }))[0];
    const file = (enablesMemory: boolean) => ({ bootFile: { path: "/boot/firmware/cmdline.txt", enablesMemory } });
    expect(line(file(false))).to.equal(
      "(memory-cgroup: pi2 has no memory cgroup, without which no kubelet starts → the role rpi writes cgroup_enable=memory into /boot/firmware/cmdline.txt and reboots)",
    );
    expect(line(file(false), "upgrade")).to.equal(
      "memory-cgroup: pi2 has no memory cgroup, without which no kubelet starts → add cgroup_enable=memory cgroup_memory=1 to the one line of /boot/firmware/cmdline.txt, and reboot",
    );
    expect(line(file(true), "upgrade")).to.match(/→ \/boot\/firmware\/cmdline.txt asks for it already: reboot$/);
    expect(line({ bootFile: undefined, model: undefined })).to.match(
      /^memory-cgroup: .* → boot with cgroup_enable=memory, or with/,
    );
    expect(line({ container: "lxc" })).to.match(/→ a container's machine must give it the controller \(lxc\)$/);
  });

  it("refuses cgroups of version 1 for a kubelet that does", () => {
    const v1 = { 2: { cgroup: { version: 1 as const, memory: true } } };
    expect(told(broken(v1))[0]).to.match(
      /^cgroup-v1: pi2 has cgroups of version 1, which the kubelet refuses since 1.35 →/,
    );
    expect(told(broken(v1, { version: "1.34.1" }))).to.deep.equal([]);
    expect(told(broken(v1, { allowsCgroupV1: true }))).to.deep.equal([]);
  });

  it("refuses swap where nobody turns it off", () => {
    const on = { 2: { swaps: ["/dev/zram0", "/var/swap"] } };
    expect(told(broken(on))).to.deep.equal([]);
    expect(told(broken(on, {}, { 2: unmanaged }))[0]).to.match(
      /^swap: pi2 has swap on \(\/dev\/zram0 and \/var\/swap\), with which/,
    );
    expect(told(broken(on, { purpose: "upgrade" }))).to.have.lengthOf(1);
    expect(told(broken(on, { purpose: "upgrade", allowsSwap: true }))).to.deep.equal([]);
  });

  it("refuses kernels without the modules that are needed", () => {
    const bare = { 2: { modules: { overlay: false, br_netfilter: false } } };
    expect(told(broken(bare)).map((line) => line.split(" → ")[0])).to.deep.equal([
      "kernel-modules: pi2 cannot load the kernel module overlay, which containers' file systems are made with",
      "kernel-modules: pi2 cannot load the kernel module br_netfilter, without which pods cannot reach services on their own host",
    ]);
    expect(told(broken(bare, { network: "cilium" }))).to.have.lengthOf(1);
  });
});
