// Single hosts of a lab through power cuts, reboots and rebuilds, on hosts that are made for Kubernetes; and the module
// `reboot` on them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { tryCommand } from "../../../engine/lab/command.ts";
import {
  type LabState,
  labDown,
  labGrow,
  labKill,
  labRebuild,
  labSsh,
  labStart,
  labStatus,
} from "../../../engine/lab/lab.ts";
import { useLab } from "../lab-fixture.ts";
import { RunFolder } from "../spawned-run.ts";

const NAME = "power";
const BOOT_ID = "cat /proc/sys/kernel/random/boot_id";

/** What a shell command says on a host, both outputs; empty when the host does not answer. */
async function inside(host: string, command: string): Promise<string> {
  const { stdout, stderr } = await tryCommand(await labSsh({ name: NAME, host, command: [command] }));
  return `${stdout}${stderr}`.trim();
}

async function runningHosts(): Promise<string[]> {
  const lab = (await labStatus()).find(({ name }) => name === NAME);
  return lab?.hosts.flatMap(({ name, running }) => (running ? [name] : [])) ?? [];
}

function setting(name: string): string {
  return readFileSync(`/proc/sys/${name}`, "utf8");
}

describe("hosts of a lab that can run a kubelet", function () {
  this.timeout(120_000);
  const settings = ["vm/overcommit_memory", "kernel/panic", "fs/file-max", "fs/protected_regular"];
  const earlier = settings.map(setting);
  const lab = useLab({ name: NAME, count: 2, profile: "kubernetes" });
  let place: RunFolder;
  before(() => {
    place = new RunFolder(lab());
  });
  after(() => place?.remove());

  it("have every cgroup controller to themselves, writable, also after a reboot", async () => {
    const make =
      "cd /sys/fs/cgroup; [ -e cgroup.controllers ] || cd memory; mkdir probe && ls -d probe; grep -c . probe/cgroup.procs";
    const controllers =
      "cd /sys/fs/cgroup; [ ! -e cgroup.controllers ] || exit 0; for c in cpu cpuset memory devices freezer pids; do mkdir $c/all && rmdir $c/all; done";
    expect(await inside("1", make)).to.equal("probe\n0");
    expect(await inside("2", make)).to.equal("probe\n0");
    expect(await inside("1", controllers)).to.equal("");
    const before = await inside("1", BOOT_ID);
    await inside("1", "systemctl reboot");
    let now = "";
    for (const end = Date.now() + 30_000; Date.now() < end && !(now.includes("-") && now !== before); )
      now = await inside("1", BOOT_ID);
    expect(now).to.not.equal(before);
    expect(await inside("1", "systemctl is-system-running --wait")).to.equal("running");
    expect(await inside("1", make)).to.equal("probe\n0");
    expect(await inside("1", controllers)).to.equal("");
    expect(await runningHosts()).to.deep.equal([`${NAME}-1`, `${NAME}-2`]);
  });

  it("have data folders that are no overlays, so that images can be unpacked there", async () => {
    const script = `for d in containerd docker containers kubelet; do stat -f -c %T /var/lib/$d; done | grep -c overlay`;
    expect(await inside("1", script)).to.equal("0");
    expect(await inside("1", "stat -f -c %T /")).to.equal("overlayfs");
  });

  it("lose power at once, and come back with the disk as it was", async () => {
    const before = await inside("1", `echo kept > /root/file; echo kept > /var/lib/kubelet/file; sync; ${BOOT_ID}`);
    expect(await labKill({ host: `${NAME}-1` })).to.equal(true);
    expect(await labKill({ host: `${NAME}-1` })).to.equal(false);
    expect(await runningHosts()).to.deep.equal([`${NAME}-2`]);
    expect(await labStart({ host: `${NAME}-1` })).to.equal(true);
    expect(await labStart({ host: `${NAME}-1` })).to.equal(false);
    expect(await inside("1", "cat /root/file /var/lib/kubelet/file")).to.equal("kept\nkept");
    expect(await inside("1", BOOT_ID))
      .to.match(/^[0-9a-f-]{36}$/)
      .and.not.equal(before);
    expect((await labStatus()).find(({ name }) => name === NAME)?.health).to.equal("up");
  });

  it("are made anew with a fresh disk, another id and other keys under the same name and address", async () => {
    const ids = "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; ls /root/file /var/lib/kubelet/file";
    const [oldId, oldKey] = (await inside("1", ids)).split("\n");
    const other = await inside("2", ids);
    const rebuilt = await labRebuild({ host: `${NAME}-1` });
    const [newId, newKey, ...files] = (await inside("1", ids)).split("\n");
    expect(newId)
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(oldId);
    expect(newKey)
      .to.match(/^ssh-ed25519 /)
      .and.not.equal(oldKey);
    expect(files.join("\n")).to.match(/cannot access.*\n.*cannot access/);
    expect(rebuilt.hosts.map(({ address }) => address)).to.deep.equal(lab().hosts.map(({ address }) => address));
    expect(await inside("2", ids)).to.equal(other);
  });

  it("are rebooted by the module, together, and tell so when one does not come back", async () => {
    place.inventory({ one: {}, two: { ansible_host: place.address(2) } });
    const ran = await place.run(
      [
        "- hosts: all",
        "  gather_facts: false",
        "  tasks:",
        `    - { ansible.builtin.command: ${BOOT_ID}, register: before }`,
        "    - { ansible.builtin.reboot: { msg: it's time }, register: reboot }",
        `    - { ansible.builtin.command: ${BOOT_ID}, register: now }`,
        "    - assert: { that: [before.stdout != now.stdout, reboot.rebooted, reboot.elapsed < 600] }",
        "- hosts: two",
        "  gather_facts: false",
        "  tasks:",
        "    - reboot: { reboot_command: systemctl poweroff, reboot_timeout: 4 }",
        "",
      ].join("\n"),
    );
    expect(ran.code, ran.all).to.equal(2);
    expect(ran.stdout, ran.all).to.match(/^changed: \[one\]/m);
    expect(ran.stdout).to.match(/fatal: \[two\].*Timed out waiting for last boot time check \(timeout=4\)/);
    expect(ran.all).to.match(/hint:.*(refused|unreachable|route|timed? out)/i);
    expect(await runningHosts()).to.deep.equal([`${NAME}-1`]);
    expect(await labStart({ host: `${NAME}-2` })).to.equal(true);
  });

  it("get company that knows them and is known to them", async () => {
    const grown = await labGrow({ name: NAME, count: 3 });
    expect(grown.hosts.map(({ name }) => name)).to.deep.equal([1, 2, 3].map((number) => `${NAME}-${number}`));
    expect(await inside("1", `getent hosts ${NAME}-3`)).to.contain(`${NAME}-3`);
    expect(await inside("3", `getent hosts ${NAME}-1; systemctl is-system-running`)).to.match(/power-1\nrunning$/);
    expect(readFileSync(`${grown.inventory}/hosts.yml`, "utf8")).to.match(
      /masters:\s+hosts: \{power-1: \{\}, power-2: \{\}, power-3: \{\}\}/,
    );
    const refusal = await labGrow({ name: NAME, count: 2 }).catch((error: unknown) => error);
    expect(refusal).to.have.nested.property("problem.code", "lab-bad-count");
  });

  it("leave nothing behind: no cgroup, no mount, no inventory", async () => {
    const state: LabState = lab();
    await inside("1", "sysctl -q vm.overcommit_memory=1 kernel.panic=10");
    await labDown({ name: NAME });
    const cgroups = readdirSync("/sys/fs/cgroup", { recursive: true, encoding: "utf8" });
    expect(cgroups.filter((path) => path.includes(`tsplay-${NAME}-`))).to.deep.equal([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).to.not.contain(`labs/${NAME}/`);
    expect(existsSync(state.inventory)).to.equal(false);
  });

  it("leave the machine's settings as they were", async function () {
    const other = (await labStatus()).find(({ state }) => state?.profile === "kubernetes");
    if (other) {
      console.log(`    skipped: the lab ${other.name} is up, which may change them too`);
      this.skip();
    }
    expect(settings.map(setting)).to.deep.equal(earlier);
  });
});
