import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Workshop } from "./running.ts";

const HEAD = "- hosts: all\n  gather_facts: false\n  tasks:\n";

describe("a play", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => shop.remove());

  it("runs tasks in order, and a second run changes nothing", async () => {
    const text = `${HEAD}
    - { name: folder, file: { path: "@/d", state: directory, mode: "0750" } }
    - { name: file, copy: { dest: "@/d/f", content: "x\\n" } }
`;
    const first = await shop.play(text);
    expect(first.statuses()).to.deep.equal(["folder: changed", "file: changed"]);
    expect(readFileSync(shop.path("d/f"), "utf8")).to.equal("x\n");
    const again = await shop.play(text);
    expect(again.statuses()).to.deep.equal(["folder: ok", "file: ok"]);
    expect(again.exitCode).to.equal(0);
  });

  it("registers results and uses them in later tasks", async () => {
    const ran = await shop.play(`${HEAD}
    - { command: echo hi, register: out, changed_when: false }
    - { name: "yes", debug: { msg: "{{ out.stdout }}" }, when: out.rc == 0 }
    - { name: "no", debug: { msg: x }, when: out.stdout == 'ho' }
`);
    expect(ran.statuses()).to.deep.equal(["command: ok", "yes: ok", "no: skipped"]);
    expect(ran.results[1]?.result.msg).to.equal("hi");
  });

  it("plans ahead without missing what a command changed in between", async () => {
    const ran = await shop.play(`${HEAD}
    - { name: a, stat: { path: "@/later" }, register: before }
    - { name: b, stat: { path: "@/other" } }
    - { name: make, shell: "echo x > @/later" }
    - { name: c, stat: { path: "@/later" }, register: after }
    - { name: shown, debug: { msg: "{{ before.stat.exists }} {{ after.stat.exists }}" } }
`);
    expect(ran.results.at(-1)?.result.msg).to.equal("False True");
  });

  it("plans ahead without missing what a file task changed in between", async () => {
    const ran = await shop.play(`${HEAD}
    - { name: a, stat: { path: "@/x" } }
    - { name: b, copy: { dest: "@/x", content: "1\\n" } }
    - { name: c, lineinfile: { path: "@/x", line: "2" } }
    - { name: d, lineinfile: { path: "@/x", line: "1" } }
`);
    expect(ran.statuses()).to.deep.equal(["a: ok", "b: changed", "c: changed", "d: ok"]);
    expect(readFileSync(shop.path("x"), "utf8")).to.equal("1\n2\n");
  });

  it("plans ahead without taking what is not set yet for unknown", async () => {
    shop.write({ "t.j2": "{{ late }} {{ lookup('file', where) }}\n", "a.txt": "old" });
    const ran = await shop.play(`${HEAD}
    - { name: a, stat: { path: "@/x" } }
    - { name: b, set_fact: { late: now, where: "@/a.txt" } }
    - { name: c, copy: { dest: "@/a.txt", content: new } }
    - { name: d, template: { src: t.j2, dest: "@/t" } }
`);
    expect(ran.statuses()).to.deep.equal(["a: ok", "b: ok", "c: changed", "d: changed"]);
    expect(readFileSync(shop.path("t"), "utf8")).to.equal("now new\n");
  });

  it("plans ahead without missing what another host has learned in between", async () => {
    const ran = await shop.play(
      `- hosts: all
  gather_facts: false
  vars:
    found: "{{ hostvars['two']['seen'].stat }}"
  tasks:
    - { name: look, stat: { path: "@/x" }, register: seen, when: inventory_hostname == 'two' }
    - { name: told, debug: { msg: "{{ found is defined }} {{ hostvars['two']['word'] | default('none') }}" } }
    - { name: set, set_fact: { word: "{{ inventory_hostname }}" } }
    - { name: again, debug: { msg: "{{ hostvars['two']['word'] | default('none') }}" } }
`,
      { hosts: ["one", "two"] },
    );
    const said = ran.results.filter(({ host, result }) => host === "one" && result.msg !== undefined);
    expect(said.map(({ result }) => result.msg)).to.deep.equal(["True none", "two"]);
  });

  it("asks for the plans of many unchanged tasks in few round trips", async () => {
    const tasks = Array.from(
      { length: 40 },
      (_, n) => `    - { name: t${n}, file: { path: "@/d${n}", state: directory } }\n`,
    );
    const text = `${HEAD}${tasks.join("")}`;
    await shop.play(text);
    const again = await shop.play(text);
    expect(again.counts.one).to.include({ ok: 40, changed: 0 });
    const end = again.events.find(({ type }) => type === "run-end");
    expect(end?.type === "run-end" && end.traffic?.one?.roundTrips).to.be.lessThan(8);
  });

  it("rescues, and always runs always", async () => {
    const ran = await shop.play(`${HEAD}
    - block:
        - { name: fails, fail: { msg: "no" } }
      rescue:
        - { name: rescue, debug: { msg: "{{ ansible_failed_task.name }}: {{ ansible_failed_result.msg }}" } }
      always:
        - { name: always, debug: { msg: a } }
`);
    expect(ran.statuses()).to.deep.equal(["fails: failed", "rescue: ok", "always: ok"]);
    expect(ran.results[1]?.result.msg).to.equal("fails: no");
    expect(ran.exitCode).to.equal(0);
    expect(ran.counts.one).to.include({ ok: 2, failed: 0, rescued: 1 });
  });

  it("goes on with the other hosts when one fails", async () => {
    const ran = await shop.play(
      `${HEAD}
    - { name: some, fail: { msg: no }, when: inventory_hostname == 'two' }
    - { name: rest, debug: { msg: x } }
`,
      { hosts: ["one", "two", "three"] },
    );
    expect(ran.exitCode).to.equal(2);
    expect(ran.statuses("one")).to.deep.equal(["some: skipped", "rest: ok"]);
    expect(ran.statuses("two")).to.deep.equal(["some: failed"]);
    expect(ran.counts.two).to.include({ failed: 1 });
  });

  it("runs notified handlers once, in the order in which they are defined", async () => {
    const ran = await shop.play(`- hosts: all
  gather_facts: false
  tasks:
    - { name: t1, command: "true", notify: [second, topic] }
    - { name: t2, command: "true", notify: second }
  handlers:
    - { name: first, debug: { msg: 1 }, listen: topic }
    - { name: second, debug: { msg: 2 } }
    - { name: never, debug: { msg: 3 } }
`);
    expect(ran.statuses()).to.deep.equal(["t1: changed", "t2: changed", "first: ok", "second: ok"]);
  });

  it("fails when an unknown handler is notified", async () => {
    const ran = await shop.play(`- hosts: all
  gather_facts: false
  tasks:
    - { name: t1, command: "true", notify: secnod }
  handlers:
    - { name: second, debug: { msg: 2 } }
`);
    expect(ran.exitCode).to.equal(2);
    expect(ran.results.at(-1)?.problem).to.deep.include({ code: "handler-unknown", hint: "did you mean 'second'?" });
  });

  it("loops, with index, label and a registered list", async () => {
    const ran = await shop.play(`${HEAD}
    - name: items
      debug: { msg: "{{ n }}:{{ thing.k }}" }
      loop: [{ k: a }, { k: b }]
      loop_control: { loop_var: thing, index_var: n, label: "{{ thing.k }}" }
      register: all
    - { name: count, debug: { msg: "{{ all.results | map(attribute='msg') | join(' ') }}" } }
`);
    expect(ran.events.flatMap((event) => (event.type === "item-result" ? [event.label] : []))).to.deep.equal([
      "a",
      "b",
    ]);
    expect(ran.results.at(-1)?.result.msg).to.equal("0:a 1:b");
  });

  it("retries until the condition holds", async () => {
    const ran = await shop.play(`${HEAD}
    - name: wait
      shell: "echo x >> @/n; wc -l < @/n"
      register: lines
      until: lines.stdout | int >= 3
      retries: 5
      delay: 0
`);
    expect(ran.statuses()).to.deep.equal(["wait: changed"]);
    expect(ran.results[0]?.result.attempts).to.equal(3);
  });

  it("includes tasks for each item, and keeps hosts in step", async () => {
    shop.write({ "more.yml": "- { name: included, debug: { msg: '{{ item }} {{ extra }}' } }\n" });
    const ran = await shop.play(
      `${HEAD}
    - { name: inc, include_tasks: more.yml, loop: [a, b], vars: { extra: e } }
    - { name: after, debug: { msg: x } }
`,
      { hosts: ["one", "two"] },
    );
    expect(ran.tasks).to.deep.equal(["inc", "included", "included", "after"]);
    expect(ran.results.filter(({ task }) => task.name === "included").map(({ result }) => result.msg)).to.deep.equal([
      "a e",
      "a e",
      "b e",
      "b e",
    ]);
  });

  it("runs once for all hosts and gives all of them the result", async () => {
    const ran = await shop.play(
      `${HEAD}
    - { name: once, command: "echo {{ inventory_hostname }}", run_once: true, register: r, changed_when: false }
    - { name: all, debug: { msg: "{{ r.stdout }}" } }
`,
      { hosts: ["one", "two"] },
    );
    expect(ran.statuses("two")).to.deep.equal(["all: ok"]);
    expect(ran.results.at(-1)?.result.msg).to.equal("one");
  });

  it("gives all hosts the facts that a task sets once", async () => {
    const ran = await shop.play(
      `${HEAD}
    - { name: once, set_fact: { which: "{{ inventory_hostname }}" }, run_once: true }
    - { name: each, set_fact: { own: "{{ inventory_hostname }}" } }
    - { name: all, debug: { msg: "{{ which }} {{ own }}" } }
`,
      { hosts: ["one", "two"] },
    );
    expect(ran.results.slice(-2).map(({ result }) => result.msg)).to.have.members(["one one", "one two"]);
  });

  it("divides hosts into batches and stops when a whole batch failed", async () => {
    const ran = await shop.play(
      `- hosts: all
  gather_facts: false
  serial: 1
  tasks:
    - { name: t, fail: { msg: no }, when: inventory_hostname == 'two' }
`,
      { hosts: ["one", "two", "three"] },
    );
    expect(ran.results.map(({ host }) => host)).to.deep.equal(["one", "two"]);
    expect(ran.exitCode).to.equal(2);
  });

  it("lets fast hosts go ahead with the strategy free", async () => {
    const ran = await shop.play(
      `- hosts: all
  gather_facts: false
  strategy: free
  tasks:
    - { name: slow, shell: "sleep 0.5", when: inventory_hostname == 'one' }
    - { name: next, debug: { msg: x } }
`,
      { hosts: ["one", "two"] },
    );
    expect(ran.results.map(({ host, task }) => `${host} ${task.name}`)).to.deep.equal([
      "two slow",
      "two next",
      "one slow",
      "one next",
    ]);
  });

  it("ends on the host what runs longer than async allows", async () => {
    const ran = await shop.play(`${HEAD}
    - { name: long, shell: "sleep 3; echo late > @/late", async: 1, poll: 1 }
    - { name: never, debug: { msg: x } }
`);
    expect(ran.statuses()).to.deep.equal(["long: failed"]);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(() => readFileSync(shop.path("late"))).to.throw("ENOENT");
  });

  it("waits at its end for tasks in the background, and says so", async () => {
    const ran = await shop.play(`${HEAD}
    - { name: job, shell: "sleep 1; echo done > @/done", async: 30, poll: 0 }
`);
    expect(ran.statuses()).to.deep.equal(["job: changed"]);
    expect(readFileSync(shop.path("done"), "utf8")).to.equal("done\n");
    const warnings = ran.events.flatMap((event) => (event.type === "warning" ? [event.problem.code] : []));
    expect(warnings).to.include("jobs-running");
  });

  it("says when the task to start at is not there", async () => {
    const ran = await shop.play(`${HEAD}    - { name: there, debug: { msg: x } }\n`, { startAtTask: "nowhere" });
    expect(ran.statuses()).to.deep.equal([]);
    const warnings = ran.events.flatMap((event) => (event.type === "warning" ? [event.problem.message] : []));
    expect(warnings).to.include('No matching task "nowhere" found.');
  });

  it("sets variables whose names are templates", async () => {
    const ran = await shop.play(`${HEAD}
    - { name: set, set_fact: { "dyn{{ 1 + 1 }}": "v" } }
    - { name: shown, debug: { msg: "{{ dyn2 }}" } }
`);
    expect(ran.results.at(-1)?.result.msg).to.equal("v");
  });

  it("refuses module_defaults for groups instead of passing over them", async () => {
    const ran = await shop.play(`- hosts: all
  gather_facts: false
  module_defaults: { group/aws: { region: x } }
  tasks: [{ ping: }]
`);
    expect(ran.results[0]?.problem?.message).to.contain("'group/aws' are not supported");
  });

  it("hides results under no_log", async () => {
    const ran = await shop.play(`${HEAD}
    - { name: hidden, command: echo geheim, no_log: true, register: r }
    - { name: known, assert: { that: "r.stdout == 'geheim'" } }
`);
    expect(ran.exitCode).to.equal(0);
    expect(JSON.stringify(ran.events.filter(({ type }) => type !== "run-start"))).not.to.contain('"stdout":"geheim"');
    expect(ran.results[0]?.result.censored).to.be.a("string");
  });

  it("delegates to another host, with that host's connection and this host's variables", async () => {
    const ran = await shop.play(
      `${HEAD}
    - { name: d, shell: "echo {{ inventory_hostname }} > @/who", delegate_to: two, when: inventory_hostname == 'one' }
`,
      { hosts: ["one", "two"] },
    );
    expect(ran.results.find(({ host }) => host === "one")).to.include({ delegatedTo: "two", status: "changed" });
    expect(readFileSync(shop.path("who"), "utf8")).to.equal("one\n");
  });

  it("ignores errors where the task says so", async () => {
    const ran = await shop.play(`${HEAD}
    - { name: bad, command: "false", ignore_errors: true }
    - { name: next, debug: { msg: x } }
`);
    expect(ran.exitCode).to.equal(0);
    expect(ran.counts.one).to.include({ ok: 2, failed: 0, ignored: 1 });
  });

  it("never evaluates what a command printed", async () => {
    const ran = await shop.play(`${HEAD}
    - { command: "echo '{{ '{{' }} 1 + 1 }}'", register: r }
    - { name: shown, debug: { msg: "{{ r.stdout }}" } }
`);
    expect(ran.results.at(-1)?.result.msg).to.equal("{{ 1 + 1 }}");
  });

  it("says which variable is undefined, and where", async () => {
    const ran = await shop.play(`${HEAD}
    - { name: bad, debug: { msg: "{{ nothing_here }}" } }
`);
    const { problem } = ran.results[0] ?? {};
    expect(problem?.code).to.equal("template-undefined");
    expect(problem?.message).to.contain("'nothing_here' is undefined");
    expect(problem?.origin).to.include({ line: 5 });
  });

  it("reports a closed port as unreachable, with exit code 4", async () => {
    const ran = await shop.play(`${HEAD}\n    - { ping: }\n`, {
      inventoryText: "far ansible_host=127.0.0.1 ansible_port=1 ansible_user=x\n",
    });
    expect(ran.exitCode).to.equal(4);
    expect(ran.counts.far).to.include({ unreachable: 1 });
  });
});

