// The role containers on bare hosts: containerd and Docker of the distribution run a container, settings reach the
// version that reads them, and what is in the way is refused.

import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import type { Host } from "../../engine/host/host.ts";
import { useLab } from "./lab-fixture.ts";
import { changesIn, runRole } from "./role-run.ts";
import { type Finished, RunFolder, recapOf, said } from "./spawned-run.ts";

const PLAYBOOK = `
- hosts: all
  roles:
    - role: containers
`;

/** An archive made of the busybox in the run's folder, and brought to the runtime by the role. */
const IMAGE = `
- hosts: all
  tasks:
    - name: An archive of an image
      oci_image:
        runtime: archive
        dest: "{{ playbook_dir }}/busybox.tar"
        name: registry.test/busybox:1
        files:
          - {src: "{{ playbook_dir }}/busybox", dest: /bin/busybox, mode: "0755"}
        cmd: [/bin/busybox, "true"]
      delegate_to: localhost
      run_once: true

    - name: Images on the node
      ansible.builtin.include_role:
        name: containers
        tasks_from: import-images
      vars:
        containers_images: ["{{ playbook_dir }}/busybox.tar"]
`;

/** A package that stands in for cri-dockerd: its program tells what it was started with, and is ready. */
const SHIM = {
  "shim/DEBIAN/control":
    "Package: cri-dockerd\nVersion: 0.3.99\nArchitecture: all\nMaintainer: test <test@example.org>\nDescription: test\n",
  "shim/usr/bin/cri-dockerd":
    '#!/bin/sh\necho "$@" > /run/cri-dockerd.words\nsystemd-notify --ready\nexec sleep infinity\n',
};

