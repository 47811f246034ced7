import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { COMMANDS, commandNames, helpText } from "../../../engine/cli/table.ts";
import { type TestWorld, testWorld } from "./world.ts";

const HOSTS = `
all:
  vars: {a: 1, s: "é {{ a }}"}
  children:
    web: {hosts: {w1: {x: 1, y: [1, 2]}, w2: }, vars: {b: 2.0}, children: {inner: {hosts: {i1: }}}}
  hosts: {lone: }
`;
const FILES = {
  "hosts.yml": HOSTS,
  "group_vars/web.yml": "fromfile: yes\n",
  "host_vars/w1.yml": "hv: x y\n",
  "ansible.cfg": "[defaults]\nforks = 7\nfroks = 8\n",
  "site.yml":
    "- hosts: w1\n  gather_facts: false\n  tasks:\n    - name: one\n      ping:\n      tags: [t1]\n    - pnig:\n",
  "good.yml":
    "- name: A play\n  hosts: web\n  gather_facts: false\n  tasks:\n    - name: one\n      ping:\n      tags: [t2, t1]\n",
};

describe("tsplay", () => {
  let world: TestWorld;
  beforeEach(() => {
    world = testWorld(FILES);
  });
  afterEach(() => world.remove());

  it("fits its help on one screen and lists what there is", async () => {
    expect(await world.tsplay("--help")).to.equal(0);
    expect(world.stdout().split("\n").length).to.be.within(20, 40);
    for (const name of commandNames()) expect(helpText()).to.contain(`  ${name} `);
    expect(helpText()).not.to.contain("  complete ");
  });

  it("has help for every command, hidden ones too, within a screen's width", async () => {
    for (const name of Object.keys(COMMANDS)) {
      expect(await world.tsplay(name, "--help"), name).to.equal(0);
      expect(world.stdout(), name).to.contain("Usage: tsplay");
    }
  });

  it("suggests the nearest command and option, and ends with 5", async () => {
    expect(await world.tsplay("rnu", "x.yml")).to.equal(5);
    expect(world.stderr()).to.contain("no command 'rnu'\n  hint: did you mean 'run'?");
    expect(await world.tsplay("run", "--chekc", "good.yml")).to.equal(5);
    expect(world.stderr()).to.contain("--chekc").and.contain("--check");
    expect(await world.tsplay("run")).to.equal(5);
    expect(await world.tsplay("run", "good.yml", "-f", "many")).to.equal(5);
  });

  it("answers --version without loading anything", () => {
    const bin = resolve(import.meta.dirname, "../../../bin/tsplay");
    expect(execFileSync(bin, ["--version"], { encoding: "utf8" })).to.match(/^tsplay \d+\.\d+\.\d+\n$/);
    const text = readFileSync(bin, "utf8");
    expect([...text.matchAll(/^import .* from "([^"]+)"/gm)].map((match) => match[1])).to.satisfy((names: string[]) =>
      names.every((name) => name.startsWith("node:")),
    );
  });

  it("says that a playbook is missing, with Ansible's exit code", async () => {
    expect(await world.tsplay("run", "nope.yml")).to.equal(1);
    expect(world.stderr()).to.contain("the playbook nope.yml could not be found");
  });

  it("shows an unknown module with its line before any host is touched, and ends with 4", async () => {
    expect(await world.tsplay("run", "-i", join(world.cwd, "hosts.yml"), join(world.cwd, "site.yml"))).to.equal(4);
    expect(world.stderr())
      .to.contain("pnig")
      .and.contain("site.yml:7:7")
      .and.contain("did you mean the module 'ping'?");
  });

  it("lists hosts, tasks and tags as ansible-playbook does", async () => {
    const playbook = join(world.cwd, "good.yml");
    const inventory = join(world.cwd, "hosts.yml");
    expect(
      await world.tsplay("run", playbook, "-i", inventory, "--list-hosts", "--list-tasks", "--list-tags"),
    ).to.equal(0);
    expect(world.stdout()).to.equal(
      [
        "",
        `playbook: ${playbook}`,
        "",
        "  play #1 (web): A play\tTAGS: []",
        "    pattern: ['web']",
        "    hosts (3):",
        "      w1",
        "      w2",
        "      i1",
        "    tasks:",
        "      one\tTAGS: [t1, t2]",
        "      TASK TAGS: [t1, t2]",
        "",
      ].join("\n"),
    );
  });

  it("refuses to ask for a password where nobody can answer", async () => {
    expect(await world.tsplay("run", join(world.cwd, "good.yml"), "-K", "-i", "h,")).to.equal(5);
    expect(world.stderr()).to.contain("-K asks for a password, and there is no terminal");
  });

  it("runs nothing for --retry-failed when no run is known", async () => {
    expect(await world.tsplay("run", join(world.cwd, "good.yml"), "-i", "h,", "--retry-failed")).to.equal(5);
    expect(world.stderr()).to.contain("no run of these playbooks with failed hosts is known");
  });
});

