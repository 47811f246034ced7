// Preflight on real hosts that have been spoilt: each fault is caused for real, and its sentence is what a user reads.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { writeInventory } from "../../engine/lab/inventory.ts";
import { useLab } from "./lab-fixture.ts";
import { type Finished, RunFolder, recapOf, said } from "./spawned-run.ts";

const PROJECT = resolve(import.meta.dirname, "../..");
const playbook = (name: string): string => join(PROJECT, `playbooks/${name}.yml`);
const [ONE = "", TWO = "", THREE = ""] = ["preflight-test-1", "preflight-test-2", "preflight-test-3"];

describe("preflight on three hosts", function () {
  this.timeout(120_000);
  const lab = useLab({ name: "preflight-test", count: 3 });
  let folder: RunFolder;

  before(() => {
    folder = new RunFolder(lab());
  });
  after(async () => {
    await folder?.remove();
  });

  const refused = ({ stdout }: Finished): string[] =>
    stdout.split("\n").flatMap((line) => /^ {2,3}\d+\. (.*)/.exec(line)?.[1] ?? []);

  /** Runs one of the project's playbooks on the hosts, which are the group etcd and no other one. */
  async function etcdAlone(name: string, ...args: string[]) {
    const hosts = Object.fromEntries(
      [ONE, TWO, THREE].map((host, index) => [host, { ansible_host: folder.address(index + 1) }]),
    );
    const vars = {
      ansible_user: "root",
      ansible_ssh_private_key_file: lab().privateKeyFile,
      ansible_ssh_common_args: folder.sshArguments,
    };
    folder.write({ "alone/hosts.yml": JSON.stringify({ all: { vars, children: { etcd: { hosts } } } }) });
    const words = ["run", playbook(name), "-i", "alone/hosts.yml", ...args];
    const done = await folder.startWith(words, { ANSIBLE_ROLES_PATH: join(PROJECT, "roles") }).done;
    return { ...done, list: refused(done) };
  }

  /** Runs preflight with these variables of all hosts, and of single ones. Plain containers may have no memory cgroup. */
  async function preflight(vars: object = {}, hostVars: Readonly<Record<string, object>> = {}, ...args: string[]) {
    const inventory = mkdtempSync(join(tmpdir(), "tsplay-preflight-"));
    try {
      writeInventory({ ...lab(), inventory });
      const standard = {
        cluster_dir: "/nonexistent",
        preflight_ignore: ["memory-cgroup", "cgroup-v1", "kernel-modules"],
      };
      rmSync(join(inventory, "group_vars"), { force: true }); // The link to the project's own: its variables are not wanted.
      mkdirSync(join(inventory, "group_vars"), { recursive: true });
      mkdirSync(join(inventory, "host_vars"));
      writeFileSync(join(inventory, "group_vars/all.yml"), JSON.stringify({ ...standard, ...vars }));
      for (const [host, values] of Object.entries(hostVars))
        writeFileSync(join(inventory, `host_vars/${host}.yml`), JSON.stringify(values));
      const done = await folder.startWith(["run", playbook("preflight"), "-i", inventory, ...args]).done;
      return { ...done, list: refused(done) };
    } finally {
      rmSync(inventory, { recursive: true });
    }
  }

  /** A further inventory file. */
  function spare(text: string): string {
    folder.write({ "spare.yml": text });
    return folder.path("spare.yml");
  }

  const on = (number: number, script: string): Promise<string> => said(folder.host(number), script);

  it("lets healthy hosts pass, changes nothing, and is the same in a dry run", async () => {
    for (const more of [[], ["--check"]]) {
      const run = await preflight({}, {}, ...more);
      expect(run.code, run.all).to.equal(0);
      expect(recapOf(run, ONE)).to.include({ changed: 0, failed: 0 });
      expect(run.stdout).to.include(`ok: [${ONE} -> ${THREE}]`);
    }
  });

  it("lets an etcd cluster alone be saved and rebooted, with no word of groups and settings that it has not", async () => {
    for (const [name, ...args] of [["backup"], ["reboot", "--check"]] as const) {
      const run = await etcdAlone(name, ...args);
      expect(run.code, run.all).to.equal(0);
      expect(run.stdout).to.include(`ok: [${ONE} -> ${THREE}]`);
      expect(run.stderr).not.to.include("WARNING");
    }
    const restored = await etcdAlone("restore");
    expect(restored.list).to.deep.equal([]);
    expect(restored.stdout).to.include("There is no backup in ");
  });

  it("refuses to save, restore and reboot an etcd cluster alone of which one member is a stranger", async () => {
    const boots = () => Promise.all([1, 2, 3].map((number) => on(number, "cat /proc/sys/kernel/random/boot_id")));
    const before = await boots();
    for (const [number, authority] of [0, 0, 1].entries()) {
      await on(number + 1, "mkdir -p /etc/etcd/pki");
      await folder.host(number + 1).write("/etc/etcd/pki/ca.crt", rootCertificates[authority] ?? "");
    }
    for (const name of ["backup", "restore", "reboot"]) {
      const run = await etcdAlone(name, "-e", "confirmed=true");
      expect(run.code, run.all).to.equal(2);
      expect(run.list).to.deep.equal([`${THREE} belongs to another etcd cluster than ${ONE} and ${TWO}`]);
    }
    expect(await boots()).to.deep.equal(before);
    for (const number of [1, 2, 3]) await on(number, "rm -r /etc/etcd");
  });

  it("tells that a host has no memory cgroup", async function () {
    const isMissing = await on(1, "grep -qw memory /sys/fs/cgroup/cgroup.controllers && echo there || echo missing");
    if (isMissing !== "missing") {
      console.log("    skipped: this machine has a memory cgroup, and its hosts with it");
      this.skip();
    }
    const run = await preflight({ preflight_ignore: [] });
    expect(run.code, run.all).to.equal(2);
    expect(run.list).to.include(`${ONE}, ${TWO} and ${THREE} have no memory cgroup, without which no kubelet starts`);
    expect(run.stdout).to.include("→ a container's machine must give it the controller (systemd-nspawn)");
  });

  it("tells what is wrong with the inventory alone", async () => {
    const run = await preflight(
      {
        k8s_version: "1.36",
        k8s_pod_subnet: "10.0.0.0/8",
        preflight_names: ["nowhere.invalid"],
        preflight_memory_mib: { master: 99_000_000 },
        preflight_disk_mib: { master: 99_000_000 },
      },
      { [TWO]: { node_address: folder.address(1) }, [THREE]: { container_runtime: "crio", node_address: "192.0.2.3" } },
    );
    expect(run.code).to.equal(2);
    expect(run.list.map((line) => line.replace(/\d+ MiB (of|free)/, "N MiB $1"))).to.deep.equal([
      `${ONE} and ${TWO} have the same address, ${folder.address(1)}`,
      `${TWO} has no interface with its node_address ${folder.address(1)}`,
      `${THREE} has no interface with its node_address 192.0.2.3`,
      `${ONE}, ${TWO} and ${THREE} cannot resolve nowhere.invalid`,
      ...[ONE, TWO, THREE].map((name) => `${name} has N MiB of memory; a master needs 99000000`),
      ...[ONE, TWO].map((name) => `${name} has N MiB free on / (for /var/lib/containerd); a master needs 99000000`),
      `${THREE} has N MiB free on / (for /var/lib/containers); a master needs 99000000`,
      "the pods' range 10.0.0.0/8 and the services' range 10.96.0.0/16 overlap",
      `k8s_pod_subnet 10.0.0.0/8 overlaps the network of ${ONE} and ${TWO} (${folder.address(1)}/24 and ${folder.address(1)}/32)`,
      `container_runtime is not the same on all nodes: containerd on ${ONE} and ${TWO}; crio on ${THREE}`,
      "k8s_version is `1.36`, which is no whole version",
    ]);
  });

  it("tells everything that is wrong with the hosts at once, and of which", async () => {
    await on(2, `printf %s ${await on(1, "cat /etc/machine-id")} > /etc/machine-id`);
    await on(3, `hostname ${TWO}`);
    await on(3, "systemd-run --unit=squatter systemd-socket-activate -l 6443 -l 10250 cat");
    await on(3, "systemd-run --unit=other-runtime systemd-socket-activate -l /run/crio/crio.sock cat");
    await on(2, "systemd-run --unit=etcd systemd-socket-activate -l 2379 cat");
    for (const [number, authority] of [
      [1, 0],
      [2, 0],
      [3, 1],
    ] as const) {
      await on(number, `mkdir -p /etc/kubernetes/pki /var/lib/kubelet`);
      await folder.host(number).write("/etc/kubernetes/pki/ca.crt", rootCertificates[authority] ?? "");
    }
    await on(1, "mkdir -p /etc/kubernetes/manifests");
    await folder
      .host(1)
      .write("/etc/kubernetes/manifests/kube-apiserver.yaml", "    image: registry.k8s.io/kube-apiserver:v1.34.1\n");
    await folder
      .host(2)
      .write(
        "/var/lib/kubelet/kubeadm-flags.env",
        'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/crio/crio.sock"\n',
      );
    const run = await preflight({ rpi_hostname: "" });
    expect(run.code).to.equal(2);
    expect(run.list.map((line) => line.replace(/process \d+/, "process N"))).to.deep.equal([
      `${ONE} and ${TWO} have the same machine id, as copies of one card have`,
      `${TWO} and ${THREE} have the same host name, ${TWO}`,
      `port 2379 of ${TWO} is taken by systemd-socket- (etcd.service, process N); the master's etcd needs it`,
      `port 6443 of ${THREE} is taken by systemd-socket- (squatter.service, process N); the apiserver needs it`,
      `port 10250 of ${THREE} is taken by systemd-socket- (squatter.service, process N); the kubelet needs it`,
      `the kubelet of ${TWO} uses crio, and container_runtime is containerd`,
      `${THREE} runs crio, and container_runtime is containerd`,
      "the cluster runs 1.34.1, and k8s_version is 1.36.2",
      `${THREE} belongs to another cluster than ${ONE} and ${TWO}: its authority (/etc/kubernetes/pki/ca.crt) is not the same`,
    ]);
    expect(run.stdout).to.include("9 things stand in the way of this cluster; nothing was changed:");
    expect(run.stdout).to.include(
      "→ stop it there (`systemctl disable --now squatter.service`), or choose another k8s_apiserver_port",
    );
    expect(recapOf(run, ONE)).to.include({ changed: 0, failed: 1 });
  });

  it("looks at the hosts outside of --limit too", async () => {
    const run = await preflight({}, {}, "--limit", THREE);
    expect(run.list).to.include(`${ONE} and ${TWO} have the same machine id, as copies of one card have`);
    expect(run.stdout).to.include(`ok: [${THREE} -> ${ONE}]`);
  });

  it("asks of an upgrade that it leaves out no minor version", async () => {
    const run = await preflight({ preflight_for: "upgrade" });
    expect(run.list).to.include(
      "the cluster runs 1.34.1, and k8s_version is 1.36.2: an upgrade may not leave out a minor version",
    );
  });

  it("does not keep a host of another cluster from being reset, but says so, and knows the wrong machine", async () => {
    const run = await preflight({ preflight_for: "reset" });
    expect(run.code, run.all).to.equal(0);
    expect(run.stderr.replace(/\s+/g, " ")).to.match(
      new RegExp(`WARNING.*${THREE} belongs to another cluster .* hosts are emptied whatever they belong to`),
    );
    const twice = await preflight({ preflight_for: "reset" }, { [TWO]: { ansible_host: folder.address(1) } });
    expect(twice.code).to.equal(2);
    expect(twice.list).to.deep.equal([`${ONE} and ${TWO} are one and the same machine`]);
  });

  it("refuses an even number of voters", async () => {
    const run = await preflight(
      { preflight_for: "etcd" },
      {},
      "-i",
      spare("etcd: {hosts: {spare: {ansible_host: 192.0.2.9, ansible_port: 1}}}"),
    );
    expect(run.code).to.equal(2);
    expect(run.list[0]).to.equal(
      `the group etcd has 4 hosts (spare, ${ONE}, ${TWO} and ${THREE}), an even number of voters, which bears no more failures than 3`,
    );
  });

  it("goes on without a host that does not answer, and says so", async () => {
    const run = await preflight({ preflight_for: "etcd" }, { [TWO]: { ansible_port: 1 } });
    expect(run.code, run.all).to.equal(0);
    expect(run.stderr).to.match(new RegExp(`WARNING.*${TWO} could not be looked at`));
    const cluster = await preflight({}, { [TWO]: { ansible_port: 1 } });
    expect(cluster.list).to.include(
      `${THREE} belongs to another cluster than ${ONE}: its authority (/etc/kubernetes/pki/ca.crt) is not the same`,
    );
  });

  it("tells of a host that it may not look at as root", async () => {
    const run = await preflight({ preflight_for: "etcd" }, { [TWO]: { ansible_user: "ops" } });
    expect(run.code).to.equal(2);
    expect(run.list).to.have.lengthOf(1);
    expect(run.list[0]).to.match(new RegExp(`^${TWO} could not be looked at \\(.*password`));
  });
});
