// Connections that do not come about or do not last: what a user sees, and that the work is done once and to its end.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { after, afterEach, before, describe, it } from "mocha";
import { LAB_PASSWORD } from "../../engine/lab/lab.ts";
import { type Relay, startRelay } from "../relay.ts";
import { useLab } from "./lab-fixture.ts";
import { failureOf, RunFolder, recapOf, said, until } from "./spawned-run.ts";

const HEAD = "- hosts: all\n  gather_facts: false\n  tasks:\n";

describe("a run whose connections fail", function () {
  this.timeout(60_000);
  const lab = useLab({ name: "faults-connection", count: 2 });
  let place: RunFolder;
  let relay: Relay | undefined;
  before(() => {
    place = new RunFolder(lab());
  });
  afterEach(async () => {
    await relay?.close();
    relay = undefined;
  });
  after(() => place?.remove());

  it("says of each host what is in the way, with the place, and goes on with the others", async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", place.path("key")]);
    place.inventory({
      good: {},
      "no-name": { ansible_host: "no-such-host.invalid" },
      refuses: { ansible_port: 23 },
      silent: { ansible_host: `${lab().network.prefix}.250`, ansible_timeout: 2 },
      "wrong-key": { ansible_ssh_private_key_file: place.path("key") },
      "no-key": { ansible_ssh_private_key_file: place.path("absent") },
      "wrong-password": { ansible_user: "ops", ansible_password: "n0t-it", ansible_ssh_private_key_file: "" },
      "no-become": { ansible_user: "ops", ansible_become: true },
      "wrong-become": { ansible_user: "ops", ansible_become: true, ansible_become_password: "n0t-it" },
    });
    const since = await said(place.host(1), "sleep 1; date +%s");
    const ran = await place.run(`${HEAD}    - { name: first, command: echo reached }
    - { name: second, command: echo reached again }
`);
    expect(ran.code, ran.all).to.equal(4);
    const expected: Readonly<Record<string, readonly [kind: "unreachable" | "failed", message: RegExp]>> = {
      "no-name": ["unreachable", /no-name \(no-such-host\.invalid\) is unreachable on port 22: its name is unknown/],
      refuses: ["unreachable", /refuses \([\d.]+\) is unreachable on port 23: connection refused/],
      silent: ["unreachable", /silent \([\d.]+\.250\) is unreachable on port 22: no answer within 2 s/],
      "wrong-key": ["unreachable", /permission denied for root: it refused key .*key\n/],
      "no-key": ["unreachable", /no-key .*the private key .*absent does not exist/],
      "wrong-password": ["unreachable", /permission denied for ops: it refused/],
      "no-become": ["failed", /no-become: sudo to root needs a password/],
      "wrong-become": ["failed", /wrong-become: the sudo password for becoming root is wrong/],
    };
    for (const [host, [kind, message]] of Object.entries(expected)) {
      expect(failureOf(ran, host), host).to.match(message).and.to.contain("--> site.yml:4:7");
      expect(recapOf(ran, host), host).to.include({ ok: 0, [kind]: 1 });
    }
    expect(failureOf(ran, "no-become")).to.contain("--ask-become-pass");
    expect(recapOf(ran, "good")).to.include({ ok: 2, failed: 0, unreachable: 0 });
    expect(ran.all).to.not.contain("n0t-it");
    const tried = await said(
      place.host(1),
      `journalctl -q -o cat -t sudo --since @${since} | grep -c 'authentication failure'`,
    );
    expect(tried).to.equal("1");
  });

  it("refuses a host whose key is another than the known one, or unknown, until it is told to accept new ones", async () => {
    const other = "AAAAC3NzaC1lZDI1NTE5AAAAIBy88gCPeDtvF35xiuiZ4gCYEEME3LXVwbTtBcCsYqQC";
    const [, kind = "", key = ""] = (await said(place.host(2), "cat /etc/ssh/ssh_host_ed25519_key.pub"))
      .replace(/^/, "x ")
      .split(" ");
    const address = place.address(2);
    const using = (file: string, text: string, checking = "yes"): object => {
      writeFileSync(place.path(file), text);
      return {
        ansible_host: address,
        ansible_ssh_common_args: `-F /dev/null -o UserKnownHostsFile=${place.path(file)} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=${checking}`,
      };
    };
    writeFileSync(place.path("hashed"), `${address} ${kind} ${key}\n`);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", place.path("hashed")], { stdio: "ignore" });
    place.inventory({
      changed: using("known-other", `${address} ssh-ed25519 ${other}\n`),
      unknown: using("known-none", ""),
      revoked: using("known-revoked", `@revoked * ${kind} ${key}\n${address} ${kind} ${key}\n`),
      hashed: using("known-hashed", readFileSync(place.path("hashed"), "utf8")),
      accepting: using("known-new", "", "accept-new"),
    } as Record<string, Record<string, unknown>>);
    const ran = await place.run(`${HEAD}    - { name: first, command: echo reached }\n`);
    expect(ran.code, ran.all).to.equal(4);
    expect(failureOf(ran, "changed")).to.match(/key of changed .* (has changed|is not)|changed.*key/s);
    expect(failureOf(ran, "changed")).to.contain(place.path("known-other"));
    expect(failureOf(ran, "unknown")).to.match(/unknown/);
    expect(failureOf(ran, "revoked")).to.match(/revoked/);
    for (const host of ["changed", "unknown", "revoked"])
      expect(recapOf(ran, host), host).to.include({ ok: 0, unreachable: 1 });
    for (const host of ["hashed", "accepting"]) expect(recapOf(ran, host), host).to.include({ ok: 1, unreachable: 0 });
    expect(readFileSync(place.path("known-new"), "utf8")).to.contain(key);
    expect(readFileSync(place.path("known-none"), "utf8")).to.equal("");
  });

  const RUNS_ONCE = `${HEAD}
    - { name: begun, file: { path: /root/cut, state: directory } }
    - { name: slow, shell: "echo started >> /root/cut/log; sleep 2; echo ended >> /root/cut/log; echo its output", register: slow }
    - { name: after, copy: { dest: /root/cut/after, content: "{{ slow.stdout }}\\n" } }
`;

  for (const kind of ["ssh", "openssh"]) {
    it(`fetches the result of a command over a new connection when the old one is reset, by ${kind}`, async () => {
      const root = place.host(1);
      await root.remove("/root/cut", { recursive: true });
      relay = await startRelay({ host: place.address(1), port: 22 });
      place.inventory({
        cut: {
          ansible_host: "127.0.0.1",
          ansible_port: relay.port,
          ansible_connection: kind,
          ansible_ssh_common_args: `${place.sshArguments} -o HostKeyAlias=${place.address(1)}`,
        },
        other: { ansible_host: place.address(2) },
      });
      place.write({ "site.yml": RUNS_ONCE });
      const running = place.start();
      await until(root, "grep -q started /root/cut/log");
      relay.reset();
      const ran = await running.done;
      expect(ran.code, ran.all).to.equal(0);
      expect(relay.connections).to.be.greaterThan(1);
      expect(await said(root, "cat /root/cut/log /root/cut/after")).to.equal("started\nended\nits output");
      expect(recapOf(ran, "cut")).to.include({ ok: 3, changed: 3, unreachable: 0 });
      expect(recapOf(ran, "other")).to.include({ ok: 3, unreachable: 0 });
    });

    it(`notices by ${kind} that packets vanish, and goes on`, async () => {
      const root = place.host(1);
      await root.remove("/root/cut", { recursive: true });
      relay = await startRelay({ host: place.address(1), port: 22 });
      const alive = "-o ServerAliveInterval=1 -o ServerAliveCountMax=2";
      place.inventory({
        cut: {
          ansible_host: "127.0.0.1",
          ansible_port: relay.port,
          ansible_connection: kind,
          ansible_ssh_common_args: `${place.sshArguments} ${alive} -o HostKeyAlias=${place.address(1)}`,
        },
      });
      place.write({ "site.yml": RUNS_ONCE });
      const running = place.start();
      await until(root, "grep -q started /root/cut/log");
      relay.swallow();
      const ran = await running.done;
      expect(ran.code, ran.all).to.equal(0);
      expect(await said(root, "cat /root/cut/log /root/cut/after")).to.equal("started\nended\nits output");
    });
  }

  it("copies a file whole although the connection is reset in the middle of it", async () => {
    const root = place.host(1);
    relay = await startRelay({ host: place.address(1), port: 22, rate: 40_000_000 });
    place.write({ large: Buffer.alloc(12_000_000, "0123456789abcdef\n") });
    place.inventory({
      cut: {
        ansible_host: "127.0.0.1",
        ansible_port: relay.port,
        ansible_ssh_common_args: `${place.sshArguments} -o HostKeyAlias=${place.address(1)}`,
      },
    });
    place.write({
      "site.yml": `${HEAD}
    - { name: folder, file: { path: /root/copied, state: directory } }
    - { name: copy, copy: { src: ${place.path("large")}, dest: /root/copied/large } }
`,
    });
    await root.remove("/root/copied", { recursive: true });
    const running = place.start();
    await until(root, "ls -A /root/copied | grep -q .");
    relay.reset();
    const ran = await running.done;
    expect(ran.code, ran.all).to.equal(0);
    expect(relay.connections).to.be.greaterThan(1);
    const sum = execFileSync("sha256sum", [place.path("large")], { encoding: "utf8" }).slice(0, 64);
    expect(await said(root, "ls -A /root/copied; sha256sum < /root/copied/large")).to.equal(`large\n${sum}  -`);
    expect(recapOf(await place.run(), "cut")).to.include({ ok: 2, changed: 0 });
  });

  it("gives a host up when another one answers in its place, and the next run finishes", async () => {
    const root = place.host(1);
    const to = { host: place.address(1), port: 22 };
    relay = await startRelay(to);
    await root.remove("/root/cut", { recursive: true });
    place.inventory({
      cut: {
        ansible_host: "127.0.0.1",
        ansible_port: relay.port,
        ansible_ssh_common_args: `${place.sshArguments} -o HostKeyAlias=${place.address(1)}`,
      },
      other: { ansible_host: place.address(2) },
    });
    place.write({ "site.yml": RUNS_ONCE });
    const running = place.start();
    await until(root, "grep -q started /root/cut/log");
    to.host = place.address(2);
    relay.reset();
    const ran = await running.done;
    expect(ran.code, ran.all).to.be.oneOf([2, 4]);
    expect(failureOf(ran, "cut"))
      .to.match(/may or may not have taken effect/)
      .and.to.contain("--> site.yml:6:7");
    expect(recapOf(ran, "other")).to.include({ ok: 3, failed: 0, unreachable: 0 });
    to.host = place.address(1);
    expect((await place.run()).code).to.equal(0);
    expect(await said(root, "cat /root/cut/after")).to.equal("its output");
  });

  it("refuses names that an ssh client would take for options, and runs nothing", async () => {
    const smuggled = `-oProxyCommand=touch ${place.path("smuggled")}`;
    place.inventory({
      good: {},
      [smuggled]: { ansible_host: "{{ inventory_hostname }}" },
      address: { ansible_host: smuggled },
      user: { ansible_user: smuggled },
      "openssh-address": { ansible_host: smuggled, ansible_connection: "openssh" },
      "openssh-user": { ansible_user: smuggled, ansible_connection: "openssh" },
      "become-user": { ansible_become: true, ansible_become_user: `-s touch ${place.path("smuggled")}` },
    });
    const ran = await place.run(`${HEAD}    - { name: first, command: echo reached }\n`);
    expect(ran.code, ran.all).to.be.oneOf([2, 4]);
    expect(existsSync(place.path("smuggled"))).to.equal(false);
    for (const host of [smuggled, "address", "user", "openssh-address", "openssh-user"])
      expect(failureOf(ran, host), host).to.match(/is not allowed as (host name|user)/);
    expect(failureOf(ran, "become-user")).to.contain("become-user");
    expect(recapOf(ran, "good")).to.include({ ok: 1 });
  });

  it("is not disturbed by a login shell that prints or takes its time", async () => {
    const root = place.host(1);
    for (const [user, shell] of Object.entries({ noisy: "/bin/bash", posix: "/bin/sh" })) {
      await root.run({
        script: `id ${user} || useradd -m -s ${shell} ${user}; echo '${user}:${LAB_PASSWORD}' | chpasswd`,
      });
      const noise = "echo noise; echo 'more {{ noise }}' >&2; printf '\\033[2Jno newline \\377'; sleep 1\n";
      for (const file of [".bashrc", ".profile", ".bash_profile"]) await root.write(`/home/${user}/${file}`, noise);
      await root.write(`/home/${user}/.ssh-rc`, noise);
    }
    const login = { ansible_password: LAB_PASSWORD, ansible_ssh_private_key_file: null };
    place.inventory({
      noisy: { ...login, ansible_user: "noisy" },
      posix: { ...login, ansible_user: "posix" },
      "as-noisy": { ansible_become: true, ansible_become_user: "noisy" },
      "su-noisy": { ansible_become: true, ansible_become_user: "noisy", ansible_become_method: "su" },
    });
    const ran = await place.run(`${HEAD}    - { name: first, command: id -un, register: out }
    - { name: said, debug: { msg: "it is <{{ out.stdout }}>" } }
`);
    expect(ran.code, ran.all).to.equal(0);
    expect(ran.stdout.match(/it is <(noisy|posix)>/g)).to.have.lengthOf(4);
    expect(ran.stdout).to.not.contain("more {{ noise }}");
  });
});
