import { expect } from "chai";
import type { Difference } from "../../../engine/core/result.ts";
import { type DiffLimits, diffLines } from "../../../engine/report/diff-text.ts";

const text = (...differences: Difference[]) =>
  diffLines(differences)
    .map((line) => line.text)
    .join("\n");

describe("a difference as text", () => {
  it("shows a new file as Ansible does", () => {
    expect(text({ before: "", after: "one\ntwo\n", afterHeader: "/tmp/out.txt" })).to.equal(
      "--- before\n+++ after: /tmp/out.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n",
    );
  });

  it("leaves counts of one out of the hunk's head", () => {
    expect(text({ before: "a b\n", after: "a b\nc\n", beforeHeader: "/f", afterHeader: "/f" })).to.equal(
      "--- before: /f\n+++ after: /f\n@@ -1 +1,2 @@\n a b\n+c\n",
    );
  });

  it("shows a file that goes", () => {
    expect(text({ before: "one\n", after: "" })).to.equal("--- before\n+++ after\n@@ -1 +0,0 @@\n-one\n");
  });

  it("says that the last line has no end", () => {
    expect(text({ before: "a\n", after: "a" })).to.contain("-a\n+a\n\\ No newline at end of file");
  });

  it("shows what is a difference already as it is", () => {
    expect(text({ prepared: "+ nginx 1.22\n" })).to.equal("+ nginx 1.22\n");
  });

  it("says of binary and of huge content that it shows no diff", () => {
    expect(text({ before: "a\u0000", after: "b", afterHeader: "/bin/x" })).to.equal(
      "diff skipped: /bin/x appears to be binary\n",
    );
    expect(text({ before: "", after: "x".repeat(3_000_000) })).to.match(
      /^diff skipped: the content is 0 bytes before, 2930 KiB after/,
    );
  });

  it("is silent when nothing differs", () => {
    expect(text({ before: "a", after: "a" })).to.equal("");
  });

  it("knows added, removed and hunk lines for colouring", () => {
    expect(diffLines([{ before: "a\n", after: "b\n" }]).map((line) => line.meaning)).to.deep.equal([
      "removed",
      "added",
      "hunk",
      "removed",
      "added",
      "plain",
    ]);
  });

  it("shows as many lines around as wanted, and nothing of what is bigger than wanted", () => {
    const before = "1\n2\n3\n4\n5\n";
    const difference = { before, after: before.replace("3", "x") };
    const texts = (limits: DiffLimits) => diffLines([difference], limits).map(({ text }) => text);
    expect(texts({ context: 1 }).slice(2)).to.deep.equal(["@@ -2,3 +2,3 @@", " 2", "-3", "+x", " 4", ""]);
    expect(texts({ most: 9 })).to.deep.equal([
      "diff skipped: destination file size is greater than 9",
      "diff skipped: source file size is greater than 9",
      "",
    ]);
    expect(texts({ most: 10 })).to.have.length.above(4);
  });
});
