// flannel with its settings in etcd: programs as units, flanneld a unit among them. flanneld itself is a stand-in here, as its release
// cannot be had where tests run: flanneld-stand-in.pl takes ranges in etcd and sets routes, by what flannel's pages say. So this
// shows what the role does (the key in etcd, certificates, settings, unit, the runtime's network), and pods that reach one
// another over it; it does not show that a real flanneld takes what it is given.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { ClusterRun, readyNodes } from "../k8s/cluster-run.ts";
import { useLab } from "../lab-fixture.ts";
import { changesIn } from "../role-run.ts";

/** A release of flannel as the project makes them, with the stand-in as its program, and its checksum beside it. */
function standInRelease(folder: string): string {
  copyFileSync(join(import.meta.dirname, "flanneld-stand-in.pl"), join(folder, "flanneld"));
  execFileSync("chmod", ["0755", join(folder, "flanneld")]);
  const tarball = join(folder, "flannel-v0.0.1-linux.tar.gz");
  execFileSync("tar", ["--create", "--gzip", "--file", tarball, "--directory", folder, "flanneld"]);
  writeFileSync(`${tarball}.sha256`, execFileSync("sha256sum", [tarball]));
  return tarball;
}

describe("flannel with its settings in etcd (flanneld is a stand-in)", function () {
  this.timeout(1_800_000); // The first time, Kubernetes is built.
  let cluster: ClusterRun;
  /** Settings that the lab's own group_vars would win over in an inventory. */
  let args: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "tsplay-flannel-"));
  const lab = useLab({ name: "k8s-flannel", count: 2, profile: "kubernetes" });
  before(() => {
    cluster = new ClusterRun(lab);
    const settings = {
      k8s_cni: "flannel",
      k8s_flannel_store: "etcd",
      k8s_flannel_version: "0.0.1",
      k8s_flannel_tarball: standInRelease(folder),
      k8s_flannel_backend: "host-gw",
      // The stand-in asks etcd by etcdctl, on workers too; the real flanneld needs no program but itself.
      k8s_packages:
        "conntrack ebtables ethtool iptables socat util-linux mount iproute2 ca-certificates curl etcd-client".split(
          " ",
        ),
    };
    args = ["-e", JSON.stringify(settings)];
    cluster.arrange({ masters: [1], workers: [2], etcd: [1] }, { k8s_mode: "binaries" });
  });
  after(() => {
    cluster?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What etcd has below flannel's prefix, asked with a node's own certificate. */
  const inEtcd = (number: number, ...words: string[]): string =>
    cluster.says(
      number,
      `cd /etc/kubernetes/pki/flannel; etcdctl --endpoints=https://${lab().hosts[0]?.address}:2379 --cacert=ca.crt --cert=client.crt --key=client.key get ${words.join(" ")}`,
    );
  const range = (number: number): string =>
    /"subnet": "([^"]*)"/.exec(cluster.says(number, "cat /etc/cni/net.d/10-flannel.conflist"))?.[1] ?? "";

  it("makes a cluster whose pods reach one another by ranges that nodes took in etcd", async () => {
    const made = await cluster.plays("k8s", ...args);
    expect(made.stdout).to.contain("2 nodes are ready, pods and services answer on each of them");
    expect(readyNodes(cluster.objects(1, "nodes"))).to.deep.equal([cluster.name(1), cluster.name(2)]);
    expect(JSON.parse(inEtcd(2, "--print-value-only", "/coreos.com/network/config"))).to.deep.equal({
      Network: "10.244.0.0/16",
      Backend: { Type: "host-gw" },
    });
    const leases = inEtcd(1, "--prefix", "/coreos.com/network/subnets/");
    for (const number of [1, 2]) {
      expect(range(number)).to.match(/^10\.244\.\d+\.0\/24$/);
      expect(leases).to.contain(`/subnets/${range(number).replace("/", "-")}`);
    }
    expect(range(1)).to.not.equal(range(2));
    expect(cluster.says(2, "ip route")).to.contain(`${range(1)} via ${lab().hosts[0]?.address}`);
    expect(cluster.says(2, "systemctl is-enabled flanneld; systemctl show -p MainPID --value flanneld")).to.match(
      /^enabled\n[1-9]/,
    );
    // Nodes have no ranges of the cluster's own besides.
    expect(cluster.objects(1, "nodes").map(({ spec }) => spec.podCIDR)).to.deep.equal([undefined, undefined]);
  });

  it("changes nothing when it is made again, and is foretold when a setting changes", async () => {
    const again = await cluster.plays("k8s", ...args, "--diff");
    expect(changesIn(again), again.stdout).to.deep.equal([]);
    const foretold = changesIn(await cluster.plays("k8s", ...args, "--check", "-e", "k8s_flannel_backend=vxlan"));
    expect(foretold.join("\n")).to.contain("The settings of flannel in etcd").and.contain("flanneld runs, anew");
  });

  it("refuses another range of pods than the one in use", async () => {
    const refused = await cluster.play("k8s", ...args, "-e", "k8s_pod_subnet=10.200.0.0/16");
    expect(refused.code).to.equal(2);
    expect(refused.all).to.contain("flannel has 10.244.0.0/16 in etcd, and k8s_pod_subnet is 10.200.0.0/16");
  });

  it("is gone after a reset", async () => {
    await cluster.plays("reset", ...args, "-e", "confirmed=true");
    const left =
      "ls -d /opt/flannel /etc/k8s /etc/systemd/system/flanneld.service /etc/cni/net.d/*; pgrep -f /opt/flannel/; ip route | grep 10.244";
    for (const number of [1, 2]) expect(cluster.says(number, `{ ${left}; } 2> /dev/null`)).to.equal("");
  });
});
