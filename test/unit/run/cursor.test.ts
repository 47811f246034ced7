import { expect } from "chai";
import type { Block, Play, PlayNode, RoleUse, Task } from "../../../engine/playbook/model.ts";
import { batches, ordered } from "../../../engine/run/batches.ts";
import { Cursor, type CursorRules, comparePositions } from "../../../engine/run/cursor.ts";
import { STRATEGIES } from "../../../engine/run/strategy.ts";

const parent = {
  keywords: { when: [], tags: [], vars: new Map(), environment: [], moduleDefaults: [] },
  parent: undefined,
} as unknown as Play;

function task(id: string): Task {
  return { kind: "task", id, parent, keywords: parent.keywords } as unknown as Task;
}

function block(parts: { block: PlayNode[]; rescue?: PlayNode[]; always?: PlayNode[]; roleUse?: RoleUse }): Block {
  return {
    kind: "block",
    id: "b",
    parent,
    keywords: parent.keywords,
    rescue: [],
    always: [],
    ...parts,
  } as unknown as Block;
}

const RULES: CursorRules = { selects: () => true, entersRole: () => true, leavesRole: () => {}, notified: () => true };

/** Walks to the end, failing at the named tasks; the ids in the order in which they ran. */
function walk(cursor: Cursor, failing: readonly string[] = []): string[] {
  const ids: string[] = [];
  for (let current = cursor.current(); current; current = cursor.current()) {
    ids.push(current.id);
    if (failing.includes(current.id)) cursor.fail();
    else cursor.advance();
  }
  return ids;
}

describe("a host's way through a play", () => {
  it("goes through nested blocks in order", () => {
    const cursor = new Cursor(
      [task("a"), block({ block: [task("b"), block({ block: [task("c")] })] }), task("d")],
      RULES,
    );
    expect(walk(cursor)).to.deep.equal(["a", "b", "c", "d"]);
  });

  it("runs rescue after a failure, then always, and goes on", () => {
    const body = [block({ block: [task("a"), task("b")], rescue: [task("r")], always: [task("z")] }), task("next")];
    const cursor = new Cursor(body, RULES);
    expect(walk(cursor, ["a"])).to.deep.equal(["a", "r", "z", "next"]);
    expect(cursor.failed).to.equal(false);
  });

  it("runs always without rescue, then fails", () => {
    const cursor = new Cursor([block({ block: [task("a")], always: [task("z")] }), task("next")], RULES);
    expect(walk(cursor, ["a"])).to.deep.equal(["a", "z"]);
    expect(cursor.failed).to.equal(true);
  });

  it("runs always when the rescue fails, then fails", () => {
    const cursor = new Cursor(
      [block({ block: [task("a")], rescue: [task("r")], always: [task("z")] }), task("n")],
      RULES,
    );
    expect(walk(cursor, ["a", "r"])).to.deep.equal(["a", "r", "z"]);
    expect(cursor.failed).to.equal(true);
  });

  it("lets an outer block rescue what an inner always held up", () => {
    const inner = block({ block: [task("a")], always: [task("z")] });
    const cursor = new Cursor([block({ block: [inner, task("b")], rescue: [task("r")] }), task("n")], RULES);
    expect(walk(cursor, ["a"])).to.deep.equal(["a", "z", "r", "n"]);
    expect(cursor.failed).to.equal(false);
  });

  it("runs what an include brought before the next task, and only this host's part", () => {
    const one = block({ block: [task("i1")] });
    const two = block({ block: [task("i2")] });
    const cursor = new Cursor([task("inc"), task("n")], RULES);
    cursor.current();
    cursor.include([one, two], new Set([two]));
    expect(walk(cursor)).to.deep.equal(["i2", "n"]);
  });

  it("keeps hosts with different includes of one task in order", () => {
    const [one, two] = [block({ block: [task("i1")] }), block({ block: [task("i2")] })];
    const positions = [one, two].map((mine) => {
      const cursor = new Cursor([task("inc"), task("n")], RULES);
      cursor.current();
      cursor.include([one, two], new Set([mine]));
      cursor.current();
      return cursor.position();
    });
    const waiting = new Cursor([task("inc"), task("n")], RULES);
    waiting.current();
    waiting.advance();
    waiting.current();
    expect(comparePositions(positions[0] ?? [], positions[1] ?? [])).to.be.lessThan(0);
    expect(comparePositions(positions[1] ?? [], waiting.position())).to.be.lessThan(0);
  });

  it("skips a role that this host ran already", () => {
    const use = { key: "web" } as RoleUse;
    const done = new Set<string>();
    const rules = {
      ...RULES,
      entersRole: ({ key }: RoleUse) => !done.has(key),
      leavesRole: ({ key }: RoleUse) => void done.add(key),
    };
    const body = [block({ block: [task("a")], roleUse: use }), block({ block: [task("a2")], roleUse: use }), task("n")];
    expect(walk(new Cursor(body, rules))).to.deep.equal(["a", "n"]);
  });

  it("runs handlers that a handler notified, if they stand later", () => {
    const handlers = [task("h1"), task("h2"), task("h3")];
    const notified = new Set(["h1"]);
    const cursor = new Cursor([task("flush"), task("n")], { ...RULES, notified: ({ id }) => notified.has(id) });
    cursor.current();
    cursor.flush(handlers);
    expect(cursor.current()?.id).to.equal("h1");
    notified.add("h3");
    cursor.advance();
    expect(walk(cursor)).to.deep.equal(["h3", "n"]);
  });
});

