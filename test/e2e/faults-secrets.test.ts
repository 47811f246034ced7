// Canaries: secrets that must be in no output, no report, no file of the run and no process list, on either end.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import type { Host } from "../../engine/host/host.ts";
import { LAB_PASSWORD } from "../../engine/lab/lab.ts";
import { useLab } from "./lab-fixture.ts";
import { RunFolder, recapOf, until } from "./spawned-run.ts";

const BECOME = "c4nary-become";
const VAULTED = "c4nary-vaulted";
const HIDDEN = "c4nary-no-log";
const VAULT_KEY = "c4nary-vault-key";

/** Everything that processes of this machine or of a host show of themselves, without the program that looks. */
const LOOK = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c 'c4nar[y]-'";

describe("a run with secrets", function () {
  this.timeout(90_000);
  // Before the lab's own hook, which takes the hosts down.
  after(async () => {
    await root?.run({ script: "chpasswd", stdin: `ops:${LAB_PASSWORD}\n` });
    await place?.remove();
  });

  const lab = useLab({ name: "faults-secrets", count: 2 });
  let place: RunFolder;
  let root: Host;
  before(async () => {
    place = new RunFolder(lab());
    root = place.host(1);
    await root.run({ script: "chpasswd", stdin: `ops:${BECOME}\n` });
    place.write({ "vault-key": `${VAULT_KEY}\n`, "become-key": `${BECOME}\n`, "plain.txt": `${VAULTED}\n` });
    const sealed = await place.startWith(["vault", "encrypt", "plain.txt", "--vault-password-file", "vault-key"]).done;
    expect(sealed.code, sealed.all).to.equal(0);
    const text = readFileSync(place.path("plain.txt"), "utf8");
    expect(text).to.match(/^\$ANSIBLE_VAULT;1\.1;AES256\n/);
    place.write({
      "vars.yml": `vaulted: !vault |\n${text.replace(/^(?=.)/gm, "  ")}\nhidden: ${HIDDEN}\n`,
      "secret.j2": "password={{ vaulted | trim }}\nother={{ hidden }}\n",
    });
    place.inventory({ ops: { ansible_user: "ops", ansible_become: true } });
  });
  const PLAYBOOK = `- hosts: all
  gather_facts: false
  vars_files: [vars.yml]
  tasks:
    - { name: folder, file: { path: /root/secrets, state: directory } }
    - name: sealed file
      copy: { src: plain.txt, dest: /root/secrets/file }
      no_log: true
    - name: template
      template: { src: secret.j2, dest: /root/secrets/template }
      no_log: true
    - name: vaulted in the clear
      copy: { dest: /root/secrets/value, content: "{{ vaulted }}" }
    - name: command
      shell: cat; sleep 3; echo {{ hidden }} >&2; echo {{ hidden }}
      args: { stdin: "{{ hidden }} {{ vaulted }}" }
      register: hidden_result
      no_log: true
    - name: loop
      command: echo "{{ item }}"
      loop: ["{{ hidden }}", "{{ vaulted | trim }}", "{{ hidden }} more"]
      no_log: true
      register: looped
    - name: registered
      debug: { var: vaulted }
    - name: failing
      command: "false {{ hidden }}"
      no_log: true
      ignore_errors: true
    - name: bad parameter
      file: { path: "/root/{{ hidden }}", state: "{{ hidden }}" }
      no_log: true
      ignore_errors: true
    - name: undefined in it
      debug: { msg: "{{ hidden }} {{ hidden.no_such.thing }}" }
      no_log: true
      ignore_errors: true
    - name: vaulted fails
      fail: { msg: "it is {{ vaulted | trim }}" }
      ignore_errors: true
    - name: become password
      debug: { msg: "{{ ansible_become_password | default('none') }}" }
`;
  const KEYS = ["--vault-password-file", "vault-key", "--become-password-file", "become-key"];

  const canaries = (text: string): string[] =>
    [...text.matchAll(/.{0,60}(?:c4nary-[\w-]+|YzRuYXJ5)/g)].map(([around]) => around);

  for (const [form, ...args] of [
    ["text", "-vvv", "--diff"],
    ["text", "--check", "--diff"],
    ["live", "--output", "live", "-v", "--diff"],
    ["jsonl", "--output", "jsonl", "-vvv", "--diff"],
    ["json", "--output", "json", "--diff", "--report", "report.html"],
  ])
    it(`shows none in its output as ${form} with ${args.join(" ")}`, async () => {
      await root.remove("/root/secrets", { recursive: true });
      const ran = await place.run(PLAYBOOK, [...KEYS, ...args]);
      expect(ran.code, ran.all).to.equal(0);
      expect(ran.all).to.contain("become password");
      expect(canaries(ran.all)).to.deep.equal([]);
      if (!args.includes("--check"))
        expect((await root.read("/root/secrets/template")).toString()).to.equal(
          `password=${VAULTED}\nother=${HIDDEN}\n`,
        );
    });

  it("shows none in any process list or environment while it runs, here and there, nor in the hosts' logs", async () => {
    await root.remove("/root/secrets", { recursive: true });
    const [beginning = ""] = PLAYBOOK.replace("; echo {{ hidden }} >&2; echo {{ hidden }}", "").split(
      "    - name: loop",
    );
    place.write({ "site.yml": beginning });
    const running = place.start([...KEYS, "-vvv"]);
    await until(root, "pgrep -f '[s]leep 3'");
    const here = execFileSync("sh", ["-c", `${LOOK} || true`], { encoding: "utf8" }).trim();
    const there = (await root.run({ script: LOOK })).stdout.toString().trim();
    const ran = await running.done;
    expect(ran.code, ran.all).to.equal(0);
    expect([here, there]).to.deep.equal(["0", "0"]);
    const logs = await root.run({
      script: "journalctl -q -o cat | grep -c 'c4nar[y]-'; grep -rl 'c4nar[y]-' /tmp /var/tmp /dev/shm /run/user",
    });
    expect(logs.stdout.toString().trim()).to.equal("0");
    expect(recapOf(ran, "ops")).to.include({ failed: 0, ignored: 0 });
  });

  it("writes none into a file of the controller that others may read", () => {
    const own = new Set(["vault-key", "become-key", "plain.txt", "vars.yml", "site.yml", "hosts.yml"]);
    const files = (readdirSync(place.folder, { recursive: true, encoding: "utf8" }) as string[])
      .filter((name) => !own.has(name))
      .map((name) => join(place.folder, name))
      .filter((file) => statSync(file).isFile());
    expect(files.map((file) => file.slice(place.folder.length + 1))).to.include("report.html");
    expect(files.filter((file) => readFileSync(file, "utf8").includes("c4nary-"))).to.deep.equal([]);
  });

  it("names none when the vault password or the become password is wrong", async () => {
    place.write({ "wrong-key": "c4nary-wrong\n", "site.yml": PLAYBOOK });
    const vault = await place.start(["--vault-password-file", "wrong-key", "--become-password-file", "become-key"])
      .done;
    expect(vault.code, vault.all).to.not.equal(0);
    expect(vault.all)
      .to.match(/vault/i)
      .and.to.match(/plain\.txt|vars\.yml/);
    const become = await place.start(["--vault-password-file", "vault-key", "--become-password-file", "wrong-key"])
      .done;
    expect(become.code, become.all).to.equal(2);
    expect(become.all).to.contain("the sudo password for becoming root is wrong");
    expect(canaries(vault.all + become.all)).to.deep.equal([]);
  });
});
