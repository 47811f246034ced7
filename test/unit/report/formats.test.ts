import { expect } from "chai";
import { Mask } from "../../../engine/core/secret.ts";
import { Unknown } from "../../../engine/core/unknown.ts";
import { AdHocReporter } from "../../../engine/report/ad-hoc.ts";
import { HtmlReporter } from "../../../engine/report/html.ts";
import { JsonLinesReporter, JsonReporter } from "../../../engine/report/jsonl.ts";
import { wantsColour } from "../../../engine/report/style.ts";
import { at, counts, ended, memory, task } from "./events.ts";

const START = at(1000, { type: "run-start", version: 1, check: true, playbooks: ["site.yml"] });
const PLAY = at(1000, { type: "play-start", name: "first", hosts: ["h1"] });

function secretMask(): Mask {
  const mask = new Mask();
  mask.add("hunter22");
  return mask;
}

describe("JSON output", () => {
  it("is one event a line, secrets masked, what is not known said so", () => {
    let text = "";
    const reporter = new JsonLinesReporter((part) => {
      text += part;
    }, secretMask());
    reporter.event(START);
    reporter.event(
      ended(task("t"), {
        result: { stdout: new Unknown("not run"), password: "hunter22", big: 12345678901234567890n },
      }),
    );
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).to.deep.equal(["run-start", "host-result"]);
    expect(lines[1].result).to.deep.equal({
      stdout: { unknown: "not run" },
      password: "********",
      big: "12345678901234567890",
    });
  });

  it("is one document at the end: plays, tasks, hosts, statistics", async () => {
    let text = "";
    const reporter = new JsonReporter((part) => {
      text += part;
    }, new Mask());
    const info = task("copy");
    for (const event of [
      START,
      PLAY,
      ended(info, { status: "changed", duration: 12 }),
      ended(info, { host: "h2", status: "failed", ignored: true }),
      at(0, { type: "recap", counts: { h1: counts({ ok: 1 }) }, undecided: [{ host: "h1", task: info, reason: "r" }] }),
      at(0, { type: "run-end", exitCode: 2, duration: 1, traffic: {} }),
    ])
      reporter.event(event);
    await reporter.finish();
    const document = JSON.parse(text);
    expect(document).to.include({ check: true, exitCode: 2 });
    expect(document.plays[0].tasks[0].hosts.h1).to.include({ status: "changed", duration: 12 });
    expect(document.plays[0].tasks[0].hosts.h2).to.include({ ignored: true });
    expect(document.stats.h1.ok).to.equal(1);
    expect(document.undecided).to.deep.equal([{ host: "h1", task: "copy", reason: "r" }]);
  });
});

describe("the ad hoc report", () => {
  function shown(result: Parameters<typeof ended>[1], action = "ping", oneLine = false): string {
    const screen = memory();
    new AdHocReporter(screen.printer, { verbosity: 0, oneLine }).event(ended(task(action, { action }), result));
    return screen.out();
  }

  it("prints a command's output as it is", () => {
    const result = { rc: 0, stdout: "hi", stderr: "", msg: "", changed: true };
    expect(shown({ status: "changed", result }, "command")).to.equal("h1 | CHANGED | rc=0 >>\nhi\n");
    expect(shown({ status: "changed", result }, "command", true)).to.equal("h1 | CHANGED | rc=0 | (stdout) hi\n");
  });

  it("prints why a command failed", () => {
    const result = { rc: 1, stdout: "", stderr: "oops", msg: "non-zero return code" };
    expect(shown({ status: "failed", result }, "shell")).to.equal(
      "h1 | FAILED | rc=1 >>\noops\nnon-zero return code\n",
    );
  });

  it("shows a command that a dry run did not run as it would be", () => {
    const result = { changed: true, rc: new Unknown("not run") };
    expect(shown({ status: "changed", result }, "command")).to.contain('"rc": "<decided at run time: not run>"');
  });

  it("prints other modules' results as JSON", () => {
    const result = { ping: "pong", changed: false };
    expect(shown({ result })).to.equal('h1 | SUCCESS => {\n    "changed": false,\n    "ping": "pong"\n}\n');
    expect(shown({ result }, "ping", true)).to.equal('h1 | SUCCESS => {"changed": false, "ping": "pong"}\n');
    expect(shown({ status: "skipped", result })).to.equal("h1 | SKIPPED\n");
    expect(shown({ status: "unreachable", result: { msg: "refused", unreachable: true } })).to.match(
      /^h1 \| UNREACHABLE! => \{/,
    );
  });
});

describe("the HTML report", () => {
  it("holds hosts, tasks, results and differences, escaped and masked, and nothing from outside", () => {
    const reporter = new HtmlReporter("/nowhere", secretMask());
    for (const event of [
      START,
      PLAY,
      ended(task("<b>copy</b>"), {
        time: 3000,
        duration: 1500,
        status: "changed",
        result: { changed: true, note: "hunter22 <script>alert(1)</script>" },
        diff: [{ before: "a\n", after: "b\n", afterHeader: "/etc/motd" }],
      }),
      at(4000, { type: "recap", counts: { h1: counts({ ok: 1, changed: 1 }) }, undecided: [] }),
    ])
      reporter.event(event);
    const page = reporter.page();
    expect(page)
      .to.contain("site.yml (dry run)")
      .and.contain("&lt;b&gt;copy&lt;/b&gt;")
      .and.contain("+++ after: /etc/motd");
    expect(page).not.to.contain("hunter22");
    expect(page).not.to.contain("<script>alert");
    expect(page).not.to.match(/(src|href)=|url\(|https?:/);
    expect(page).to.contain('style="left:16.667%;width:50.000%"');
  });
});

describe("colour", () => {
  it("follows the terminal unless the environment says otherwise", () => {
    expect(wantsColour({}, true)).to.equal(true);
    expect(wantsColour({}, false)).to.equal(false);
    expect(wantsColour({ NO_COLOR: "1" }, true)).to.equal(false);
    expect(wantsColour({ ANSIBLE_NOCOLOR: "true" }, true)).to.equal(false);
    expect(wantsColour({ ANSIBLE_FORCE_COLOR: "1" }, false)).to.equal(true);
    expect(wantsColour({ TERM: "dumb" }, true)).to.equal(false);
  });
});
