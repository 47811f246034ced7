// Sources of inventories on disk: forms told apart, folders, programs, constructed; and files of variables.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { fail, type Problem } from "../../../engine/core/problem.ts";
import { Template, Undefined, type Value } from "../../../engine/core/value.ts";
import type { Inventory } from "../../../engine/inventory/inventory.ts";
import { type InventoryOptions, loadInventory } from "../../../engine/inventory/sources.ts";
import { baseDirsOf, loadVarsFile, varsFilesFor } from "../../../engine/inventory/vars-files.ts";
import { decryptVault, encryptVault } from "../../../engine/text/vault.ts";
import { failureOf } from "../../failure.ts";

let folder: string;
let warnings: Problem[];

function put(name: string, text: string, mode = 0o644): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const load = (sources: string[], more: Partial<InventoryOptions> = {}): Promise<Inventory> =>
  loadInventory(sources, { cwd: folder, env: process.env, warn: (problem) => warnings.push(problem), ...more });

const failure = async (sources: string[], more: Partial<InventoryOptions> = {}): Promise<Problem> =>
  (await failureOf(load(sources, more))).problem;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsplay-sources-"));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("inventory sources", () => {
  it("merge in order, later ones winning, and remember their paths", async () => {
    put("a", "[web]\nw1 v=1 only=a\n");
    put("b.yml", "web: {hosts: {w1: {v: 2}}}\n");
    const inventory = await load(["a", "b.yml", "x1,x2:22"]);
    expect(inventory.hosts.get("w1")?.vars.get("v")).to.equal(2);
    expect(inventory.hosts.get("w1")?.vars.get("only")).to.equal("a");
    expect(inventory.sources).to.deep.equal([join(folder, "a"), join(folder, "b.yml")]);
    expect(inventory.hostsOf("ungrouped")).to.deep.equal(["x1", "x2"]);
  });

  it("that do not exist fail, with the comma as a hint for host names", async () => {
    expect(await failure(["web1"])).to.deep.include({
      code: "inventory-missing",
      hint: "if 'web1' is a host, end it with a comma: -i 'web1,'",
    });
    expect((await load(["/etc/ansible/hosts"])).hosts.size).to.equal(0);
  });

  it("tell a YAML mistake at its place", async () => {
    put("i.yml", "all:\n  hosts:\n    a: {{ x }}\n");
    expect(await failure(["i.yml"])).to.deep.include({ code: "yaml-unquoted-template" });
    put("j.yml", "all:\n  hosts:\n    - a\n");
    expect((await failure(["j.yml"])).origin).to.deep.include({ line: 3, column: 5 });
  });

  it("that belong to other plugins fail by name", async () => {
    put("i.yml", "plugin: amazon.aws.aws_ec2\n");
    expect((await failure(["i.yml"])).message).to.include("amazon.aws.aws_ec2");
  });

  it("in folders are read in order, hidden, backup and vars files left out", async () => {
    put("inv/b", "h v=b\n");
    put("inv/a", "h v=a\n");
    put("inv/.c", "h v=c\n");
    put("inv/d.bak", "h v=d\n");
    put("inv/group_vars/all", "not: an inventory\n");
    const inventory = await load(["inv"], { ignorePatterns: ["^zz"] });
    expect(inventory.hosts.get("h")?.vars.get("v")).to.equal("b");
  });

  it("make YAML and program text with marks templates", async () => {
    put("i.yml", "all: {hosts: {a: {t: '{{ x }}', u: !unsafe '{{ x }}'}}}\n");
    put("p", '#!/bin/sh\necho \'{"g": {"hosts": ["b"]}, "_meta": {"hostvars": {"b": {"t": "{{ x }}"}}}}\'\n', 0o755);
    const inventory = await load(["i.yml", "p"]);
    expect(inventory.hosts.get("a")?.vars.get("t")).to.be.instanceOf(Template);
    expect(inventory.hosts.get("a")?.vars.get("u")).to.equal("{{ x }}");
    expect(inventory.hosts.get("b")?.vars.get("t")).to.be.instanceOf(Template);
  });
});

describe("inventory programs", () => {
  it("that fail show what they said", async () => {
    put("p", "#!/bin/sh\necho no cloud today >&2\nexit 3\n", 0o755);
    expect(await failure(["p"])).to.deep.include({ code: "inventory-script", hint: "it says: no cloud today" });
  });

  it("that print no JSON, or JSON of another shape, fail clearly", async () => {
    put("p", "#!/bin/sh\necho hello\n", 0o755);
    expect((await failure(["p"])).message).to.include("'hello'");
    put("q", '#!/bin/sh\necho \'{"g": {"hosts": "a"}}\'\n', 0o755);
    expect((await failure(["q"])).code).to.equal("inventory-script-output");
  });

  it("that hang are stopped with their children", async () => {
    put("p", "#!/bin/sh\nsleep 600 & sleep 600\n", 0o755);
    expect((await failure(["p"], { scriptTimeout: 200 })).code).to.equal("inventory-script-timeout");
  });

  it("that cannot start say why", async () => {
    put("p", "#!/no/such/interpreter\n", 0o755);
    expect((await failure(["p"])).code).to.equal("inventory-script");
  });

  it("do not make an inventory of an executable mode a program", async () => {
    put("hosts", "[web]\nw1\n", 0o755);
    expect([...(await load(["hosts"])).hosts.keys()]).to.deep.equal(["w1"]);
  });
});

