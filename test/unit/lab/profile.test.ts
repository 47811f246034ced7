import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import type { Failure } from "../../../engine/core/problem.ts";
import { ownCgroupMounts } from "../../../engine/lab/cgroups.ts";
import { nspawnInvocation } from "../../../engine/lab/machine.ts";
import { rememberMachineSettings, restoreMachineSettings } from "../../../engine/lab/machine-settings.ts";
import { planNetwork } from "../../../engine/lab/network.ts";
import { checkProfile } from "../../../engine/lab/profile.ts";

const MIXED = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "pids", "name=systemd"]
  .map(
    (name, index) =>
      `${32 + index} 31 0:${index} / /sys/fs/cgroup/${name.replace("name=", "")} rw - cgroup cgroup rw,${name}`,
  )
  .concat("41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw")
  .join("\n");
const UNIFIED = "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw";
const V1 = { systemd: false, unifiedCgroups: false };
const V2 = { systemd: true, unifiedCgroups: true };

describe("the profile kubernetes", () => {
  const host = (cgroups: string[]) => ({
    name: "lab-1",
    address: "10.77.0.11",
    dir: "/c/hosts/lab-1",
    machineId: "0f".repeat(16),
    cgroups,
  });
  const lab = { network: planNetwork("lab", [], "ACCEPT"), profile: "kubernetes" as const };

  it("gives a host cgroups of its own in every tree of version 1", () => {
    expect(ownCgroupMounts("kubernetes", V1, MIXED))
      .to.have.lengthOf(9)
      .and.to.include("/sys/fs/cgroup/memory");
    expect(ownCgroupMounts("plain", V1, MIXED)).to.deep.equal(["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]);
    expect(ownCgroupMounts("kubernetes", { ...V1, systemd: true }, MIXED)).to.have.lengthOf(9);
  });

  it("leaves them to the machine's systemd where there is version 2 only", () => {
    expect(ownCgroupMounts("kubernetes", V2, UNIFIED)).to.deep.equal([]);
    expect(ownCgroupMounts("kubernetes", { ...V2, systemd: false }, UNIFIED)).to.deep.equal(["/sys/fs/cgroup"]);
  });

  it("starts containers in the cgroups that the machine has", () => {
    const old = nspawnInvocation(host(["/sys/fs/cgroup/cpu/tsplay-lab-1"]), lab, { ...V1, systemd: true });
    expect(old.environment).to.include({ SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "0", SYSTEMD_SECCOMP: "0" });
    expect(old.argv).to.include("--keep-unit").and.to.include("--capability=all");
    const today = nspawnInvocation(host([]), lab, V2);
    expect(today.environment).to.not.have.property("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY");
    expect(today.argv).to.not.include("--keep-unit");
    expect(today.argv).to.include("--bind=/c/hosts/lab-1/data/containerd:/var/lib/containerd");
  });

  it("never lets a host set the machine's clock", () => {
    expect(nspawnInvocation(host([]), lab, V2).argv.join(" ")).to.match(/--drop-capability=\S*CAP_SYS_TIME/);
  });

  it("is refused where the machine lacks controllers, or the suite cannot use them, with a way out", () => {
    const problem = (suite: string, ground: typeof V1, mountinfo: string, unified = "") => {
      try {
        checkProfile({ profile: "kubernetes", suite }, ground, mountinfo, unified);
      } catch (error) {
        return (error as Failure).problem;
      }
      return undefined;
    };
    expect(problem("bookworm", V1, MIXED)).to.equal(undefined);
    expect(problem("trixie", V1, MIXED)?.code).to.equal("lab-profile-suite");
    expect(problem("trixie", V2, UNIFIED, "cpuset cpu io memory pids")).to.equal(undefined);
    expect(problem("bookworm", V2, UNIFIED, "cpu pids")?.message).to.match(/cpuset, memory$/);
    const lacking = MIXED.split("\n").filter((line) => !line.endsWith("memory"));
    expect(problem("bookworm", V1, lacking.join("\n"))).to.include({ code: "lab-no-controllers" });
    expect(problem("bookworm", V1, lacking.join("\n"))?.hint).to.contain("cgroup_enable=memory");
  });
});

describe("settings of the machine that hosts can change", () => {
  function machine(values: Readonly<Record<string, string>>) {
    const root = mkdtempSync(join(tmpdir(), "tsplay-proc-sys-"));
    const cacheDir = mkdtempSync(join(tmpdir(), "tsplay-cache-"));
    const write = (name: string, value: string): void => {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), `${value}\n`, { mode: 0o644 });
    };
    for (const [name, value] of Object.entries(values)) write(name, value);
    const read = (name: string): string => readFileSync(join(root, name), "utf8").trim();
    return { root, places: { cacheDir }, write, read };
  }

  it("are put back when the last lab is gone, as they were before the first one", () => {
    const { root, places, write, read } = machine({
      "vm/overcommit_memory": "0",
      "kernel/sysrq": "16",
      "fs/a/b": "1\t2",
    });
    rememberMachineSettings(places, root);
    write("vm/overcommit_memory", "1");
    rememberMachineSettings(places, root); // A second lab.
    write("fs/a/b", "3\t4");
    restoreMachineSettings(places, root);
    expect(["vm/overcommit_memory", "kernel/sysrq", "fs/a/b"].map(read)).to.deep.equal(["0", "16", "1\t2"]);
  });

  it("leave alone what other parts of the lab look after, and what changes by itself", () => {
    const names = [
      "fs/inotify/max_user_instances",
      "kernel/ns_last_pid",
      "net/ipv4/ip_forward",
      "kernel/random/entropy",
    ];
    const { root, places, write, read } = machine(Object.fromEntries(names.map((name) => [name, "1"])));
    rememberMachineSettings(places, root);
    for (const name of names) write(name, "2");
    restoreMachineSettings(places, root);
    expect(names.map(read)).to.deep.equal(["2", "2", "2", "2"]);
  });
});
