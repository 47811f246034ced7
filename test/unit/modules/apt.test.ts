import { expect } from "chai";
import { Undecided } from "../../../engine/core/unknown.ts";
import type { Prediction, Predictions } from "../../../engine/host/prediction.ts";
import { parseSteps } from "../../../engine/modules/apt-get.ts";
import { compareVersions } from "../../../engine/modules/debian-version.ts";
import type { AnyModule } from "../../../engine/modules/module.ts";
import { findModule } from "../../../engine/modules/registry.ts";
import { messageOf } from "../../failure.ts";
import { planAndApply, planOnly } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

const apt = findModule("apt") as AnyModule;
const row = (name: string, version: string, state = "installed", provides = ""): string =>
  [
    name,
    "amd64",
    version,
    state === "installed" ? "install" : "deinstall",
    state,
    provides,
    name,
    "",
    "utils",
    "optional",
  ].join("\t");
const PACKAGES = [
  row("tzdata", "2025b-0+deb12u1"),
  row("mawk", "1.3.4", "installed", "awk"),
  row("nano", "7.2-1", "config-files"),
].join("\n");

const INSTALL_TREE = `NOTE: This is only a simulation!
Reading package lists...
The following NEW packages will be installed:
  tree
0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.
Inst tree (2.1.0-1 Debian:12.11/stable [amd64])
Conf tree (2.1.0-1 Debian:12.11/stable [amd64])
`;
const DONE = "0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.\nSetting up tree (2.1.0-1) ...\n";
const NOTHING = "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n";

function debian(packages = PACKAGES): SimulatedHost {
  const host = new SimulatedHost({
    files: { "/var/lib/dpkg/status": packages, "/var/lib/apt/lists/x_Packages": "", "/usr/sbin/apt-something": "" },
  });
  host.onRun(/^dpkg-query/, () => ({ stdout: `${host.text("/var/lib/dpkg/status")}\n` }));
  host.onRun(/^apt-get -s .*install tree/, { stdout: INSTALL_TREE });
  host.onRun(/^apt-get -y .*install tree/, () => {
    host.seed("/var/lib/dpkg/status", `${PACKAGES}\n${row("tree", "2.1.0-1")}`);
    return { stdout: DONE };
  });
  return host;
}

const given = (...all: Prediction[]): { predictions: Predictions } => ({
  predictions: { of: (kind) => all.filter((one) => one.kind === kind) as never },
});

