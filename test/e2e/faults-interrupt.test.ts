// The one who runs it goes away: Ctrl-C once and twice, kill -9 in the middle of a copy and of a command; two runs at once.

import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect } from "chai";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import type { Host } from "../../engine/host/host.ts";
import { type Relay, startRelay } from "../relay.ts";
import { useLab } from "./lab-fixture.ts";
import { RunFolder, recapOf, said, until } from "./spawned-run.ts";

const HEAD = "- hosts: all\n  gather_facts: false\n  tasks:\n";
const TWO_STEPS = `${HEAD}
    - { name: begun, file: { path: /root/left, state: directory } }
    - { name: slow, shell: "echo started >> /root/left/log; sleep 3; echo ended >> /root/left/log", args: { creates: /root/left/never } }
    - { name: after, copy: { dest: /root/left/after, content: "done\\n" } }
`;

describe("a run that is interrupted", function () {
  this.timeout(60_000);
  const lab = useLab({ name: "faults-interrupt", count: 2 });
  let place: RunFolder;
  let root: Host;
  let relay: Relay | undefined;
  before(() => {
    place = new RunFolder(lab());
    root = place.host(1);
    place.inventory({ one: {}, two: { ansible_host: place.address(2) } });
  });
  beforeEach(async () => {
    await root.remove("/root/left", { recursive: true });
  });
  afterEach(async () => {
    await relay?.close();
    relay = undefined;
  });
  after(() => place?.remove());

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`lets running tasks finish at the first ${signal}, starts no others, and tells what was done`, async () => {
      place.write({ "site.yml": TWO_STEPS });
      const running = place.start();
      await until(root, "grep -q started /root/left/log");
      running.child.kill(signal);
      const ran = await running.done;
      expect(ran.code, ran.all).to.equal(99);
      expect(await said(root, "cat /root/left/log; ls -A /root/left")).to.equal("started\nended\nlog");
      expect(ran.stdout).to.contain("PLAY RECAP").and.to.not.contain("TASK [after]");
      expect(recapOf(ran, "one")).to.include({ ok: 2, changed: 2, failed: 0 });
      expect(recapOf(ran, "two")).to.include({ ok: 2, failed: 0 });
      expect(ran.stderr).to.match(/again/i);
    });

  it("ends at once at the second Ctrl-C, and ends what runs on the hosts", async () => {
    place.write({ "site.yml": TWO_STEPS.replace("sleep 3", "sleep 31") });
    const running = place.start();
    await until(root, "grep -q started /root/left/log");
    running.child.kill("SIGINT");
    await running.says(/again/i);
    running.child.kill("SIGINT");
    const began = performance.now();
    const ran = await running.done;
    expect(ran.code, ran.all).to.equal(99);
    expect(performance.now() - began).to.be.lessThan(5000);
    expect(await said(root, "cat /root/left/log; ls -A /root/left")).to.equal("started\nlog");
  });

  it("leaves old or new content when it is killed in the middle of a copy, and the next run finishes", async () => {
    relay = await startRelay({ host: place.address(1), port: 22, rate: 15_000_000 });
    const vars = {
      ansible_host: "127.0.0.1",
      ansible_port: relay.port,
      ansible_ssh_common_args: `${place.sshArguments} -o HostKeyAlias=${place.address(1)}`,
    };
    place.inventory({ one: vars });
    place.write({
      large: Buffer.alloc(20_000_000, "0123456789abcdef\n"),
      "site.yml": `${HEAD}    - copy: { src: ${place.path("large")}, dest: /root/left/large }\n`,
    });
    await root.run({ script: "mkdir /root/left; echo old > /root/left/large" });
    const running = place.start();
    await until(root, "ls -A /root/left | grep -q tsplay");
    running.child.kill("SIGKILL");
    expect((await running.done).signal).to.equal("SIGKILL");
    expect(await said(root, "cat /root/left/large")).to.equal("old");
    // The half-written file goes with its agent, at once or when the next run writes there.
    const again = await place.run();
    expect(again.code, again.all).to.equal(0);
    const sum = execFileSync("sha256sum", [place.path("large")], { encoding: "utf8" }).slice(0, 64);
    expect(await said(root, "sha256sum < /root/left/large")).to.equal(`${sum}  -`);
    await until(root, '[ "$(ls -A /root/left)" = large ]', 5);
    expect(recapOf(await place.run(), "one")).to.include({ ok: 1, changed: 0 });
    place.inventory({ one: {}, two: { ansible_host: place.address(2) } });
  });

  it("finishes with the next run what it left when it was killed in the middle of a command", async () => {
    const playbook = `${HEAD}
    - { name: begun, file: { path: /root/left, state: directory } }
    - { name: slow, shell: "echo started >> /root/left/log; sleep 2; echo x > /root/left/made", args: { creates: /root/left/made } }
    - { name: after, copy: { dest: /root/left/after, content: "done\\n" } }
`;
    place.write({ "site.yml": playbook });
    const running = place.start();
    await until(root, "grep -q started /root/left/log");
    running.child.kill("SIGKILL");
    await running.done;
    const again = await place.run();
    expect(again.code, again.all).to.equal(0);
    expect(await said(root, "cat /root/left/made /root/left/after")).to.equal("x\ndone");
    const third = await place.run();
    expect(recapOf(third, "one")).to.include({ ok: 3, changed: 0 });
    expect(recapOf(third, "two")).to.include({ ok: 3, changed: 0 });
  });

  it("leaves nothing on the controller", () => {
    expect(readdirSync(place.folder).filter((name) => /tsplay|tmp/i.test(name))).to.deep.equal([]);
    expect(readdirSync(place.path("home"))).to.satisfy((names: string[]) =>
      names.every((name) => [".local", ".cache", ".tsplay"].includes(name)),
    );
  });

  it("harms no file when another run works on the same one", async () => {
    const playbook = (letter: string): string => `${HEAD}
    - { name: folder, file: { path: /root/left, state: directory } }
    - { name: write, copy: { dest: /root/left/file, content: "{{ '${letter}' * 200000 }}\\n" } }
    - { name: line, lineinfile: { path: /root/left/lines, line: ${letter}, create: true } }
`;
    place.write({ "a.yml": playbook("a"), "b.yml": playbook("b") });
    const runs = ["a.yml", "b.yml", "a.yml"].map(
      (file) => place.startWith(["run", file, "-i", "hosts.yml", "-l", "one"]).done,
    );
    for (const ran of await Promise.all(runs)) expect(ran.code, ran.all).to.equal(0);
    expect(await said(root, "ls -A /root/left")).to.equal("file\nlines");
    expect(await said(root, "wc -c < /root/left/file; fold -w1 /root/left/file | sort -u | wc -l")).to.match(
      /^200001\n1$/,
    );
    expect(await said(root, "sort -u /root/left/lines | tr -d '\\n'; grep -vc '^[ab]$' /root/left/lines")).to.match(
      /^[ab]{1,2}0$/,
    );
  });
});
