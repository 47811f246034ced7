// The project's playbooks on inventories that lack some of the groups, as --list-hosts sees them.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { listPlaybooks } from "../../../engine/run/list.ts";
import type { Listing } from "../../../engine/run/options.ts";
import { runOptions } from "../run/running.ts";

const PROJECT = resolve(import.meta.dirname, "../../..");
const PLAYBOOKS = readdirSync(join(PROJECT, "playbooks")).flatMap((file) => /^(.*)\.yml$/.exec(file)?.[1] ?? []);
/** Those that begin without: they change nothing on hosts of the cluster, or are a part of others. */
const WITHOUT_PREFLIGHT = ["artifacts", "nfs-share", "ping", "verify"];

type Play = Listing["playbooks"][number]["plays"][number];

async function playsOf(playbook: string, inventory: string): Promise<readonly Play[]> {
  const file = join(PROJECT, `playbooks/${playbook}.yml`);
  const { playbooks } = await listPlaybooks(runOptions(PROJECT, file, inventory));
  return playbooks[0]?.plays ?? [];
}

const of = (name: string): string => join(PROJECT, "inventories", name);

describe("the playbooks of the project", () => {
  const folder = mkdtempSync(join(tmpdir(), "tsplay-playbooks-"));
  const etcdAlone = join(folder, "hosts.yml");
  before(() => writeFileSync(etcdAlone, "etcd: {hosts: {one: {}, two: {}, three: {}}}\n"));
  after(() => rmSync(folder, { recursive: true }));

  it("look at every host first, but for those that change nothing", async () => {
    for (const playbook of PLAYBOOKS) {
      const names = (await playsOf(playbook, of("home"))).map(({ name }) => name);
      expect(names.includes("Preflight"), playbook).to.equal(!WITHOUT_PREFLIGHT.includes(playbook));
    }
  });

  it("name no group that the inventory has not", async () => {
    const missing = async (playbook: string, inventory: string, groups: readonly string[]): Promise<string[]> =>
      (await playsOf(playbook, inventory))
        .flatMap(({ pattern }) => pattern)
        .filter((pattern) => !["all", "localhost", ...groups].includes(pattern));
    // What etcd.yml is about is the group etcd: who has none should be told.
    for (const playbook of PLAYBOOKS.filter((name) => name !== "etcd"))
      expect(await missing(playbook, of("k8s4pi"), ["masters", "k8s4pi"]), playbook).to.deep.equal([]);
    for (const playbook of ["backup", "etcd", "ping", "preflight", "reboot", "restore", "reset", "verify"])
      expect(await missing(playbook, etcdAlone, ["etcd", "all:!etcd", "one", "two", "three"]), playbook).to.deep.equal(
        [],
      );
  });

  it("share the disk in k8s.yml after Kubernetes and before all is verified, and look at hosts once", async () => {
    const plays = await playsOf("k8s", of("home"));
    const names = plays.map(({ name }) => name);
    const share = ["The NFS servers", "The nodes that use the share", "The storage class, where there is a cluster"];
    expect(names.slice(-5)).to.deep.equal(["Kubernetes", ...share, "Verify the cluster"]);
    expect(names.filter((name) => name === "Preflight")).to.have.lengthOf(1);
    expect(plays.slice(-4, -1).map(({ hosts }) => hosts)).to.deep.equal([
      ["pi-5"],
      ["pi-1", "pi-2", "pi-3", "pi-4"],
      ["pi-1"],
    ]);
    for (const inventory of ["k8s4pi", "pi8s"]) {
      const none = (await playsOf("k8s", of(inventory))).filter(({ name }) => share.includes(name));
      expect(none.map(({ hosts }) => hosts)).to.deep.equal([[], [], []]);
    }
  });
});
