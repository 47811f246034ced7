// Template files: whitespace, settings, include, import, extends.

import { expect } from "chai";
import { problemOf } from "../../../engine/core/problem.ts";
import type { RenderSettings } from "../../../engine/template/engine.ts";
import { bench, scopeOf } from "./engine.ts";

const FILES: Readonly<Record<string, string>> = {
  "/project/part.j2": "[{{ x }}{{ name | default('-') }}]",
  "/project/macros.j2": "{% macro tag(x) %}<{{ x }}>{% endmacro %}{% set answer = 42 %}{% set _own = 1 %}",
  "/project/base.j2": "head {% block a %}base a{% endblock %} {% block b %}base b{% endblock %} foot",
  "/project/middle.j2": "{% extends 'base.j2' %}{% block a %}middle({{ super() }}){% endblock %}",
  "/project/bad.j2": "one\ntwo {{ nope }}\n",
  "/project/line.j2": "line\n",
  "/project/self.j2": "{% include 'self.j2' %}",
};

function render(text: string, settings: RenderSettings = {}): unknown {
  const { engine } = bench({}, FILES);
  return engine.render(text, scopeOf({ x: 1, l: [1, 2] }), settings);
}

describe("a template file", () => {
  it("has Python's escapes in its literals, unlike templates in playbooks", () => {
    expect(render("{{ 'a\\tb' }}")).to.equal("a\tb");
    expect(bench().finish("{{ 'a\\tb' }}")).to.equal("a\\tb");
  });

  it("loses the newline after a block tag, and keeps the indentation before it", () => {
    const text = "a\n  {% for i in l %}\n  {{ i }}\n  {% endfor %}\nz\n";
    expect(render(text)).to.equal("a\n    1\n    2\n  z\n");
    expect(render(text, { lstripBlocks: true })).to.equal("a\n  1\n  2\nz\n");
    expect(render("{% if true %}\nx\n{% endif %}\n", { trimBlocks: false })).to.equal("\nx\n");
  });

  it("takes other marks and line ends", () => {
    expect(render("<< x >> {{ y }}", { variableStart: "<<", variableEnd: ">>" })).to.equal("1 {{ y }}");
    expect(render("a\nb\n", { newlineSequence: "\r\n" })).to.equal("a\r\nb\r\n");
    expect(render("a\n", { keepTrailingNewline: false })).to.equal("a");
  });

  it("is rendered with the settings of its line '#jinja2:', which is left out", () => {
    const text = "{% if true %}\n  {% if true %}\nA\n{% endif %}{% endif %}\n";
    expect(render(`#jinja2: trim_blocks: False, lstrip_blocks: True\n${text}`)).to.equal("\n\nA\n");
    expect(render("#jinja2:variable_start_string: '[%', variable_end_string: \"%]\"\n[% x %] {{ x }}")).to.equal(
      "1 {{ x }}",
    );
    expect(render("#jinja2: newline_sequence: '\\r\\n'\nA\nB\n")).to.equal("A\r\nB\r\n");
    expect(render("#jinja2: keep_trailing_newline: False\nA\n\n")).to.equal("A\n\n");
    expect(render(" #jinja2: trim_blocks: True\nA")).to.equal(" #jinja2: trim_blocks: True\nA");
  });

  it("says what is wrong in its line '#jinja2:', and counts lines with it", () => {
    expect(() => render("#jinja2: nonsense: 1\nA")).to.throw("no option 'nonsense'");
    expect(() => render("#jinja2: trim_blocks: maybe\nA")).to.throw("must be True or False, not maybe");
    expect(() => render("#jinja2: trim_blocks: True,\nA")).to.throw("after the last one");
    expect(() => render("#jinja2: trim_blocks\nA")).to.throw("'trim_blocks' has no value");
    expect(() => render("#jinja2: trim_blocks: True")).to.throw("no line after it");
    expect(() => render("#jinja2: block_start_string: x\nA")).to.throw("a text in quotes");
    for (const text of ["A {{ nope }}", "A {{ nope"]) {
      let error: unknown;
      try {
        render(`#jinja2: trim_blocks: True\n${text}`, { file: "/project/t.j2" });
      } catch (thrown) {
        error = thrown;
      }
      expect(problemOf(error).origin).to.include({ file: "/project/t.j2", line: 2 });
    }
  });

  it("includes others, with its names or without", () => {
    expect(render("{% set name = 'n' %}{% include 'part.j2' %}")).to.equal("[1n]");
    expect(render("{% for name in l %}{% include 'part.j2' %}{% endfor %}")).to.equal("[11][12]");
    expect(render("{% include 'nope.j2' ignore missing %}-")).to.equal("-");
    expect(render("{% include ['nope.j2', 'part.j2'] %}")).to.equal("[1-]");
    expect(() => render("{% include 'nope.j2' %}")).to.throw("Template not found: 'nope.j2'");
    expect(() => render("{% include 'part.j2' without context %}")).to.throw("'x' is undefined");
  });

  it("keeps its own last newline, not that of what it includes", () => {
    expect(render("{% include 'line.j2' %}|{% include 'line.j2' %}\n\n")).to.equal("line|line\n\n");
    expect(render("{% if true %}x{% endif %}\n")).to.equal("x\n");
    expect(bench().finish("{{ l }}\n", { l: [1] })).to.deep.equal([1]);
  });

  it("gives a macro None where None was said, and the usual value where nothing was", () => {
    const macro = "{% macro tag(x, y=7) %}{{ x is none }} {{ y }}{% endmacro %}";
    expect(render(`${macro}{{ tag(none) }}`)).to.equal("True 7");
    expect(render(`${macro}{{ tag(x=none, y=none) }}`)).to.equal("True ");
  });

  it("imports macros and what others set", () => {
    expect(render("{% import 'macros.j2' as m %}{{ m.tag(x) }}{{ m.answer }}")).to.equal("<1>42");
    expect(render("{% from 'macros.j2' import tag as t, answer %}{{ t('q') }}{{ answer }}")).to.equal("<q>42");
    expect(() => render("{% import 'macros.j2' as m %}{{ m._own }}")).to.throw("has no attribute '_own'");
    expect(() => render("{% from 'macros.j2' import nothing %}{{ nothing }}")).to.throw(
      "does not export the requested name 'nothing'",
    );
  });

  it("extends others block by block", () => {
    expect(render("{% extends 'base.j2' %}ignored{% block b %}mine {{ x }}{% endblock %}")).to.equal(
      "head base a mine 1 foot",
    );
    expect(render("{% extends 'middle.j2' %}{% block a %}own({{ super() }}){% endblock %}")).to.equal(
      "head own(middle(base a)) base b foot",
    );
  });

  it("tells the file, line and column of an error", () => {
    try {
      render("one\ntwo {{ nope }}\n", { file: "/project/x.j2" });
      expect.fail("no error");
    } catch (error) {
      expect(problemOf(error).origin).to.deep.equal({ file: "/project/x.j2", line: 2, column: 5 });
    }
  });

  it("ends when it includes itself for ever", () => {
    expect(() => render("{% include 'self.j2' %}")).to.throw(/more than|Recursive/);
  });
});
