// Where the role k8s has etcd: members of the masters' own, or the group etcd; what kubeadm and units are told of it.

import { expect } from "chai";
import { describe, it } from "mocha";
import { documents, evaluated, type Manifest, type Settings } from "./addon-objects.ts";

const NODES: Settings = {
  inventory_hostname: "m1",
  node_address: "10.0.0.1",
  groups: { masters: ["m1", "m2"], workers: ["w1"], etcd: ["m2", "e1"] },
  hostvars: {
    m1: { ansible_host: "10.0.0.1" },
    m2: { ansible_host: "10.0.0.2" },
    w1: { ansible_host: "10.0.0.9" },
    e1: { ansible_host: "192.0.2.1", etcd_address: "10.0.0.5", etcd_client_port: 12379 },
  },
};
const EXTERNAL: Settings = { ...NODES, k8s_etcd: "external" };
const ENDPOINTS = ["https://10.0.0.2:2379", "https://10.0.0.5:12379"];

const told = (version: string, settings: Settings): Manifest => {
  const api = evaluated("k8s_kubeadm_api", { k8s_version: version });
  return documents(`kubeadm-${api}.yaml.j2`, { ...settings, k8s_version: version }).find(
    ({ kind }) => kind === "ClusterConfiguration",
  );
};

describe("etcd of a cluster by kubeadm", () => {
  for (const [version, api] of [
    ["1.20.2", "v1beta2"],
    ["1.29.0", "v1beta3"],
    ["1.36.2", "v1beta4"],
  ] as const)
    describe(`as ${api}, which ${version} reads`, () => {
      it("is the masters' own where nothing is said", () => {
        const { apiVersion, etcd } = told(version, NODES);
        expect(apiVersion).to.equal(`kubeadm.k8s.io/${api}`);
        expect(etcd).to.have.all.keys("local");
        expect(etcd.local.dataDir).to.equal("/var/lib/etcd");
      });

      it("is the group etcd where k8s_etcd is external, with its addresses, its ports and certificates of the masters", () => {
        expect(told(version, EXTERNAL).etcd).to.deep.equal({
          external: {
            endpoints: ENDPOINTS,
            caFile: "/etc/kubernetes/pki/etcd/ca.crt",
            certFile: "/etc/kubernetes/pki/apiserver-etcd-client.crt",
            keyFile: "/etc/kubernetes/pki/apiserver-etcd-client.key",
          },
        });
      });
    });

  it("is asked about its members by the names of the role etcd", () => {
    expect(JSON.parse(String(evaluated("k8s_desired_members | to_json", EXTERNAL)))).to.deep.equal([
      { name: "m2", peer_urls: ["https://10.0.0.2:2380"], client_urls: ["https://10.0.0.2:2379"] },
      { name: "e1", peer_urls: ["https://10.0.0.5:2380"], client_urls: ["https://10.0.0.5:12379"] },
    ]);
    expect(evaluated("k8s_desired_members | map(attribute='name') | list", NODES)).to.deep.equal(["m1", "m2"]);
    expect(evaluated("[k8s_etcd_ca, k8s_etcd_client]", EXTERNAL)).to.deep.equal([
      "/etc/kubernetes/pki/etcd/ca.crt",
      "/etc/kubernetes/pki/apiserver-etcd-client",
    ]);
    expect(evaluated("k8s_etcd_client", NODES)).to.equal("/etc/kubernetes/pki/etcd/healthcheck-client");
  });

  it("has an authority and certificates of kubeadm's only where it is the masters' own", () => {
    const made = (settings: Settings) =>
      evaluated("k8s_authorities + k8s_certificates | map(attribute='file') | list", settings) as string[];
    expect(made(NODES)).to.include.members(["etcd/ca.key", "etcd/server.crt", "apiserver-etcd-client.crt"]);
    expect(made(EXTERNAL).filter((file) => file.includes("etcd"))).to.deep.equal([]);
    const checked = (settings: Settings) =>
      evaluated("k8s_checked_certificates | map(attribute='phase') | list", settings);
    expect(checked(NODES)).to.include("etcd-peer");
    expect(checked(EXTERNAL)).to.deep.equal([
      "apiserver",
      "apiserver-kubelet-client",
      "front-proxy-client",
      "apiserver-etcd-client",
    ]);
  });
});

describe("etcd of other modes", () => {
  it("is the group etcd for units, with the client that its role gives members, whatever k8s_etcd says", () => {
    const units = { ...NODES, k8s_mode: "binaries" };
    expect(evaluated("k8s_apiserver_flags['etcd-servers']", units)).to.equal(ENDPOINTS.join(","));
    expect(evaluated("k8s_apiserver_flags['etcd-certfile']", units)).to.equal("/etc/etcd/pki/client.crt");
    expect(evaluated("k8s_etcd_client", units)).to.equal("/etc/etcd/pki/client");
    expect(evaluated("k8s_makes_etcd_client", units)).to.equal(false);
  });

  it("is the machine's own where it is alone", () => {
    const alone = { ...NODES, k8s_mode: "standalone", groups: { masters: ["m1"] } };
    expect(evaluated("k8s_apiserver_flags['etcd-servers']", alone)).to.equal("https://127.0.0.1:2379");
    expect(evaluated("k8s_desired_members | length", alone)).to.equal(1);
  });
});
