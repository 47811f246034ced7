// Roles: where they are found, what is read of them, how they depend on one another, and what their tasks inherit.

import { expect } from "chai";
import {
  conditions,
  environmentOf,
  nearest,
  notifyOf,
  rolesOf,
  roleUsesIn,
  searchFolders,
  tagsOf,
  tasksFileCandidates,
  varsChain,
} from "../../../engine/playbook/inherit.ts";
import type { Task } from "../../../engine/playbook/model.ts";
import { firstTask, play, problems, project, shown, tasksIn, tasksOf } from "./project.ts";

const say = (name: string): string => `- {name: ${name}, debug: {msg: 1}}\n`;
const names = (tasks: readonly Task[]) => tasks.map(({ name }) => name);

describe("a role", () => {
  it("is read with defaults, vars, tasks and handlers, folders and JSON among them", () => {
    const made = play({
      "site.yml": "- hosts: all\n  roles:\n    - {role: r, p: '{{ x }}', tags: t, when: c}\n",
      "roles/r/defaults/main/a.yml": "d: 1",
      "roles/r/defaults/main/b.json": '{"e": 2}',
      "roles/r/vars/main.yaml": "v: '{{ d }}'",
      "roles/r/tasks/main.yml": say("t"),
      "roles/r/handlers/main.yml": say("h"),
    });
    const [use] = made.roles;
    expect(shown(use?.role.defaults)).to.deep.equal({ d: 1, e: 2 });
    expect(shown(use?.role.vars)).to.deep.equal({ v: "«{{ d }}»" });
    expect(shown(use?.params)).to.deep.equal({ p: "«{{ x }}»" });
    expect(use).to.include({ isPublic: true, allowDuplicates: false });
    expect(names(use?.handlers ?? [])).to.deep.equal(["h"]);
    const task = firstTask(made);
    expect(tagsOf(task)).to.deep.equal(["t"]);
    expect(conditions(task).map(({ value }) => value)).to.deep.equal(["c"]);
  });

  it("is found beside the playbook, in roles_path, beside the role that needs it, in the playbook's folder, at the project's root", () => {
    const made = project({
      "books/site.yml": "- hosts: all\n  roles: [a, b, c, d, e]\n",
      "books/roles/a/tasks/main.yml": say("a"),
      "conf/b/tasks/main.yml": say("b"),
      "conf/a/tasks/main.yml": say("wrong"),
      "books/c/tasks/main.yml": say("c"),
      "roles/d/tasks/main.yml": say("d"),
      "roles/a/tasks/main.yml": say("wrong"),
      "conf/e/meta/main.yml": "dependencies: [deep/x]",
      "conf/deep/x/meta/main.yml": "dependencies: [y]",
      "conf/deep/y/tasks/main.yml": say("y"),
    });
    const conf = made.path("conf");
    const loader = project({}, { rolesPath: [conf], projectRoot: made.folder }).loader;
    const [only] = loader.playbook(made.path("books/site.yml")).plays;
    made.remove();
    expect(only && names(tasksOf(only))).to.deep.equal(["a", "b", "c", "d", "y"]);
  });

  it("that is missing is told with all folders that were searched", () => {
    const [found] = problems({
      "site.yml": "- hosts: all\n  roles:\n    - ngnix\n",
      "roles/nginx/tasks/main.yml": "[]",
    });
    expect(found).to.equal("role-not-found 3:7 the role 'ngnix' was not found in roles, . (did you mean 'nginx'?)");
    expect(problems("- hosts: all\n  roles: [a.b.c]\n")[0]).to.contain("roles of collections are not looked up");
  });

  it("runs after its dependencies, each with the parents that led there", () => {
    const made = play({
      "site.yml": "- hosts: all\n  roles:\n    - {role: a, tags: top, become: true}\n",
      "roles/a/meta/main.yml": "dependencies:\n  - {role: b, tags: low, when: b}\n  - c",
      "roles/b/meta/main.yml": "dependencies: [c]\nallow_duplicates: yes",
      "roles/a/tasks/main.yml": say("a"),
      "roles/b/tasks/main.yml": say("b"),
      "roles/c/tasks/main.yml": say("c"),
    });
    const tasks = tasksOf(made);
    expect(names(tasks)).to.deep.equal(["c", "b", "c", "a"]);
    const [inner] = tasks;
    if (!inner) throw new Error("no task");
    expect(rolesOf(inner).map(({ name }) => name)).to.deep.equal(["c", "b", "a"]);
    expect(tagsOf(inner)).to.deep.equal(["top", "low"]);
    expect(nearest(inner, "become")).to.equal(true);
    expect(conditions(inner).map(({ value }) => value)).to.deep.equal(["b"]);
    const [use] = made.roles;
    expect(
      use?.dependencies.map(({ role, parents, allowDuplicates }) => [role.name, parents, allowDuplicates]),
    ).to.deep.equal([
      ["b", ["a"], true],
      ["c", ["a"], false],
    ]);
  });

  it("is the same use with the same parameters, conditions and tags only", () => {
    const made = play({
      "site.yml":
        "- hosts: all\n  roles:\n    - {role: r, x: 1}\n    - {role: r, x: 1, become: true}\n    - {role: r, x: 2}\n    - {role: r, x: 1, tags: t}\n    - {role: r, x: 1, when: true}\n    - {role: r, vars: {x: 1}}\n",
      "roles/r/tasks/main.yml": say("r"),
    });
    const keys = made.roles.map(({ key }) => key);
    expect(keys[0]).to.equal(keys[1]);
    expect(new Set(keys).size).to.equal(5);
  });

  it("that depends on itself is refused with the chain", () => {
    const [found] = problems({
      "site.yml": "- hosts: all\n  roles: [a]\n",
      "roles/a/meta/main.yml": "dependencies: [b]",
      "roles/b/meta/main.yml": "dependencies: [a]",
    });
    expect(found).to.contain("playbook-cycle").and.contain("roles/a → roles/b → roles/a");
  });

  it("has its arguments checked first, as Ansible adds it", () => {
    const made = play({
      "site.yml": "- hosts: all\n  roles:\n    - {role: r, port: 1, size: '{{ s }}'}\n",
      "roles/r/meta/argument_specs.yml":
        "argument_specs:\n  main:\n    short_description: Does it\n    options:\n      size: {type: int, description: 'as in {{ x }}'}\n",
      "roles/r/tasks/main.yml": say("r"),
    });
    const [check, own] = tasksOf(made);
    expect(check?.name).to.equal("Validating arguments against arg spec 'main' - Does it");
    expect(check && tagsOf(check)).to.deep.equal(["always"]);
    expect(shown(check?.args.get("argument_spec"))).to.deep.equal({ size: { type: "int" } });
    expect(shown(check?.args.get("provided_arguments"))).to.deep.equal({ size: "«{{ s }}»" });
    expect(own?.name).to.equal("r");
  });

  it("can be imported with other files than main, quietly without those that are not there", () => {
    const files = {
      "roles/r/tasks/main.yml": say("main"),
      "roles/r/tasks/setup.yml": say("setup"),
      "roles/r/vars/other.yml": "v: 1",
    };
    const made = play({
      "site.yml":
        "- hosts: all\n  tasks:\n    - import_role: {name: r, tasks_from: setup, vars_from: other}\n      when: w\n",
      ...files,
    });
    expect(names(tasksOf(made))).to.deep.equal(["setup"]);
    expect(conditions(firstTask(made)).map(({ value }) => value)).to.deep.equal(["w"]);
    expect(shown(made.roles[0]?.role.vars)).to.deep.equal({ v: 1 });
    expect(
      problems({ "site.yml": "- hosts: all\n  tasks:\n    - import_role: {name: r, tasks_from: none}\n", ...files })[0],
    ).to.match(/^role-file 3:7 the role 'r' has no file 'tasks\/none'/);
    const hidden = play({
      "site.yml": "- hosts: all\n  tasks:\n    - import_role: {name: r, public: false}\n",
      ...files,
    });
    expect(hidden.roles).to.deep.equal([]);
  });

  it("can be brought in while the play runs, dependencies first", () => {
    const made = project({
      "site.yml": "- hosts: all\n  tasks:\n    - include_role: {name: r}\n",
      "roles/r/tasks/main.yml": say("r"),
      "roles/r/meta/main.yml": "dependencies: [d]",
      "roles/d/tasks/main.yml": say("d"),
    });
    const [only] = made.loader.playbook(made.path("site.yml")).plays;
    if (!only) throw new Error("no play");
    const task = firstTask(only);
    const { use, block } = made.loader.role(
      "r",
      {
        params: new Map(),
        keywords: task.keywords,
        isPublic: false,
        allowDuplicates: true,
        origin: task.origin,
        basedir: made.folder,
      },
      task.parent,
    );
    made.remove();
    expect(names(tasksIn([block]))).to.deep.equal(["d", "r"]);
    expect(use).to.include({ isPublic: false, allowDuplicates: true });
    expect(roleUsesIn([block]).map(({ role }) => role.name)).to.deep.equal(["d", "r"]);
  });

  it("of which the name is missing is refused", () => {
    const cases: readonly (readonly [string, string])[] = [
      ["- {x: 1}", "role-name 3:7 an entry of 'roles' must say which role"],
      ["- 'a, b=c'", "role-name 3:7 'a, b=c' is an old form"],
      ["- 1", "playbook-shape 3:7 an entry of 'roles' must be a role's name"],
      ["- {role: r, loop: [1]}", "role-not-found"],
    ];
    for (const [entry, expected] of cases)
      expect(problems(`- hosts: all\n  roles:\n    ${entry}\n`)[0]).to.contain(expected);
  });
});

