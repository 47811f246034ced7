// Tasks: actions, parameters, keywords and loops as they are read, and what is said of those that are wrong.

import { expect } from "chai";
import { firstTask, play, problems, shown, tasksOf } from "./project.ts";

const task = (yaml: string): string => `- hosts: all\n  tasks:\n${yaml.replace(/^/gm, "    ")}\n`;
const read = (yaml: string) => firstTask(play(task(yaml)));

describe("a task", () => {
  it("has its module's parameters with their places", () => {
    const made = read("- name: Motd\n  ansible.builtin.copy:\n    dest: /etc/motd\n    content: '{{ text }}'");
    expect(made).to.include({ name: "Motd", action: "ansible.builtin.copy" });
    expect(made.module.name).to.equal("copy");
    expect(shown(made.args)).to.deep.equal({ dest: "/etc/motd", content: "«{{ text }}»" });
    expect(made.argOrigins.get("content")).to.include({ line: 6, column: 9 });
  });

  it("takes parameters in one line, with templates and quotes", () => {
    expect(shown(read(`- copy: src=a.txt dest="/srv/{{ a b }}/x y" mode=0644`).args)).to.deep.equal({
      src: "a.txt",
      dest: "«/srv/{{ a b }}/x y»",
      mode: "0644",
    });
  });

  it("leaves commands as they are written, but for creates and its kin", () => {
    expect(shown(read(`- shell: echo a=b "$HOME" creates=/x`).args)).to.deep.equal({
      creates: "/x",
      cmd: `echo a=b "$HOME"`,
    });
    expect(shown(read("- command: ls\n  args:\n    chdir: /tmp").args)).to.deep.equal({ cmd: "ls", chdir: "/tmp" });
  });

  it("may name its module under action or local_action", () => {
    for (const yaml of ["- action: copy src=a dest=b", "- action:\n    module: copy\n    src: a\n    dest: b"])
      expect(shown(read(yaml).args)).to.deep.equal({ src: "a", dest: "b" });
    expect(read("- local_action: command true").keywords.delegateTo).to.equal("localhost");
  });

  it("keeps args that are a template for the run", () => {
    expect(shown(read("- copy:\n  args: '{{ given }}'").argsTemplate)).to.equal("«{{ given }}»");
  });

  it("has its keywords, conditions with their own places", () => {
    const made = read(
      "- ping:\n  when:\n    - a is defined\n    - b\n  tags: x,y\n  become: yes\n  register: out\n  until: out is success\n  retries: 3\n  notify: [one, two]\n  changed_when: false\n  environment: {A: b}\n  vars: {v: '{{ w }}'}",
    );
    expect(made.keywords.when.map(({ value, origin }) => [value, origin.line])).to.deep.equal([
      ["a is defined", 5],
      ["b", 6],
    ]);
    expect(made.keywords).to.deep.include({ tags: ["x,y"], become: true });
    expect(made).to.deep.include({ register: "out", retries: 3, notify: ["one", "two"] });
    expect(made.changedWhen?.[0]?.value).to.equal(false);
    expect(shown(made.keywords.vars)).to.deep.equal({ v: "«{{ w }}»" });
  });

  it("loops over a list, a template or a lookup", () => {
    expect(read("- ping:\n  loop: [1, 2]").loop).to.deep.include({
      lookup: undefined,
      value: [1, 2],
      control: { loopVar: "item" },
    });
    expect(shown(read("- ping:\n  loop: '{{ l }}'").loop?.value)).to.equal("«{{ l }}»");
    const made = read(
      "- ping:\n  with_dict: {a: 1}\n  loop_control: {loop_var: d, label: '{{ d.key }}', pause: 1.5}",
    ).loop;
    expect(made?.lookup).to.equal("dict");
    expect(made?.control).to.include({ loopVar: "d", pause: 1.5 });
    expect(read("- ping:\n  loop:").loop).to.equal(undefined);
  });

  it("includes tasks and roles with what they inherit", () => {
    const tasks = read("- include_tasks:\n    file: x.yml\n    apply: {become: true, tags: [t]}\n  loop: [1]");
    expect(tasks.include).to.deep.include({ kind: "tasks", file: "x.yml" });
    expect(tasks.include?.apply).to.deep.include({ become: true, tags: ["t"] });
    const role = read("- include_role: {name: web, tasks_from: setup, public: true, rolespec_validate: false}");
    expect(role.include).to.deep.equal({
      kind: "role",
      name: "web",
      tasksFrom: "setup",
      isPublic: true,
      roleArgumentValidation: false,
    });
    expect(read("- include_tasks: '{{ f }}.yml'").include?.kind).to.equal("tasks");
    expect(read("- meta: flush_handlers").meta).to.deep.equal({ action: "flush_handlers" });
  });

  it("does not evaluate what is marked unsafe", () => {
    expect(shown(read("- debug:\n    msg: !unsafe 'a {{ b }}'").args)).to.deep.equal({ msg: "a {{ b }}" });
  });
});

