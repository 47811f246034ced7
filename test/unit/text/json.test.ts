// JSON and YAML as Python reads and prints them.

import { expect } from "chai";
import { type Data, Float } from "../../../engine/core/value.ts";
import { dumpJson, dumpYaml, loadJson, tryJson } from "../../../engine/text/json.ts";
import { floatText } from "../../../engine/text/numbers.ts";
import { problemIn } from "../../failure.ts";

describe("reading JSON", () => {
  it("keeps large ints and floats as they are", () => {
    const value = loadJson(
      '{"a": 123456789012345678901, "b": 1.0, "c": [1e3, -0.5], "d": NaN, "e": "\\u00e9\\n"}',
      "x",
    );
    if (!(value instanceof Map)) throw new Error("shape");
    expect(value.get("a")).to.equal(123456789012345678901n);
    expect(value.get("b")).to.deep.equal(new Float(1));
    expect(value.get("c")).to.deep.equal([new Float(1000), -0.5]);
    expect(Number.isNaN(value.get("d"))).to.equal(true);
    expect(value.get("e")).to.equal("é\n");
  });

  it("tells a mistake with its line and column", () => {
    const wrong = ['{"a": 1,}', "[1\n, 2", '{"a" 1}', "[01]", '["a\nb"]', "{'a': 1}", "", "1 2"];
    const places = wrong.map((text) => {
      const { origin } = problemIn(() => loadJson(text, "f"));
      return `${origin?.line}:${origin?.column}`;
    });
    expect(places).to.deep.equal(["1:9", "2:4", "1:6", "1:3", "1:4", "1:2", "1:1", "1:3"]);
  });

  it("gives undefined for text that is no JSON, and does not overflow", () => {
    expect(tryJson("a: b")).to.equal(undefined);
    expect(tryJson("[".repeat(100000))).to.equal(undefined);
  });
});

const sample: Data = new Map<Data, Data>([
  ["b", [1, true, null, new Float(1), 1.5]],
  ["a", "é\u007f"],
  ["e", []],
]);

describe("printing JSON", () => {
  it("prints as json.dumps does by default", () => {
    expect(dumpJson(sample)).to.equal('{"b": [1, true, null, 1.0, 1.5], "a": "\\u00e9\\u007f", "e": []}');
  });

  it("sorts, indents and keeps characters when asked", () => {
    expect(dumpJson(sample, { indent: 2, sortKeys: true, ensureAscii: false })).to.equal(
      '{\n  "a": "é\u007f",\n  "b": [\n    1,\n    true,\n    null,\n    1.0,\n    1.5\n  ],\n  "e": []\n}',
    );
  });

  it("prints keys and floats as Python does", () => {
    const keys = new Map<Data, Data>([
      [1, 1e16],
      [true, 1e-7],
      [null, Number.NaN],
      [new Float(2), 123456789012345680000],
    ]);
    expect(dumpJson(keys)).to.match(/^\{"1": \d+, "true": 1e-07, "null": NaN, "2\.0": /);
    expect([1e16, 1e-5, 0.0001, 123456.789, -0, 1e22, 5e-324].map(floatText)).to.deep.equal([
      "1e+16",
      "1e-05",
      "0.0001",
      "123456.789",
      "-0.0",
      "1e+22",
      "5e-324",
    ]);
  });
});

describe("printing YAML", () => {
  it("puts collections of scalars on one line, as to_yaml does", () => {
    expect(dumpYaml(sample)).to.equal('a: "é\\x7F"\nb: [1, true, null, 1.0, 1.5]\ne: []\n');
  });

  it("prints blocks as to_nice_yaml does", () => {
    const value = new Map<Data, Data>([["k", [new Map<Data, Data>([["x", [1, "two"]]]), "s"]]]);
    expect(dumpYaml(value, { defaultFlowStyle: false, indent: 4 })).to.equal("k:\n-   x:\n    - 1\n    - two\n- s\n");
  });

  it("quotes what would be read back as something else", () => {
    const texts = [
      "yes",
      "1",
      "0644",
      "1:30",
      "",
      "null",
      "a: b",
      "a #b",
      "- a",
      "2001-01-01",
      "<<",
      "a\nb",
      "tab\t",
      "it's",
    ];
    expect(texts.map((text) => dumpYaml([text], { defaultFlowStyle: false }).slice(2, -1))).to.deep.equal([
      "'yes'",
      "'1'",
      "'0644'",
      "'1:30'",
      "''",
      "'null'",
      "'a: b'",
      "'a #b'",
      "'- a'",
      "'2001-01-01'",
      "'<<'",
      "'a\n\n  b'",
      '"tab\\t"',
      "it's",
    ]);
  });

  it("folds long text at the width and leaves keys whole", () => {
    const long = Array(30).fill("word").join(" ");
    expect(dumpYaml(new Map<Data, Data>([["k", long]]), { defaultFlowStyle: false })).to.equal(
      `k: ${Array(16).fill("word").join(" ")}\n  ${Array(14).fill("word").join(" ")}\n`,
    );
  });
});
