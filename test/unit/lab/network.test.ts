import { expect } from "chai";
import { describe, it } from "mocha";
import { hostsFile, linesNaming, resolvConf } from "../../../engine/lab/names.ts";
import { addressOf, bridgeName, freePrefix, gatewayOf, planNetwork } from "../../../engine/lab/network.ts";

describe("a lab's network", () => {
  it("takes the first private range that nothing here uses", () => {
    expect(freePrefix([])).to.equal("10.77.0");
    expect(freePrefix(["10.77.0.1/24", "10.77.1.200"])).to.equal("10.77.2");
    expect(freePrefix(["10.0.0.0/8"])).to.equal("172.16.77");
    expect(freePrefix(["10.0.0.0/8", "172.16.0.0/12"])).to.equal("192.168.100");
  });

  it("does not take the default route for a used range", () => {
    expect(freePrefix(["0.0.0.0/0"])).to.equal("10.77.0");
  });

  it("says so when no range is free", () => {
    expect(() => freePrefix(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])).to.throw(/private \/24/);
  });

  it("has a bridge whose name the kernel takes, another one for each lab", () => {
    expect(bridgeName("a-lab-with-quite-a-long-name")).to.have.lengthOf.at.most(15);
    expect(bridgeName("a")).to.not.equal(bridgeName("b"));
  });

  it("numbers hosts from the same address on", () => {
    const network = planNetwork("lab", ["10.77.0.0/24"], "ACCEPT");
    expect([gatewayOf(network), addressOf(network, 0), addressOf(network, 2)]).to.deep.equal([
      "10.77.1.1",
      "10.77.1.11",
      "10.77.1.13",
    ]);
  });

  it("refuses addresses of clusters at the bridge, and only those that would leave it", () => {
    const refused = planNetwork("lab", [], "ACCEPT").rules.filter(({ rule }) => rule.includes("REJECT"));
    expect(refused.map(({ rule }) => rule[rule.indexOf("-d") + 1])).to.deep.equal(["10.96.0.0/12", "10.244.0.0/16"]);
    for (const { rule } of refused) expect(rule.join(" ")).to.contain(`! -o ${bridgeName("lab")}`);
  });

  it("lets its own packets through where the machine forwards nothing by itself", () => {
    const rules = planNetwork("lab", [], "DROP").rules.map(({ rule }) => rule.at(-1));
    expect(rules).to.deep.equal(["MASQUERADE", "ACCEPT", "ACCEPT", "REJECT", "REJECT"]);
  });
});

describe("names in a lab", () => {
  it("come from the machine's own hosts file where the archive is found through it", () => {
    const machine = "127.0.0.1 localhost\n192.0.2.7  deb.example other.example # here\n127.0.0.1 proxy.example\n";
    expect(linesNaming(machine, ["deb.example", "proxy.example"])).to.deep.equal(["192.0.2.7 deb.example"]);
    expect(
      hostsFile([{ name: "lab-1", address: "10.77.0.11" }], machine, ["deb.example"]).split("\n"),
    ).to.include.members(["10.77.0.11 lab-1", "192.0.2.7 deb.example"]);
  });

  it("are not asked of a resolver that only the machine itself can reach", () => {
    const stub = "nameserver 127.0.0.53\noptions edns0\n";
    expect(resolvConf([stub, "nameserver 192.0.2.53\nsearch example\n"])).to.equal(
      "nameserver 192.0.2.53\nsearch example\n",
    );
    expect(resolvConf([stub])).to.match(/^# /);
  });
});