describe("a dry run", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => shop.remove());

  it("sees what earlier tasks would have made, and makes nothing", async () => {
    const text = `${HEAD}
    - { name: folder, file: { path: "@/d/e", state: directory } }
    - { name: file, copy: { dest: "@/d/e/f", content: "x\\n" } }
    - { name: line, lineinfile: { path: "@/d/e/f", line: "y" } }
    - { name: same, lineinfile: { path: "@/d/e/f", line: "x" } }
`;
    const dry = await shop.play(text, { check: true });
    expect(dry.statuses()).to.deep.equal(["folder: changed", "file: changed", "line: changed", "same: ok"]);
    expect(() => readFileSync(shop.path("d/e/f"))).to.throw("ENOENT");
    expect((await shop.play(text)).statuses()).to.deep.equal(dry.statuses());
  });

  it("calls undecided what depends on the output of a command, with the reason", async () => {
    const ran = await shop.play(
      `${HEAD}
    - { name: ask, command: hostname, register: r, changed_when: false }
    - { name: use, copy: { dest: "@/x", content: "{{ r.stdout }}" } }
    - { name: maybe, debug: { msg: x }, when: r.stdout == 'a' }
`,
      { check: true },
    );
    expect(ran.statuses()).to.deep.equal(["ask: ok", "use: undecided", "maybe: undecided"]);
    expect(ran.results[1]?.reason).to.contain("hostname");
  });

  it("takes what an undecided item returns for unknown, not for missing", async () => {
    const ran = await shop.play(
      `${HEAD}
    - { name: make, command: { cmd: "touch @/made", creates: "@/made" } }
    - { name: read, slurp: { src: "@/{{ item }}" }, loop: [made, site.yml], register: got }
    - name: write
      copy: { dest: "@/new-{{ item.item }}", content: "{{ item.content | b64decode }}" }
      loop: "{{ got.results | rejectattr('content', 'undefined') }}"
`,
      { check: true },
    );
    const items = ran.events.flatMap((event) =>
      event.type === "item-result" && event.task.name === "write" ? [event.status] : [],
    );
    expect(items).to.deep.equal(["undecided", "changed"]);
  });

  it("goes on with facts that a dry run cannot tell, and calls undecided what needs them", async () => {
    const ran = await shop.play(
      `${HEAD}
    - { name: ask, command: hostname, register: r, changed_when: false }
    - { name: set, set_fact: { version: "{{ 4 if r.stdout is version('2') else 3 }}", sure: 1 } }
    - { name: use, copy: { dest: "@/x", content: "{{ version }}" } }
    - { name: perhaps, set_fact: { sure: 2 }, when: r.stdout == 'a' }
    - { name: unsure, debug: { msg: x }, when: sure == 1 }
    - { name: all, set_fact: { last: "{{ item }}" }, loop: "{{ r.stdout_lines }}" }
    - { name: late, debug: { msg: "{{ last }}" } }
`,
      { check: true },
    );
    expect(ran.statuses()).to.deep.equal([
      "ask: ok",
      "set: ok",
      "use: undecided",
      "perhaps: undecided",
      "unsure: undecided",
      "all: undecided",
      "late: undecided",
    ]);
  });

  it("does not warn of what a plan made ahead saw before an earlier task changed it", async () => {
    const text = `${HEAD}
    - { name: folder, file: { path: "@/new", state: directory } }
    - { name: look, find: { paths: "@/new" } }
    - { name: elsewhere, find: { paths: "@/missing" } }
`;
    const ran = await shop.play(text);
    const warnings = ran.events.flatMap((event) => (event.type === "warning" ? [event.problem.message] : []));
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.contain("missing");
  });

  it("predicts creates: of a command", async () => {
    const ran = await shop.play(
      `${HEAD}
    - { name: make, shell: "touch @/made", args: { creates: "@/made" } }
    - { name: again, shell: "touch @/made", args: { creates: "@/made" } }
`,
      { check: true },
    );
    expect(ran.statuses()[0]).to.equal("make: changed");
    expect(ran.statuses()[1]).not.to.equal("again: changed");
  });
});