describe("tsplay inventory", () => {
  let world: TestWorld;
  before(() => {
    world = testWorld(FILES);
  });
  after(() => world.remove());
  const inventory = (...words: string[]) => world.tsplay("inventory", "-i", join(world.cwd, "hosts.yml"), ...words);

  it("prints the graph with variables", async () => {
    expect(await inventory("--graph", "--vars")).to.equal(0);
    expect(world.stdout()).to.equal(
      [
        "@all:",
        "  |--@ungrouped:",
        "  |  |--lone",
        "  |  |  |--{a = 1}",
        "  |  |  |--{s = é {{ a }}}",
        "  |--@web:",
        "  |  |--@inner:",
        "  |  |  |--i1",
        "  |  |  |  |--{a = 1}",
        "  |  |  |  |--{b = 2.0}",
        "  |  |  |  |--{fromfile = True}",
        "  |  |  |  |--{s = é {{ a }}}",
        "  |  |--w1",
        "  |  |  |--{a = 1}",
        "  |  |  |--{b = 2.0}",
        "  |  |  |--{fromfile = True}",
        "  |  |  |--{hv = x y}",
        "  |  |  |--{s = é {{ a }}}",
        "  |  |  |--{x = 1}",
        "  |  |  |--{y = [1, 2]}",
        "  |  |--w2",
        "  |  |  |--{a = 1}",
        "  |  |  |--{b = 2.0}",
        "  |  |  |--{fromfile = True}",
        "  |  |  |--{s = é {{ a }}}",
        "  |  |--{b = 2.0}",
        "  |  |--{fromfile = True}",
        "  |--{a = 1}",
        "  |--{s = é {{ a }}}",
        "",
      ].join("\n"),
    );
  });

  it("lists groups and variables as an inventory script would", async () => {
    expect(await inventory("--list")).to.equal(0);
    const document = JSON.parse(world.stdout());
    expect(document.all).to.deep.equal({ children: ["ungrouped", "web"] });
    expect(document.web).to.deep.equal({ children: ["inner"], hosts: ["w1", "w2"] });
    expect(document._meta.hostvars.w1).to.deep.equal({
      a: 1,
      b: 2,
      fromfile: true,
      hv: "x y",
      s: "é {{ a }}",
      x: 1,
      y: [1, 2],
    });
    expect(world.stdout()).to.contain('"b": 2.0');
  });

  it("keeps to the limit", async () => {
    await inventory("--list", "-l", "w1");
    const document = JSON.parse(world.stdout());
    expect(Object.keys(document._meta.hostvars)).to.deep.equal(["w1"]);
    expect(document.web.hosts).to.deep.equal(["w1"]);
  });

  it("shows one host in YAML, and suggests the nearest for a misspelt one", async () => {
    expect(await inventory("--host", "w2", "-y")).to.equal(0);
    expect(world.stdout()).to.equal("a: 1\nb: 2.0\nfromfile: true\ns: é {{ a }}\n");
    expect(await inventory("--list", "--host", "w2")).to.equal(5);
    expect(await inventory()).to.equal(5);
  });
});

