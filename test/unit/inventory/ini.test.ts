// INI inventories: values, places of mistakes, groups and their order.

import { expect } from "chai";
import type { Problem } from "../../../engine/core/problem.ts";
import { Float, Template, type Value } from "../../../engine/core/value.ts";
import { InventoryGraph } from "../../../engine/inventory/graph.ts";
import { iniValue, readIni } from "../../../engine/inventory/ini.ts";
import { expandHosts, parseAddress } from "../../../engine/inventory/ranges.ts";
import { splitWords } from "../../../engine/inventory/words.ts";
import { problemIn } from "../../failure.ts";

function read(text: string): InventoryGraph {
  const graph = new InventoryGraph({ warn: () => {} });
  readIni(text, "hosts", graph, { file: "/i/hosts", directory: "/i" });
  graph.reconcile();
  return graph;
}

const problem = (text: string): Problem => problemIn(() => read(text));

describe("values of INI inventories", () => {
  const values: ReadonlyArray<readonly [string, Value]> = [
    ["5", 5],
    ["0644", "0644"],
    ["1.0", new Float(1)],
    ["True", true],
    ["true", "true"],
    ["None", null],
    ["'a b'", "a b"],
    ["[1, 'x', None]", [1, "x", null]],
    ["1,2", [1, 2]],
    ["{'a': {'b': 1}}", new Map([["a", new Map([["b", 1]])]])],
    ["5 # five", 5],
    ["text # not cut", "text # not cut"],
    ["-1.5e-3", -0.0015],
    ["[1,", "[1,"],
    ["", ""],
  ];
  for (const [text, value] of values)
    it(`${text || "nothing"} is ${JSON.stringify(value)}`, () => {
      expect(iniValue(text)).to.deep.equal(value);
    });

  it("with template marks are templates, inside of lists too", () => {
    expect(iniValue("{{ a }}")).to.be.instanceOf(Template);
    const list = iniValue("['{{ a }}', 1]");
    expect(Array.isArray(list) ? list[0] : undefined).to.be.instanceOf(Template);
  });
});

describe("lines of INI inventories", () => {
  it("are split as a shell would, comments cut", () => {
    expect(splitWords('h a=\'x y\' b="q\\"r" c=d\\ e # z').words).to.deep.equal(["h", "a=x y", 'b=q"r', "c=d e"]);
    expect(splitWords("h a='x").unclosed).to.equal("'");
  });

  it("expand ranges, with steps, leading zeros and letters", () => {
    expect(expandHosts("n[01:07:3]").names).to.deep.equal(["n01", "n04", "n07"]);
    expect(expandHosts("[a:c]-[1:2]").names).to.deep.equal(["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"]);
    expect(expandHosts("h[8:10].example:22")).to.deep.equal({
      names: ["h8.example", "h9.example", "h10.example"],
      port: 22,
    });
  });

  it("know ports, also of IPv6 addresses in brackets", () => {
    expect(parseAddress("[2001:db8::1]:2222")).to.deep.equal({ host: "2001:db8::1", port: 2222 });
    expect(parseAddress("2001:db8::1")).to.deep.equal({ host: "2001:db8::1" });
    expect(parseAddress("a.b:22")).to.deep.equal({ host: "a.b", port: 22 });
    expect(parseAddress("a:b")).to.equal(undefined);
  });

  it("give hosts ports and groups, and variables their places", () => {
    const graph = read("lone\n[web]\nw1:2222 x=1\n[web:vars]\ny=2\n");
    expect(graph.hosts.get("w1")?.vars.get("ansible_port")).to.equal(2222);
    expect(graph.hosts.get("w1")?.origins.get("x")).to.deep.equal({ file: "hosts", line: 3, column: 1 });
    expect(graph.groups.get("web")?.origins.get("y")?.line).to.equal(5);
    expect(graph.hostsOf("ungrouped")).to.deep.equal(["lone"]);
  });

  it("order groups for merging by depth, priority and name", () => {
    const graph = read(
      "[b]\nh\n[a]\nh\n[c]\nh\n[a:vars]\nansible_group_priority=9\n[top:children]\nb\n[all:vars]\nx=1\n",
    );
    expect(graph.groupsOf("h").map(({ name }) => name)).to.deep.equal(["all", "c", "top", "a", "b"]);
  });
});

describe("mistakes in INI inventories", () => {
  const mistakes: ReadonlyArray<readonly [string, string, number]> = [
    ["inventory-section", "[a b]\nh\n", 1],
    ["inventory-section", "[a:var]\nx=1\n", 1],
    ["inventory-assignment", "[a]\nh x=1 y\n", 2],
    ["inventory-assignment", "[a]\nh\n[a:vars]\nfoo\n", 4],
    ["inventory-quotes", "h x='1\n", 1],
    ["inventory-undefined-group", "[a:children]\nb\n", 2],
    ["inventory-undefined-group", "\n[a:vars]\nx=1\n", 2],
    ["inventory-range", "h[3:1]\n", 1],
    ["inventory-range", "h[01:100]\n", 1],
    ["inventory-range", "h[1:99999999]\n", 1],
    ["inventory-host", "all:\n", 1],
  ];
  for (const [code, text, line] of mistakes)
    it(`${JSON.stringify(text)} fails with ${code} at line ${line}`, () => {
      const found = problem(text);
      expect([found.code, found.origin?.line]).to.deep.equal([code, line]);
    });

  it("spell out a cycle of groups", () => {
    const found = problem("[a]\n[b]\n[c]\n[a:children]\nb\n[b:children]\nc\n[c:children]\na\n");
    expect(found.message).to.equal("the groups form a cycle: c → a → b → c");
    expect(found.origin?.line).to.equal(9);
  });
});
