// Where the role k8s has Kubernetes from: a repository of packages like the vendor's, release tarballs in a folder of the
// controller, and a builder that is another machine. The programs are small stand-ins; what is done with them is real. Building
// the real ones from Debian's source takes minutes and is part of the tests of clusters.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import type { Host } from "../../engine/host/host.ts";
import { useLab } from "./lab-fixture.ts";
import { changesIn, runRole } from "./role-run.ts";
import { type Finished, outputOf, RunFolder } from "./spawned-run.ts";

const PROGRAMS =
  "kubeadm kubelet kubectl crictl kube-apiserver kube-controller-manager kube-scheduler kube-proxy".split(" ");

/** A repository of the vendor's form on the host itself: flat, signed, two versions of each package. */
const REPOSITORY = `
set -e
apt-get update -q; apt-get install -y -q --no-install-recommends gpg gpg-agent dpkg-dev apt-utils >/dev/null
mkdir -p /srv/repo /tmp/deb/DEBIAN /tmp/deb/usr/bin; cd /srv/repo
for name in kubeadm kubelet kubectl cri-tools kubernetes-cni; do for version in 1.36.2-1.1 1.36.3-1.1; do
  printf '#!/bin/sh\\necho %s %s\\n' $name $version > /tmp/deb/usr/bin/$name; chmod 755 /tmp/deb/usr/bin/$name
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: x <x@x.test>\\nDescription: x\\n' $name $version > /tmp/deb/DEBIAN/control
  dpkg-deb -b /tmp/deb /srv/repo/\${name}_\${version}_all.deb >/dev/null; rm /tmp/deb/usr/bin/$name
done; done
dpkg-scanpackages --multiversion . > Packages 2>/dev/null
apt-ftparchive release . > /tmp/Release 2>/dev/null && mv /tmp/Release Release
export GNUPGHOME=/tmp/gpg; mkdir -m 700 $GNUPGHOME
gpg --batch -q --passphrase '' --quick-gen-key x@x.test rsa2048
gpg --batch -q --clearsign -o InRelease Release; gpg --batch -q --armor --export x@x.test > key.asc
`;

/** A static program for amd64 that writes a text and ends. */
function program(text: string): Buffer {
  const code = Buffer.from("b801000000bf01000000488d3510000000ba000000000f05b83c00000031ff0f05", "hex");
  code.writeUInt32LE(text.length, 18);
  const size = 120 + code.length + text.length;
  const head = Buffer.alloc(120);
  head.write("\x7fELF\x02\x01\x01", 0, "latin1");
  for (const [value, at] of [
    [2, 16],
    [62, 18],
    [64, 52],
    [56, 54],
    [1, 56],
  ] as const)
    head.writeUInt16LE(value, at);
  head.writeUInt32LE(1, 20);
  for (const [value, at] of [
    [0x400078, 24],
    [64, 32],
    [0x400000, 80],
    [0x400000, 88],
    [size, 96],
    [size, 104],
    [4096, 112],
  ] as const)
    head.writeBigUInt64LE(BigInt(value), at);
  head.writeUInt32LE(1, 64);
  head.writeUInt32LE(5, 68);
  return Buffer.concat([head, code, Buffer.from(text)]);
}

