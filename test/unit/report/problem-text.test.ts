import { expect } from "chai";
import { problemOf } from "../../../engine/core/problem.ts";
import { problemsText, problemText } from "../../../engine/report/problem-text.ts";

const readFile = (file: string) =>
  file === "/p/a.yml" ? "- hosts: all\n  tasks:\n    - debug: msg={{ nope }}\n\ttab: x\n" : undefined;

describe("a problem as text", () => {
  it("shows place, line, caret and hint", () => {
    expect(
      problemText(
        {
          code: "template-undefined",
          message: "'nope' is undefined",
          origin: { file: "/p/a.yml", line: 3, column: 18 },
          hint: "did you mean 'node'?",
        },
        { readFile, cwd: "/p" },
      ),
    ).to.equal(
      [
        "[ERROR]: 'nope' is undefined",
        "  --> a.yml:3:18",
        "   2 |   tasks:",
        "   3 |     - debug: msg={{ nope }}",
        "     |                  ^",
        "  hint: did you mean 'node'?",
      ].join("\n"),
    );
  });

  it("makes tabs visible and keeps the caret below the right character", () => {
    const text = problemText(
      { code: "x", message: "m", origin: { file: "/p/a.yml", line: 4, column: 2 } },
      { readFile },
    );
    expect(text).to.contain("   4 | →   tab: x\n     |     ^");
  });

  it("survives a missing file, a line beyond the end and a column beyond the line", () => {
    const at = (file: string, line: number, column: number) =>
      problemText({ code: "x", message: "m", origin: { file, line, column } }, { readFile });
    expect(at("/gone", 3, 1)).to.equal("[ERROR]: m\n  --> /gone:3:1");
    expect(at("/p/a.yml", 99, 1)).to.equal("[ERROR]: m\n  --> /p/a.yml:99:1");
    expect(at("/p/a.yml", 2, 50)).to.contain("\n     |         ^");
  });

  it("cuts a very long line around the caret", () => {
    const text = problemText(
      { code: "x", message: "m", origin: { file: "/l", line: 1, column: 5001 } },
      { readFile: () => `${"a".repeat(5000)}!${"b".repeat(5000)}` },
    );
    const lines = text.split("\n");
    const [source = "", caret = ""] = lines.slice(-2);
    expect(source.length).to.be.lessThan(130);
    expect(source[caret.indexOf("^")]).to.equal("!");
  });

  it("shows related places and the chain of causes", () => {
    const text = problemText(
      {
        code: "x",
        message: "duplicate key 'a'",
        related: [{ message: "first given here", origin: { file: "/p/a.yml", line: 1, column: 3 } }],
        cause: { code: "y", message: "disk full", cause: { code: "z", message: "quota" } },
      },
      { readFile },
    );
    expect(text).to.equal(
      [
        "[ERROR]: duplicate key 'a'",
        "  see: first given here",
        "  --> /p/a.yml:1:3",
        "   1 | - hosts: all",
        "     |   ^",
        "  caused by: disk full",
        "  caused by: quota",
      ].join("\n"),
    );
  });

  it("shows the stack of a bug and asks to report it", () => {
    const text = problemText(problemOf(new TypeError("x is not a function")));
    expect(text).to.contain("[ERROR]: TypeError: x is not a function\n  hint: this is a bug in tsplay");
    expect(text).to.contain("problem-text.test");
  });

  it("tells several problems at once and counts them", () => {
    const text = problemsText([
      { code: "a", message: "one" },
      { code: "b", message: "two" },
    ]);
    expect(text).to.equal("[ERROR]: one\n\n[ERROR]: two\n\n2 problems found; nothing was run.");
  });
});
