import { expect } from "chai";
import type { Listener } from "../../../../engine/modules/preflight/facts.ts";
import { broken, cluster, facts, host, joined, told } from "./healthy.ts";

const listening = (port: number, program?: string, unit?: string): Listener => ({
  port,
  address: "*",
  ...(program ? { program, pid: 712 } : {}),
  ...(unit ? { unit } : {}),
});
const withPorts = (...listeners: Listener[]) => ({ listeners });

describe("preflight: addresses and names", () => {
  it("refuses an address that the host does not have, and names its own", () => {
    expect(told(broken({}, {}, { 2: { address: "10.0.0.2" } }))).to.deep.equal([
      "addresses: pi2 has no interface with its node_address 10.0.0.2 → set node_address of pi2 in the inventory to one of its own; it has 192.168.1.2",
    ]);
  });

  it("refuses a name where an address belongs", () => {
    expect(told(broken({}, {}, { 2: { address: "pi2.local" } }))).to.deep.equal([
      "addresses: node_address of pi2 is `pi2.local`, which is no IP address → set node_address of pi2 in the inventory to the address by which the other hosts reach it; it has 192.168.1.2",
    ]);
  });

  it("takes an IPv6 address however it is written", () => {
    const addresses = [{ interface: "eth0", address: "fd00::2", prefix: 64 }];
    expect(told(broken({ 2: { addresses } }, {}, { 2: { address: "fd00:0:0::2" } }))).to.deep.equal([]);
  });

  it("refuses a virtual address that is a host's own", () => {
    expect(told(cluster({ virtualAddress: "192.168.1.3" }))[0]).to.match(
      /^addresses: the virtual address 192.168.1.3 is the own address of pi3 → set k8s_vip to a free address/,
    );
  });

  it("names the hosts that cannot resolve a name", () => {
    const names = { "api.home": ["192.168.1.9"], "nas.home": [] };
    expect(told(broken({ 2: { names }, 5: { names } }))).to.deep.equal([
      "names: pi2 and pi5 cannot resolve nas.home → give nas.home an address in DNS, or in /etc/hosts there",
    ]);
  });
});

describe("preflight: ports", () => {
  it("names the program that has a port, and how to stop it", () => {
    expect(
      told(broken({ 2: withPorts(listening(6443, "nginx", "nginx.service"), listening(10250, "nc")) })),
    ).to.deep.equal([
      "ports: port 6443 of pi2 is taken by nginx (nginx.service, process 712); the apiserver needs it → stop it there (`systemctl disable --now nginx.service`), or choose another k8s_apiserver_port",
      "ports: port 10250 of pi2 is taken by nc (process 712); the kubelet needs it → stop it there",
    ]);
  });

  it("asks of each host only for the ports that it needs", () => {
    const all = [6443, 10250, 10257, 10259, 2379, 2380, 8443].map((port) => listening(port, "x"));
    const portsOf = (number: number, more = {}): string[] =>
      told(broken({ [number]: withPorts(...all) }, more)).map((line) => /port (\d+)/.exec(line)?.[1] ?? line);
    expect(portsOf(1)).to.deep.equal(["6443", "10257", "10259", "2379", "2380", "10250", "8443"]);
    expect(portsOf(4)).to.deep.equal(["10250", "8443"]);
    expect(portsOf(4, { balancerPorts: [] })).to.deep.equal(["10250"]);
    expect(portsOf(1, { purpose: "backup" })).to.deep.equal([]);
  });

  it("knows the cluster's own components, and those that only have their names", () => {
    expect(told(broken({ 1: joined(), 2: joined(), 3: joined() }))).to.deep.equal([]);
    const strangers = withPorts(listening(2379, "etcd", "etcd.service"), listening(8443, "haproxy", "haproxy.service"));
    expect(told(broken({ 2: strangers })).map((line) => line.split(" → ")[0])).to.deep.equal([
      "ports: port 2379 of pi2 is taken by etcd (etcd.service, process 712); the master's etcd needs it",
      "ports: port 8443 of pi2 is taken by haproxy (haproxy.service, process 712); the API's load balancer needs it",
    ]);
  });

  it("leaves etcd's ports to members of its own clusters", () => {
    const members = [1, 2, 3].map((number) =>
      host(number, { groups: ["etcd"], facts: facts(number, withPorts(listening(2379, "etcd", "etcd.service"))) }),
    );
    expect(told(cluster({ hosts: members, purpose: "etcd" }))).to.deep.equal([]);
    const taken = host(1, { groups: ["etcd"], facts: facts(1, withPorts(listening(2380, "python3"))) });
    expect(told(cluster({ hosts: [taken], purpose: "etcd" }))[0]).to.match(
      /^ports: port 2380 .* or choose another etcd_peer_port$/,
    );
  });

  it("knows other Kubernetes distributions, and programs that it cannot see", () => {
    expect(told(broken({ 1: withPorts(listening(6443, "k3s-server", "k3s.service")) }))[0]).to.match(
      /→ remove K3s from it/,
    );
    expect(told(broken({ 1: withPorts(listening(6443)) }))[0]).to.match(
      /is taken by a program that cannot be seen; the apiserver needs it → find it there \(`ss -ltnp`\) and stop it/,
    );
  });
});