describe("apt", () => {
  it("does not start apt for packages that are there, and asks dpkg only once while its database stays the same", async () => {
    const host = debian();
    for (const _ of [1, 2, 3]) expect((await planAndApply(apt, { name: "tzdata" }, host)).changed).to.equal(false);
    expect(host.commands.filter((command) => command.startsWith("apt"))).to.deep.equal([]);
    expect(host.commands.filter((command) => command.startsWith("dpkg-query"))).to.have.length(1);
  });

  it("installs what is missing in one transaction, tells versions before, and is done the second time", async () => {
    const host = debian();
    const first = await planAndApply(apt, { name: ["tree", "tzdata"] }, host);
    expect(first.changed).to.equal(true);
    expect(first.diff).to.deep.equal([{ prepared: "+ tree 2.1.0-1\n" }]);
    expect(first.predictions).to.deep.equal([{ kind: "package", name: "tree", version: "2.1.0-1" }]);
    expect(host.commands.at(-1)).to.equal(
      "apt-get -y -o APT::Status-Fd=2 -q -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install tree",
    );
    expect((await planAndApply(apt, { name: ["tree", "tzdata"] }, host)).changed).to.equal(false);
  });

  it("asks no questions, in a locale whose messages it can read", async () => {
    const host = debian();
    await planAndApply(apt, { name: "tree" }, host);
    expect(host.requests.at(-1)?.env).to.include({ DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" });
  });

  it("takes versions with patterns and lower limits", async () => {
    const host = debian();
    expect((await planOnly(apt, { name: "tzdata=2025*" }, host)).changed).to.equal(false);
    expect((await planOnly(apt, { name: "tzdata>=2024a" }, host)).changed).to.equal(false);
    expect(await messageOf(planOnly(apt, { name: "tree>=9" }, host))).to.equal(
      "no available installation candidate for tree>=9",
    );
  });

  it("says which package the lists do not have, as Ansible does", async () => {
    const host = debian();
    host.onRun(/^apt-get -s/, { code: 100, stderr: "E: Unable to locate package nosuch\n" });
    expect(await messageOf(planOnly(apt, { name: "nosuch" }, host))).to.equal(
      "No package matching 'nosuch' is available",
    );
  });

  it("predicts the install of a package that only refreshed lists can have", async () => {
    const host = debian();
    host.onRun(/^apt-get -s/, { code: 100, stderr: "E: Unable to locate package etcd-server\n" });
    const alone = await planOnly(apt, { name: "etcd-server", update_cache: true }, host);
    expect(alone.changed).to.equal(true);
    const later = await planOnly(apt, { name: "etcd-server" }, host, given({ kind: "apt-cache", state: "refreshed" }));
    expect(later.predictions.map((one) => (one as { name?: string }).name)).to.deep.equal(["etcd-server"]);
  });

  it("leaves a virtual package alone that something installed provides", async () => {
    const host = debian();
    host.onRun(/^apt-get -s .*install awk/, { code: 100, stderr: "E: Package 'awk' has no installation candidate\n" });
    expect((await planOnly(apt, { name: ["awk", "tzdata"] }, host)).changed).to.equal(false);
  });

  it("counts packages that an earlier task would install as there", async () => {
    const host = debian();
    const outcome = await planOnly(
      apt,
      { name: "tree" },
      host,
      given({ kind: "package", name: "tree", version: "2.1.0-1" }),
    );
    expect(outcome.changed).to.equal(false);
  });

  it("does not refresh lists that are young enough, by the host's own clock", async () => {
    const host = debian();
    host.seed("/var/lib/apt/periodic/update-success-stamp", { content: "", mtime: host.time - 100 });
    // The controller's clock is years off.
    const params = { update_cache: true, cache_valid_time: 3600 };
    expect((await planOnly(apt, params, host, { now: () => 5 })).what).to.deep.equal([]);
    host.seed("/var/lib/apt/periodic/update-success-stamp", { content: "", mtime: host.time - 10_000 });
    expect((await planOnly(apt, params, host, { now: () => 5 })).what).to.deep.equal(["refresh the lists of packages"]);
  });

  it("calls a refresh changed only if the lists became newer, which a dry run cannot know", async () => {
    const host = debian();
    host.onRun(/update$/, {});
    const outcome = await planAndApply(apt, { update_cache: true }, host);
    expect(outcome.changed).to.equal(false);
    expect(outcome.plan.outcome?.keys).to.include("changed");
  });

  it("does not count the refresh when the packages are there", async () => {
    const host = debian();
    const outcome = await planOnly(apt, { name: "tzdata", update_cache: true }, host);
    expect(outcome.what).to.deep.equal(["refresh the lists of packages"]);
    expect(outcome.changed).to.equal(false);
  });

  it("is undecided about the latest version in lists that are still to be refreshed", async () => {
    const host = debian();
    host.onRun(/^apt-get -s .*install tzdata/, { stdout: NOTHING });
    const refreshed = given({ kind: "apt-cache", state: "refreshed" });
    const error = await planOnly(apt, { name: "tzdata", state: "latest" }, host, refreshed).catch(
      (one: unknown) => one,
    );
    expect(error).to.be.instanceOf(Undecided);
  });

  it("removes what is there, and with purge what left configuration behind", async () => {
    const host = debian();
    host.onRun(/^apt-get -s .*remove/, { stdout: "Remv tzdata [2025b-0+deb12u1]\n" });
    expect((await planOnly(apt, { name: ["tzdata", "nano", "nosuch"], state: "absent" }, host)).what).to.deep.equal([
      "remove tzdata",
    ]);
    expect((await planOnly(apt, { name: "nano", state: "absent" }, host)).changed).to.equal(false);
    expect((await planOnly(apt, { name: "n*", state: "absent", purge: true }, host)).what).to.deep.equal([
      "remove nano",
    ]);
  });

  it("says who holds the lock when the time to wait is over", async () => {
    const host = debian();
    host.onRun(/^apt-get -y/, {
      code: 100,
      stderr: "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)\n",
    });
    expect(await messageOf(planAndApply(apt, { name: "tree", lock_timeout: 0 }, host))).to.contain(
      "locked by unattended-upgr (process 4711)",
    );
  });

  it("does not repair an interrupted dpkg unasked", async () => {
    const host = debian();
    host.onRun(/^apt-get -y/, {
      code: 100,
      stderr: "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.\n",
    });
    expect(await messageOf(planAndApply(apt, { name: "tree" }, host))).to.contain("run 'dpkg --configure -a' there");
    expect(host.commands.some((command) => command.includes("--configure"))).to.equal(false);
  });

  it("tells by how much the host's clock is wrong when a release is from its future", async () => {
    const host = debian();
    host.onRun(/update$/, {
      code: 100,
      stderr:
        "E: Release file for http://archive.example/debian/dists/bookworm/InRelease is not valid yet (invalid for another 3h 2min 1s). Updates for this repository will not be applied.\n",
    });
    expect(await messageOf(planAndApply(apt, { update_cache: true, update_cache_retries: 0 }, host))).to.contain(
      "clock is wrong by 3h 2min 1s",
    );
  });

  it("keeps services from starting while packages are installed, and takes the policy away even after a failure", async () => {
    const host = debian();
    let policy: string | undefined;
    host.onRun(/^apt-get -y/, () => {
      policy = host.text("/usr/sbin/policy-rc.d");
      return { code: 100, stderr: "E: broken\n" };
    });
    await planAndApply(apt, { name: "tree", policy_rc_d: 101 }, host).catch(() => undefined);
    expect(policy).to.equal("#!/bin/sh\nexit 101\n");
    expect(host.text("/usr/sbin/policy-rc.d")).to.equal(undefined);
  });

  it("marks packages that were there for others as wanted, without calling that a change", async () => {
    const host = debian();
    host.seed("/var/lib/apt/extended_states", "Package: tzdata\nArchitecture: amd64\nAuto-Installed: 1\n");
    host.onRun("apt-mark manual tzdata", {});
    expect((await planAndApply(apt, { name: "tzdata" }, host)).changed).to.equal(false);
    expect(host.commands).to.include("apt-mark manual tzdata");
  });

  it("reads simulations", () => {
    expect(parseSteps("Inst a [1] (2 Debian:12 [amd64]) []\nRemv b [3]\nPurg c [4]\nConf a (2)\n")).to.deep.equal([
      { action: "install", name: "a", before: "1", after: "2" },
      { action: "remove", name: "b", before: "3" },
      { action: "purge", name: "c", before: "4" },
    ]);
  });

  it("orders versions as Debian's policy says", () => {
    const ordered = ["1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0a-1", "1.0+dfsg-1", "1.0.1-1", "1.10-1", "1:0.1-1"];
    for (let index = 1; index < ordered.length; index++)
      expect(
        compareVersions(ordered[index - 1] ?? "", ordered[index] ?? ""),
        `${ordered[index - 1]} < ${ordered[index]}`,
      ).to.be.below(0);
    expect(compareVersions("1.0-1", "1.0-1")).to.equal(0);
  });

  it("expects of a package file that cannot be looked into yet the package that its name tells", () => {
    const module = apt as AnyModule & { touches(params: object): readonly Prediction[] };
    const names = (deb: string) => module.touches({ deb }).map((one) => (one.kind === "package" ? one.name : one.kind));
    expect(names("/var/cache/cri-dockerd_0.3.21.3-0.debian-bookworm_amd64.deb")).to.deep.equal(["cri-dockerd"]);
    expect(names("https://example.org/latest.deb")).to.deep.equal([]);
  });
});
