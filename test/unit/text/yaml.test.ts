// YAML: what scalars mean, tags, merge keys, duplicates, limits, and mistakes told at the right place with a cause.

import { expect } from "chai";
import type { Problem } from "../../../engine/core/problem.ts";
import { Float, Template, type Value, VaultText } from "../../../engine/core/value.ts";
import { nodeValue, trust } from "../../../engine/text/templates.ts";
import { loadAllYaml, loadJsonOrYaml, loadYaml } from "../../../engine/text/yaml.ts";
import { problemIn } from "../../failure.ts";

function value(text: string, trusted = false): Value {
  const { root } = loadYaml(text, "x.yml");
  if (!root) throw new Error("the document is empty");
  return nodeValue(root, { trusted });
}

function only(text: string): Value | undefined {
  const map = value(`k: ${text}\n`);
  return map instanceof Map ? map.get("k") : undefined;
}

const problem = (text: string): Problem => problemIn(() => loadYaml(text, "x.yml"));

describe("YAML scalars", () => {
  const meanings: ReadonlyArray<readonly [string, Value]> = [
    ["yes", true],
    ["Off", false],
    ["y", "y"],
    ["tRUE", "tRUE"],
    ["~", null],
    ["", null],
    ["0644", 420],
    ["0o17", "0o17"],
    ["08", "08"],
    ["0x1F", 31],
    ["0b101", 5],
    ["1_000", 1000],
    ["1:30", 90],
    ["01:30", "01:30"],
    ["-1:30", -90],
    ["190:20:30", 685230],
    ["12345678901234567890", 12345678901234567890n],
    ["1.5", 1.5],
    ["1e3", "1e3"],
    ["1.5e3", "1.5e3"],
    [".inf", Number.POSITIVE_INFINITY],
    ["1.0", new Float(1)],
    ["1.0e+3", new Float(1000)],
    ["2001-01-01", "2001-01-01"],
    ["'yes'", "yes"],
    ['"0644"', "0644"],
    ["!!str 1", "1"],
    ["!!int '5'", 5],
    ["!!binary aGVsbG8=", "hello"],
  ];
  for (const [text, meaning] of meanings)
    it(`reads ${text === "" ? "nothing" : text} as PyYAML does`, () => {
      expect(normal(only(text))).to.deep.equal(normal(meaning));
    });

  it("reads .nan as a float that is not a number", () => {
    expect(Number.isNaN(only(".nan"))).to.equal(true);
  });

  it("keeps types of keys and their order", () => {
    const map = value("b: 1\nyes: 2\n2: 3\n~: 4\n");
    expect(map instanceof Map ? [...map.keys()] : []).to.deep.equal(["b", true, 2, null]);
  });
});

function normal(item: Value | undefined): unknown {
  return item instanceof Float ? { float: item.value } : item;
}

describe("YAML documents", () => {
  it("is empty without content, and has a root for an explicit null", () => {
    expect(loadYaml("# nothing\n", "x").root).to.equal(undefined);
    expect(loadYaml("---\n", "x").root).to.equal(undefined);
    expect(loadYaml("~\n", "x").root?.kind).to.equal("scalar");
  });

  it("tells the place of every node", () => {
    const root = loadYaml("- name: x\n  tasks:\n    - a: b\n", "p.yml").root;
    if (root?.kind !== "sequence" || root.items[0]?.kind !== "mapping") throw new Error("shape");
    const tasks = root.items[0].entries[1];
    expect(tasks?.key.origin).to.deep.equal({ file: "p.yml", line: 2, column: 3 });
    expect(tasks?.value.origin).to.deep.equal({ file: "p.yml", line: 3, column: 5 });
  });

  it("applies merge keys: own keys win, and of a list the first", () => {
    const map = value("a: &a {x: 1, y: 2}\nb: &b {x: 8, z: 9}\nc:\n  <<: [*a, *b]\n  y: 3\n");
    const merged = map instanceof Map ? map.get("c") : undefined;
    expect(merged).to.deep.equal(
      new Map([
        ["x", 1],
        ["z", 9],
        ["y", 3],
      ]),
    );
  });

  it("does not take a quoted << for a merge key", () => {
    expect(value("'<<': 1\n")).to.deep.equal(new Map([["<<", 1]]));
  });

  it("uses the last of duplicate keys and warns with both places", () => {
    const { root, warnings } = loadYaml("a: 1\nb: 2\na: 3\n", "x.yml");
    expect(root && nodeValue(root)).to.deep.equal(
      new Map([
        ["a", 3],
        ["b", 2],
      ]),
    );
    expect(warnings.map(({ code, origin, related }) => [code, origin?.line, related?.[0]?.origin?.line])).to.deep.equal(
      [["yaml-duplicate-key", 3, 1]],
    );
  });

  it("accepts quotes and brackets whose lines stand left of their key, as PyYAML does", () => {
    const text = 'a:\n  b: "x\ny"\n  c: {\n"d": [1,\n2],\n"e": \'f # g\' # h\n}\ni: 1\n';
    const { root } = loadYaml(text, "x.yml");
    expect(root && nodeValue(root)).to.deep.equal(
      new Map<Value, Value>([
        [
          "a",
          new Map<Value, Value>([
            ["b", "x y"],
            [
              "c",
              new Map<Value, Value>([
                ["d", [1, 2]],
                ["e", "f # g"],
              ]),
            ],
          ]),
        ],
        ["i", 1],
      ]),
    );
    expect(root?.kind === "mapping" ? root.entries[1]?.key.origin.line : 0).to.equal(9);
  });

  it("does not warn when a key replaces a merged one", () => {
    expect(loadYaml("a: &a {x: 1}\nb: {<<: *a, x: 2}\n", "x").warnings).to.deep.equal([]);
  });

  it("reads JSON's numbers as JSON where a file may be either", () => {
    const root = loadJsonOrYaml('{"a": 1e3, "b": 1.0, "c": "yes"}', "x.json").root;
    const map = root ? nodeValue(root) : undefined;
    expect(map instanceof Map ? normal(map.get("a") as Value) : undefined).to.deep.equal({ float: 1000 });
  });

  it("reads several documents when asked to", () => {
    expect(loadAllYaml("a\n---\nb\n", "x").map(({ root }) => root && nodeValue(root))).to.deep.equal(["a", "b"]);
  });
});

