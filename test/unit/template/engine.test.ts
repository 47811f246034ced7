// The engine as the rest of tsplay uses it: trust, laziness, cycles, limits, places of errors, conditions.

import { expect } from "chai";
import { Failure } from "../../../engine/core/problem.ts";
import { Float, LazyMap, OMIT, Template, Undefined, type Value, VaultText } from "../../../engine/core/value.ts";
import { problemIn } from "../../failure.ts";
import { bench, scopeOf } from "./engine.ts";

const template = (text: string) => new Template(text, { file: "vars.yml", line: 3, column: 7 });

describe("the template engine", () => {
  it("keeps the type of a single expression and makes text of several pieces", () => {
    const { finish } = bench();
    expect(finish("{{ n }}", { n: 5 })).to.equal(5);
    expect(finish("{{ f }}", { f: new Float(1) })).to.deep.equal(new Float(1));
    expect(finish("{{ n }}{{ n }}", { n: 5 })).to.equal("55");
    expect(finish("{{ l }}", { l: [1, "a"] })).to.deep.equal([1, "a"]);
  });

  it("never evaluates a plain string, whatever is in it", () => {
    const { finish, engine } = bench();
    expect(finish("{{ output }}", { output: "{{ 1 + 1 }}" })).to.equal("{{ 1 + 1 }}");
    expect(finish("{{ output | upper }}", { output: "{{ x }}" })).to.equal("{{ X }}");
    expect(finish("{{ a ~ b }}", { a: "{", b: "{ x }}" })).to.equal("{{ x }}");
    expect(engine.resolve("{{ 1 }}", scopeOf())).to.equal("{{ 1 }}");
  });

  it("tells of an undefined name which one may be meant, or where it could be set", () => {
    const { finish } = bench();
    const hint = (text: string, variables: Record<string, Value>) => problemIn(() => finish(text, variables)).hint;
    expect(hint("{{ web_prot }}", { web_port: 1 })).to.equal("did you mean 'web_port'?");
    expect(hint("{% set total = 1 %}{{ totl }}", {})).to.equal("did you mean 'total'?");
    expect(hint("{{ domain }}", { web_port: 1 })).to.contain("group_vars");
  });

  it("evaluates variables when they are used, also inside lists and mappings", () => {
    const { finish } = bench();
    const variables: Record<string, Value> = {
      port: 80,
      url: template("http://{{ host }}:{{ port }}"),
      host: template("{{ name }}.local"),
      name: "web",
      deep: new Map<Value, Value>([["list", [template("{{ port + 1 }}")]]]),
    };
    expect(finish("{{ url }}", variables)).to.equal("http://web.local:80");
    expect(finish("{{ deep.list[0] }}", variables)).to.equal(81);
    expect(finish("{{ deep.list | sum }}", variables)).to.equal(81);
    expect(finish("{{ deep }}", variables)).to.deep.equal(new Map([["list", [81]]]));
  });

  it("evaluates variables among the variables, not among the template's own names", () => {
    const { finish } = bench();
    expect(finish("{% set port = 1 %}{{ port }}-{{ url }}", { port: 80, url: template("p{{ port }}") })).to.equal(
      "1-p80",
    );
  });

  it("does not mind an undefined entry that nobody uses", () => {
    const { finish } = bench();
    const map = new Map<Value, Value>([
      ["good", 1],
      ["bad", template("{{ nope }}")],
    ]);
    expect(finish("{{ map.good }}", { map })).to.equal(1);
    expect(finish("{{ map | length }}", { map })).to.equal(2);
    expect(finish("{{ map.bad | default('d') }}", { map })).to.equal("d");
  });

  it("reads a lazy mapping entry by entry", () => {
    const asked: string[] = [];
    class Hosts extends LazyMap {
      get(key: string): Value | undefined {
        asked.push(key);
        return key.startsWith("web") ? new Map<Value, Value>([["ip", `10.0.0.${key.slice(3)}`]]) : undefined;
      }
      keys(): Iterable<string> {
        return ["web1", "web2"];
      }
    }
    const { finish, problem } = bench();
    const hostvars = new Hosts();
    expect(finish("{{ hostvars['web2'].ip }}", { hostvars })).to.equal("10.0.0.2");
    expect(asked).to.deep.equal(["web2"]);
    expect(finish("{{ ['web1', 'web2'] | map('extract', hostvars, 'ip') | join(',') }}", { hostvars })).to.equal(
      "10.0.0.1,10.0.0.2",
    );
    expect(finish("{{ 'db1' in hostvars }}", { hostvars })).to.equal(false);
    expect(problem("{{ hostvars['db1'].ip }}", { hostvars }).message).to.equal(
      "object of type 'dict' has no attribute 'db1'",
    );
  });

  it("spells out a cycle of variables", () => {
    const { problem } = bench();
    const found = problem("{{ a }}", { a: template("{{ b }}"), b: template("{{ a }}x") });
    expect(found.code).to.equal("template-cycle");
    expect(found.message).to.contain("{{ b }} → {{ a }}x → {{ b }}");
  });

  it("ends templates that run away", () => {
    const { problem } = bench({ limits: { steps: 1000, output: 1000, depth: 20 } });
    const endless = "{% for a in range(100) %}{% for b in range(100) %}{{ a }}{% endfor %}{% endfor %}";
    expect(problem(endless).code).to.equal("template-limit");
    expect(problem("{{ 'x' * 2000 }}y").code).to.equal("template-limit");
    expect(problem("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}").code).to.equal("template-limit");
    expect(bench().problem("{{ 'x' * 10 ** 12 }}").code).to.equal("template-type");
    expect(bench().problem("{{ range(10 ** 9) | list }}").code).to.equal("template-type");
  });

  it("tells the place of an error inside the template", () => {
    const { problem } = bench();
    expect(problem("ab {{ nope }}").origin).to.deep.equal({ file: "play.yml", line: 10, column: 8 });
    expect(problem("a\nb\n {{ 1 + 'x' }}").origin).to.deep.equal({ file: "play.yml", line: 12, column: 7 });
    expect(problem("{{ 1 + }}").origin).to.deep.equal({ file: "play.yml", line: 10, column: 12 });
    expect(problem("{{ v }}x", { v: template("{{ 1 / 0 }}") }).origin?.file).to.equal("vars.yml");
  });

  it("suggests the filter that was meant", () => {
    const { problem } = bench();
    expect(problem("{{ 'a' | defualt('b') }}")).to.include({
      code: "template-filter-unknown",
      hint: "did you mean 'default'?",
    });
    expect(problem("{{ 'a' is defned }}")).to.include({
      code: "template-test-unknown",
      hint: "did you mean 'defined'?",
    });
    expect(problem("{{ lookup('flie', 'x') }}").hint).to.equal("did you mean 'file'?");
  });

  it("drops what is omitted from lists and mappings, and keeps OMIT at the top", () => {
    const { finish } = bench();
    expect(finish("{{ nope | default(omit) }}")).to.equal(OMIT);
    expect(finish("{{ [1, nope | default(omit)] }}")).to.deep.equal([1]);
    expect(finish("{{ {'a': omit, 'b': 1} }}")).to.deep.equal(new Map([["b", 1]]));
  });

  it("returns Undefined from resolve and throws it from finish", () => {
    const { engine } = bench();
    const value = engine.resolve(template("{{ nope }}"), scopeOf());
    expect(value).to.be.instanceOf(Undefined);
    expect(() => engine.finish(template("{{ nope }}"), scopeOf())).to.throw(Failure, "'nope' is undefined");
  });

  it("decrypts vaulted text when it is used, and evaluates what was in it", () => {
    const { finish } = bench({ decrypt: (text) => text.replace("secret:", "") });
    expect(finish("{{ v }}", { v: new VaultText("secret:{{ 1 + 1 }}") })).to.equal(2);
    expect(bench().problem("{{ v }}", { v: new VaultText("x") }).code).to.equal("vault-no-password");
  });

  it("changes lists for the running template only", () => {
    const { finish } = bench();
    const list: Value[] = [1];
    expect(finish("{{ l.append(2) }}{{ l }}", { l: list })).to.deep.equal([1, 2]);
    expect(list).to.deep.equal([1]);
  });

  it("reaches nothing of JavaScript", () => {
    const { problem, finish } = bench();
    for (const name of ["constructor", "__proto__", "prototype", "toString", "hasOwnProperty", "__defineGetter__"])
      for (const target of ["'a'", "[1]", "{'a': 1}", "1", "range(2)", "namespace()", "cycler(1)", "lookup"])
        expect(problem(`{{ ${target}.${name} }}`).code, `${target}.${name}`).to.equal("template-undefined");
    expect(finish("{{ {'constructor': 5}.constructor }}")).to.equal(5);
    expect(problem("{{ constructor }}").message).to.equal("'constructor' is undefined");
    expect(problem("{{ 'x' | constructor }}").code).to.equal("template-filter-unknown");
    expect(problem("{{ 'x' is __proto__ }}").code).to.equal("template-test-unknown");
  });

  it("runs a project's own filters, tests and lookups", () => {
    const { finish, engine } = bench({
      plugins: {
        filters: { shout: (text) => `${String(text)}!` },
        tests: { short: (text) => String(text).length < 3 },
        lookups: { twice: (terms) => [...terms, ...terms] },
      },
    });
    expect(finish("{{ 'a' | shout }}")).to.equal("a!");
    expect(finish("{{ 'a' is short }}")).to.equal(true);
    expect(engine.lookup("twice", [1], new Map(), scopeOf())).to.deep.equal([1, 1]);
  });

  it("knows collections' names for the same filters", () => {
    const { finish } = bench();
    expect(finish("{{ 'x' | ansible.builtin.b64encode }}")).to.equal("eA==");
    expect(finish("{{ 'k' is ansible.builtin.match('k') }}")).to.equal(true);
    expect(finish("{{ lookup('ansible.builtin.env', 'HOME') }}")).to.equal("/home/someone");
  });
});

