// The module oci_image against real runtimes: what is made of the machine's own programs and their libraries is run, by
// containerd, Docker and podman (which CRI-O shares its store with), and is known again by its digest.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import type { Host } from "../../engine/host/host.ts";
import { useLab } from "./lab-fixture.ts";
import { changesIn } from "./role-run.ts";
import { type Finished, outputOf, RunFolder, recapOf } from "./spawned-run.ts";

const INSTALL = `
- hosts: all
  gather_facts: false
  tasks:
    - name: A place for Docker's settings
      ansible.builtin.file: {path: /etc/docker, state: directory}
    - name: Docker needs no network here
      ansible.builtin.copy:
        dest: /etc/docker/daemon.json
        content: '{"iptables": false, "bridge": "none", "storage-driver": "overlay2", "exec-opts": ["native.cgroupdriver=cgroupfs"]}'
    - name: Packages
      ansible.builtin.apt:
        name: [containerd, runc, docker.io, podman]
        install_recommends: false
        update_cache: true
`;

const IMAGES = `
- hosts: all
  gather_facts: false
  tasks:
    - name: The image
      oci_image: &image
        name: [r.test/shell:1, r.test/shell:2]
        runtime: "{{ runtime }}"
        files:
          - {src: /bin/sh, dest: /bin/}
          - {src: /bin/cat, dest: /bin/}
          - {src: "{{ program }}", dest: /usr/bin/program}
          - {content: "{{ text | default('text of the image') }}", dest: /etc/text}
        libraries: true
        entrypoint: [/bin/cat]
        cmd: [/etc/text]
        env: {WHO: the image}
        verify:
          command: [/bin/sh, -c, 'echo "$WHO"; cat /etc/text; echo; program --version']
          stdout: '^the image\\ntext of the \\w+\\n.+'
      register: image
    - ansible.builtin.debug: {msg: "digest={{ image.digest }} id={{ image.id }} verified={{ image.verified is defined }}"}
`;

describe("images of containers on a host", function () {
  this.timeout(240_000);
  const lab = useLab({ name: "g-oci", profile: "kubernetes" });
  let folder: RunFolder;
  let host: Host;

  before(() => {
    folder = new RunFolder(lab());
    host = folder.host(1);
  });
  after(() => folder?.remove());

  function play(playbook: string, ...args: string[]): Promise<Finished> {
    folder.inventory({ one: {} });
    return folder.run(playbook, args);
  }
  const output = (...argv: string[]): Promise<string> => outputOf(host, { argv });

  it("cannot be asked of a runtime that is not there: the package is named", async () => {
    const { all, code } = await play(IMAGES, "-e", "runtime=containerd", "-e", "program=/bin/ls");
    expect(code, all).to.equal(2);
    expect(all).to.contain("ctr is not on this host").and.contain("install the package containerd,");
    const both = `${INSTALL}${IMAGES.replace(/^- hosts[\s\S]*?tasks:\n/m, "")}`;
    const dry = await play(both, "--check", "-e", "runtime=containerd", "-e", "program=/bin/ls");
    expect(changesIn(dry)).to.include("The image on one");
    expect(recapOf(await play(INSTALL), "one").failed).to.equal(0);
  });

  for (const runtime of ["containerd", "docker", "crio"]) {
    it(`${runtime}: gets it, runs it, keeps it, replaces it`, async () => {
      // One of a hundred megabytes, for the one that clusters use.
      const program = runtime === "containerd" ? process.execPath : "/bin/ls";
      const args = ["-e", `runtime=${runtime}`, "-e", `program=${program}`];
      const dry = await play(IMAGES, "--check", "--diff", ...args);
      expect(changesIn(dry)).to.deep.equal(["The image on one"]);
      const first = await play(IMAGES, ...args);
      expect(changesIn(first)).to.deep.equal(["The image on one"]);
      expect(first.all).to.contain("verified=True");
      const [, digest = "", id = ""] = /digest=(\S+) id=(\S+)/.exec(first.all) ?? [];
      expect(dry.all).to.contain(runtime === "containerd" ? digest : id);
      const second = await play(IMAGES, ...args);
      expect(changesIn(second)).to.deep.equal([]);
      expect(second.all).to.contain(`digest=${digest} id=${id} verified=False`);
      if (runtime === "containerd") {
        const own = await output("ctr", "-n", "k8s.io", "run", "--rm", "r.test/shell:2", "own");
        expect(own).to.equal("text of the image");
        const listed = await output("ctr", "-n", "k8s.io", "images", "ls", "-q", "name~=^r.test/");
        expect(listed.split("\n")).to.deep.equal(["r.test/shell:1", "r.test/shell:2"]);
      } else {
        const client = runtime === "docker" ? "docker" : "podman";
        const own = await output(client, "run", "--rm", "--network", "none", "r.test/shell:2");
        expect(own).to.equal("text of the image");
        expect(await output(client, "image", "inspect", "--format", "{{.Id}}", "r.test/shell:1")).to.contain(
          id.slice(7),
        );
      }
      const other = await play(IMAGES, ...args, "-e", "text='text of the successor'");
      expect(changesIn(other)).to.deep.equal(["The image on one"]);
    });
  }

  it("is removed again when it does not run, and nothing is left of the transfer", async () => {
    const broken = IMAGES.replace("libraries: true", "libraries: false").replaceAll("shell", "broken");
    const { all, code } = await play(broken, "-e", "runtime=containerd", "-e", "program=/bin/ls");
    expect(code, all).to.equal(2);
    expect(all).to.contain("r.test/broken:1, r.test/broken:2 does not work and was removed");
    expect(await output("ctr", "-n", "k8s.io", "images", "ls", "-q", "name~=broken")).to.equal("");
    expect(await output("find", "/var/tmp", "-name", "tsplay-*")).to.equal("");
  });

  it("goes through an archive on the controller with the same digest", async () => {
    const file = folder.path("archives/shell.tar");
    mkdirSync(folder.path("archives"));
    const made = IMAGES.replace(
      / {8}verify:[\s\S]*?register/m,
      `        dest: ${file}\n      delegate_to: localhost\n      register`,
    );
    const [, digest] =
      /digest=(\S+)/.exec((await play(made, "-e", "runtime=archive", "-e", "program=/bin/ls")).all) ?? [];
    const taken = `
- hosts: all
  gather_facts: false
  tasks:
    - name: Take it
      oci_image: {archive: ${file}, name: r.test/taken:1}
      register: image
    - ansible.builtin.debug: {msg: "digest={{ image.digest }}"}
`;
    const run = await play(taken);
    expect(changesIn(run)).to.deep.equal(["Take it on one"]);
    expect(run.all).to.contain(`digest=${digest}`);
    writeFileSync(file, readFileSync(file).subarray(0, 1_000_000));
    const cut = await play(taken);
    expect(cut.code).to.equal(2);
    expect(cut.all).to.contain("it was not written completely");
  });
});