describe("trust in YAML", () => {
  it("makes Templates of marked text in trusted files, with its place", () => {
    const map = value("a: '{{ x }}'\nb: plain\nc: ['{% if y %}']\n", true);
    const template = map instanceof Map ? map.get("a") : undefined;
    expect(template).to.be.instanceOf(Template);
    expect(template instanceof Template ? template.origin : undefined).to.deep.equal({
      file: "x.yml",
      line: 1,
      column: 4,
    });
    expect(map instanceof Map ? map.get("b") : undefined).to.equal("plain");
  });

  it("leaves text alone in files that are not trusted, under !unsafe, and in keys", () => {
    expect(value("a: '{{ x }}'\n")).to.deep.equal(new Map([["a", "{{ x }}"]]));
    expect(value("a: !unsafe {b: ['{{ x }}']}\n", true)).to.deep.equal(new Map([["a", new Map([["b", ["{{ x }}"]]])]]));
    const map = value("'{{ k }}': 1\n", true);
    expect(map instanceof Map ? [...map.keys()] : []).to.deep.equal(["{{ k }}"]);
  });

  it("keeps !vault text as ciphertext", () => {
    const vault = only("!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n");
    expect(vault).to.be.instanceOf(VaultText);
    expect(vault instanceof VaultText ? vault.ciphertext : "").to.equal("$ANSIBLE_VAULT;1.1;AES256\n6162\n");
  });

  it("knows marks by what follows the brace", () => {
    expect(trust("{ {x}")).to.equal("{ {x}");
    expect(trust("a {# c #}")).to.be.instanceOf(Template);
  });
});

describe("mistakes in YAML", () => {
  const mistakes: ReadonlyArray<readonly [string, string, string, number, number]> = [
    ["a tab", "a:\n\tb: 1\n", "yaml-tab", 2, 1],
    ["a template without quotes", "a: {{ x }}\n", "yaml-unquoted-template", 1, 4],
    ["a template without quotes and text after it", "- a:\n    b: {{ x }}/y\n", "yaml-unquoted-template", 2, 8],
    ["a template without quotes in a list", "- {{ x }}\n", "yaml-unquoted-template", 1, 3],
    ["a colon in a value", "- shell: echo a: b\n", "yaml-colon", 1, 16],
    ["text after a quoted value", "a: 'x' == y\n", "yaml-quotes", 1, 4],
    ["a wrong indentation", "a:\n  b: 1\n c: 2\n", "yaml-indent", 3, 2],
    ["a key below a value", "- hosts: all\n   tasks: []\n", "yaml-indent", 2, 4],
    ["a line between two indentations", "- a:\n    - b: 1\n     c: 2\n", "yaml-indent", 3, 6],
    ["a quote that is not closed", "x: 1\ny: 'abc\nz: 2\n", "yaml-syntax", 2, 4],
    ["a bracket that is not closed", "x: [1,\ny: 2\n", "yaml-indent", 1, 4],
    ["a block of Jinja without quotes", "a: {% if x %}y{% endif %}\n", "yaml-unquoted-template", 1, 4],
    ["an unknown tag", "a: !foo x\n", "yaml-tag", 1, 9],
    ["an alias without anchor", "a: *x\n", "yaml-alias", 1, 4],
    ["an alias in itself", "a: &a\n  b: *a\n", "yaml-alias", 2, 6],
    ["a second document", "a: 1\n---\nb: 1\n", "yaml-documents", 2, 1],
    ["a list as key", "? [a]\n: b\n", "yaml-key", 1, 3],
    ["a wrong escape", 'a: "\\q"\n', "yaml-escape", 1, 5],
    ["a control character", "a: \u0007\n", "yaml-character", 1, 4],
    ["a merge of text", "<<: x\n", "yaml-merge", 1, 5],
  ];
  for (const [what, text, code, line, column] of mistakes)
    it(`tells ${what} at its place`, () => {
      const found = problem(text);
      expect([found.code, found.origin?.line, found.origin?.column]).to.deep.equal([code, line, column]);
    });

  it("says how to write an unquoted template", () => {
    expect(problem('a: {{ x["y"] }}\n').hint).to.equal(`write '{{ x["y"] }}'`);
  });

  it("refuses a billion laughs quickly and clearly", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 12; level++)
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
      );
    expect(problem(`${lines.join("\n")}\n`).code).to.equal("yaml-alias-bomb");
  });

  it("refuses endless nesting instead of overflowing", () => {
    expect(problem("[a, ".repeat(50000)).code).to.equal("yaml-depth");
    expect(problem("- ".repeat(50000)).code).to.equal("yaml-depth");
    expect(problem(`${"[".repeat(250)}${"]".repeat(250)}`).code).to.equal("yaml-depth");
  });
});
