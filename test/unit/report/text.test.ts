import { expect } from "chai";
import type { RunEvent } from "../../../engine/core/event.ts";
import { Mask } from "../../../engine/core/secret.ts";
import { Unknown } from "../../../engine/core/unknown.ts";
import { type TextOptions, TextReporter } from "../../../engine/report/text.ts";
import { at, counts, ended, item, memory, stars, started, task } from "./events.ts";

function shown(events: readonly RunEvent[], options: Partial<TextOptions> & { mask?: Mask } = {}) {
  const { mask, ...more } = options;
  const screen = memory({ mask });
  const reporter = new TextReporter(screen.printer, {
    verbosity: 0,
    ...more,
    problems: { readFile: () => undefined },
  });
  for (const event of events) reporter.event(event);
  return { out: screen.out(), err: screen.err() };
}

const DEBUG = task("say", { action: "ansible.builtin.debug" });
const LOOP = task("loop");

describe("the text report", () => {
  it("heads plays, tasks and handlers and fills the line with stars, as Ansible does", () => {
    const { out } = shown([
      at(0, { type: "play-start", name: "First play", hosts: ["h1"] }),
      started(task("a debug")),
      started(task("restart", { kind: "handler" })),
    ]);
    expect(out).to.equal(
      `\n${stars("PLAY [First play]")}\n\n${stars("TASK [a debug]")}\n\n${stars("RUNNING HANDLER [restart]")}\n`,
    );
  });

  it("keeps three stars behind a name that is wider than the line", () => {
    const { out } = shown([started(task("x".repeat(100)))]);
    expect(out).to.equal(`\nTASK [${"x".repeat(100)}] ***\n`);
  });

  it("prints one line a host: ok, changed, skipping", () => {
    const { out } = shown([
      started(LOOP),
      ended(LOOP),
      ended(LOOP, { host: "h2", status: "changed" }),
      ended(LOOP, { host: "h3", status: "skipped" }),
      ended(LOOP, { host: "h4", status: "changed", delegatedTo: "localhost" }),
    ]);
    expect(out.split("\n").slice(2)).to.deep.equal([
      "ok: [h1]",
      "changed: [h2]",
      "skipping: [h3]",
      "changed: [h4 -> localhost]",
      "",
    ]);
  });

  it("shows what debug says without -v, alone and over several lines", () => {
    const { out } = shown([started(DEBUG), ended(DEBUG, { result: { changed: false, msg: "é", extra: 1 } })]);
    expect(out).to.contain('ok: [h1] => {\n    "msg": "é"\n}\n');
  });

  it("shows only the variable of debug: var=", () => {
    const { out } = shown([
      started(DEBUG),
      ended(DEBUG, { result: { changed: false, failed: false, name: [1, null] } }),
    ]);
    expect(out).to.contain('ok: [h1] => {\n    "name": [\n        1,\n        null\n    ]\n}\n');
  });

  it("shows a failure with its result on one line, keys sorted, and the reason before it", () => {
    const broken = task("broken", { origin: { file: "/p/a.yml", line: 3, column: 7 } });
    const { out } = shown([
      started(broken),
      ended(broken, {
        status: "failed",
        result: { rc: 1, msg: "non-zero return code", failed: true, changed: true, cmd: ["a", "b"], _ansible_x: 1 },
        ignored: true,
      }),
    ]);
    expect(out).to.contain(
      'fatal: [h1]: FAILED! => {"changed": true, "cmd": ["a", "b"], "msg": "non-zero return code", "rc": 1}\n...ignoring\n',
    );
    expect(out).to.contain("[ERROR]: Task failed: non-zero return code\n  --> /p/a.yml:3:7\n");
  });

  it("tells the same failure of many hosts once, and each host's line", () => {
    const { out } = shown([
      started(LOOP),
      ...["a", "b", "c"].map((host) => ended(LOOP, { host, status: "failed", result: { msg: "no" } })),
    ]);
    expect(out.match(/Task failed: no/g)).to.have.length(1);
    expect(out.match(/fatal: /g)).to.have.length(3);
  });

  it("shows unreachable hosts as Ansible does", () => {
    const { out } = shown([
      ended(LOOP, { status: "unreachable", result: { unreachable: true, msg: "m", changed: false } }),
    ]);
    expect(out).to.contain('fatal: [h1]: UNREACHABLE! => {"changed": false, "msg": "m", "unreachable": true}\n');
  });

  it("tells once why an item of a loop was unreachable, and of the loop only that it was", () => {
    const result = { unreachable: true, msg: "m" };
    const { out } = shown([
      started(LOOP),
      item(LOOP, "a", { delegatedTo: "away", status: "unreachable", result }),
      item(LOOP, "b", { delegatedTo: "h2" }),
      ended(LOOP, {
        delegatedTo: "h2",
        status: "unreachable",
        result: { msg: "One or more items failed" },
        ignored: true,
      }),
    ]);
    expect(out.split("\n").slice(2)).to.deep.equal([
      "[ERROR]: Task failed: m",
      'fatal: [h1 -> away]: UNREACHABLE! (item=a) => {"msg": "m", "unreachable": true}',
      "ok: [h1 -> h2] => (item=b)",
      'fatal: [h1]: UNREACHABLE! => {"msg": "One or more items failed"}',
      "...ignoring",
      "",
    ]);
  });

  it("shows loops by item, and then only what the items do not say", () => {
    const { out } = shown([
      started(LOOP),
      item(LOOP, "a"),
      item(LOOP, "b", { status: "changed" }),
      ended(LOOP, { status: "changed" }),
      item(LOOP, "a", { host: "h2", status: "skipped" }),
      ended(LOOP, { host: "h2", status: "skipped" }),
      item(LOOP, "a", { host: "h3", status: "failed", result: { msg: "no" } }),
      ended(LOOP, { host: "h3", status: "failed", ignored: true }),
    ]);
    expect(out.split("\n").slice(2)).to.deep.equal([
      "ok: [h1] => (item=a)",
      "changed: [h1] => (item=b)",
      "skipping: [h2] => (item=a) ",
      "skipping: [h2]",
      "[ERROR]: Task failed: no",
      'failed: [h3] (item=a) => {"msg": "no"}',
      "...ignoring",
      "",
    ]);
  });

  it("counts down retries and names included files", () => {
    const info = task("try");
    const { out } = shown([
      started(info),
      at(0, { type: "retry", task: info, host: "h1", left: 3, result: {} }),
      at(0, { type: "included", task: info, file: "/p/x.yml", hosts: ["h1", "h2"], label: "1" }),
      at(0, { type: "included", task: info, file: "/p/x.yml", hosts: ["h1"] }),
    ]);
    expect(out).to.contain("FAILED - RETRYING: [h1]: try (3 retries left).\n");
    expect(out).to.contain("included: /p/x.yml for h1, h2 => (item=1)\nincluded: /p/x.yml for h1\n");
  });

  it("leaves the results of include tasks to the included line, but shows those skipped", () => {
    const include = task("include", { kind: "include" });
    const { out } = shown([started(include), ended(include), ended(include, { host: "h2", status: "skipped" })]);
    expect(out.split("\n").slice(2)).to.deep.equal(["skipping: [h2]", ""]);
  });

  it("tells of an include that fails after its items, once", () => {
    const include = task("include", { kind: "include" });
    const failed = ended(include, { status: "failed", result: { changed: false, msg: "no such file" } });
    const after = shown([started(include), item(include, "a", { status: "skipped" }), failed]).out;
    expect(after).to.contain('fatal: [h1]: FAILED! => {"changed": false, "msg": "no such file"}');
    const within = shown([
      started(include),
      item(include, "a", { status: "failed", result: { msg: "no such item" } }),
      failed,
    ]).out;
    expect(within).to.contain("failed: [h1] (item=a)").and.not.to.contain("fatal:");
  });

  it("prints the recap byte for byte, hosts in order", () => {
    const { out } = shown([
      at(0, {
        type: "recap",
        counts: { h2: counts({ ok: 24, changed: 9, failed: 1 }), h1: counts({ ok: 127, rescued: 1 }) },
        undecided: [],
      }),
    ]);
    expect(out).to.equal(
      `\n${stars("PLAY RECAP")}\n` +
        "h1                         : ok=127  changed=0    unreachable=0    failed=0    skipped=0    rescued=1    ignored=0   \n" +
        "h2                         : ok=24   changed=9    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0   \n\n",
    );
  });

  it("names what is decided at run time, where it stands and at the end", () => {
    const info = task("start etcd", { origin: { file: "/p/a.yml", line: 9, column: 3 } });
    const reason = "the output of 'etcd --version'";
    const { out } = shown([
      started(info),
      ended(info, { status: "undecided", reason, result: { stdout: new Unknown(reason) } }),
      at(0, {
        type: "recap",
        counts: { h1: counts({ undecided: 1 }) },
        undecided: [
          { host: "h1", task: info, reason },
          { host: "h2", task: info, reason },
        ],
      }),
    ]);
    expect(out).to.contain(`undecided: [h1] => decided at run time: ${reason}\n`);
    expect(out).to.contain("ignored=0    undecided=1   \n");
    expect(out).to.contain(`1 task is decided at run time:\n  start etcd (/p/a.yml:9:3): ${reason} [h1, h2]\n`);
  });

  it("shows results with -v, a value that is not known among them", () => {
    const { out } = shown([ended(LOOP, { result: { changed: true, stdout: new Unknown("it was not run") } })], {
      verbosity: 1,
    });
    expect(out).to.contain('ok: [h1] => {"changed": true, "stdout": "<decided at run time: it was not run>"}\n');
  });

  it("never shows gathered facts as a result", () => {
    for (const action of ["gather_facts", "ansible.builtin.setup"]) {
      const info = task("Gathering Facts", { action });
      const { out } = shown([started(info), ended(info, { result: { changed: false, ansible_facts: { a: 1 } } })], {
        verbosity: 2,
      });
      expect(out).to.contain("ok: [h1]\n").and.not.contain("ansible_facts");
    }
  });

  it("shows module arguments only from -vvv on, and paths from -vv on", () => {
    const info = task("t", { origin: { file: "/p/a.yml", line: 2, column: 1 } });
    const events = [started(info), ended(info, { result: { changed: false, invocation: { module_args: { a: 1 } } } })];
    expect(shown(events, { verbosity: 2 }).out)
      .to.contain("task path: /p/a.yml:2\n")
      .and.not.contain("invocation");
    expect(shown(events, { verbosity: 3 }).out).to.contain('"module_args": {\n            "a": 1\n');
    expect(shown(events).out).not.to.contain("path:");
  });

  it("heads a task again when results of another came between", () => {
    const a = task("a");
    const b = task("b");
    const { out } = shown([started(a), started(b), ended(a), ended(b)]);
    expect(out.match(/TASK \[a\]/g)).to.have.length(2);
  });

  it("masks secrets and sends no control characters", () => {
    const mask = new Mask();
    mask.add("hunter22");
    const { out } = shown(
      [
        ended(DEBUG, { result: { msg: "pw hunter22" } }),
        at(0, { type: "message", task: DEBUG, host: "h1", text: "\u001b[2J\u009b31m\u202e" }),
      ],
      { mask },
    );
    expect(out).to.contain("pw ********").and.not.contain("hunter22");
    expect(out).to.contain("\\x1b[2J\\x9b31m\\u202e\n");
  });

  it("says what made a task fail that has no message of its own", () => {
    const { out } = shown([ended(LOOP, { status: "failed", result: { changed: false, failed_when_result: true } })]);
    expect(out).to.contain("[ERROR]: Task failed: its failed_when condition holds\n");
  });

  it("shows a skipped debug on one line", () => {
    const { out } = shown(
      [ended(DEBUG, { status: "skipped", result: { skipped_reason: "Verbosity threshold not met." } })],
      {
        verbosity: 1,
      },
    );
    expect(out).to.contain('skipping: [h1] => {"skipped_reason": "Verbosity threshold not met."}\n');
  });

  it("says a warning once, on standard error", () => {
    const warning = at(0, { type: "warning", problem: { code: "x", message: "careful" } });
    const { out, err } = shown([warning, warning, ended(LOOP, { result: { warnings: ["careful"] } })]);
    expect(err).to.equal("[WARNING]: careful\n");
    expect(out).not.to.contain("careful");
  });

  it("says when no hosts match", () => {
    expect(shown([at(0, { type: "no-hosts", reason: "no-match" })]).out).to.equal("skipping: no hosts matched\n");
  });

  it("leaves skipped hosts out when told so", () => {
    expect(shown([ended(LOOP, { status: "skipped" })], { showSkipped: false }).out).not.to.contain("skipping");
  });

  it("leaves out hosts that are as they should be, and the headings of tasks without a line", () => {
    const events = [started(LOOP), ended(LOOP), started(DEBUG), ended(DEBUG, { status: "changed" })];
    expect(shown(events, { showOk: false }).out).to.equal(`\n${stars("TASK [say]")}\nchanged: [h1] => {}\n`);
    expect(shown([started(LOOP), ended(LOOP, { status: "skipped" })], { showSkipped: false }).out).to.equal("");
  });

  it("prints results as YAML, texts of several lines as blocks, repeated lines left out", () => {
    const result = { changed: true, cmd: ["a", "b"], stdout: "x\ny", stdout_lines: ["x", "y"], rc: 0 };
    const events = [started(LOOP), ended(LOOP, { result })];
    expect(shown(events, { verbosity: 1, format: { form: "yaml" } }).out).to.contain(
      "ok: [h1] => \n    changed: true\n    cmd:\n    - a\n    - b\n    rc: 0\n    stdout: |-\n        x\n        y\n    stdout_lines: <omitted>\n",
    );
    expect(shown(events, { verbosity: 1, format: { form: "yaml", pretty: false } }).out).to.contain(
      "    stdout_lines:\n    - x\n    - y\n",
    );
    expect(shown(events, { verbosity: 1, format: { pretty: true } }).out).to.contain('=> {\n    "changed": true,');
  });

  it("tells starts and where failed tasks stand, and sends failures elsewhere, when asked to", () => {
    const broken = task("broken", { origin: { file: "/p/a.yml", line: 3, column: 7 } });
    const events = [
      at(0, { type: "host-start", task: broken, host: "h1" }),
      started(broken),
      ended(broken, { status: "failed", result: { failed: true, msg: "no" } }),
    ];
    const { out, err } = shown(events, { showStarts: true, pathOnFailure: true, failuresToStderr: true });
    expect(out).to.contain(" [started TASK: broken on h1]\n").and.contain("task path: /p/a.yml:3\n");
    expect(err).to.contain("fatal: [h1]: FAILED!");
    expect(out).not.to.contain("fatal:");
  });
});
