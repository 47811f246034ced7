// Plays and playbooks: sections in their order, imports in place, and what is said of those that are wrong.

import { truncateSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { Failure, Failures } from "../../../engine/core/problem.ts";
import { conditions } from "../../../engine/playbook/inherit.ts";
import { firstTask, play, plays, problems, project, shown, tasksIn, tasksOf } from "./project.ts";

const named = (name: string): string => `    - {name: ${name}, debug: {msg: 1}}\n`;

describe("a play", () => {
  it("runs its sections in Ansible's order, with handlers flushed in between", () => {
    const made = play({
      "site.yml": `- hosts: all\n  post_tasks:\n${named("post")}  tasks:\n${named("task")}  roles: [r]\n  pre_tasks:\n${named("pre")}`,
      "roles/r/tasks/main.yml": "- {name: role, debug: {msg: 1}}",
    });
    expect(tasksIn(made.body).map(({ name, meta }) => meta?.action ?? name)).to.deep.equal([
      "pre",
      "flush_handlers",
      "role",
      "task",
      "flush_handlers",
      "post",
      "flush_handlers",
    ]);
  });

  it("has handlers of its roles, then its own, then those of imported roles", () => {
    const handlers = (name: string) => ({
      [`roles/${name}/handlers/main.yml`]: `- {name: ${name}, debug: {msg: 1}, listen: all}`,
    });
    const made = play({
      "site.yml": `- hosts: all\n  tasks:\n    - import_role: {name: imported}\n  handlers:\n${named("own")}    - import_tasks: more.yml\n  roles: [one, two]\n`,
      "more.yml": "- {name: more, debug: {msg: 1}}",
      "roles/two/meta/main.yml": "dependencies: [dep]",
      ...handlers("one"),
      ...handlers("two"),
      ...handlers("dep"),
      ...handlers("imported"),
    });
    expect(made.handlers.map(({ name }) => name)).to.deep.equal(["one", "dep", "two", "own", "more", "imported"]);
    expect(made.handlers.every(({ isHandler }) => isHandler)).to.equal(true);
    expect(made.handlers[0]?.listen).to.deep.equal(["all"]);
    expect(made.handlers[0]?.parent.role?.name).to.equal("one");
  });

  it("takes handlers out of blocks, with what the block says of them", () => {
    const made = play(
      `- hosts: all\n  handlers:\n    - when: c\n      block:\n        - {name: inner, debug: {msg: 1}}\n`,
    );
    const [inner] = made.handlers;
    expect(inner?.name).to.equal("inner");
    expect(inner && conditions(inner).map(({ value }) => value)).to.deep.equal(["c"]);
  });

  it("keeps its keywords as written", () => {
    const made = play(
      "- name: N\n  hosts: [a, 'b:!c']\n  serial: [1, '30%']\n  strategy: free\n  order: sorted\n  gather_facts: no\n  gather_subset: [min]\n  force_handlers: true\n  vars_files: [a.yml, [b.yml, c.yml]]\n  vars_prompt:\n    - {name: who, prompt: Who?, private: no}\n    - name: secret\n  user: me\n  max_fail_percentage: 30%\n",
    );
    expect(made).to.deep.include({
      name: "N",
      hosts: ["a", "b:!c"],
      serial: [1, "30%"],
      strategy: "free",
      order: "sorted",
      gatherFacts: false,
      gatherSubset: ["min"],
      forceHandlers: true,
      varsFiles: ["a.yml", ["b.yml", "c.yml"]],
    });
    expect(made.keywords).to.include({ remoteUser: "me", maxFailPercentage: "30%" });
    expect(made.varsPrompt.map(({ name, private: hidden }) => [name, hidden])).to.deep.equal([
      ["who", false],
      ["secret", true],
    ]);
  });

  const cases: readonly (readonly [yaml: string, expected: string])[] = [
    ["", "playbook-empty 1:1 the playbook is empty"],
    ["---\n", "playbook-empty 1:1 the playbook is empty"],
    ["[]", "playbook-empty 1:1 the playbook has no plays"],
    ["a: b", "playbook-shape 1:1 a playbook must be a list, but this is a mapping"],
    ["foo", "playbook-shape 1:1 a playbook must be a list, but this is the text 'foo'"],
    ["- foo", "playbook-shape 1:3 a play must be a mapping, but this is the text 'foo'"],
    ["- name: x", "play-hosts 1:3 a play must say its 'hosts'"],
    ["- hosts:", "play-hosts 1:3 'hosts' must name at least one host or group"],
    ["- hosts: []", "play-hosts 1:3 'hosts' must name at least one host or group"],
    ["- hosts: [1]", "play-hosts 1:11 an item of 'hosts' must be text, but this is the number 1"],
    ["- hosts: all\n  taskss: []", "keyword-unknown 2:3 'taskss' is no keyword of a play (did you mean 'tasks'?)"],
    ["- hosts: all\n  when: x", "keyword-misplaced 2:3 'when' is not allowed on a play"],
    ["- hosts: all\n  tasks: foo", "keyword-type 2:10 'tasks' must be a list, but this is the text 'foo'"],
    ["- hosts: all\n  roles: foo", "keyword-type 2:10 'roles' must be a list, but this is the text 'foo'"],
    ["- hosts: all\n  vars: [a]", "keyword-type 2:9 'vars' must be a mapping, but this is a list"],
    ["- hosts: all\n  gather_facts: maybe", "keyword-type 2:17 'gather_facts' must be true or false"],
    [
      "- hosts: all\n  handlers:\n    - block: []\n      rescue: []",
      "block-shape 4:7 a block of handlers cannot have 'rescue'",
    ],
    ["- hosts: all\n  handlers:\n    - include_role: {name: x}", "role-handler 3:7 'include_role' cannot be a handler"],
    ["- hosts: all\n  handlers:\n    - import_role: {name: x}", "role-handler 3:7 'import_role' cannot be a handler"],
    ["- hosts: all\n  tasks:\n    - {ping: , name: [1]}", "keyword-type 3:22 'name' must be text, but this is a list"],
    [
      "- hosts: all\n  vars_prompt:\n    - {name: x, promt: y}",
      "keyword-unknown 3:17 'promt' is no key of a prompt (did you mean 'prompt'?)",
    ],
    ["- name: x\n  debug: msg=1", "playbook-shape 2:3 this is a task ('debug'), but a playbook is a list of plays"],
    ["- import_playbook: other.yml", "file-not-found 1:20 the playbook 'other.yml' was not found at other.yml"],
    [
      "- include_playbook: other.yml",
      "playbook-shape 1:3 'include_playbook' is no statement of a playbook (it is called import_playbook)",
    ],
    [
      "- hosts: all\n  tasks:\n    - import_tasks: x.yml\n      loop: [1]",
      "import-loop 4:7 'import_tasks' cannot be looped over (use 'include_tasks')",
    ],
    [
      "- hosts: all\n  tasks:\n    - import_tasks: none.yml",
      "file-not-found 3:21 the file of tasks 'none.yml' was not found (looked for none.yml, tasks/none.yml)",
    ],
    [
      "- hosts: all\n  tasks:\n    - import_tasks: '{{ x }}.yml'",
      "import-template 3:21 'file' of 'import_tasks' cannot be known before the run (use 'include_tasks'",
    ],
  ];
  for (const [yaml, expected] of cases)
    it(`that is ${JSON.stringify(yaml)} is refused at its place`, () => {
      const found = problems(yaml);
      expect(found).to.have.length(1, found.join("\n"));
      expect(found[0]).to.contain(expected);
    });

  it("warns once of keywords that have no effect", () => {
    const made = project({
      "site.yml": `- hosts: all\n  collections: [a.b]\n  tasks:\n    - debug: {msg: 1}\n      debugger: always\n`,
    });
    made.loader.playbook(made.path("site.yml"));
    made.loader.playbook(made.path("site.yml"));
    made.remove();
    expect(made.loader.warnings.map(({ code, origin }) => `${code} ${origin?.line}`)).to.deep.equal([
      "keyword-ignored 2",
      "keyword-ignored 5",
    ]);
  });
});

describe("import_playbook", () => {
  it("brings in plays in place, with its vars over theirs, its tags and its condition", () => {
    const made = plays({
      "site.yml": "- import_playbook: sub/a.yml\n  vars: {x: 1}\n  tags: [t]\n  when: wanted\n- hosts: last\n",
      "sub/a.yml":
        "- hosts: first\n  vars: {x: 0, y: 0}\n  tags: own\n  tasks:\n    - import_tasks: t.yml\n- import_playbook: b.yml\n",
      "sub/t.yml": "- debug: {msg: 1}\n  when: mine",
      "sub/b.yml": "- hosts: second\n",
    });
    expect(made.map(({ hosts }) => hosts)).to.deep.equal(["first", "second", "last"]);
    const [first] = made;
    expect(shown(first?.keywords.vars)).to.deep.equal({ x: 1, y: 0 });
    expect(first?.keywords.tags).to.deep.equal(["t", "own"]);
    expect(first && conditions(firstTask(first)).map(({ value }) => value)).to.deep.equal(["wanted", "mine"]);
    expect(first?.file).to.match(/sub\/a\.yml$/);
    expect(made[1]?.keywords.when.map(({ value }) => value)).to.deep.equal(["wanted"]);
  });

  it("refuses a circle and spells it out", () => {
    const [found] = problems({ "site.yml": "- import_playbook: b.yml", "b.yml": "- import_playbook: site.yml" });
    expect(found).to.contain("playbook-cycle").and.contain("site.yml → b.yml → site.yml");
  });
});

describe("import_tasks", () => {
  it("gives its keywords to the tasks it brings in, and looks beside the importing file first", () => {
    const made = play({
      "site.yml":
        "- hosts: all\n  tasks:\n    - import_tasks: sub/a.yml\n      when: outer\n      become: true\n      tags: t\n      vars: {v: 1}\n      notify: h\n",
      "sub/a.yml": "- import_tasks: b.yml\n  when: inner\n",
      "sub/b.yml": "- debug: {msg: sub}\n",
      "b.yml": "- debug: {msg: top}\n",
    });
    const task = firstTask(made);
    expect(task.args.get("msg")).to.equal("sub");
    expect(conditions(task).map(({ value }) => value)).to.deep.equal(["outer", "inner"]);
  });

  it("takes a name from variables that are known before the run", () => {
    const made = play(
      {
        "site.yml": "- hosts: all\n  vars: {f: a.yml}\n  tasks:\n    - import_tasks: '{{ f }}'\n",
        "a.yml": "- debug: {msg: 1}",
      },
      { staticValue: (_, vars) => String(vars.find((map) => map.has("f"))?.get("f")) },
    );
    expect(tasksOf(made)).to.have.length(1);
  });

  it("refuses a circle and spells it out", () => {
    const [found] = problems({
      "site.yml": "- hosts: all\n  tasks:\n    - import_tasks: a.yml",
      "a.yml": "- import_tasks: b.yml",
      "b.yml": "- import_tasks: a.yml",
    });
    expect(found).to.contain("playbook-cycle b.yml:1:17").and.contain("a.yml → b.yml → a.yml");
  });

  it("tells what is wrong in all files at once", () => {
    const found = problems({
      "site.yml": "- hosts: all\n  tasks:\n    - import_tasks: a.yml\n    - debg: {}\n  roles: [r, none]\n",
      "a.yml": "- copi: {}\n",
      "roles/r/tasks/main.yml": "- debug: {msgg: 1}\n",
      "roles/r/handlers/main.yml": "- nothing: {}\n",
    });
    expect(found.map((line) => line.split(" ").slice(0, 2).join(" ")).sort()).to.deep.equal([
      "module-unknown 4:7",
      "module-unknown a.yml:1:3",
      "module-unknown roles/r/handlers/main.yml:1:3",
      "param-unsupported roles/r/tasks/main.yml:1:11",
      "role-not-found 5:14",
    ]);
  });
});

describe("what is loaded while a play runs", () => {
  it("is a block of tasks below the include, with its problems told together", () => {
    const made = project({
      "site.yml": "- hosts: all\n  tasks:\n    - include_tasks: x.yml\n",
      "x.yml": "- debug: {msg: 1}\n",
      "bad.yml": "- debg: {}\n- cpy: {}\n",
      "empty.yml": "",
    });
    const [only] = made.loader.playbook(made.path("site.yml")).plays;
    if (!only) throw new Error("no play");
    const parent = firstTask(only).parent;
    const block = made.loader.tasksFile(made.path("x.yml"), parent, { isHandler: false });
    expect(block.parent).to.equal(parent);
    expect(tasksIn([block])).to.have.length(1);
    expect(tasksIn([made.loader.tasksFile(made.path("empty.yml"), parent, { isHandler: false })])).to.deep.equal([]);
    expect(() => made.loader.tasksFile(made.path("bad.yml"), parent, { isHandler: false }))
      .to.throw(Failures)
      .with.property("problems")
      .with.length(2);
    made.remove();
  });

  it("is bounded where a file includes itself without end", () => {
    const made = project({ "site.yml": "- hosts: all\n", "x.yml": "- include_tasks: x.yml\n" });
    const [only] = made.loader.playbook(made.path("site.yml")).plays;
    if (!only) throw new Error("no play");
    let parent: Parameters<typeof made.loader.tasksFile>[1] = only;
    const descend = () => {
      for (;;) parent = made.loader.tasksFile(made.path("x.yml"), parent, { isHandler: false });
    };
    expect(descend).to.throw(Failure).with.property("problem").with.property("code", "playbook-depth");
    made.remove();
  });

  it("is a map of variables for a vars file, templates left as they are", () => {
    const made = project({ "v.yml": "a: 1\nb: '{{ a }}'\n", "l.yml": "- a\n" });
    expect(shown(made.loader.varsFile(made.path("v.yml")))).to.deep.equal({ a: 1, b: "«{{ a }}»" });
    expect(() => made.loader.varsFile(made.path("l.yml"))).to.throw(
      "a file of variables must be a mapping, but this is a list",
    );
    expect(() => made.loader.varsFile(made.path("none.yml"))).to.throw("there is no file");
    made.remove();
  });

  it("is refused when it is too big to be meant", () => {
    const made = project({ "site.yml": "- hosts: all\n" });
    writeFileSync(made.path("big.yml"), "");
    truncateSync(made.path("big.yml"), 65 * 1024 * 1024);
    expect(() => made.loader.varsFile(made.path("big.yml")))
      .to.throw(Failure)
      .with.property("problem")
      .with.property("code", "file-too-big");
    made.remove();
  });

  it("is read through the given reader, vaulted files among them", () => {
    const made = project({ "site.yml": "encrypted" }, { readFile: () => "- hosts: decrypted\n" });
    expect(made.loader.playbook(made.path("site.yml")).plays[0]?.hosts).to.equal("decrypted");
    made.remove();
  });
});
