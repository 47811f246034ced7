// The lab on a machine as most people have: systemd is its init, cgroups are of version 2. The lab's own tests run there, in a copy of
// this project, and Kubernetes with them.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { before, describe, it } from "mocha";
import { ensureImage } from "../../engine/lab/base-image.ts";
import { machineArch } from "../../engine/lab/foreign-arch.ts";
import { defaultCacheDir } from "../../engine/lab/places.ts";
import { useVirtualMachines } from "../e2e/vm-fixture.ts";
import { PROJECT } from "./vm-run.ts";

const CACHE = dirname(defaultCacheDir());
/** Programs and images of Kubernetes, once they were built. */
const KUBERNETES = join(CACHE, "kubernetes");
/** What of the project's folder stays here: what was made here, and what only looks at its text. */
const LEFT = [".git", ".tsplay", "inventories", "node_modules/@biomejs"].map((path) => join(PROJECT, path));

function copy(from: string, to: string): void {
  const wanted = (path: string): boolean => !LEFT.includes(path);
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: wanted });
}

describe("the lab on a machine with systemd and cgroups of version 2", function () {
  this.timeout(3_600_000);
  let image = "";
  before(async () => {
    const options = { suite: "bookworm", arch: machineArch() ?? "amd64", python: false, extraPackages: [] };
    const { name } = await ensureImage({ cacheDir: defaultCacheDir() }, options, (text) => console.log(`    ${text}`));
    image = join("lab/images", name);
  });

  /** The project, Node, and what the cache has that a lab needs. */
  const fill = (folder: string): void => {
    for (const path of ["bin", "tsplay/inventories", "cache/tsplay/lab/images"])
      mkdirSync(join(folder, path), { recursive: true });
    copy(PROJECT, join(folder, "tsplay"));
    copy(join(PROJECT, "inventories/lab/group_vars"), join(folder, "tsplay/inventories/lab/group_vars"));
    // As it is installed: translating it at each start takes a minute there.
    execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: join(folder, "tsplay") });
    copy(process.execPath, join(folder, "bin/node"));
    // With owners and devices.
    for (const path of [image, ...(existsSync(KUBERNETES) ? ["kubernetes"] : [])])
      execFileSync("cp", ["--archive", join(CACHE, path), join(folder, "cache/tsplay", path)]);
  };
  const vms = useVirtualMachines({
    name: "labs",
    machines: [{ memory: 4096, disks: [{ size: 10_240, fill }] }],
    // With a session for whoever logs in, as on most machines.
    packages: ["libpam-systemd", "libstdc++6", "mmdebstrap", "openssh-client", "systemd-container"],
  });
  const inside = (script: string): string =>
    vms().ssh(1, `export PATH=/mnt/bin:$PATH XDG_CACHE_HOME=/mnt/cache; cd /mnt/tsplay; ${script}`, 3000);
  /** Runs tests there, which must go well; how many there were. */
  const passes = (file: string, ...words: string[]): number => {
    const told = inside(
      `node_modules/.bin/mocha --exit ${file} ${words.map((word) => `'${word}'`).join(" ")} 2>&1 || true`,
    );
    if (/^ +\d+ (failing|pending)/m.test(told)) throw new Error(told);
    return Number(/(\d+) passing/.exec(told)?.[1]);
  };

  it("is on such a machine, in the session of a user", () => {
    inside("mount /dev/disk/by-id/virtio-disk1 /mnt");
    expect(inside("cat /proc/1/comm; stat -f -c %T /sys/fs/cgroup; cat /proc/self/cgroup")).to.match(
      /^systemd\ncgroup2fs\n0::\/user.slice\/user-0.slice\/session-\w+.scope$/,
    );
  });

  it("has a life as on others", () => {
    expect(passes("test/e2e/lab.test.ts")).to.equal(11);
  });

  it("gives each host a scope, which lives on when its user has gone", () => {
    inside("bin/tsplay lab up 2");
    expect(inside("systemctl is-active lab-1.scope lab-2.scope; bin/tsplay lab ssh lab-2 hostname")).to.equal(
      "active\nactive\nlab-2",
    );
    inside("bin/tsplay lab down");
    expect(inside("systemctl list-units --all --no-legend 'lab-*.scope'")).to.equal("");
  });

  it("has hosts that can run a kubelet, through power cuts and reboots", () => {
    expect(passes("test/e2e/k8s-life/lab-power.test.ts")).to.equal(8);
  });

  it("has a cluster of Kubernetes on a host", function () {
    if (!existsSync(KUBERNETES)) {
      console.log("    skipped: Kubernetes has not been built here yet, which `npm test -- --only k8s` does");
      this.skip();
    }
    expect(passes("test/e2e/k8s-life/modes.test.ts", "--grep", "cluster of its own is made")).to.equal(1);
  });
});