describe("strategies", () => {
  const a = task("a");
  const b = task("b");
  it("linear waits for the slowest, and starts the earliest task for all that are at it", () => {
    const linear = STRATEGIES.linear;
    const hosts = [
      { name: "1", task: b, position: [0, 2], busy: false },
      { name: "2", task: a, position: [0, 1], busy: false },
      { name: "3", task: a, position: [0, 1], busy: false },
    ];
    expect(linear?.({ hosts, forks: 5 })).to.deep.equal([{ task: a, hosts: ["2", "3"] }]);
    expect(
      linear?.({ hosts: [...hosts, { name: "4", task: undefined, position: [], busy: true }], forks: 5 }),
    ).to.deep.equal([]);
  });
  it("free starts every host that is not busy", () => {
    const hosts = [
      { name: "1", task: b, position: [0, 2], busy: false },
      { name: "2", task: undefined, position: [], busy: true },
    ];
    expect(STRATEGIES.free?.({ hosts, forks: 5 })).to.deep.equal([{ task: b, hosts: ["1"] }]);
  });
  it("host_pinned opens no more hosts than forks", () => {
    const hosts = ["1", "2", "3"].map((name) => ({ name, task: a, position: [0, 1], busy: false }));
    expect(STRATEGIES.host_pinned?.({ hosts, forks: 2 }).map((step) => step.hosts)).to.deep.equal([["1"], ["2"]]);
  });
});

describe("batches", () => {
  const hosts = ["a", "b", "c", "d", "e"];
  it("repeat the last size until all hosts are in one", () => {
    expect(batches(hosts, ["1", "2"])).to.deep.equal([["a"], ["b", "c"], ["d", "e"]]);
  });
  it("take percentages, of which at least one host", () => {
    expect(batches(hosts, ["10%", "100%"])).to.deep.equal([["a"], ["b", "c", "d", "e"]]);
  });
  it("are one without serial or with 0", () => {
    expect(batches(hosts, [])).to.deep.equal([hosts]);
    expect(batches(hosts, ["0"])).to.deep.equal([hosts]);
  });
  it("are refused when serial is no number", () => {
    expect(() => batches(hosts, ["some"])).to.throw("'serial' must be a number");
  });
  it("come in the order that is asked for", () => {
    expect(ordered(["b", "a"], "sorted", Math.random)).to.deep.equal(["a", "b"]);
    expect(() => ordered(["b"], "upwards", Math.random)).to.throw("Invalid 'order'");
  });
});
