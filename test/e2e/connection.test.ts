// Connections, become and faults on real hosts: sshd, sudo and su as Debian ships them.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { after, afterEach, before, describe, it } from "mocha";
import type { ConnectionSettings } from "../../engine/connection/connection.ts";
import type { Become, Host, HostError } from "../../engine/host/host.ts";
import { createHost, type HostOptions, type OpenHost } from "../../engine/host/hosts.ts";
import { LAB_PASSWORD } from "../../engine/lab/lab.ts";
import { failureOf } from "../failure.ts";
import { startRelay } from "../relay.ts";
import { useLab } from "./lab-fixture.ts";

for (const suite of ["bookworm", "trixie"])
  describe(`a ${suite} host over ssh`, function () {
    this.timeout(60_000);
    const lab = useLab({ name: `conn-${suite}`, count: 1, suite });
    const opened: OpenHost[] = [];

    const open = (more: Partial<ConnectionSettings> = {}, options: Partial<HostOptions> = {}): OpenHost => {
      const state = lab();
      const one = createHost(
        {
          kind: "ssh",
          host: "conn-1",
          address: state.hosts[0]?.address ?? "",
          user: "root",
          ...(more.password === undefined ? { privateKeyFile: state.privateKeyFile } : { privateKeyFile: undefined }),
          hostKeyChecking: "yes",
          knownHostsFiles: [state.knownHostsFile],
          sshArguments: ["-F", "/dev/null", "-o", "IdentitiesOnly=yes", "-o", "IdentityFile=/dev/null"],
          timeout: 10,
          ...more,
        },
        { environment: { env: { PATH: process.env.PATH, HOME: "/nonexistent" } }, ...options },
      );
      opened.push(one);
      return one;
    };
    const said = async (host: Host, script: string): Promise<string> =>
      (await host.run({ script })).stdout.toString().trim();

    let root: Host;
    before(async () => {
      root = open().host;
      await root.run({
        script: `id plain || useradd -m -s /bin/bash plain; printf 'plain:lab\\nops:${LAB_PASSWORD}\\n' | chpasswd; mkdir -p /mnt/full /mnt/ro`,
      });
    });
    afterEach(async () => {
      for (const one of opened.splice(1)) await one.close();
    });
    after(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    for (const kind of ["ssh", "openssh"] as const) {
      it(`serves files and commands by ${kind}, with a key and with a password`, async () => {
        const bytes = randomBytes(3_000_000);
        const { host } = open({ kind });
        await host.write("/root/large", bytes);
        expect((await host.read("/root/large")).equals(bytes)).to.equal(true);
        expect(await said(host, "id -un")).to.equal("root");
        const ops = open({ kind, user: "ops", password: LAB_PASSWORD });
        expect(await said(ops.host, "id -un")).to.equal("ops");
      });

      it(`says by ${kind} that a password is wrong`, async () => {
        const { host } = open({ kind, user: "ops", password: "n0t-this-one" });
        const refused = await failureOf(host.stat("/"));
        expect(refused.problem.code).to.equal("auth-failed");
        expect(JSON.stringify(refused.problem)).to.contain("conn-1");
        expect(JSON.stringify(refused.problem)).to.not.contain("n0t-this-one");
      });
    }

    const become = (user: string, more: Partial<Become> = {}): Become => ({ method: "sudo", user, ...more });

    it("becomes root by sudo, with and without a password", async () => {
      const ops = open({ user: "ops", password: LAB_PASSWORD }).host;
      expect(await said(ops.as(become("root", { password: LAB_PASSWORD })), "id -un; echo $HOME")).to.equal(
        "root\n/root",
      );
      expect(await said(root.as(become("tsplay")).as(become("nobody")), "id -un")).to.equal("nobody");
      expect(root.as(become("root"))).to.equal(root);
    });

    it("becomes another user by su, with and without a password", async () => {
      expect(await said(root.as(become("ops", { method: "su" })), "id -un")).to.equal("ops");
      const ops = open({ user: "ops", password: LAB_PASSWORD }).host;
      expect(await said(ops.as(become("root", { method: "su", password: LAB_PASSWORD })), "id -un")).to.equal("root");
    });

    it("says in seconds what keeps it from becoming root, and gives a password once", async () => {
      const ops = open({ user: "ops", password: LAB_PASSWORD }).host;
      const plain = open({ user: "plain", password: "lab" }).host;
      const failures = async (): Promise<number> =>
        Number(await said(root, "journalctl -q -o cat -t sudo -t su | grep -c 'authentication failure' || true"));
      const before = await failures();
      const code = async (host: Host, how: Become): Promise<string> =>
        (await failureOf(host.as(how).stat("/"))).problem.code;
      expect(await code(ops, become("root", { password: "wr0ng-pass" }))).to.equal("become-password-wrong");
      expect(await code(ops, become("root"))).to.equal("become-password-missing");
      expect(await code(ops, become("root", { method: "su", password: "wr0ng-pass" }))).to.equal(
        "become-password-wrong",
      );
      expect(await code(ops, become("root", { method: "su" }))).to.equal("become-password-missing");
      expect(await code(plain, become("root", { password: "lab" }))).to.equal("become-not-permitted");
      expect(await code(ops, become("no-such-user", { password: LAB_PASSWORD }))).to.equal("become-user-unknown");
      expect(await code(ops, become("root", { executable: "no-such-sudo" }))).to.equal("become-missing");
      await root.write("/etc/sudoers.d/tty", "Defaults:ops requiretty\n", { mode: 0o440 });
      expect(await code(ops, become("root", { password: LAB_PASSWORD }))).to.equal("become-needs-tty");
      await root.remove("/etc/sudoers.d/tty");
      expect(await failures()).to.equal(before + 2);
    });

    it("shows a password in no process list and no environment", async () => {
      const ops = open({ user: "ops", password: LAB_PASSWORD }).host;
      const secret = "c4nary-s3cret";
      await ops.stat("/");
      await root.run({ script: `echo 'ops:${secret}' | chpasswd` });
      const admin = ops.as(become("root", { password: secret }));
      const found = await admin.run({
        script: "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c c4nary-s3cre[t]",
      });
      await root.run({ script: `echo 'ops:${LAB_PASSWORD}' | chpasswd` });
      expect(found.stdout.toString().trim()).to.equal("0");
    });

    it("is not disturbed by what a login shell prints, or by which it is", async () => {
      await root.write("/home/plain/.bashrc", "echo noise; echo 'more noise' >&2; printf 'no newline'\n");
      for (const shell of ["/bin/bash", "/bin/sh", "/bin/rbash"]) {
        await root.run({ argv: ["usermod", "-s", shell, "plain"] });
        const { host, close } = open({ user: "plain", password: "lab" });
        expect(await said(host, "id -un"), shell).to.equal("plain");
        await close();
      }
      await root.run({ argv: ["usermod", "-s", "/usr/sbin/nologin", "plain"] });
      const refused = await failureOf(open({ user: "plain", password: "lab" }).host.stat("/"));
      expect(refused.problem.code).to.equal("agent-start");
      expect(JSON.stringify(refused.problem)).to.contain("not available");
      await root.run({ argv: ["usermod", "-s", "/bin/bash", "plain"] });
    });

    it("keeps the old file on a full disk, and says which one and what is free", async () => {
      await root.run({ script: "mountpoint -q /mnt/full || mount -t tmpfs -o size=256k none /mnt/full" });
      await root.write("/mnt/full/file", "old");
      for (const size of [30_000, 1_000_000]) {
        if (size === 30_000) await root.run({ script: "head -c 240000 /dev/zero > /mnt/full/filler" });
        const full = (await failureOf(root.write("/mnt/full/file", Buffer.alloc(size)))) as HostError;
        expect(full.errno).to.equal("ENOSPC");
        expect(full.message).to.match(/no space left, file system \/mnt\/full \(none\): \d+ KiB free/);
        expect((await root.read("/mnt/full/file")).toString()).to.equal("old");
      }
      expect((await root.walk("/mnt/full")).map((entry) => entry.name)).to.deep.equal(["file", "filler"]);
      await root.run({ script: "umount /mnt/full" });
    });

    it("says what is in the way of a write", async () => {
      await root.run({ script: "mount -t tmpfs -o ro none /mnt/ro" });
      expect((await failureOf(root.write("/mnt/ro/x", "x"))) as HostError).to.include({
        errno: "EROFS",
        path: "/mnt/ro/x",
      });
      await root.run({ script: "umount /mnt/ro" });
      const ops = open({ user: "ops", password: LAB_PASSWORD }).host;
      const denied = (await failureOf(ops.write("/etc/motd", "x"))) as HostError;
      expect([denied.errno, denied.problem.hint]).to.deep.equal([
        "EACCES",
        "needs become: the user ops may not do this",
      ]);
    });

    it("works where nothing can be written", async () => {
      await root.run({ script: "for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o ro none $d; done" });
      const { host, close } = open();
      expect(await said(host, "echo fine")).to.equal("fine");
      expect((await host.stat("/etc/passwd", { checksum: "sha256" }))?.checksum).to.have.length(64);
      await close();
      await root.run({ script: "umount /tmp /var/tmp /dev/shm" });
    });

    it("keeps access lists and extended attributes of a file that it replaces", async () => {
      const script = "touch /root/acl && setfacl -m u:ops:r /root/acl && setfattr -n user.note -v kept /root/acl";
      const set = await root.run({ script: `command -v setfacl && command -v setfattr && { ${script}; }` });
      if (set.code !== 0) {
        // Without the tools: Perl's own system call sets one.
        const perl = `my $v="kept";my $n="user.note\\0";open F,">/root/acl";my $p="/root/acl";syscall(188,$p,$n,$v,4,0)==0 or die "$!"`;
        expect((await root.run({ argv: ["perl", "-e", perl] })).stderr.toString()).to.equal("");
      }
      await root.write("/root/acl", "new content");
      const perl = `my $v="\\0"x64;my $n="user.note\\0";my $p="/root/acl";my $l=syscall(191,$p,$n,$v,64);print substr $v,0,$l`;
      expect((await root.run({ argv: ["perl", "-e", perl] })).stdout.toString()).to.equal("kept");
    });

    it("removes what a write that died left behind, and only that", async () => {
      await root.run({ argv: ["mkdir", "-p", "/root/swept"] });
      const boot = (await root.read("/proc/sys/kernel/random/boot_id")).toString().slice(0, 8);
      const names = [
        `.tsplay-${boot}-4194300-00ff`,
        `.tsplay-${boot}-1-00ff`,
        ".tsplay-0000ffff-5-00ff",
        ".tsplay-mine",
      ];
      for (const name of names) await root.run({ script: `touch -d '1 hour ago' /root/swept/${name}` });
      await root.write("/root/swept/file", "x");
      expect((await root.walk("/root/swept")).map((entry) => entry.name)).to.have.members([...names.slice(1), "file"]);
    });

    it("is small on the host, and leaves nothing there", async () => {
      const { host, close } = open();
      await host.write("/root/large", randomBytes(8_000_000));
      await host.read("/root/large");
      const rss = await said(host, "awk '/VmHWM/ { print $2 }' /proc/$PPID/status");
      expect(Number(rss)).to.be.lessThan(12 * 1024);
      const pid = await said(host, "echo $PPID");
      await close();
      expect(await root.stat(`/proc/${pid}`)).to.equal(undefined);
      expect(await root.glob("/{tmp,var/tmp,dev/shm,run}/*tsplay*")).to.deep.equal([]);
    });

    it("goes on after its agent was killed", async () => {
      const { host } = open();
      await host.stat("/");
      const running = failureOf(host.run({ script: "kill -9 $PPID; sleep 1" }));
      expect((await running).problem.code).to.equal("outcome-unknown");
      expect(await said(host, "echo alive")).to.equal("alive");
    });

    for (const [title, how] of [
      ["the login user", undefined],
      ["a become user", become("root", { password: LAB_PASSWORD })],
    ] as const) {
      it(`brings what a command of ${title} did although the connection was cut, and did it once`, async () => {
        const relay = await startRelay({ host: lab().hosts[0]?.address ?? "", port: 22 });
        const states: string[] = [];
        const ops = open(
          { address: "127.0.0.1", port: relay.port, user: "ops", password: LAB_PASSWORD, hostKeyChecking: "no" },
          { onState: (state) => states.push(state) },
        );
        const host = ops.host.as(how);
        const note = `/tmp/once-${randomBytes(4).toString("hex")}`;
        const running = host.run({ script: `echo x >> ${note}; sleep 1; id -un; wc -l < ${note}` });
        while (!(await root.stat(note))) await new Promise((resolve) => setTimeout(resolve, 20));
        relay.reset();
        expect((await running).stdout.toString()).to.equal(`${how ? "root" : "ops"}\n1\n`);
        expect(states).to.include("reconnected");
        await ops.close();
        await relay.close();
      });
    }

    it("refuses a host whose key is another than the known one", async () => {
      const folder = mkdtempSync(join(tmpdir(), "keys-"));
      const file = join(folder, "known_hosts");
      const address = lab().hosts[0]?.address;
      const key = "AAAAC3NzaC1lZDI1NTE5AAAAIBy88gCPeDtvF35xiuiZ4gCYEEME3LXVwbTtBcCsYqQC";
      writeFileSync(file, `${address} ssh-ed25519 ${key}\n`);
      for (const kind of ["ssh", "openssh"] as const) {
        const refused = await failureOf(open({ kind, knownHostsFiles: [file] }).host.stat("/"));
        expect(refused.problem.code, kind).to.equal("host-key-changed");
      }
      rmSync(folder, { recursive: true });
    });
  });
