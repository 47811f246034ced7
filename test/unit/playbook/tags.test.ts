// Which tasks --tags and --skip-tags select.

import { expect } from "chai";
import { isSelected, tagNames } from "../../../engine/playbook/tags.ts";

describe("the selection by tags", () => {
  const tasks: Readonly<Record<string, readonly string[]>> = {
    plain: [],
    a: ["a"],
    always: ["always"],
    never: ["never", "n"],
    "always a": ["always", "a"],
    untagged: ["untagged"],
  };
  const cases: readonly (readonly [only: string, skip: string, selected: string])[] = [
    ["", "", "plain, a, always, always a, untagged"],
    ["all", "", "plain, a, always, always a, untagged"],
    ["a", "", "a, always, always a"],
    ["a,n", "", "a, always, never, always a"],
    ["never", "", "always, never, always a"],
    ["tagged", "", "a, always, always a, untagged"],
    ["untagged", "", "plain, always, always a, untagged"],
    ["always", "", "always, always a"],
    ["", "a", "plain, always, untagged"],
    ["", "always", "plain, a, untagged"],
    ["", "tagged", "plain"],
    ["", "untagged", "a, always, always a"],
    ["", "all", "always, always a"],
    ["", "all,always", ""],
    ["a", "always", "a"],
    ["never", "n", "always, always a"],
  ];
  for (const [only, skip, selected] of cases)
    it(`of --tags '${only}' --skip-tags '${skip}' is: ${selected || "nothing"}`, () => {
      const split = (text: string) => (text === "" ? [] : text.split(","));
      const names = Object.keys(tasks).filter((name) =>
        isSelected(tasks[name] ?? [], { only: split(only), skip: split(skip) }),
      );
      expect(names.join(", ")).to.equal(selected);
    });

  it("knows several tags in one text", () => {
    expect(tagNames(["a, b", "c,", "a"])).to.deep.equal(["a", "b", "c"]);
  });
});
