// Keywords that no other test runs: each does what it says, or is named in a warning.

import { expect } from "chai";
import { Failure } from "../../../engine/core/problem.ts";
import { Workshop } from "./running.ts";

const HEAD = "- hosts: all\n  gather_facts: false\n  tasks:\n";

describe("the keyword", () => {
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => shop.remove());

  it("debugger and collections are accepted with a warning", async () => {
    const ran = await shop.play(`${HEAD}    - { debug: { msg: x }, debugger: on_failed, collections: [a.b] }\n`);
    const told = ran.events.filter((event) => event.type === "warning" && event.problem.code === "keyword-ignored");
    expect([told.length, ran.exitCode]).to.deep.equal([2, 0]);
  });

  it("debugger warns also in a file that the run brings in", async () => {
    shop.write({ "more.yml": "- { debug: { msg: x }, debugger: always }\n" });
    const ran = await shop.play(`${HEAD}    - include_tasks: more.yml\n`);
    expect(ran.events.flatMap((event) => (event.type === "warning" ? [event.problem.code] : []))).to.deep.equal([
      "keyword-ignored",
    ]);
  });

  it("throttle bounds how many hosts run the task at once", async () => {
    const step = "if mkdir @/lock; then sleep 0.1; rmdir @/lock; else exit 1; fi";
    const ran = await shop.play(`${HEAD}    - { shell: "${step}", throttle: 1 }\n`, { hosts: ["a", "b", "c"] });
    expect(ran.exitCode).to.equal(0);
  });

  it("order sorts the hosts", async () => {
    const order = async (word: string) =>
      (
        await shop.play(`- hosts: all\n  order: ${word}\n  gather_facts: false\n  tasks: [{ debug: { msg: x } }]\n`, {
          hosts: ["b", "c", "a"],
        })
      ).events.flatMap((event) => (event.type === "task-start" ? event.hosts : []));
    expect(await order("sorted")).to.deep.equal(["a", "b", "c"]);
    expect(await order("reverse_sorted")).to.deep.equal(["c", "b", "a"]);
    expect(await order("reverse_inventory")).to.deep.equal(["a", "c", "b"]);
  });

  it("loop_control: extended, extended_allitems and break_when", async () => {
    const ran =
      await shop.play(`${HEAD}    - debug: { msg: "{{ ansible_loop.index }} {{ ansible_loop.allitems is defined }}" }
      loop: [a, b, c]
      loop_control: { extended: true, extended_allitems: false, break_when: item == 'b' }
`);
    const items = ran.events.flatMap((event) => (event.type === "item-result" ? [event.result.msg] : []));
    expect(items).to.deep.equal(["1 False", "2 False"]);
  });

  it("fact_path tells where local facts are", async () => {
    shop.write({ "facts.d/mine.fact": '{"x": 1}' });
    const ran = await shop.play(`- hosts: all
  gather_subset: [min, local]
  fact_path: "@/facts.d"
  tasks: [{ debug: { msg: "{{ ansible_local.mine.x }}" } }]
`);
    expect(ran.results.at(-1)?.result.msg).to.equal(1);
  });

  it("register refuses a mapping before anything runs", async () => {
    const play = `${HEAD}    - command: echo hi\n      register: { out: _task.result.stdout }\n`;
    const error: unknown = await shop.play(play).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Failure);
    expect((error as Failure).problem.code).to.equal("keyword-type");
  });
});
