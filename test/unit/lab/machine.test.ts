import { expect } from "chai";
import { describe, it } from "mocha";
import { cgroupMounts, enteringCgroups } from "../../../engine/lab/cgroups.ts";
import { mountsBelow, nspawnInvocation } from "../../../engine/lab/machine.ts";
import { planNetwork } from "../../../engine/lab/network.ts";
import { defaultCacheDir, inventoryDir } from "../../../engine/lab/places.ts";
import { type MachineFacts, missingPackages, unfitness } from "../../../engine/lab/requirements.ts";

const FIT: MachineFacts = {
  platform: "linux",
  userId: 0,
  capabilities: 0x1ffffffffffn,
  overlay: true,
  hasApt: true,
  missing: [],
};

const HOST = { name: "lab-1", address: "10.77.0.11", dir: "/c/hosts/lab-1", machineId: "0f".repeat(16), cgroups: [] };

describe("what a lab needs of the machine", () => {
  it("is there on a Debian machine as root", () => {
    expect(unfitness(FIT)).to.equal(undefined);
  });

  for (const [code, facts] of [
    ["lab-not-linux", { platform: "darwin" }],
    ["lab-not-root", { userId: 1000 }],
    ["lab-not-privileged", { capabilities: 0xa80425fbn }],
    ["lab-no-apt", { hasApt: false, missing: ["mmdebstrap"] }],
  ] as const)
    it(`is refused with ${code} and a way out`, () => {
      const problem = unfitness({ ...FIT, ...facts });
      expect(problem?.code).to.equal(code);
      expect(problem?.hint).to.be.a("string");
    });

  it("names the packages to install where apt is missing", () => {
    const problem = unfitness({ ...FIT, hasApt: false, missing: ["ssh", "ssh-keygen", "systemd-nspawn"] });
    expect(problem?.hint).to.match(/openssh-client, systemd-container/);
  });

  it("can be installed where only packages are missing, each named once", () => {
    const facts = { ...FIT, missing: ["ssh", "ssh-keygen", "ip"] };
    expect(unfitness(facts)).to.equal(undefined);
    expect(missingPackages(facts)).to.deep.equal(["iproute2", "openssh-client"]);
  });
});

describe("a lab host's container", () => {
  const lab = { network: planNetwork("lab", [], "ACCEPT"), profile: "plain" as const };

  it("is told to use cgroup v2 where the machine mixes both versions", () => {
    const { environment } = nspawnInvocation(HOST, lab, { systemd: false, unifiedCgroups: false });
    expect(environment).to.deep.equal({ SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" });
    expect(nspawnInvocation(HOST, lab, { systemd: true, unifiedCgroups: true }).environment).to.deep.equal({});
  });

  it("asks the machine's systemd for a scope of its own, and does without where there is none", () => {
    const words = (systemd: boolean) => nspawnInvocation(HOST, lab, { systemd, unifiedCgroups: true }).argv;
    expect(words(true)).to.not.include("--keep-unit");
    expect(words(false)).to.include("--keep-unit");
  });

  it("enters its own cgroups before it starts", () => {
    const mountinfo = [
      "32 27 0:28 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu",
      "40 27 0:36 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd",
      "41 27 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
    ].join("\n");
    expect(cgroupMounts(mountinfo)).to.deep.equal(["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]);
    expect(enteringCgroups(["/g/a", "/g/b"], ["nspawn", "x y"]).slice(3)).to.deep.equal([
      "sh",
      "/g/a",
      "/g/b",
      "--",
      "nspawn",
      "x y",
    ]);
    expect(enteringCgroups([], ["nspawn"])).to.deep.equal(["nspawn"]);
  });

  it("has its mounts found innermost first, also below names with blanks, and no neighbour's", () => {
    const mountinfo = ["/c/my\\040lab/root", "/c/my\\040lab/root/proc", "/c/my\\040lab2/root", "/"]
      .map((path, index) => `${index} 1 0:1 / ${path} rw - tmpfs tmpfs rw`)
      .join("\n");
    expect(mountsBelow("/c/my lab", mountinfo)).to.deep.equal(["/c/my lab/root/proc", "/c/my lab/root"]);
  });
});

describe("places of a lab", () => {
  it("are under the user's cache folder, a relative one being ignored as the specification says", () => {
    expect(defaultCacheDir({ XDG_CACHE_HOME: "/cache" })).to.equal("/cache/tsplay/lab");
    expect(defaultCacheDir({ XDG_CACHE_HOME: "cache" })).to.match(/^\/.*\/\.cache\/tsplay\/lab$/);
  });

  it("have an inventory for each name that cannot be mistaken for the user's own", () => {
    expect(inventoryDir("/p", "lab")).to.equal("/p/inventories/lab");
    expect(inventoryDir("/p", "home")).to.equal("/p/inventories/lab-home");
  });
});