describe("preflight: ranges", () => {
  it("refuses ranges that overlap, in any family", () => {
    expect(told(cluster({ serviceSubnet: "10.244.128.0/20" }))).to.deep.equal([
      "ranges: the pods' range 10.244.0.0/16 and the services' range 10.244.128.0/20 overlap → choose k8s_pod_subnet and k8s_service_subnet apart from each other",
    ]);
    const dual = { podSubnet: "10.244.0.0/16,fd00:1::/56", serviceSubnet: "10.96.0.0/16,fd00:1:0:1::/112" };
    expect(told(cluster(dual))).to.have.lengthOf(1);
    expect(told(cluster({ ...dual, serviceSubnet: "10.96.0.0/16,fd00:2::/112" }))).to.deep.equal([]);
  });

  it("refuses ranges that overlap the hosts' network", () => {
    expect(told(cluster({ podSubnet: "192.168.0.0/16" }))).to.deep.equal([
      "ranges: k8s_pod_subnet 192.168.0.0/16 overlaps the network of pi1, pi2, pi3, pi4 and pi5 (192.168.1.1/24, 192.168.1.2/24, 192.168.1.3/24, 192.168.1.4/24 and 192.168.1.5/24) → choose a k8s_pod_subnet that nothing else in your network uses",
    ]);
  });

  it("does not take the cluster's own interfaces for the network", () => {
    const addresses = [
      { interface: "eth0", address: "192.168.1.2", prefix: 24 },
      { interface: "cni0", address: "10.244.1.1", prefix: 24 },
    ];
    expect(told(broken({ 2: { addresses } }))).to.deep.equal([]);
  });

  it("refuses what is no range", () => {
    expect(told(cluster({ podSubnet: "10.244.0.0" }))[0]).to.match(
      /^ranges: k8s_pod_subnet is `10.244.0.0`, which is no range/,
    );
    expect(told(cluster({ serviceSubnet: "10.96.0.0/33" }))).to.have.lengthOf(1);
  });

  it("keeps a living cluster's ranges", () => {
    const one = joined();
    const living = { ...one, traces: { ...one.traces, serviceSubnet: "10.112.0.0/12", podSubnet: "10.244.0.0/16" } };
    expect(told(broken({ 1: living, 2: living, 3: living }))).to.deep.equal([
      "ranges: k8s_service_subnet is 10.96.0.0/16, but the cluster of pi1 was made with 10.112.0.0/12 → set k8s_service_subnet to 10.112.0.0/12: a living cluster keeps its ranges",
    ]);
  });
});
