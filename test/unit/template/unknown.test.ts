// Unknown in expressions: infectious where it is looked at, harmless where it is not.

import { expect } from "chai";
import { Unknown } from "../../../engine/core/unknown.ts";
import { Template, type Value } from "../../../engine/core/value.ts";
import { bench, scopeOf } from "./engine.ts";

const unknown = new Unknown("the output of 'x'");
const variables: Record<string, Value> = {
  u: unknown,
  result: new Map<Value, Value>([
    ["changed", true],
    ["stdout", unknown],
  ]),
};

describe("an unknown value", () => {
  const { engine, finish } = bench();

  for (const text of [
    "{{ u }}",
    "{{ u + 1 }}",
    "a {{ u }}",
    "{{ u.a.b }}",
    "{{ u | upper }}",
    "{{ u ~ 'x' }}",
    "{{ not u }}",
    "{{ u == 1 }}",
    "{{ u is match('x') }}",
    "{{ u | default(5) }}",
    "{{ result.stdout | trim }}",
    "{{ [u] | join }}",
    "{{ result | to_json }}",
    "{{ 1 if u else 2 }}",
    "{% if u %}x{% endif %}",
    "{% for x in u %}x{% endfor %}",
    "{{ lookup('env', u) }}",
    "{{ 'a' in u }}",
    "{{ '%s' % u }}",
    "{{ u[0] }}",
    "{{ l | map('upper') | list | join }}",
  ])
    it(`makes ${text} unknown`, () => {
      expect(finish(text, { ...variables, l: [unknown] })).to.equal(unknown);
    });

  it("leaves alone what does not look at it", () => {
    expect(finish("{{ result.changed }}", variables)).to.equal(true);
    expect(finish("{{ [u, 1] | length }}", variables)).to.equal(2);
    expect(finish("{{ u is defined }}", variables)).to.equal(true);
    expect(finish("{{ result | combine({'rc': 0}) }}", variables)).to.deep.equal(
      new Map<unknown, unknown>([...(variables.result as Map<Value, Value>), ["rc", 0]]),
    );
    expect(finish("{{ [u, 1] }}", variables)).to.deep.equal([unknown, 1]);
  });

  it("that an earlier task will set leaves open what is defined of it", () => {
    const later = new Unknown("set by an earlier task", "pending");
    for (const text of [
      "{{ r.rc is defined }}",
      "{{ r.rc is undefined }}",
      "{{ r is defined }}",
      "{{ r.rc | default(1) }}",
    ])
      expect(finish(text, { r: later }), text).to.equal(later);
    expect(engine.condition("r.rc is defined", scopeOf({ r: later }))).to.equal(later);
  });

  it("does not spoil a decision that falls without it", () => {
    expect(finish("{{ false and u }}", variables)).to.equal(false);
    expect(finish("{{ u and false }}", variables)).to.equal(false);
    expect(finish("{{ u or true }}", variables)).to.equal(true);
    expect(finish("{{ u and true }}", variables)).to.equal(unknown);
    expect(finish("{{ u == 1 and nope.x }}", variables)).to.equal(unknown);
  });

  it("makes a condition undecided", () => {
    expect(engine.condition("u == 1", scopeOf(variables))).to.equal(unknown);
    expect(engine.condition("result.changed", scopeOf(variables))).to.equal(true);
    expect(engine.condition("result is changed and u", scopeOf(variables))).to.equal(unknown);
  });

  it("makes a rendered file unknown only if it is in it", () => {
    const text = "{% if false %}{{ u }}{% endif %}port {{ port }}\n";
    expect(engine.render(text, scopeOf({ ...variables, port: 80 }), {})).to.equal("port 80\n");
    expect(engine.render("{{ u }}", scopeOf(variables), {})).to.equal(unknown);
  });

  it("passes through variables", () => {
    expect(finish("{{ v }}", { ...variables, v: new Template("x{{ u }}") })).to.equal(unknown);
  });
});
