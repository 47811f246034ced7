import { expect } from "chai";
import type { RunEvent } from "../../../engine/core/event.ts";
import type { BoardContent } from "../../../engine/report/board-screen.ts";
import { LiveReporter } from "../../../engine/report/live.ts";
import { at, counts, ended, memory, started, task } from "./events.ts";

/** A live report on a screen of our own: what was printed above the board, and the board itself. */
function screen() {
  const { printer } = memory();
  let above = "";
  let content: BoardContent | undefined;
  let opened = 0;
  const live = new LiveReporter(printer, {
    verbosity: 0,
    problems: { readFile: () => undefined },
    size: () => ({ columns: 80, rows: 24 }),
    now: () => 2000,
    open: (given) => {
      content = given;
      opened++;
      return {
        async end() {
          above += given.takeAbove();
          content = undefined;
        },
      };
    },
    write: (text) => {
      above += text;
    },
  });
  return {
    live,
    feed: (...events: RunEvent[]) => {
      for (const event of events) live.event(event);
      above += content?.takeAbove() ?? "";
    },
    above: () => above,
    board: () => content?.lines() ?? [],
    opened: () => opened,
  };
}

const START = at(0, { type: "run-start", version: 1, check: false, playbooks: [] });

describe("the live report", () => {
  it("shows one difference for all hosts that share it, when the task is over", () => {
    const { feed, above } = screen();
    const info = task("copy");
    const diff = [{ before: "a\n", after: "b\n" }];
    feed(START, started(info, ["h1", "h2"]), ended(info, { status: "changed", diff }));
    expect(above()).not.to.contain("-a");
    feed(ended(info, { host: "h2", status: "changed", diff }));
    expect(above()).to.contain("● copy changed ×2\n  h1, h2:\n--- before\n+++ after\n@@ -1 +1 @@\n-a\n+b\n");
  });

  it("tells a failure at once: host, task, message, place and the end of its output", () => {
    const { feed, above } = screen();
    const info = task("build", { origin: { file: "/p/a.yml", line: 4, column: 3 } });
    const stderr = Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\n");
    feed(START, started(info, ["h1", "h2"]), ended(info, { status: "failed", result: { msg: "rc 1", stderr } }));
    expect(above()).to.contain("✖ h1: build: failed: rc 1\n[ERROR]: rc 1\n  --> /p/a.yml:4:3\n");
    expect(above()).to.contain("(20 lines before)").and.contain("stderr: line 29").and.not.contain("line 19\n");
  });

  it("takes the board off for a question and puts it back", async () => {
    const { live, feed, board, opened } = screen();
    feed(START, started(task("t"), ["h1"]));
    expect(board()).to.have.length(2);
    await live.suspend();
    expect(board()).to.deep.equal([]);
    live.resume();
    expect(board()).to.have.length(2);
    expect(opened()).to.equal(2);
  });

  it("closes with recap, undecided tasks and the time it took", async () => {
    const { live, feed, above } = screen();
    feed(
      at(0, { type: "run-start", version: 1, check: true, playbooks: [] }),
      at(1, {
        type: "recap",
        counts: { h1: counts({ ok: 1, undecided: 1 }) },
        undecided: [{ host: "h1", task: task("ask"), reason: "it depends on a command" }],
      }),
      at(2, { type: "run-end", exitCode: 0, duration: 1234, traffic: {} }),
    );
    await live.finish();
    expect(above()).to.contain("PLAY RECAP\nh1 ");
    expect(above()).to.contain("1 task is decided at run time:\n  ask: it depends on a command [h1]\n");
    expect(above()).to.contain("1.2 s, nothing was changed (dry run)\n");
  });
});
