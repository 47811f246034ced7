import { chmodSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { Workshop } from "./running.ts";

const PLAY = `- hosts: all
  gather_facts: false
  tasks:
    - { name: ask, command: "echo from-inside", register: out, changed_when: false }
    - { name: write, copy: { dest: "@/written", content: "{{ out.stdout }}\\n" } }
`;

/** Stands in for docker and podman: notes how it was called, then runs the command that follows the container's name. */
const CONTAINER_PROGRAM = `#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
shift; shift; shift
exec "$@"
`;

describe("hosts that are no ssh servers", () => {
  let shop: Workshop;
  const path = process.env.PATH;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => {
    process.env.PATH = path;
    shop.remove();
  });

  for (const program of ["docker", "podman"])
    it(`are reached by ${program} exec`, async () => {
      shop.write({ [`bin/${program}`]: CONTAINER_PROGRAM });
      chmodSync(shop.path(`bin/${program}`), 0o755);
      process.env.PATH = `${shop.path("bin")}:${path}`;
      const ran = await shop.play(PLAY, { inventoryText: `box ansible_connection=${program} ansible_host=c1\n` });
      expect(ran.statuses("box")).to.deep.equal(["ask: ok", "write: changed"]);
      expect(readFileSync(shop.path("bin/calls"), "utf8")).to.match(/^exec -i c1 \/bin\/sh -c /m);
      expect(readFileSync(shop.path("written"), "utf8")).to.equal("from-inside\n");
    });

  it("are planned ahead without missing what another one changed in between", async () => {
    shop.write({ "bin/docker": CONTAINER_PROGRAM });
    chmodSync(shop.path("bin/docker"), 0o755);
    process.env.PATH = `${shop.path("bin")}:${path}`;
    const ran = await shop.play(
      `- hosts: all
  gather_facts: false
  tasks:
    - { name: write, copy: { dest: "@/shared", content: "one\\n" }, when: inventory_hostname == 'one' }
    - { name: see, stat: { path: "@/shared" }, register: seen }
    - { name: told, debug: { msg: "{{ seen.stat.exists }}" } }
- hosts: one
  gather_facts: false
  tasks:
    - { name: more, copy: { dest: "@/shared", content: "two\\n" } }
    - { name: read, slurp: { src: "@/shared" }, delegate_to: two, register: read }
    - { name: said, debug: { msg: "{{ read.content | b64decode | trim }}" } }
`,
      {
        inventoryText: "one ansible_connection=docker ansible_host=c1\ntwo ansible_connection=docker ansible_host=c2\n",
      },
    );
    const said = ran.results.flatMap(({ task, result }) => (["told", "said"].includes(task.name) ? [result.msg] : []));
    expect(said).to.deep.equal([true, true, "two"]);
  });

  it("are reached by their fully qualified connection names", async () => {
    const ran = await shop.play(PLAY, { inventoryText: "here ansible_connection=ansible.builtin.local\n" });
    expect(ran.exitCode).to.equal(0);
  });

  it("are refused when there is no such connection, before anything runs there", async () => {
    const ran = await shop.play(PLAY, { inventoryText: "box ansible_connection=winrm\n" });
    expect(ran.results[0]?.problem?.message).to.contain("'winrm' of host box is not supported");
  });

  it("are entered as a chroot", async function () {
    if (process.getuid?.() !== 0) {
      console.log("      pending: entering a chroot needs root");
      this.skip();
    }
    const ran = await shop.play(PLAY, { inventoryText: "jail ansible_connection=chroot ansible_host=/\n" });
    expect(ran.statuses("jail")).to.deep.equal(["ask: ok", "write: changed"]);
  });

  it("are unreachable when the chroot's folder is missing", async () => {
    const ran = await shop.play(PLAY, {
      inventoryText: "jail ansible_connection=chroot ansible_host=/nowhere/at/all\n",
    });
    expect(ran.exitCode).to.equal(4);
    expect(ran.results[0]?.problem?.hint).to.contain("ansible_host of a chroot host is the path");
  });
});
