import { expect } from "chai";
import { factGroups, groupsFor } from "../../../engine/facts/collectors.ts";
import { gatherFacts } from "../../../engine/facts/gather.ts";
import { SimulatedHost } from "../simulated-host.ts";

/** A section of the script's output. */
const section = (name: string, text: string): string => `\0tsplay:${name}\0${text}`;

const IP = [
  '[{"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host","label":"lo"},{"family":"inet6","local":"::1","prefixlen":128,"scope":"host"}]},{"ifname":"eth0","addr_info":[{"family":"inet","local":"192.0.2.2","prefixlen":24,"broadcast":"192.0.2.255","scope":"global","label":"eth0"},{"family":"inet","local":"192.0.2.3","prefixlen":24,"scope":"global","label":"eth0:1"},{"family":"inet6","local":"fd00::2","prefixlen":64,"scope":"global"}]}]',
  '[{"dst":"8.8.8.8","gateway":"192.0.2.1","dev":"eth0","prefsrc":"192.0.2.2"}]',
  '[{"dst":"2404:6800:400a:800::1012","gateway":"fd00::1","dev":"eth0","prefsrc":"fd00::2"}]',
  '[{"type":"local","dst":"127.0.0.0/8","dev":"lo"},{"type":"local","dst":"192.0.2.2","dev":"eth0"}]',
].join("\n");

const LINKS = [
  `link\tlo\t772\t65536\t00:00:00:00:00:00\tunknown\t0x9\t${"\t".repeat(10)}`,
  `link\teth0\t1\t1400\t02:fc:00:00:00:01\tup\t0x1103\t-1${"\t".repeat(9)}\tvirtio2\tvirtio_net`,
].join("\n");

function debian(extra: string[] = []): SimulatedHost {
  const host = new SimulatedHost({
    files: {
      "/etc/os-release":
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n',
      "/etc/debian_version": "12.11\n",
      "/etc/hosts": "127.0.0.1 localhost\n127.0.1.1 node1.lan node1\n",
      "/etc/machine-id": "98c78c0fd06847ec83847cca3d289df1\n",
      "/proc/1/comm": "systemd\n",
      "/usr/bin/apt-get": "",
      "/usr/bin/lsb_release": "",
      "/proc/meminfo":
        "MemTotal: 2048000 kB\nMemFree: 1024000 kB\nBuffers: 10240 kB\nCached: 102400 kB\nSwapTotal: 0 kB\n",
      "/proc/cpuinfo":
        "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: 0\nsiblings\t: 2\ncpu cores\t: 2\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: 0\nsiblings\t: 2\ncpu cores\t: 2\n",
      "/proc/mounts": "/dev/sda1 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n/dev/sda1 /a\\040b ext4 rw 0 0\n",
      "/proc/self/mountinfo": "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:1 /sub /a\\040b rw - ext4 /dev/sda1 rw\n",
    },
  });
  host.onRun(() => true, {
    stdout: [
      section("platform", "Linux\tnode1\t6.1.0-30-amd64\tx86_64\n"),
      section("date_time", "1795249966\t966153000\t2026\t11\t21\t08\t32\t46\tSaturday\t6\t46\tUTC\t+0000\n"),
      section("interfaces", `${LINKS}\n${IP}\n`),
      section("mounts", "4096 4096 1000 600 500 400 /\n4096 4096 1000 600 500 400 /a b\n"),
      section("env", "HOME=/root\0LANG=C.UTF-8\0"),
      ...extra,
    ].join(""),
  });
  return host;
}

