// Host patterns and limits over a small inventory.

import { expect } from "chai";
import type { Problem } from "../../../engine/core/problem.ts";
import { InventoryGraph } from "../../../engine/inventory/graph.ts";
import { readIni } from "../../../engine/inventory/ini.ts";
import { hostsToTarget, splitPatterns } from "../../../engine/inventory/patterns.ts";
import { problemIn } from "../../failure.ts";

const TEXT = "[web]\nw1\nw2\nw3\n[db]\nd1\nd2\nw2\n[site:children]\nweb\ndb\n";

function inventory(text = TEXT): { graph: InventoryGraph; warnings: Problem[] } {
  const warnings: Problem[] = [];
  const graph = new InventoryGraph({
    warn: (problem) => warnings.push(problem),
    readLimitFile: (path) => (path === "failed" ? "d1\n\nw3\n" : ""),
  });
  readIni(text, "hosts", graph, { file: "hosts", directory: "." });
  graph.reconcile();
  return { graph, warnings };
}

const names = (pattern: string, limit?: string): string[] =>
  inventory()
    .graph.match(pattern, limit)
    .map(({ name }) => name);

const code = (work: () => unknown): string => problemIn(work).code;

describe("host patterns", () => {
  const cases: ReadonlyArray<readonly [string, string[]]> = [
    ["all", ["w1", "w2", "w3", "d1", "d2"]],
    ["db:web", ["d1", "d2", "w2", "w1", "w3"]],
    ["web:&db", ["w2"]],
    ["site:!web", ["d1", "d2"]],
    ["!db", ["w1", "w3"]],
    ["w*,!w2", ["w1", "w3"]],
    ["~[wd]1$", ["w1", "d1"]],
    ["~(?P<kind>w)3", ["w3"]],
    ["w[13]", []],
    ["web[0]", ["w1"]],
    ["web[-1]", ["w3"]],
    ["web[1:]", ["w2", "w3"]],
    ["db[0:1]", ["d1", "d2"]],
    ["db[1:1],web[0]", ["d2", "w1"]],
  ];
  for (const [pattern, hosts] of cases)
    it(`${pattern} means ${hosts.join(" ") || "a subscript that nothing has"}`, () => {
      if (hosts.length > 0) expect(names(pattern)).to.deep.equal(hosts);
      else expect(inventory().graph.match(pattern)).to.deep.equal([]);
    });

  it("are split at commas, else at colons that belong to no port, range or address", () => {
    expect(splitPatterns("a:&b:!c[0:2]")).to.deep.equal(["a", "&b", "!c[0:2]"]);
    expect(splitPatterns("a, b:c ,")).to.deep.equal(["a", "b:c"]);
    expect(splitPatterns("2001:db8::1")).to.deep.equal(["2001:db8::1"]);
    expect(splitPatterns("web[1:3]")).to.deep.equal(["web[1:3]"]);
    expect(splitPatterns("~a:b|c,d")).to.deep.equal(["~a:b|c", "d"]);
  });

  it("keep the pattern's order under a limit", () => {
    expect(names("db:web", "web")).to.deep.equal(["w2", "w1", "w3"]);
    expect(names("all", "!db,web")).to.deep.equal(["w1", "w3"]);
    expect(names("all", "@failed")).to.deep.equal(["w3", "d1"]);
  });

  it("warn once of a name that matches nothing, with the nearest one", () => {
    const { graph, warnings } = inventory();
    graph.match("wbe,w1");
    graph.match("wbe");
    expect(warnings).to.deep.equal([
      {
        code: "pattern-no-match",
        message: "Could not match supplied host pattern, ignoring: wbe",
        hint: "did you mean 'web'?",
      },
    ]);
  });

  it("fail where they are malformed", () => {
    const { graph } = inventory();
    expect(code(() => graph.match("web[0"))).to.equal("pattern-malformed");
    expect(code(() => graph.match("~(w"))).to.equal("pattern-regex");
    expect(code(() => graph.match("web[7]"))).to.equal("pattern-subscript");
    expect(code(() => graph.match("web:!"))).to.equal("pattern-malformed");
  });

  it("give an implicit localhost, which all does not include", () => {
    const { graph } = inventory("");
    const [host] = graph.match("localhost");
    expect([host?.implicit, host?.vars.get("ansible_connection")]).to.deep.equal([true, "local"]);
    expect(graph.match("all")).to.deep.equal([]);
    expect(graph.groupsOf("localhost").map(({ name }) => name)).to.deep.equal(["all"]);
  });

  it("see hosts and groups that tasks add, and adding the same again changes nothing", () => {
    const { graph } = inventory();
    const vars = new Map([["list", [1, new Map([["k", "v"]])]]]);
    expect(graph.addHost("new", ["web", "fresh"], vars)).to.equal(true);
    expect(graph.addHost("new", ["web"], new Map([["list", [1, new Map([["k", "v"]])]]]))).to.equal(false);
    expect(graph.addToGroup("d1", "fresh", ["site"])).to.equal(true);
    expect(graph.addToGroup("d1", "fresh", ["site"])).to.equal(false);
    expect(graph.match("fresh").map(({ name }) => name)).to.deep.equal(["new", "d1"]);
    expect(graph.hostsOf("site")).to.include("new");
    expect(graph.groupsOf("new").map(({ name }) => name)).to.deep.equal(["all", "site", "fresh", "web"]);
  });

  it("say when a limit leaves no hosts", () => {
    const { graph, warnings } = inventory();
    expect(code(() => hostsToTarget(graph, "web", "d1", () => {}))).to.equal("inventory-no-hosts");
    const empty = inventory("");
    expect(hostsToTarget(empty.graph, "all", undefined, (problem) => warnings.push(problem))).to.deep.equal([]);
    expect(warnings.map((problem) => problem.code)).to.deep.equal(["inventory-empty"]);
  });
});