describe("the role containers", function () {
  this.timeout(240_000);
  const lab = useLab({ name: "f-containers", count: 2, profile: "kubernetes" });
  const [one = "", two = ""] = ["f-containers-1", "f-containers-2"];
  let folder: RunFolder;
  let containerd: Host;
  let docker: Host;

  /** On both hosts at once: the first with containerd, the second with Docker. */
  function play(args: readonly string[] = [], playbook = PLAYBOOK): Promise<Finished> {
    const shared = {
      k8s_version: "1.20.2",
      k8s_image_repository: "registry.test",
      k8s_cgroup_driver: "cgroupfs",
      containers_restrict_oom_score_adj: true,
    };
    const shim = folder.path("cri-dockerd.deb");
    const docker = { container_runtime: "docker", k8s_version: "1.36.2", containers_cri_dockerd: shim };
    const hosts = { [one]: shared, [two]: { ...shared, ...docker } };
    return runRole(folder, lab(), { playbook, hosts, args });
  }

  before(() => {
    folder = new RunFolder(lab());
    [containerd, docker] = [folder.host(1), folder.host(2)];
    folder.write(SHIM);
    chmodSync(folder.path("shim/usr/bin/cri-dockerd"), 0o755);
    execFileSync("dpkg-deb", ["--build", folder.path("shim"), folder.path("cri-dockerd.deb")]);
  });
  after(() => folder?.remove());

  it("refuses what cannot work, with what to do about it, and changes nothing", async () => {
    const crio = await play(["-l", one, "-e", "container_runtime=crio"]);
    expect(crio.all).to.contain("Debian has no packages of crio. Set containers_source to `vendor`");
    const shim = await play(["-l", two, "-e", "containers_cri_dockerd="]);
    expect(shim.all).to.contain("through cri-dockerd only").and.contain("containers_cri_dockerd");
    await containerd.run({
      script:
        "echo 'KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///var/run/crio/crio.sock\"' > /var/lib/kubelet/kubeadm-flags.env",
    });
    const mixed = await play(["-l", one]);
    expect(mixed.all).to.contain("/var/lib/kubelet/kubeadm-flags.env says").and.contain("playbooks/remove-node.yml");
    await containerd.run({ script: "rm /var/lib/kubelet/kubeadm-flags.env" });
    const skew = await play(["-l", one, "-e", "k8s_version=1.38.0"]);
    expect(skew.all).to.contain("needs containerd 2.0 or later").and.contain(`gives ${one} containerd 1.6`);
    for (const [finished, host] of [
      [crio, one],
      [skew, one],
      [shim, two],
      [mixed, one],
    ] as const) {
      expect(finished.code).to.equal(2);
      expect(recapOf(finished, host).changed).to.equal(0);
    }
  });

  it("foretells what it takes from a vendor's repository, and that it cannot know the version there", async () => {
    const key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n";
    const server = createServer((_, answer) => answer.end(key));
    const machine = folder.address(1).replace(/\d+$/, "1");
    await new Promise<void>((listening) => server.listen(0, machine, listening));
    const repository = `http://${machine}:${(server.address() as AddressInfo).port}/linux/debian`;
    const args = ["-l", one, "--check", "--diff", "-e", "containers_source=vendor k8s_version=1.36.2"];
    const finished = await play([...args, "-e", `containers_docker_repository=${repository}`]);
    const crio = await play([...args, "-e", `container_runtime=crio containers_crio_repository=${repository}`]);
    server.close();
    const changes = changesIn(finished);
    expect(changes)
      .to.include(`containers : Docker's repository on ${one}`)
      .and.include(`containers : Packages of containerd on ${one}`);
    expect(changes).to.include(`undecided containers : Containerd's settings on ${one}`);
    expect(crio.stdout).to.contain('+cgroup_manager = "cgroupfs"').and.contain('+conmon_cgroup = "pod"');
    expect(changesIn(crio))
      .to.include(`containers : Packages of CRI-O on ${one}`)
      .and.include(`containers : Start CRI-O on ${one}`);
    expect(finished.stdout).to.contain(`+URIs: ${repository}`).and.contain("+Suites: bookworm");
  });

  it("foretells on bare hosts exactly what it then does, and does nothing the second time", async () => {
    const predicted = changesIn(await play(["--check", "--diff"]));
    expect(predicted)
      .to.include(`containers : Start containerd on ${one}`)
      .and.include(`containers : Start Docker on ${two}`);
    // What a package file holds can be seen where it lies only, and it is brought there by the run.
    const dropped = `containers : The package of cri-dockerd on ${two}`;
    expect(predicted.filter((change) => change.startsWith("undecided"))).to.deep.equal([`undecided ${dropped}`]);
    expect(await said(containerd, "ls /etc/containerd /usr/bin/containerd 2>&1 | grep -c 'cannot access'")).to.equal(
      "2",
    );
    expect(changesIn(await play())).to.have.members(predicted.map((change) => change.replace(/^undecided /, "")));
    expect(changesIn(await play(["--check"]))).to.deep.equal([]);
    expect(changesIn(await play())).to.deep.equal([]);
  });

  it("keeps its settings where the packages bring some of their own", async () => {
    const dump = await said(containerd, "containerd config dump");
    expect(dump).to.contain('sandbox_image = "registry.test/pause:3.2"').and.contain('bin_dir = "/opt/cni/bin"');
    expect(dump)
      .to.match(/restrict_oom_score_adj = true/)
      .and.to.match(/SystemdCgroup = false/);
    expect(await said(containerd, "/opt/cni/bin/host-local </dev/null 2>&1; cat /etc/crictl.yaml"))
      .to.contain("CNI")
      .and.contain("unix:///run/containerd/containerd.sock");
    expect(
      await said(
        docker,
        "docker info --format '{{.CgroupDriver}} {{.LoggingDriver}} {{.LiveRestoreEnabled}} {{.Driver}}'",
      ),
    ).to.equal("cgroupfs json-file true overlay2");
  });

  it("brings an archive's image to each runtime, which runs it", async () => {
    const program = await containerd.run({
      script:
        "cd /tmp && apt-get download -qq busybox-static >/dev/null 2>&1 && dpkg-deb -x busybox-static*.deb b && cat b/bin/busybox",
    });
    folder.write({ busybox: program.stdout });
    const image = "containers : Images from the controller's archives";
    expect(changesIn(await play([], IMAGE))).to.include.members([`${image} on ${one}`, `${image} on ${two}`]);
    expect(changesIn(await play([], IMAGE))).to.deep.equal([]);
    expect(
      await said(containerd, "ctr -n k8s.io run --rm registry.test/busybox:1 once /bin/busybox echo runs 2>&1"),
    ).to.equal("runs");
    expect(await said(docker, "docker run --rm registry.test/busybox:1 /bin/busybox echo runs 2>&1")).to.equal("runs");
  });

  it("restarts a runtime only for changed settings, and its containers live on", async () => {
    await containerd.run({ script: "ctr -n k8s.io run -d registry.test/busybox:1 long /bin/busybox sleep 600" });
    await docker.run({ script: "docker run -d --name long registry.test/busybox:1 /bin/busybox sleep 600" });
    const containers = async (): Promise<string[]> =>
      Promise.all([
        said(containerd, "ctr -n k8s.io tasks ls | grep long"),
        said(docker, "docker inspect --format '{{.State.Pid}} {{.State.Running}}' long"),
      ]);
    const before = await containers();
    expect(before[0]).to.contain("RUNNING");
    expect(before[1]).to.match(/^[1-9]\d* true$/);
    const mirrors = { containers_registry_mirrors: [{ registry: "docker.io", mirrors: ["http://10.0.0.9:5000"] }] };
    const args = ["-e", JSON.stringify({ ...mirrors, k8s_cni_bin_dir: "/usr/lib/cni" })];
    const foretold = changesIn(await play([...args, "--check"]));
    expect(foretold).to.deep.equal([
      `containers : Containerd's settings on ${one}`,
      `containers : Docker's settings on ${two}`,
      `containers : Restart Docker on ${two}`,
      `containers : Restart containerd on ${one}`,
      `containers : Restart cri-dockerd on ${two}`,
      `containers : The folders of containerd's settings on ${one}`,
      `containers : Units of cri-dockerd, in place of the package's on ${two}`,
      `containers : Where images of a registry come from on ${one}`,
    ]);
    expect(changesIn(await play(args))).to.deep.equal(foretold);
    expect(await containers()).to.deep.equal(before);
    expect(await said(docker, "docker info --format '{{.RegistryConfig.Mirrors}}'")).to.equal(
      "[http://10.0.0.9:5000/]",
    );
    expect(await said(containerd, "cat /etc/containerd/certs.d/docker.io/hosts.toml")).to.contain(
      '[host."http://10.0.0.9:5000"]',
    );
  });

  it("does not take settings that containerd cannot read", async () => {
    const finished = await play(["-l", one, "-e", '{"k8s_sandbox_image":"a\\"b"}']);
    expect(finished.code, finished.all).to.equal(2);
    expect(finished.all).to.contain("failed to validate");
  });

  it("writes settings in the version that later ones read", async () => {
    for (const version of [3, 4]) {
      const args = [
        "-l",
        one,
        "--check",
        "--diff",
        "-e",
        `containers_containerd_config_version=${version} k8s_version=1.36.2`,
      ];
      const { stdout } = await play(args);
      expect(stdout)
        .to.contain(`+version = ${version}`)
        .and.match(/\+ +sandbox = "registry.test\/pause:3.10.2"/);
    }
  });

  it("keeps images on a disk of its own, and refuses to hide those that are there", async () => {
    const disk = [
      "-l",
      one,
      "-e",
      JSON.stringify({
        container_storage: "disk",
        containers_storage_devices: ["/srv/disk.img"],
        containers_storage_options: "loop,noatime",
      }),
    ];
    // The lab's own mount of that folder goes; loop devices are not there in a container.
    const script = `
      truncate -s 200M /srv/disk.img; mknod /dev/loop-control c 10 237; for n in 0 1 2 3 4 5 6 7; do mknod /dev/loop$n b 7 $n; done
      ctr -n k8s.io tasks kill -s 9 long; sleep 1; systemctl stop containerd; umount /var/lib/containerd; touch /var/lib/containerd/image`;
    await containerd.run({ script });
    const hidden = await play(disk);
    expect(hidden.all).to.contain("would hide what the runtime has");
    expect(recapOf(hidden, one).changed).to.equal(0);
    await containerd.run({ script: "rm /var/lib/containerd/image" });
    const foretold = changesIn(await play([...disk, "--check"]));
    expect(foretold).to.include(`containers : The file system in its place on ${one}`);
    expect(changesIn(await play(disk))).to.deep.equal(foretold);
    expect(changesIn(await play(disk))).to.deep.equal([]);
    expect(
      await said(
        containerd,
        "findmnt -no FSTYPE /var/lib/containerd; ls -d /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs",
      ),
    ).to.match(/^ext4\n\//);
    await containerd.run({ script: "systemctl stop containerd; umount /var/lib/containerd" });
  });
});
