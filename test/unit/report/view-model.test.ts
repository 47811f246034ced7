import { expect } from "chai";
import type { RunEvent } from "../../../engine/core/event.ts";
import { boardLines, closingLines, duration, finishedLine } from "../../../engine/report/board-lines.ts";
import { painter } from "../../../engine/report/style.ts";
import { ViewModel } from "../../../engine/report/view-model.ts";
import { at, counts, ended, started, task } from "./events.ts";

const plain = painter(false);
const SIZE = { columns: 80, rows: 24 };

function modelOf(...events: RunEvent[]): ViewModel {
  const model = new ViewModel();
  for (const event of events) model.take(event);
  return model;
}

const START = at(1000, { type: "run-start", version: 1, check: false, playbooks: ["a.yml"] });
const many = (count: number) => Array.from({ length: count }, (_, index) => `node-${index}`);

describe("the live board", () => {
  it("has a line for each running task with its count of hosts", () => {
    const info = task("install etcd");
    const model = modelOf(
      START,
      at(1000, { type: "play-start", name: "masters", hosts: ["a", "b", "c"] }),
      started(info, ["a", "b", "c"], 1000),
      ended(info, { host: "a", status: "changed", time: 1500 }),
    );
    expect(boardLines(model, 1600, SIZE, plain)).to.deep.equal([
      "⠦ install etcd 1/3 1 changed",
      "masters · 3 hosts · 0 tasks done · 0.6 s",
    ]);
  });

  it("says who is waited for once a task is slow, and what a host says of its progress", () => {
    const info = task("install etcd");
    const model = modelOf(
      START,
      started(info, ["a", "b", "c", "d"], 1000),
      ended(info, { host: "a", time: 1500 }),
      at(2000, { type: "progress", task: info, host: "c", message: "unpacking", fraction: 0.431 }),
    );
    expect(boardLines(model, 6000, SIZE, plain)[0]).to.contain("c: unpacking 43% waiting for b, d");
    expect(boardLines(model, 2500, SIZE, plain)[0]).not.to.contain("waiting");
  });

  it("keeps failed and unreachable hosts in sight, ignored and rescued ones not", () => {
    const info = task("t");
    const model = modelOf(
      START,
      started(info, ["a", "b", "c", "d"]),
      ended(info, { host: "a", status: "failed" }),
      ended(info, { host: "b", status: "unreachable" }),
      ended(info, { host: "c", status: "failed", ignored: true }),
      ended(info, { host: "d", status: "failed" }),
      at(0, { type: "rescued", host: "d", task: info }),
    );
    const text = boardLines(model, 2000, SIZE, plain).join("\n");
    expect(text).to.contain("✖ failed: a\n✖ unreachable: b\n");
  });

  it("stays within the terminal with many tasks and very many hosts", () => {
    const hosts = many(1000);
    const model = modelOf(START, ...many(50).map((name) => started(task(name), hosts)));
    for (const host of hosts) model.take(ended(task("node-0"), { host, status: "failed" }));
    const lines = boardLines(model, 60_000, { columns: 60, rows: 12 }, plain);
    expect(lines.length).to.be.at.most(10);
    expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(60);
    expect(lines.join("\n")).to.contain("and 996 more").and.contain("more tasks");
  });

  it("ends a task with its last host and sums it up in a line", () => {
    const info = task("copy");
    const model = modelOf(START, started(info, ["a", "b"], 1000), ended(info, { host: "a", status: "changed" }));
    const finished = model.take(ended(info, { host: "b", time: 4250 }));
    expect(finished && finishedLine(finished, 80, plain)).to.equal("● copy 1 changed 1 ok 3.3 s");
    expect(model.running.size).to.equal(0);
    expect(model.tasksDone).to.equal(1);
  });

  it("sends no control characters of task names and messages to the terminal", () => {
    const model = modelOf(START, started(task("a\u001b[2Jb\nc")));
    expect(boardLines(model, 1000, SIZE, plain)[0]).to.contain("a\\x1b[2Jb\\nc");
  });

  it("closes with the recap and what took longest", () => {
    const slow = task("slow");
    const quick = task("quick");
    const model = modelOf(
      START,
      started(quick, ["a"], 0),
      ended(quick, { host: "a", time: 100 }),
      started(slow, ["a"], 0),
      ended(slow, { host: "a", time: 65_000 }),
      at(0, { type: "recap", counts: { a: counts({ ok: 2 }) }, undecided: [] }),
    );
    const lines = closingLines(model, 140, plain);
    expect(lines[0]).to.match(/^a {26}: ok=2 /);
    expect(lines.slice(1)).to.deep.equal(["", "took longest:", "     1:05  slow"]);
  });

  it("sums up the recap of very many hosts but names those that failed", () => {
    const all = Object.fromEntries(
      many(300).map((host, index) => [host, counts({ ok: 1, failed: index === 7 ? 1 : 0 })]),
    );
    const lines = closingLines(modelOf(at(0, { type: "recap", counts: all, undecided: [] })), 140, plain);
    expect(lines).to.have.length(2);
    expect(lines[0]).to.match(/^node-7 .* failed=1 /);
    expect(lines[1]).to.match(/^all 300 hosts .* ok=300 .* failed=1 /);
  });

  it("leaves counts of zero out of the recap where the line would wrap", () => {
    const model = modelOf(at(0, { type: "recap", counts: { a: counts({ ok: 2, changed: 1 }) }, undecided: [] }));
    expect(closingLines(model, 80, plain)).to.deep.equal([`a${" ".repeat(25)} : ok=2  changed=1`]);
  });

  it("writes durations as people read them", () => {
    expect([0.44, 12, 185, 3723].map(duration)).to.deep.equal(["0.4 s", "12 s", "3:05", "1:02:03"]);
  });
});