describe("the sources of the role k8s", function () {
  this.timeout(240_000);
  const lab = useLab({ name: "g-sources", profile: "kubernetes" });
  const one = "g-sources-1";
  let folder: RunFolder;
  let host: Host;

  before(() => {
    folder = new RunFolder(lab());
    host = folder.host(1);
  });
  after(() => folder?.remove());

  const NODE =
    "- hosts: all\n  roles: []\n  tasks:\n    - ansible.builtin.include_role: {name: k8s, tasks_from: sources/packages}\n";
  const ARTIFACTS = readFileSync(join(import.meta.dirname, "../../playbooks/artifacts.yml"), "utf8");

  function play(playbook: string, vars: object, groups: object, ...args: string[]): Promise<Finished> {
    const all = { k8s_version: "1.36.2", cluster_cache: folder.path("cache"), ...vars };
    const hosts = { [one]: all };
    const given = { playbook, hosts, groups: groups as Record<string, string[]> };
    return runRole(folder, lab(), { ...given, args: ["-e", JSON.stringify(all), ...args] });
  }

  const output = (script: string): Promise<string> => outputOf(host, { script });

  describe("packages", () => {
    const vars = { k8s_repository_url: "file:/srv/repo/", k8s_repository_key: "/srv/repo/key.asc" };
    const nodes = { masters: [one] };

    before(() => output(REPOSITORY));

    it("come from the repository of the minor version in just the version, and are held", async () => {
      const foretold = changesIn(await play(NODE, vars, nodes, "--check"));
      const done = changesIn(await play(NODE, vars, nodes));
      expect(foretold).to.deep.equal(done);
      expect(await output("kubeadm; kubelet; kubectl")).to.equal(
        "kubeadm 1.36.2-1.1\nkubelet 1.36.2-1.1\nkubectl 1.36.2-1.1",
      );
      expect(await output("apt-mark showhold")).to.equal("kubeadm\nkubectl\nkubelet");
      expect(await output("cri-tools")).to.contain("cri-tools 1.36.3");
      expect(changesIn(await play(NODE, vars, nodes))).to.deep.equal([]);
    });

    it("change their version only when it is asked for, though they are held", async () => {
      const newer = { ...vars, k8s_version: "1.36.3" };
      const foretold = changesIn(await play(NODE, newer, nodes, "--check"));
      expect(foretold).to.include(`k8s : The vendor's packages on ${one}`);
      expect(changesIn(await play(NODE, newer, nodes))).to.deep.equal(foretold);
      expect(changesIn(await play(NODE, newer, nodes))).to.deep.equal([]);
      expect(await output("kubeadm; apt-mark showhold")).to.equal("kubeadm 1.36.3-1.1\nkubeadm\nkubectl\nkubelet");
      const none = await play(NODE, { ...vars, k8s_version: "1.36.9" }, nodes);
      expect(none.code).to.equal(2);
      expect(none.all).to.contain("1.36.9-1.1");
    });

    it("are pushed from a folder of the controller to hosts without a repository", async () => {
      await output(
        "apt-get remove -y -q --allow-change-held-packages kubeadm kubelet kubectl cri-tools kubernetes-cni; rm /etc/apt/sources.list.d/kubernetes.sources",
      );
      const packages = { k8s_package_folder: folder.path("packages") };
      mkdirSync(packages.k8s_package_folder, { recursive: true });
      const empty = await play(NODE, packages, nodes);
      expect(empty.all).to.contain("has no packages (*.deb) for");
      await output("tar -C /srv -cf /tmp/repo.tar repo");
      await host.download("/tmp/repo.tar", folder.path("repo.tar"));
      execFileSync("tar", ["-xf", "repo.tar"], { cwd: folder.folder });
      const there = {
        ...packages,
        k8s_repository_url: `file:${folder.path("repo")}/`,
        k8s_repository_key: folder.path("repo/key.asc"),
      };
      expect(changesIn(await play(ARTIFACTS, there, nodes))).to.deep.equal([
        "k8s : Packages from the repository on localhost",
      ]);
      expect(readdirSync(packages.k8s_package_folder).filter((name) => !name.startsWith("."))).to.have.lengthOf(5);
      expect(changesIn(await play(ARTIFACTS, there, nodes))).to.deep.equal([]);
      const foretold = changesIn(await play(NODE, packages, nodes, "--check"));
      expect(foretold).to.include(`undecided k8s : Install pushed packages on ${one}`);
      await play(NODE, packages, nodes);
      expect(await output("kubeadm; apt-mark showhold")).to.equal("kubeadm 1.36.2-1.1\nkubeadm\nkubectl\nkubelet");
      expect(changesIn(await play(NODE, packages, nodes))).to.deep.equal([]);
    });
  });

  describe("tarballs of a folder", () => {
    const name = "kubernetes-server-linux-amd64.tar.gz";
    let place = "";
    let made = "";
    const vars = () => ({
      k8s_source: "tarball",
      k8s_tarball: place,
      k8s_crictl_tarball: "",
      k8s_image_repository: "r.test",
      k8s_artifact_images: ["kube-apiserver", "kube-scheduler"],
    });
    const nodes = { masters: [one] };

    before(() => {
      place = folder.path("tarballs");
      made = folder.path("cache/kubernetes/v1.36.2-tarball/amd64");
      const bin = join(place, "kubernetes/server/bin");
      mkdirSync(bin, { recursive: true });
      for (const program of PROGRAMS)
        writeFileSync(join(bin, program), `#!/bin/sh\necho ${program}\n`, { mode: 0o755 });
      execFileSync("tar", ["-czf", name, "kubernetes"], { cwd: place });
      rmSync(join(place, "kubernetes"), { recursive: true });
    });

    it("without a checksum, or with another one, are refused with what to do", async () => {
      const none = await play(ARTIFACTS, vars(), nodes);
      expect(none.code).to.equal(2);
      expect(none.all).to.contain("no checksum for").and.contain(`lay the file ${name}.sha512 beside it`);
      writeFileSync(join(place, `${name}.sha512`), `${"0".repeat(128)}  ${name}\n`);
      const wrong = await play(ARTIFACTS, vars(), nodes);
      expect(wrong.all)
        .to.contain("has the sha512 checksum")
        .and.contain(`which is not sha512:${"0".repeat(128)}`);
      const elsewhere = await play(ARTIFACTS, { ...vars(), k8s_tarball: "/nowhere/x.tar.gz" }, nodes);
      expect(elsewhere.all).to.contain("/nowhere/x.tar.gz is not there; set k8s_tarball to a URL");
      const other = await play(ARTIFACTS, vars(), nodes, "-e", "k8s_source=ftp");
      expect(other.code).to.not.equal(0);
      expect(other.all).to.contain("packages, tarball, debian");
    });

    it("become programs and images once, as foretold; what is damaged is made anew", async () => {
      const sum = createHash("sha512")
        .update(readFileSync(join(place, name)))
        .digest("hex");
      writeFileSync(join(place, `${name}.sha512`), `${sum}  ${name}\n`);
      const foretold = changesIn(await play(ARTIFACTS, vars(), nodes, "--check"));
      expect(existsSync(join(made, "bin/kubelet"))).to.equal(false);
      expect(changesIn(await play(ARTIFACTS, vars(), nodes))).to.deep.equal(foretold);
      expect(readdirSync(made).sort()).to.deep.equal([".verified", "SHA256SUMS", "bin", "images", "manifest.json"]);
      expect(readdirSync(join(made, "bin")).sort()).to.deep.equal([...PROGRAMS].sort());
      expect(statSync(join(made, "bin/kubelet")).mode & 0o777).to.equal(0o755);
      const index = execFileSync("tar", ["-xOf", join(made, "images/kube-scheduler.tar"), "index.json"], {
        encoding: "utf8",
      });
      expect(index).to.contain('"r.test/kube-scheduler:v1.36.2"');
      expect(execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: made, encoding: "utf8" })).to.not.contain(
        "FAILED",
      );
      expect(changesIn(await play(ARTIFACTS, vars(), nodes))).to.deep.equal([]);
      writeFileSync(join(made, "bin/kubelet"), "damaged");
      rmSync(join(made, "images/kube-apiserver.tar"));
      const mended = changesIn(await play(ARTIFACTS, vars(), nodes));
      expect(mended).to.include("k8s : Damaged files are not used on localhost");
      expect(readFileSync(join(made, "bin/kubelet"), "utf8")).to.contain("echo kubelet");
      expect(changesIn(await play(ARTIFACTS, vars(), nodes, "--check"))).to.deep.equal([]);
    });
  });

  describe("a builder that is another machine", () => {
    const groups = { masters: [one], builder: [one] };
    const vars = { k8s_source: "debian", k8s_version: "1.20.2", k8s_image_repository: "r.test", k8s_coredns: false };
    const out = "/var/cache/tsplay/builder/v1.20.2-amd64";

    it("builds, and the controller has programs and images that run", async () => {
      // Programs that a build would have left behind when it was interrupted: it goes on after them.
      await output(`mkdir -p ${out}/bin; echo '{"kubernetes": "1"}' > ${out}/source.json`);
      for (const name of PROGRAMS)
        await host.write(`${out}/bin/${name}`, program(`${name === "kube-scheduler" ? "broken" : "v1.20.2"}\n`), {
          mode: 0o755,
        });
      const broken = await play(ARTIFACTS, vars, groups);
      expect(broken.code).to.equal(2);
      expect(broken.all).to.contain("images/kube-scheduler.tar does not run and was removed: kube-scheduler --version");
      await host.write(`${out}/bin/kube-scheduler`, program("v1.20.2\n"), { mode: 0o755 });
      const { all, code } = await play(ARTIFACTS, vars, groups);
      expect(code, all).to.equal(0);
      expect(changesIn(await play(ARTIFACTS, vars, groups))).to.deep.equal([]);
      const made = folder.path("cache/kubernetes/v1.20.2-debian/amd64");
      expect(statSync(join(made, "bin/kubeadm")).mode & 0o777).to.equal(0o755);
      const root = folder.path("etcd-root");
      mkdirSync(root);
      const archive = join(made, "images/etcd.tar");
      const read = (member: string) => execFileSync("tar", ["-xOf", archive, member], { maxBuffer: 1 << 28 });
      const [image] = JSON.parse(read("manifest.json").toString()) as [{ Layers: [string] }];
      execFileSync("tar", ["-x", "-C", root], { input: read(image.Layers[0]) });
      const version = execFileSync("chroot", [root, "/usr/local/bin/etcd", "--version"], { encoding: "utf8" });
      expect(version).to.match(/^etcd Version: 3\./);
      const { packages } = JSON.parse(readFileSync(join(made, "manifest.json"), "utf8"));
      expect(packages["etcd-server"]).to.match(/^3\./);
      expect(readdirSync(join(made, "images")).sort()).to.include.members([
        "busybox.tar",
        "kube-proxy.tar",
        "pause.tar",
      ]);
    });
  });

  it("are refused where nodes want another version than the controller knows", async () => {
    const vars = { k8s_source: "debian", cluster_cache: folder.path("cache") };
    const hosts = { [one]: { ...vars, k8s_version: "1.20.2" } };
    const run = await runRole(folder, lab(), {
      playbook: ARTIFACTS,
      hosts,
      groups: { masters: [one] },
      args: ["-e", "k8s_source=debian"],
    });
    expect(run.code).to.equal(2);
    expect(run.all)
      .to.contain(`but ${one} want another`)
      .and.contain("Set k8s_version and k8s_source in group_vars/all");
  });
});
