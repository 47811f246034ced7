// flannel with its settings in etcd, as the role k8s writes it: the settings, and the runtime's network from the range of a node.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { evaluated, rendered, type Settings } from "./addon-objects.ts";

const UNITS: Settings = {
  k8s_mode: "binaries",
  k8s_flannel_store: "etcd",
  k8s_arch: "arm64",
  cluster_cache: "/cache",
  inventory_hostname: "w1",
  node_address: "10.0.0.9",
  groups: { masters: ["m1"], workers: ["w1"], etcd: ["m1"] },
  hostvars: { m1: { ansible_host: "10.0.0.1" }, w1: { ansible_host: "10.0.0.9" } },
};

/** What the script on a node writes for a range, as flanneld puts it into subnet.env. */
function networkOf(subnet: string): { readonly mtu: number; readonly subnet: string } {
  const folder = mkdtempSync(join(tmpdir(), "tsplay-network-"));
  try {
    writeFileSync(
      join(folder, "subnet.env"),
      `FLANNEL_NETWORK=10.0.0.0/8\nFLANNEL_SUBNET=${subnet}\nFLANNEL_MTU=1450\n`,
    );
    const script = rendered("flannel/write-network.j2", UNITS)
      .replaceAll("/run/flannel", folder)
      .replaceAll("/etc/cni/net.d", folder);
    execFileSync("sh", ["-s"], { input: script });
    const { plugins } = JSON.parse(readFileSync(join(folder, "10-flannel.conflist"), "utf8"));
    return { mtu: plugins[0].mtu, subnet: plugins[0].ipam.ranges[0][0].subnet };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("flannel with its settings in etcd", () => {
  it("gives the runtime the range that a node took, whatever its length", () => {
    expect(networkOf("10.244.7.1/24")).to.deep.equal({ mtu: 1450, subnet: "10.244.7.0/24" });
    expect(networkOf("10.128.16.1/20").subnet).to.equal("10.128.16.0/20");
    expect(networkOf("192.168.200.129/25").subnet).to.equal("192.168.200.128/25");
  });

  it("has the pods' range and the backend as settings, and every node as a client of etcd", () => {
    expect(evaluated("k8s_flannel_settings | to_json", { ...UNITS, k8s_pod_subnet: "10.128.0.0/12" })).to.equal(
      '{"Network": "10.128.0.0/12", "Backend": {"Type": "vxlan"}}',
    );
    const flags = rendered("flannel/flanneld.conf.j2", UNITS);
    expect(flags)
      .to.contain("FLANNELD_ETCD_ENDPOINTS=https://10.0.0.1:2379\n")
      .and.contain("FLANNELD_ETCD_PREFIX=/coreos.com/network\n")
      .and.contain("FLANNELD_IFACE=10.0.0.9\n");
  });

  it("comes from a release of the machine's kind, kept once on the controller, or from a file of it", () => {
    expect(evaluated("k8s_flannel_file", UNITS)).to.equal("/cache/downloads/flannel-v0.27.4-linux-arm64.tar.gz");
    expect(evaluated("k8s_flannel_file", { ...UNITS, k8s_flannel_tarball: "/srv/flannel.tar.gz" })).to.equal(
      "/srv/flannel.tar.gz",
    );
  });

  it("gives nodes their ranges itself", () => {
    const told = (more: Settings) =>
      evaluated("k8s_controller_manager_own_flags['allocate-node-cidrs']", { ...UNITS, ...more });
    expect([told({}), told({ k8s_flannel_store: "cluster" }), told({ k8s_cni: "bridge" })]).to.deep.equal([
      "false",
      "true",
      "true",
    ]);
  });
});
