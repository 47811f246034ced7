import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { inventoryText, removeInventory, sshOptions, writeInventory } from "../../../engine/lab/inventory.ts";
import { withLock } from "../../../engine/lab/lock.ts";
import { sshArgv } from "../../../engine/lab/readiness.ts";
import { labState } from "./lab-state.ts";

const labOf = (count: number, folder?: string) => labState("lab", count, folder);

describe("the inventory of a lab", () => {
  it("gives each host its address, and the lab's key and known hosts to all", () => {
    const text = inventoryText(labOf(2));
    expect(text).to.contain("lab-2: {ansible_host: 10.77.0.12}");
    expect(text).to.contain('ansible_ssh_private_key_file: "/c/labs/lab/id_ed25519"');
    expect(text).to.contain("-o UserKnownHostsFile=/c/labs/lab/known_hosts");
  });

  it("makes masters of the first three hosts, workers of the others", () => {
    expect(inventoryText(labOf(5))).to.match(
      /masters:\n\s+hosts: \{lab-1: \{\}, lab-2: \{\}, lab-3: \{\}\}\n\s+workers:\n\s+hosts: \{lab-4: \{\}, lab-5: \{\}\}/,
    );
    expect(inventoryText(labOf(2))).to.match(
      /masters:\n\s+hosts: \{lab-1: \{\}\}\n\s+workers:\n\s+hosts: \{lab-2: \{\}\}/,
    );
    expect(inventoryText(labOf(3))).to.contain("workers: {}");
  });

  it("has every group that playbooks name, also those without hosts", () => {
    const text = inventoryText(labOf(1));
    expect(text).to.match(/^ {4}nfs: \{\}$/m);
    expect(text).to.match(/^ {4}workers: \{\}$/m);
  });

  it("has the variables of groups that hold for every lab, unless it has its own", () => {
    const project = mkdtempSync(join(tmpdir(), "tsplay-inventory-"));
    const groupVars = join(project, "inventories/lab/group_vars");
    mkdirSync(groupVars, { recursive: true });
    writeFileSync(join(groupVars, "all.yml"), "cluster_name: lab\n");
    const other = { ...labOf(1), format: 1, groupVars, inventory: join(project, "inventories/lab-b") };
    const first = { ...other, inventory: join(project, "inventories/lab") };
    for (const lab of [other, other, first]) {
      writeInventory(lab);
      expect(readFileSync(join(lab.inventory, "group_vars/all.yml"), "utf8")).to.equal("cluster_name: lab\n");
    }
    for (const lab of [other, first]) removeInventory(lab);
    expect(existsSync(other.inventory)).to.equal(false);
    expect(readdirSync(first.inventory)).to.deep.equal(["group_vars"]);
    expect(existsSync(join(groupVars, "all.yml"))).to.equal(true);
  });

  it("keeps paths with blanks in one piece, for the shell's rules and for ssh's own", () => {
    const lab = labOf(1, "/my cache/lab");
    expect(sshOptions(lab)).to.include('UserKnownHostsFile="/my cache/lab/known_hosts"');
    expect(inventoryText(lab)).to.contain(`-o 'UserKnownHostsFile=\\"/my cache/lab/known_hosts\\"'`);
  });
});

describe("the ssh command of a lab", () => {
  it("uses nothing of the user's own ssh settings", () => {
    const lab = labOf(1);
    const words = sshArgv(lab, { address: "10.77.0.11" }, ["uptime"], "ops");
    expect(words.slice(0, 3)).to.deep.equal(["ssh", "-F", "none"]);
    expect(words.slice(-2)).to.deep.equal(["ops@10.77.0.11", "uptime"]);
  });
});

describe("the lock of a lab", () => {
  const path = () => join(mkdtempSync(join(tmpdir(), "tsplay-lock-")), "lab.lock");

  it("lets one work at a time", async () => {
    const lock = path();
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`${name} ends`);
    };
    await Promise.all([withLock(lock, work("a")), withLock(lock, work("b"))]);
    expect(order).to.deep.equal(["a begins", "a ends", "b begins", "b ends"]);
  });

  it("is given back when the work fails", async () => {
    const lock = path();
    await withLock(lock, () => Promise.reject(new Error("no"))).catch(() => undefined);
    expect(await withLock(lock, async () => "again")).to.equal("again");
  });

  it("is taken over from a holder that is dead", async () => {
    const lock = path();
    writeFileSync(lock, `${JSON.stringify({ pid: process.pid, startTime: "1", boot: "another" })}\n`);
    expect(await withLock(lock, async () => "taken")).to.equal("taken");
  });
});