describe("a wrong task", () => {
  const wrong = (yaml: string): string[] => problems(task(yaml));
  const cases: readonly (readonly [what: string, yaml: string, expected: readonly string[]])[] = [
    ["without a module", "- name: only", ["task-action 3:7 no module/action detected in task"]],
    [
      "with two modules",
      "- debug: msg=1\n  copy: src=1",
      ["task-actions 4:7 a task has one action, but here are 'debug' and 'copy'"],
    ],
    [
      "with an unknown module",
      "- debg: msg=1",
      ["module-unknown 3:7 there is no module 'debg' (did you mean the module 'debug'?)"],
    ],
    [
      "with an unknown qualified module",
      "- ansible.builtin.cpoy: {}",
      ["module-unknown 3:7 there is no module 'ansible.builtin.cpoy' (did you mean the module 'copy'?)"],
    ],
    [
      "with a misspelt keyword",
      "- debug: msg=1\n  whne: x",
      ["keyword-unknown 4:7 'whne' is neither a keyword of a task nor a module (did you mean 'when'?)"],
    ],
    [
      "with a misspelt keyword and no module",
      "- name: x\n  becom: true",
      ["keyword-unknown 4:7 'becom' is neither a keyword of a task nor a module (did you mean 'become'?)"],
    ],
    [
      "with a keyword of plays",
      "- debug: msg=1\n  hosts: all",
      ["keyword-misplaced 4:7 'hosts' is not allowed on a task, only on plays"],
    ],
    [
      "with a keyword of handlers",
      "- debug: msg=1\n  listen: x",
      ["keyword-misplaced 4:7 'listen' is not allowed on a task, only on handlers"],
    ],
    [
      "with an unknown parameter",
      "- copy:\n    src: a\n    dets: b",
      ["param-unsupported 5:9 Unsupported parameters for (copy) module: dets."],
    ],
    [
      "with free text for a module that takes none",
      "- debug: hello",
      ["task-args 3:14 'debug' takes no free text, but here is 'hello'"],
    ],
    [
      "with a list of parameters",
      "- debug: [1]",
      ["task-args 3:14 the parameters of 'debug' must be a mapping or text, but this is a list"],
    ],
    ["with unbalanced quotes", `- copy: src="a`, ["args-unbalanced 3:13"]],
    [
      "with a mapping as condition",
      "- debug: {msg: 1}\n  when: {a: b}",
      ["keyword-type 4:13 'when' must be an expression or a list of expressions, but this is a mapping"],
    ],
    [
      "with text for a boolean",
      "- debug: {msg: 1}\n  become: perhaps",
      ["keyword-type 4:15 'become' must be true or false, but this is the text 'perhaps'"],
    ],
    [
      "with text for a number",
      "- debug: {msg: 1}\n  retries: many",
      ["keyword-type 4:16 'retries' must be a whole number, but this is the text 'many'"],
    ],
    [
      "with a bad name to register",
      "- debug: {msg: 1}\n  register: 1st",
      ["variable-name 4:17 '1st' is not a valid name for 'register'"],
    ],
    [
      "with a bad name of a variable",
      "- debug: {msg: 1}\n  vars: {a-b: 1}",
      ["variable-name 4:14 'a-b' is not a valid name of a variable"],
    ],
    [
      "with two loops",
      "- debug: {msg: 1}\n  loop: [1]\n  with_items: [2]",
      ["task-loops 5:7 a task has one loop, but here are 'loop' and 'with_items'"],
    ],
    [
      "with a loop over text",
      "- debug: {msg: 1}\n  loop: abc",
      ["keyword-type 4:13 'loop' must be a list or a template that gives one, but this is the text 'abc'"],
    ],
    [
      "with a misspelt loop control",
      "- debug: {msg: 1}\n  loop: [1]\n  loop_control: {loopvar: x}",
      ["keyword-unknown 5:22 'loopvar' is no keyword of 'loop_control' (did you mean 'loop_var'?)"],
    ],
    [
      "with a templated module",
      "- action: '{{ m }} a=b'",
      ["task-action-template 3:15 the name of a module cannot be a template"],
    ],
    [
      "with an unknown meta action",
      "- meta: flush_handler",
      ["meta-unknown 3:13 there is no meta action 'flush_handler' (did you mean 'flush_handlers'?)"],
    ],
    ["that includes without a name", "- include_role: {}", ["role-name 3:7 'include_role' needs the name of a role"]],
    [
      "that includes with a misspelt option",
      "- include_role: {name: a, taks_from: b}",
      ["param-unsupported 3:31 Unsupported parameters for (include_role) module: taks_from."],
    ],
    [
      "that includes with a keyword that only tasks have",
      "- include_tasks: x.yml\n  become: true",
      ["keyword-misplaced 4:7 'become' is not allowed on 'include_tasks' (put it under 'apply:'"],
    ],
    [
      "that uses the old include",
      "- include: x.yml",
      ["module-removed 3:7 'include' no longer exists (use include_tasks or import_tasks)"],
    ],
    ["that is text", "- foo", ["playbook-shape 3:7 a task must be a mapping, but this is the text 'foo'"]],
    ["that is empty", "-", ["playbook-shape 3:6 an item of 'tasks' is empty"]],
  ];
  for (const [what, yaml, expected] of cases)
    it(`is refused at its place: one ${what}`, () => {
      const found = wrong(yaml);
      expect(found).to.have.length(expected.length, found.join("\n"));
      for (const [index, start] of expected.entries()) expect(found[index]).to.contain(start);
    });

  it("is told together with all the others", () => {
    const found = wrong(
      "- debg: {}\n- debug: {mgs: 1}\n- name: none\n- debug: {msg: fine}\n- block:\n    - copi: {}\n  rescue:\n    - debug: msg=1\n      whn: x",
    );
    expect(found.map((line) => line.split(" ").slice(0, 2).join(" "))).to.deep.equal([
      "module-unknown 3:7",
      "param-unsupported 4:15",
      "task-action 5:7",
      "module-unknown 8:11",
      "keyword-unknown 11:11",
    ]);
  });
});

