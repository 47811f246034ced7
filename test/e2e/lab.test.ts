// A lab's life on this machine: what it offers while it is up, and that nothing of it stays when it is down.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import {
  LAB_PASSWORD,
  type LabState,
  labDown,
  labKill,
  labSsh,
  labStatus,
  labUp,
  machineFacts,
  unfitness,
} from "../../engine/lab/lab.ts";
import { bridgeName } from "../../engine/lab/network.ts";
import { defaultCacheDir } from "../../engine/lab/places.ts";

const projectDir = mkdtempSync(join(tmpdir(), "tsplay-lab-test-"));

/** What of this machine belongs to the lab of these tests; other labs may come and go meanwhile. */
function traces(): string[] {
  const said = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: "utf8" });
  return [
    ...said("iptables-save").split("\n"),
    ...said("ip", "-o", "link").split("\n"),
    ...said("find", "/sys/fs/cgroup", "-maxdepth", "3", "-name", "tsplay-self-*").split("\n"),
    ...said("ps", "-eo", "args").split("\n"),
    ...readFileSync("/proc/self/mounts", "utf8").split("\n"),
  ].filter(
    (line) =>
      /tsplay lab self\b|vb-self-|tsplay-self-|=self-\d|labs\/self\/|tsplay-[0-9a-f]{7}/.test(line) && mine(line),
  );
}

/** Bridges of other labs are not ours. */
function mine(line: string): boolean {
  const bridge = /tsplay-[0-9a-f]{7}\b/.exec(line)?.[0];
  return bridge === undefined || bridge === bridgeName("self");
}

async function inside(lab: LabState, host: string, command: string, user = "root"): Promise<string> {
  const [program = "", ...args] = await labSsh({ name: lab.name, host, user, command: [command] });
  return execFileSync(program, args, { encoding: "utf8" }).trim();
}

describe("a lab", function () {
  this.timeout(300_000);
  let lab: LabState;

  before(async function () {
    const problem = unfitness(machineFacts());
    if (problem) {
      console.log(`    skipped: ${problem.message}`);
      this.skip();
    }
    await labDown({ name: "self" });
    await labDown({ name: "self-b" });
    lab = await labUp({ name: "self", count: 2, projectDir });
  });

  after(async () => {
    await labDown({ name: "self" });
    await labDown({ name: "self-b" });
  });

  it("has hosts whose systemd runs, without Python, with the suite asked for", async () => {
    expect(await inside(lab, "2", "systemctl is-system-running; command -v python3 perl; hostname")).to.equal(
      "running\n/usr/bin/perl\nself-2",
    );
    expect(await inside(lab, "1", ". /etc/os-release; echo $VERSION_CODENAME")).to.equal("bookworm");
  });

  it("lets hosts find each other and the package archive", async () => {
    expect(await inside(lab, "self-1", "getent hosts self-2")).to.match(/^10\.\S+\s+self-2$/);
    expect(await inside(lab, "1", "apt-get update -qq && apt-cache policy etcd-server")).to.match(/Candidate: \d/);
  });

  it("has a user that may become root freely and one that needs a password", async () => {
    expect(await inside(lab, "1", "sudo -n id -u", "tsplay")).to.equal("0");
    expect(await inside(lab, "1", "sudo -n true 2>&1 || echo refused", "ops")).to.match(
      /password is required\s+refused/,
    );
    expect(await inside(lab, "1", `echo ${LAB_PASSWORD} | sudo -S -p '' id -u`, "ops")).to.equal("0");
  });

  it("keeps the hosts' units apart", async () => {
    await inside(lab, "1", "systemctl restart ssh.service");
    expect(await inside(lab, "2", "systemctl show -P NRestarts -P ActiveState ssh.service")).to.equal("0\nactive");
  });

  it("lets no address of a cluster's services out of the lab", async () => {
    const answer = await inside(lab, "1", "(exec 3<>/dev/tcp/10.96.0.1/443) 2>&1 || true");
    const asked = execFileSync("iptables", ["-w", "-vnxL", "FORWARD"], { encoding: "utf8" });
    expect(answer).to.match(/refused|unreachable|No route/i);
    expect(asked).to.match(new RegExp(`^\\s*[1-9]\\d* .*REJECT.*${lab.network.bridge}.*10\\.96\\.0\\.0/12`, "m"));
  });

  it("is given back as it is when asked for again, and refused with other hosts", async () => {
    const again = await labUp({ name: "self", count: 2, projectDir });
    expect(again.hosts).to.deep.equal(lab.hosts);
    const refusal = await labUp({ name: "self", count: 3, projectDir }).catch((error: unknown) => error);
    expect(refusal).to.have.nested.property("problem.code", "lab-exists");
  });

  it("lives beside another one, whose end it does not notice", async () => {
    const other = await labUp({ name: "self-b", count: 1, projectDir });
    expect(other.network.prefix).to.not.equal(lab.network.prefix);
    await labDown({ name: "self-b" });
    expect(await inside(lab, "1", "apt-get update -qq && echo reached")).to.equal("reached");
  });

  it("is made anew when a host of it has died", async () => {
    expect(await labKill({ host: "self-1" })).to.equal(true);
    expect((await labStatus()).find(({ name }) => name === "self")?.health).to.equal("broken");
    lab = await labUp({ name: "self", count: 2, projectDir });
    expect(await inside(lab, "1", "hostname")).to.equal("self-1");
  });

  it("is recognised as left over, and made anew, after the machine has been restarted", async () => {
    const file = join(defaultCacheDir(), "labs/self/state.json");
    const state = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...state, boot: "an earlier one" }));
    expect((await labStatus()).find(({ name }) => name === "self")?.health).to.equal("rebooted");
    const said: string[] = [];
    lab = await labUp({ name: "self", count: 2, projectDir, onProgress: (text) => said.push(text) });
    expect(said.join()).to.contain("removing what is left of the lab `self` (rebooted)");
    expect(await inside(lab, "2", "hostname")).to.equal("self-2");
  });

  it("leaves nothing behind", async () => {
    expect(existsSync(join(projectDir, "inventories/lab-self/hosts.yml"))).to.equal(true);
    expect(traces().length).to.be.greaterThan(8);
    await labDown({ name: "self" });
    expect(traces()).to.deep.equal([]);
    expect(readdirSync(join(projectDir, "inventories"))).to.deep.equal([]);
    expect((await labStatus()).some(({ name }) => name === "self")).to.equal(false);
    expect(await labDown({ name: "self" })).to.equal(false);
  });

  it("is removed whole after `up` was killed half-way", async () => {
    const script = `import { labUp } from ${JSON.stringify(join(import.meta.dirname, "../../engine/lab/lab.ts"))};
      await labUp({ name: "self", count: 2, projectDir: ${JSON.stringify(projectDir)},
        onProgress: (text) => { if (text.startsWith("starting")) setTimeout(() => process.kill(process.pid, "SIGKILL"), 400); } });`;
    expect(() =>
      execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { stdio: "pipe" }),
    ).to.throw();
    expect((await labStatus()).find(({ name }) => name === "self")?.health).to.equal("unfinished");
    await labDown({ name: "self" });
    expect(traces()).to.deep.equal([]);
  });
});