describe("tsplay vars, config and doc", () => {
  let world: TestWorld;
  before(() => {
    world = testWorld(FILES);
  });
  after(() => world.remove());

  it("explains every level that sets a variable, with file and line", async () => {
    const inventory = join(world.cwd, "hosts.yml");
    expect(await world.tsplay("vars", "w1", "-i", inventory, "-e", "a=5", "--explain", "a")).to.equal(0);
    expect(world.stdout()).to.match(
      /^a = "?5"?\n {2}→ extra vars: "5"\n {4}inventory file group vars all: 1 {2}\S*hosts\.yml:3:10\n$/,
    );
    expect(await world.tsplay("vars", "w1", "-i", inventory, "--explain", "fromfil")).to.equal(5);
    expect(world.stderr()).to.contain("did you mean 'fromfile'?");
  });

  it("shows settings with their origin and names unknown ones in a warning", async () => {
    expect(await world.tsplay("config", "--changed")).to.equal(0);
    expect(world.stdout()).to.contain("forks = 7  # ansible.cfg:2:1\n");
    expect(world.stderr()).to.contain("'froks'").and.contain("did you mean 'forks'?");
    expect(await world.tsplay("config", "DEFAULT_FORKS")).to.equal(0);
    expect(world.stdout()).to.contain("ANSIBLE_FORKS");
  });

  it("documents modules from their schemas, and keywords", async () => {
    expect(await world.tsplay("doc", "ansible.builtin.ping")).to.equal(0);
    expect(world.stdout()).to.contain("data (string; default pong)");
    expect(await world.tsplay("doc", "serial")).to.equal(0);
    expect(await world.tsplay("doc", "pign")).to.equal(5);
    expect(world.stderr()).to.contain("did you mean 'ping'?");
  });
});

describe("completion", () => {
  let world: TestWorld;
  before(() => {
    world = testWorld(FILES);
  });
  after(() => world.remove());
  const complete = async (...words: string[]): Promise<string[]> => {
    expect(await world.tsplay("complete", "--", ...words)).to.equal(0);
    return world.stdout().split("\n").filter(Boolean);
  };

  it("knows commands, options and their choices", async () => {
    expect(await complete("in")).to.deep.equal(["inventory"]);
    expect(await complete("run", "--list")).to.deep.equal(["--list-hosts", "--list-tasks", "--list-tags"]);
    expect(await complete("run", "--output", "js")).to.deep.equal(["jsonl", "json"]);
    expect(await complete("lab", "s")).to.deep.equal(["status", "ssh", "start"]);
    expect(await complete("completion", "z")).to.deep.equal(["zsh"]);
  });

  it("knows hosts, groups and task names of what was typed", async () => {
    const inventory = join(world.cwd, "hosts.yml");
    expect(await complete("vars", "-i", inventory, "w")).to.deep.equal(["w1", "w2", "web"]);
    expect(await complete("run", join(world.cwd, "good.yml"), "-i", inventory, "--tags", "")).to.deep.equal([
      "t1",
      "t2",
    ]);
    expect(await complete("run", join(world.cwd, "good.yml"), "-i", inventory, "--start-at-task", "o")).to.deep.equal([
      "one",
    ]);
  });

  it("stays silent when something is wrong", async () => {
    expect(await complete("vars", "-i", "/nowhere", "w")).to.deep.equal([]);
    expect(world.stderr()).to.equal("");
  });

  it("prints scripts that their shells accept", async () => {
    expect(await world.tsplay("completion", "bash")).to.equal(0);
    const script = join(world.cwd, "c.bash");
    writeFileSync(script, world.stdout());
    execFileSync("bash", ["-n", script]);
    expect(await world.tsplay("completion", "tcsh")).to.equal(5);
  });
});