describe("conditions", () => {
  it("are expressions, booleans or templates", () => {
    const { engine, warnings } = bench();
    expect(engine.condition("n == 5 and 'a' in l", scopeOf({ n: 5, l: ["a"] }))).to.equal(true);
    expect(engine.condition(false, scopeOf())).to.equal(false);
    expect(engine.condition(template("{{ n == 5 }}"), scopeOf({ n: 5 }))).to.equal(true);
    expect(warnings).to.deep.equal([]);
  });

  it("accept what is not boolean by its truth, with a warning at the place", () => {
    const { engine, warnings } = bench();
    const origin = { file: "t.yml", line: 4, column: 9 };
    expect(engine.condition("l", scopeOf({ l: [1] }), origin)).to.equal(true);
    expect(engine.condition("l", scopeOf({ l: [] }), origin)).to.equal(false);
    expect(warnings[0]).to.deep.include({ code: "conditional-not-boolean", origin });
  });

  it("fail on what is undefined", () => {
    const { engine } = bench();
    expect(() => engine.condition("nope == 1", scopeOf())).to.throw(Failure, "'nope' is undefined");
  });

  it("read a template's true and false, and refuse other text that it gives", () => {
    const { engine } = bench();
    expect(engine.condition(template("{{ x }}"), scopeOf({ x: "false" }))).to.equal(false);
    expect(engine.condition(template("{{ x }}"), scopeOf({ x: "True" }))).to.equal(true);
    expect(() => engine.condition(template("{{ x }}"), scopeOf({ x: "a == 1", a: 1 }))).to.throw(
      Failure,
      "not evaluated",
    );
    expect(() => engine.condition(" ", scopeOf())).to.throw(Failure, "Empty");
  });

  it("do not evaluate text that a variable holds", () => {
    const { engine, warnings } = bench();
    expect(engine.condition("answer", scopeOf({ answer: "1 == 2" }))).to.equal(true);
    expect(warnings.length).to.equal(1);
  });
});