describe("what a task inherits", () => {
  const made = play({
    "site.yml":
      "- hosts: all\n  become: false\n  environment: {A: play}\n  vars: {x: play, y: play}\n  roles:\n    - {role: r, vars: {x: use}, become: true, p: 1}\n",
    "roles/r/vars/main.yml": "x: role",
    "roles/r/defaults/main.yml": "x: default",
    "roles/r/tasks/main.yml":
      "- block:\n    - debug: {msg: 1}\n      vars: {x: task}\n      environment: {A: task}\n      notify: own\n  vars: {x: block}\n  become_user: app\n  notify: outer\n",
  });
  const task = firstTask(made);

  it("is the nearest level's keyword", () => {
    expect(nearest(task, "become")).to.equal(true);
    expect(nearest(task, "becomeUser")).to.equal("app");
    expect(nearest(task, "delegateTo")).to.equal(undefined);
  });

  it("is the environment of all levels, inner last, and the handlers of all blocks", () => {
    expect(shown(environmentOf(task))).to.deep.equal([{ A: "play" }, { A: "task" }]);
    expect(notifyOf(task)).to.deep.equal(["own", "outer"]);
  });

  it("is the variables in the order in which they are met", () => {
    expect(varsChain(task).map(({ kind, values }) => [kind, shown(values)])).to.deep.equal([
      ["task", { x: "task" }],
      ["block", { x: "block" }],
      ["block", { x: "use" }],
      ["role-params", { p: 1 }],
      ["role-vars", { x: "role" }],
      ["play", { x: "play", y: "play" }],
      ["role-defaults", { x: "default" }],
    ]);
  });

  it("is where its files are looked for, as Ansible says in 'Searched in'", () => {
    const folder = made.file.replace(/\/site\.yml$/, "");
    const short = (paths: readonly string[]) => paths.map((path) => path.replace(folder, "."));
    expect(short(searchFolders(task, "files"))).to.deep.equal([
      "./roles/r/files",
      "./roles/r",
      "./roles/r/tasks/files",
      "./roles/r/tasks",
      "./files",
      ".",
    ]);
    expect(short(tasksFileCandidates("x.yml", task.origin.file, task.parent))).to.include.members([
      "./roles/r/tasks/x.yml",
      "./x.yml",
    ]);
    expect(tasksFileCandidates("/abs/x.yml", task.origin.file, task.parent)).to.deep.equal(["/abs/x.yml"]);
  });
});
