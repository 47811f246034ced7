// What a host has against a task: full and read-only file systems, missing rights, endless commands, odd output, a held dpkg lock.

import { existsSync } from "node:fs";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import type { Host } from "../../engine/host/host.ts";
import { useLab } from "./lab-fixture.ts";
import { failureOf, RunFolder, recapOf, said, until } from "./spawned-run.ts";

const HEAD = "- hosts: all\n  gather_facts: false\n  tasks:\n";

describe("a run on hosts that resist", function () {
  this.timeout(90_000);
  const lab = useLab({ name: "faults-target", count: 2 });
  let place: RunFolder;
  let root: Host;
  before(() => {
    place = new RunFolder(lab());
    root = place.host(1);
    place.inventory({ one: {}, two: { ansible_host: place.address(2) } });
  });
  after(() => place?.remove());

  it("keeps the old file on a full file system, says which one and how much is free, and converges later", async () => {
    await root.run({
      script:
        "mkdir -p /mnt/full; mountpoint -q /mnt/full || mount -t tmpfs -o size=256k none /mnt/full; cd /mnt/full; echo old > file; echo old > lines; head -c 240000 /dev/zero > filler",
    });
    await place.host(2).run({ script: "mkdir -p /mnt/full; rm -f /mnt/full/*" });
    for (const task of [
      `copy: { dest: /mnt/full/file, content: "{{ 'new' * 30000 }}\n" }`,
      `template: { dest: /mnt/full/file, src: big.j2 }`,
      `lineinfile: { path: /mnt/full/lines, line: "{{ 'new' * 30000 }}", create: true }`,
    ]) {
      place.write({ "big.j2": "{{ 'new' * 30000 }}\n" });
      const playbook = `${HEAD}    - ${task}\n`;
      const ran = await place.run(playbook);
      expect(ran.code, ran.all).to.equal(2);
      expect(failureOf(ran, "one"))
        .to.match(/no space left.*\/mnt\/full.*\d+ KiB free/)
        .and.to.contain("--> site.yml:4:7");
      expect(recapOf(ran, "two")).to.include({ failed: 0 });
      expect(await said(root, "cd /mnt/full; cat file lines; ls -A")).to.equal("old\nold\nfile\nfiller\nlines");
      await root.remove("/mnt/full/filler");
      expect((await place.run()).code).to.equal(0);
      expect(recapOf(await place.run(), "one")).to.include({ ok: 1, changed: 0 });
      await root.run({ script: "cd /mnt/full; echo old > file; echo old > lines; head -c 240000 /dev/zero > filler" });
    }
    await root.run({ script: "umount /mnt/full" });
  });

  it("says what is read-only, immutable or forbidden, and when become would help", async () => {
    await root.run({
      script:
        "echo old > /etc/motd; mkdir -p /mnt/ro /root/fixed; mount -t tmpfs none /mnt/ro; echo old > /mnt/ro/file; mount -o remount,ro /mnt/ro; echo old > /root/fixed/file",
    });
    const immutable = (await root.run({ script: "chattr +i /root/fixed/file" })).code === 0;
    place.inventory({ one: {}, plain: { ansible_user: "tsplay" }, two: { ansible_host: place.address(2) } });
    const ran = await place.run(`${HEAD}
    - { name: read-only, copy: { dest: /mnt/ro/file, content: new }, when: inventory_hostname == 'one', ignore_errors: true }
    - { name: immutable, copy: { dest: /root/fixed/file, content: new }, when: inventory_hostname == 'one', ignore_errors: true }
    - { name: forbidden, copy: { dest: /etc/motd, content: new }, when: inventory_hostname == 'plain' }
    - { name: rest, command: echo rest }
`);
    await root.run({ script: "umount /mnt/ro; chattr -i /root/fixed/file" });
    expect(ran.code, ran.all).to.equal(2);
    expect(ran.all).to.match(/cannot write \/mnt\/ro\/file: .*read-only/i);
    if (immutable) expect(ran.all).to.match(/cannot write \/root\/fixed\/file: .*(not permitted|immutable)/i);
    expect(failureOf(ran, "plain"))
      .to.match(/\/etc\/motd.*permission denied/i)
      .and.to.match(/become/);
    expect(await said(root, "cat /root/fixed/file")).to.equal(immutable ? "old" : "new");
    expect(recapOf(ran, "one")).to.include({ failed: 0, ignored: immutable ? 2 : 1 });
    expect(recapOf(ran, "two")).to.include({ ok: 1, failed: 0 });
    const mended = await place.run(
      `${HEAD}    - { name: forbidden, become: true, copy: { dest: /etc/motd, content: new } }\n`,
    );
    expect(mended.code, mended.all).to.equal(0);
    expect(recapOf(await place.run(), "plain")).to.include({ changed: 0 });
    place.inventory({ one: {}, two: { ansible_host: place.address(2) } });
  });

  it("ends a command at the task's timeout with all that it started, and is not held by a daemon's open output", async () => {
    const ran = await place.run(`${HEAD}
    - { name: endless, shell: "sleep 4321 & sleep 4322", timeout: 2, ignore_errors: true }
    - { name: daemon, shell: "sleep 4323 & echo begun", timeout: 20, register: daemon }
    - { name: said, debug: { msg: "it said {{ daemon.stdout }}" } }
    - { name: looked, shell: "for n in 1 2 3 4 5 6 7 8; do pgrep -af '[s]leep 432[12]' || exit 0; sleep 0.5; done; exit 1" }
    - { name: ended, command: "pkill -f 432[3]" }
`);
    expect(ran.code, ran.all).to.equal(0);
    expect(ran.all).to.contain("did not end within its timeout of 2 seconds");
    expect(ran.stdout).to.contain("it said begun");
    expect(ran.took).to.be.lessThan(30);
  });

  it("keeps bytes that are not UTF-8, evaluates nothing of them and shows nothing of them to the terminal", async () => {
    place.write({
      "site.yml": String.raw`${HEAD}
    - name: odd
      shell: printf 'caf\351 \377\000 \033[2J\033]0;title\007 \302\233 \342\200\256 {{ '{{' }} 7 * 7 }}\n'
      register: odd
    - { name: shown, debug: { var: odd.stdout } }
    - { name: told, debug: { msg: "<{{ odd.stdout }}>" } }
    - { name: kept, copy: { dest: /root/odd, content: "{{ odd.stdout }}" } }
    - name: failing
      shell: printf 'bad \033[31m \377 {{ '{{' }} 7 * 7 }}' >&2; false
      ignore_errors: true
`,
    });
    for (const output of [["-v"], ["--output", "live"], ["--output", "jsonl"], ["--output", "json"]]) {
      const ran = await place.start([...output, "-l", "one"]).done;
      expect(ran.code, ran.all).to.equal(0);
      expect(ran.all.replaceAll(/\u001b\[[\d;]*m/g, "")).to.not.match(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
      expect(ran.all).to.contain("7 * 7").and.to.not.contain(" 49");
    }
    const bytes = await root.read("/root/odd");
    expect(bytes.toString("latin1")).to.equal(
      "caf\xe9 \xff\x00 \x1b[2J\x1b]0;title\x07 \xc2\x9b \xe2\x80\xae {{ 7 * 7 }}",
    );
  });

  it("keeps a part only of output without end", async () => {
    const ran = await place.run(
      `${HEAD}    - { name: loud, shell: "head -c 300000000 /dev/zero", no_log: true, register: loud }
    - { name: size, assert: { that: loud.stdout | length <= 100000000 } }
`,
      ["-l", "one"],
    );
    expect(ran.code, ran.all.slice(0, 2000)).to.equal(0);
  });

  it("does not evaluate facts that a host makes up", async () => {
    const worse = `{{ lookup('pipe', 'touch ${place.path("pwned")}') }}`;
    await root.run({ script: "mkdir -p /etc/ansible/facts.d" });
    await root.write("/etc/ansible/facts.d/made.fact", JSON.stringify({ evil: "{{ 7 * 7 }}", worse }));
    const ran = await place.run(`- hosts: one
  tasks:
    - { name: told, debug: { msg: "<{{ ansible_local.made.evil }}> <{{ ansible_facts['ansible_local']['made'].worse }}>" } }
    - { name: other, debug: { msg: "{{ hostvars['one'].ansible_local.made.evil }}" }, delegate_to: two }
    - { name: again, set_fact: { kept: "{{ ansible_local.made.evil }}" } }
    - { name: then, copy: { dest: /root/evil, content: "{{ kept }}" } }
    - { name: condition, debug: { msg: not reached }, when: kept == '49' }
`);
    await root.remove("/etc/ansible/facts.d/made.fact");
    expect(ran.code, ran.all).to.equal(0);
    expect(ran.stdout).to.contain("<{{ 7 * 7 }}> <{{ lookup(").and.to.not.contain("not reached");
    expect(await said(root, "cat /root/evil")).to.equal("{{ 7 * 7 }}");
    expect(existsSync(place.path("pwned"))).to.equal(false);
    expect(await root.stat(place.path("pwned"))).to.equal(undefined);
  });

  it("waits for the dpkg lock with a limit and says who holds it", async () => {
    await root.write(
      "/root/holder.pl",
      "use Fcntl;open F,'+<','/var/lib/dpkg/lock-frontend';my $l=pack('ssx4qqlx4',F_WRLCK,0,0,0,0);fcntl(F,F_SETLK,$l)or die;sleep 600",
    );
    await root.run({
      script: "apt-get -qq update; apt-get -qqy remove hello; nohup perl /root/holder.pl >/dev/null 2>&1 & sleep 0.5",
    });
    const playbook = (limit: number): string =>
      `${HEAD}    - { name: package, apt: { name: hello, lock_timeout: ${limit}, install_recommends: false } }\n`;
    const ran = await place.run(playbook(3), ["-l", "one"]);
    expect(ran.code, ran.all).to.equal(2);
    expect(failureOf(ran, "one"))
      .to.match(/lock/i)
      .and.to.match(/perl|\b\d{2,}\b/);
    expect(ran.took).to.be.lessThan(40);
    await root.run({ script: "pkill -f holder[.]pl" });
    await until(root, "! pgrep -f holder[.]pl", 5);
    expect((await place.run(undefined, ["-l", "one"])).code).to.equal(0);
    expect(recapOf(await place.run(undefined, ["-l", "one"]), "one")).to.include({ ok: 1, changed: 0 });
  });
});