describe("gathering facts", () => {
  it("needs one command on the host, whatever is asked", async () => {
    const host = debian();
    await gatherFacts(host, {});
    expect(host.counts.run).to.equal(1);
  });

  it("tells distribution, names and managers as Ansible does on Debian", async () => {
    const facts = await gatherFacts(debian(), {});
    expect(facts).to.include({
      distribution: "Debian",
      distribution_version: "12.11",
      distribution_major_version: "12",
      distribution_minor_version: "11",
      distribution_release: "bookworm",
      os_family: "Debian",
      pkg_mgr: "apt",
      service_mgr: "systemd",
      hostname: "node1",
      fqdn: "node1.lan",
      domain: "lan",
      architecture: "x86_64",
      userspace_bits: "64",
    });
  });

  it("describes interfaces, default routes and addresses", async () => {
    const facts = await gatherFacts(debian(), { subset: ["!all", "network"] });
    expect(facts.default_ipv4).to.deep.equal({
      address: "192.0.2.2",
      alias: "eth0",
      broadcast: "192.0.2.255",
      gateway: "192.0.2.1",
      interface: "eth0",
      macaddress: "02:fc:00:00:00:01",
      mtu: 1400,
      netmask: "255.255.255.0",
      network: "192.0.2.0",
      prefix: "24",
      type: "ether",
    });
    expect(facts.default_ipv6).to.include({ address: "fd00::2", gateway: "fd00::1", prefix: "64" });
    expect(facts.all_ipv4_addresses).to.deep.equal(["192.0.2.2", "192.0.2.3"]);
    expect(facts.lo).to.deep.equal({
      active: true,
      device: "lo",
      ipv4: { address: "127.0.0.1", broadcast: "", netmask: "255.0.0.0", network: "127.0.0.0", prefix: "8" },
      ipv6: [{ address: "::1", prefix: "128", scope: "host" }],
      mtu: 65536,
      promisc: false,
      type: "loopback",
    });
    expect(facts.eth0).to.include({ module: "virtio_net", pciid: "virtio2", promisc: true, speed: -1, active: true });
    expect(facts.interfaces).to.include.members(["lo", "eth0", "eth0:1"]);
  });

  it("reads addresses from /proc/net where `ip` is missing", async () => {
    const host = debian();
    host.onRun(() => true, { stdout: section("interfaces", `${LINKS}\n`) });
    host.seed(
      "/proc/net/route",
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n",
    );
    host.seed(
      "/proc/net/fib_trie",
      "Local:\n  |-- 127.0.0.1\n     /32 host LOCAL\n  |-- 192.0.2.2\n     /32 host LOCAL\n",
    );
    host.seed("/proc/net/if_inet6", "fd000000000000000000000000000002 02 40 00 80     eth0\n");
    const facts = await gatherFacts(host, { subset: ["!all", "!min", "network"] });
    expect(facts.default_ipv4).to.include({ address: "192.0.2.2", netmask: "255.255.255.0", broadcast: "192.0.2.255" });
    expect(facts.all_ipv6_addresses).to.deep.equal(["fd00::2"]);
  });

  it("counts processors and memory", async () => {
    const facts = await gatherFacts(debian(), { subset: ["!all", "hardware"] });
    expect(facts).to.include({
      processor_count: 1,
      processor_cores: 2,
      processor_vcpus: 2,
      memtotal_mb: 2000,
      memfree_mb: 1000,
    });
    expect(facts.processor).to.deep.equal(["0", "GenuineIntel", "Xeon", "1", "GenuineIntel", "Xeon"]);
  });

  it("lists mounts of devices with sizes, marks bound ones, and understands spaces in paths", async () => {
    const facts = await gatherFacts(debian(), { subset: ["!all", "mounts"] });
    const mounts = facts.mounts as unknown as Record<string, unknown>[];
    expect(mounts.map((mount) => mount.mount)).to.deep.equal(["/", "/a b"]);
    expect(mounts[0]).to.include({ size_total: 4096000, size_available: 2457600, options: "rw,relatime", uuid: "N/A" });
    expect(mounts[1]?.options).to.equal("rw,bind");
  });

  it("reads local facts as JSON or INI and says what is wrong with others", async () => {
    const file = (path: string, how: string, code: number, text: string, error = ""): string =>
      `\0${path}\0${how}\0${code}\0${error}\0${text}`;
    const host = debian([
      section(
        "local",
        file("/f/x.fact", "run", 0, '{"a": [1]}') +
          file("/f/y.fact", "read", 0, "[sec]\nA=1\nb = two words\n") +
          file("/f/z.fact", "read", 0, "neither") +
          file("/f/w.fact", "run", 3, "", "oops"),
      ),
    ]);
    const warnings: string[] = [];
    const facts = await gatherFacts(host, { subset: ["!all", "local"], warn: (text) => warnings.push(text) });
    expect(facts.local).to.deep.equal({
      x: { a: [1] },
      y: { sec: { a: "1", b: "two words" } },
      z: "error loading facts as JSON or ini - please check content: /f/z.fact",
      w: "Failure executing fact script (/f/w.fact), rc: 3, err: oops",
    });
    expect(warnings).to.have.length(2);
  });

  it("leaves template marks in what the host says alone", async () => {
    const host = debian([section("local", '\0/f/x.fact\0read\x000\0\0{"a": "{{ 1 + 1 }}"}')]);
    expect((await gatherFacts(host, {})).local).to.deep.equal({ x: { a: "{{ 1 + 1 }}" } });
  });
});

describe("choosing facts", () => {
  const names = async (subset: string[]): Promise<string[]> => Object.keys(await gatherFacts(debian(), { subset }));

  it("`!all` leaves the minimum, `!all,!min` nothing", async () => {
    expect(await names(["!all"]))
      .to.include("distribution")
      .and.not.include("memtotal_mb");
    expect(await names(["!all", "!min"])).to.deep.equal(["gather_subset", "module_setup"]);
  });

  it("`!hardware` leaves all but the hardware", async () => {
    expect(await names(["!hardware"]))
      .to.include("default_ipv4")
      .and.not.include("memtotal_mb");
  });

  it("a fact's name stands for its subset", async () => {
    expect(await names(["!all", "!min", "default_ipv4"]))
      .to.include("all_ipv4_addresses")
      .and.not.include("mounts");
  });

  it("refuses an unknown subset by name", async () => {
    let message = "";
    await gatherFacts(debian(), { subset: ["hardwear"] }).catch((error: Error) => {
      message = error.message;
    });
    expect(message).to.contain("Bad subset 'hardwear'");
  });

  it("filters by shell patterns with and without the prefix", async () => {
    const facts = await gatherFacts(debian(), { filter: ["ansible_dist*", "fqdn"] });
    expect(Object.keys(facts)).to.include.members(["distribution", "fqdn"]).and.not.include("hostname");
  });

  it("knows which groups give which facts, with interfaces for what nobody lists", () => {
    expect(groupsFor(["ansible_os_family"])).to.deep.equal(["distribution"]);
    expect(groupsFor(["memtotal_mb", "default_ipv4"])).to.deep.equal(["memory", "interfaces"]);
    expect(groupsFor(["ansible_eth0"])).to.deep.equal(["interfaces"]);
    expect(factGroups.service_mgr).to.deep.equal(["service_mgr"]);
  });

  it("gathers only what the groups need", async () => {
    const host = debian();
    const facts = await gatherFacts(host, { groups: ["pkg_mgr"] });
    expect(facts).to.include({ pkg_mgr: "apt", os_family: "Debian" });
    expect(facts).to.not.have.property("memtotal_mb");
  });
});
