// A host of a Raspberry Pi's architecture: what we send to hosts runs there too. Every program is emulated and the image
// takes minutes, so this is on demand: TSPLAY_LAB_ARM64=1.

import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { machineArch } from "../../engine/lab/lab.ts";
import { useLab } from "./lab-fixture.ts";
import { RunFolder, recapOf, said } from "./spawned-run.ts";

const PLAYBOOK = `- hosts: all
  remote_user: tsplay
  become: true
  tasks:
    - ansible.builtin.assert:
        that:
          - ansible_facts.architecture == 'aarch64'
          - ansible_facts.distribution == 'Debian'
          - ansible_facts.user_id == 'root'
          - ansible_facts.service_mgr == 'systemd'
    - ansible.builtin.user: { name: pi, groups: [sudo], shell: /bin/bash }
    - ansible.builtin.copy: { dest: /etc/motd, content: "a Pi, nearly\\n", mode: "0644" }
    - ansible.builtin.lineinfile: { path: /etc/hosts, line: 10.0.0.9 nas }
    - ansible.builtin.copy:
        dest: /etc/systemd/system/watch.service
        content: |
          [Service]
          ExecStart=/bin/sleep infinity
          [Install]
          WantedBy=multi-user.target
    - ansible.builtin.systemd_service: { name: watch, enabled: true, state: started, daemon_reload: true }
    - ansible.builtin.apt: { name: tzdata, state: present }
`;

const suite = process.env.TSPLAY_LAB_ARM64 === "1" || machineArch() === "arm64" ? describe : describe.skip;

suite("a host of arm64 (emulated elsewhere, on demand: TSPLAY_LAB_ARM64=1)", function () {
  this.timeout(900_000);
  const lab = useLab({ name: "arm64", arch: "arm64", count: 1 });
  let place: RunFolder;
  before(() => {
    place = new RunFolder(lab());
    place.inventory({ pi: {} });
  });
  after(() => place?.remove());

  it("is one for its own programs and for Debian's packages", async () => {
    expect(await said(place.host(1), "uname -m; dpkg --print-architecture; systemctl is-system-running")).to.equal(
      "aarch64\narm64\nrunning",
    );
  });

  it("is foretold, changed as foretold, and then left alone", async () => {
    const changed = (text: string) => text.match(/^changed: \[pi\]/gm)?.length;
    const foretold = await place.run(PLAYBOOK, ["--check", "--diff"]);
    expect(foretold.code, foretold.all).to.equal(0);
    const ran = await place.run(PLAYBOOK);
    expect(ran.code, ran.all).to.equal(0);
    expect(changed(ran.stdout)).to.equal(changed(foretold.stdout)).and.to.be.greaterThan(3);
    const again = await place.run(PLAYBOOK);
    expect(recapOf(again, "pi"), again.all).to.include({ changed: 0, failed: 0 });
    expect(await said(place.host(1), "cat /etc/motd; systemctl is-active watch; id -nG pi")).to.equal(
      "a Pi, nearly\nactive\npi sudo",
    );
  });
});