describe("a block", () => {
  it("holds tasks, rescue and always, nested, and what its tasks inherit", () => {
    const made = play(
      task(
        "- name: B\n  become: true\n  notify: h\n  block:\n    - debug: {msg: 1}\n    - block:\n        - debug: {msg: 2}\n  rescue:\n    - debug: {msg: 3}\n  always:\n    - debug: {msg: 4}",
      ),
    );
    const tasks = tasksOf(made);
    expect(tasks.map(({ args }) => args.get("msg"))).to.deep.equal([1, 2, 3, 4]);
    const [block] = made.body[3]?.block ?? [];
    expect(block).to.include({ kind: "block", name: "B" });
    expect(tasks[0]?.parent).to.equal(block);
    expect(tasks[0]?.parent.notify).to.deep.equal(["h"]);
    expect(tasks[1]?.parent.parent).to.equal(block);
  });

  it("is refused with rescue alone, with a loop, without a list", () => {
    expect(problems(task("- rescue:\n    - debug: {msg: 1}"))[0]).to.match(
      /^block-shape 3:7 'rescue' cannot stand without 'block'/,
    );
    expect(problems(task("- block:\n    - debug: {msg: 1}\n  loop: [1]"))[0]).to.match(
      /^keyword-misplaced 5:7 'loop' is not allowed on a block/,
    );
    expect(problems(task("- block:\n  name: x"))[0]).to.match(
      /^playbook-shape 3:7 'block' must be a list of tasks, but this is empty/,
    );
  });

  it("is bounded in depth", () => {
    let yaml = "- debug: {msg: 1}";
    for (let depth = 0; depth < 120; depth++) yaml = `- block:\n${yaml.replace(/^/gm, "    ")}`;
    expect(problems(task(yaml))[0]).to.match(/^(playbook-depth|yaml-)/);
  });
});