describe("the constructed plugin", () => {
  const evaluate = (expression: string, vars: ReadonlyMap<string, Value>): Value => {
    if (expression === "boom") return fail("template-error", "boom");
    const [name = "", wanted] = expression.split(" == ");
    const value = vars.get(name) ?? new Undefined(`'${name}' is undefined`);
    return wanted === undefined ? value : value === wanted;
  };
  const RULES =
    "plugin: constructed\ncompose: {copy: os, lost: nowhere}\ngroups: {is_deb: os == deb}\n" +
    "keyed_groups:\n  - {key: os, prefix: os, parent_group: systems}\n  - {key: tags, separator: ''}\n";

  it("makes variables and groups from what earlier sources gave", async () => {
    put("hosts", "a os=deb tags=\"['x y', 'z']\"\nb os=arch\n");
    put("z.yml", RULES);
    const inventory = await load(["hosts", "z.yml"], { evaluate });
    expect(inventory.hosts.get("a")?.vars.get("copy")).to.equal("deb");
    expect(inventory.hosts.get("a")?.vars.has("lost")).to.equal(false);
    expect(inventory.hostsOf("is_deb")).to.deep.equal(["a"]);
    expect(inventory.hostsOf("systems")).to.deep.equal(["a", "b"]);
    expect(inventory.hostsOf("x_y")).to.deep.equal(["a"]);
    expect(inventory.hostsOf("ungrouped")).to.deep.equal([]);
  });

  it("tells under strict what it could not evaluate, and needs templates", async () => {
    put("hosts", "a\n");
    put("z.yml", "plugin: constructed\nstrict: yes\ncompose: {x: boom}\n");
    expect(await failure(["hosts", "z.yml"], { evaluate })).to.deep.include({ code: "template-error" });
    expect((await failure(["hosts", "z.yml"])).code).to.equal("inventory-constructed");
  });
});

describe("files of variables", () => {
  it("are the first of NAME, .yml, .yaml, .json, or all in a folder", () => {
    put("group_vars/web.yml", "a: 1\n");
    put("group_vars/web.json", "{}");
    put("group_vars/db/b.yml", "");
    put("group_vars/db/a", "");
    put("group_vars/db/sub/x.yaml", "");
    put("group_vars/db/.hidden.yml", "");
    put("group_vars/db/old.yml~", "");
    put("group_vars/db/notes.txt", "");
    put("group_vars/db.yml", "");
    const inFolder = (files: string[]): string[] => files.map((file) => file.slice(folder.length + 1));
    expect(inFolder(varsFilesFor([folder], "group_vars", "web"))).to.deep.equal(["group_vars/web.yml"]);
    expect(inFolder(varsFilesFor([folder], "group_vars", "db"))).to.deep.equal([
      "group_vars/db/a",
      "group_vars/db/b.yml",
      "group_vars/db/sub/x.yaml",
    ]);
    expect(varsFilesFor([folder], "group_vars", "../group_vars/web")).to.deep.equal([]);
    expect(baseDirsOf([folder, join(folder, "hosts"), join(folder, "other")])).to.deep.equal([folder]);
  });

  it("give values with their places", () => {
    const path = put("v.yml", "# c\na: 1\nb: '{{ a }}'\n");
    const { values, origins } = loadVarsFile(path);
    expect(values.get("b")).to.be.instanceOf(Template);
    expect(origins.get("b")).to.deep.equal({ file: path, line: 3, column: 1 });
    expect(loadVarsFile(put("empty.yml", "---\n")).values.size).to.equal(0);
  });

  it("may be vaulted as a whole", () => {
    const password = { id: "default", password: "p" };
    const path = put("v.yml", encryptVault("a: '{{ b }}'\n", password));
    const { values } = loadVarsFile(path, (content, origin) => decryptVault(content, [password], origin));
    expect(values.get("a")).to.be.instanceOf(Template);
    expect(() => loadVarsFile(path)).to.throw(/vaulted/);
  });

  it("fail if they are no mapping, or name a variable with a word that means true", () => {
    expect(() => loadVarsFile(put("l.yml", "- a\n"))).to.throw(/mapping/);
    expect(() => loadVarsFile(put("k.yml", "on: 1\n"))).to.throw(/name must be text/);
  });
});
