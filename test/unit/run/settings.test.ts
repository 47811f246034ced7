// What settings of ansible.cfg do to a run.

import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { failureOf } from "../../failure.ts";
import { Workshop } from "./running.ts";

const HEAD = "- hosts: all\n  gather_facts: false\n  tasks:\n";

describe("a run with the setting", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => shop.remove());

  const set = (...lines: string[]): void => shop.write({ "ansible.cfg": `[defaults]\n${lines.join("\n")}\n` });
  const says = async (text: string, options = {}): Promise<unknown[]> =>
    (await shop.play(text, options)).results.map(({ result }) => result.msg);
  const warnings = (ran: Awaited<ReturnType<Workshop["play"]>>): string[] =>
    ran.events.flatMap((event) => (event.type === "warning" ? [event.problem.code] : []));

  const PARTS = `- hosts: all
  gather_facts: false
  vars: { m: { b: { y: 2 }, l: [2] } }
  vars_files: [more.yml]
  tasks:
    - { debug: { msg: "{{ m }}" }, vars: { m: { c: 3 } } }
`;

  it("hash_behaviour merge merges mappings of all levels, replace takes the highest", async () => {
    shop.write({ "more.yml": "m: { b: { z: 3 } }\n", "group_vars/all.yml": "m: { a: 1, b: { x: 1 }, l: [1, 1] }\n" });
    expect(await says(PARTS)).to.deep.equal([{ c: 3 }]);
    set("hash_behaviour = merge");
    expect(await says(PARTS)).to.deep.equal([{ a: 1, b: { x: 1, y: 2, z: 3 }, l: [2], c: 3 }]);
  });

  it("inject_facts_as_vars false leaves facts in ansible_facts only", async () => {
    const play = `- hosts: all
  tasks:
    - debug: { msg: "{{ ansible_facts.os_family is defined }} {{ ansible_os_family is defined }}" }
`;
    expect((await says(play)).at(-1)).to.equal("True True");
    set("inject_facts_as_vars = false");
    expect((await says(play)).at(-1)).to.equal("True False");
  });

  it("error_on_missing_handler false makes a warning of it", async () => {
    const play = `${HEAD}    - { command: "true", notify: nobody }\n    - debug: { msg: on }\n`;
    expect((await shop.play(play)).exitCode).to.equal(2);
    set("error_on_missing_handler = false");
    const ran = await shop.play(play);
    expect([ran.exitCode, warnings(ran)]).to.deep.equal([0, ["handler-unknown"]]);
  });

  it("task_timeout bounds tasks that do not say", async () => {
    set("task_timeout = 1");
    const ran = await shop.play(`${HEAD}    - command: sleep 30\n    - command: sleep 1.2\n      timeout: 0\n`);
    expect(ran.results[0]?.problem?.code).to.equal("task-timeout");
  });

  it("poll_interval 0 leaves background tasks to themselves", async () => {
    set("poll_interval = 0");
    const ran = await shop.play(`${HEAD}    - { shell: "echo x", async: 30, register: job }
    - async_status: { jid: "{{ job.ansible_job_id }}" }
      register: end
      until: end.finished
      delay: 0.1
      retries: 100
`);
    expect(ran.results[0]?.result).to.include({ finished: 0, started: 1 });
  });

  it("executable is the shell of shell and raw, unless a parameter or variable says", async () => {
    set("executable = /bin/bash");
    const ran = await shop.play(`${HEAD}    - shell: echo \${BASH_VERSION:+bash}
    - raw: echo \${BASH_VERSION:+bash}
    - shell: echo \${BASH_VERSION:+bash}
      args: { executable: /bin/sh }
    - shell: echo \${BASH_VERSION:+bash}
      vars: { ansible_shell_executable: /bin/sh }
`);
    expect(ran.results.map(({ result }) => String(result.stdout).trim())).to.deep.equal(["bash", "bash", "", ""]);
  });

  it("ansible_managed is what templates see, with its places filled in", async () => {
    shop.write({ "t.j2": "{{ ansible_managed }}\n" });
    set("ansible_managed = Made from {file} in %Y by {uid}");
    utimesSync(shop.path("t.j2"), new Date("2020-07-01T12:00:00Z"), new Date("2020-07-01T12:00:00Z"));
    await shop.play(`${HEAD}    - template: { src: t.j2, dest: "@/out" }\n`);
    expect(readFileSync(shop.path("out"), "utf8")).to.match(
      new RegExp(`^Made from ${shop.path("t.j2")} in 2020 by \\w+\n$`),
    );
  });

  it("no_log hides what all tasks say", async () => {
    set("no_log = true");
    const ran = await shop.play(`${HEAD}    - debug: { msg: secret }\n    - { debug: { msg: open }, no_log: false }\n`);
    expect(ran.results.map(({ result }) => result.msg)).to.deep.equal([undefined, "open"]);
  });

  it("private_role_vars keeps a role's variables in the role", async () => {
    shop.write({
      "roles/r/defaults/main.yml": "d: 1\n",
      "roles/r/vars/main.yml": "v: 2\n",
      "roles/r/tasks/main.yml": "- debug: { msg: '{{ d }}{{ v }}' }\n",
    });
    const play = `- hosts: all
  gather_facts: false
  roles: [r]
  tasks:
    - debug: { msg: "{{ d | default('-') }}{{ v | default('-') }}" }
`;
    expect(await says(play)).to.deep.equal(["12", "12"]);
    set("private_role_vars = true");
    expect(await says(play)).to.deep.equal(["12", "--"]);
  });

  it("host_pattern_mismatch makes an error of a pattern that matches nothing, or nothing at all", async () => {
    const play = "- hosts: one:nobody\n  gather_facts: false\n  tasks: [{ debug: { msg: x } }]\n";
    expect(warnings(await shop.play(play))).to.deep.equal(["pattern-no-match"]);
    shop.write({ "ansible.cfg": "[inventory]\nhost_pattern_mismatch = ignore\n" });
    expect(warnings(await shop.play(play))).to.deep.equal([]);
    shop.write({ "ansible.cfg": "[inventory]\nhost_pattern_mismatch = error\n" });
    expect(await codeOf(shop.play(play))).to.equal("pattern-no-match");
  });

  it("duplicate_dict_key makes an error of a key that stands twice, or nothing at all", async () => {
    const play = `${HEAD}    - debug: { msg: x }\n      vars: { a: 1, a: 2 }\n`;
    expect(warnings(await shop.play(play))).to.deep.equal(["yaml-duplicate-key"]);
    set("duplicate_dict_key = ignore");
    expect(warnings(await shop.play(play))).to.deep.equal([]);
    set("duplicate_dict_key = error");
    expect(await codeOf(shop.play(play))).to.equal("yaml-duplicate-key");
  });

  it("localhost_warning says no word of an inventory without hosts", async () => {
    const play = "- hosts: all\n  tasks: []\n";
    const inventoryText = "[none]\n";
    expect(warnings(await shop.play(play, { inventoryText }))).to.include("inventory-empty");
    expect(warnings(await shop.play("- hosts: localhost\n", { inventoryText }))).not.to.include("inventory-empty");
    set("localhost_warning = false");
    expect(warnings(await shop.play(play, { inventoryText }))).not.to.include("inventory-empty");
  });

  it("forks bounds how many hosts run a task at once", async () => {
    set("forks = 1");
    const step = "if mkdir @/lock; then sleep 0.1; rmdir @/lock; else exit 1; fi";
    const ran = await shop.play(`${HEAD}    - shell: "${step}"\n`, { hosts: ["a", "b", "c"] });
    expect(ran.exitCode).to.equal(0);
  });

  it("names folders of own modules and plugins, which are not supported, in warnings", async () => {
    shop.write({
      "library/mine.py": "",
      "roles/r/filter_plugins/f.py": "",
      "roles/r/tasks/main.yml": "- { debug: { msg: x } }\n",
    });
    const ran = await shop.play(`${HEAD}    - include_role: { name: r }\n`);
    const texts = ran.events.flatMap((event) => (event.type === "warning" ? [event.problem.message] : []));
    expect(texts.map((text) => text.split(" is ")[0])).to.deep.equal([
      shop.path("library"),
      shop.path("roles/r/filter_plugins"),
    ]);
  });

  describe("fact_caching jsonfile", () => {
    const GATHERS = '- hosts: all\n  tasks: [{ debug: { msg: "{{ ansible_facts.os_family }}" } }]\n';
    beforeEach(() => set("gathering = smart", "fact_caching = jsonfile", "fact_caching_connection = facts"));

    it("keeps facts for the next run, which with gathering smart does not ask again", async () => {
      expect((await shop.play(GATHERS)).tasks).to.deep.equal(["Gathering Facts", "debug"]);
      expect(readdirSync(shop.path("facts"))).to.deep.equal(["one"]);
      const again = await shop.play(GATHERS);
      expect([again.tasks, again.exitCode, again.counts.one?.skipped]).to.deep.equal([["debug"], 0, 0]);
    });

    it("forgets them with --flush-cache, with meta: clear_facts, and when they are too old", async () => {
      await shop.play(GATHERS);
      expect((await shop.play(GATHERS, { flushCache: true })).tasks).to.include("Gathering Facts");
      await shop.play("- hosts: all\n  gather_facts: false\n  tasks: [{ meta: clear_facts }]\n");
      expect(existsSync(shop.path("facts/one"))).to.equal(false);
      await shop.play(GATHERS);
      utimesSync(shop.path("facts/one"), 1000, 1000);
      expect((await shop.play(GATHERS)).tasks).to.include("Gathering Facts");
    });

    it("keeps set_fact with cacheable, and only that", async () => {
      await shop.play(`${HEAD}    - set_fact: { kept: [1], cacheable: true }\n    - set_fact: { lost: 1 }\n`);
      const text = `${HEAD}    - debug: { msg: "{{ kept }} {{ ansible_facts.kept }} {{ lost | default('gone') }}" }\n`;
      expect(await says(text)).to.deep.equal(["[1] [1] gone"]);
    });

    it("prefixes the files' names, and tells of files that are no facts", async () => {
      set("fact_caching = jsonfile", "fact_caching_connection = facts", "fact_caching_prefix = p_");
      mkdirSync(shop.path("facts"));
      writeFileSync(shop.path("facts/p_one"), "{");
      const ran = await shop.play(GATHERS);
      expect(warnings(ran)).to.deep.equal(["fact-cache"]);
      expect(JSON.parse(readFileSync(shop.path("facts/p_one"), "utf8"))).to.include.keys("ansible_os_family");
    });

    it("needs a folder", async () => {
      set("fact_caching = jsonfile");
      expect(await codeOf(shop.play(GATHERS))).to.equal("config-value");
    });
  });
});

const codeOf = async (work: Promise<unknown>): Promise<string> => (await failureOf(work)).problem.code;
