import { expect } from "chai";
import { Undecided, Unknown } from "../../../engine/core/unknown.ts";
import { Float, Template, type Value } from "../../../engine/core/value.ts";
import { parseKeyValue, splitArgs } from "../../../engine/modules/free-form.ts";
import { resolveMode } from "../../../engine/modules/mode.ts";
import { defineModule } from "../../../engine/modules/module.ts";
import { checkParams, checkStatic, secretsOf } from "../../../engine/modules/params-check.ts";
import { planAndApply } from "../module-driver.ts";
import { SimulatedHost } from "../simulated-host.ts";

let planned: unknown;
const sample = defineModule({
  name: "sample",
  aliases: [],
  summary: "A module for these tests",
  freeForm: "text",
  params: {
    properties: {
      path: { type: "path", description: "", aliases: ["dest", "name"] },
      src: { type: "path", description: "", relative: true },
      text: { type: "string", description: "" },
      state: { type: "string", description: "", enum: ["present", "absent", "yes"], default: "present" },
      force: { type: "boolean", description: "", default: false },
      count: { type: "integer", description: "", minimum: 1 },
      names: { type: "array", description: "", items: { type: "string" } },
      size: { type: "bytes", description: "" },
      extra: { type: "object", description: "" },
      password: { type: "string", description: "", secret: true },
      items: {
        type: "array",
        description: "",
        items: {
          type: "object",
          properties: {
            key: { type: "string", description: "" },
            on: { type: "boolean", description: "", default: true },
          },
          requiredProperties: ["key"],
        },
      },
      old: { type: "string", description: "", ignored: "nothing to lock here" },
    },
    required: ["path"],
    exclusive: [["src", "text"]],
    together: [["count", "size"]],
    requiredIf: [["state", "absent", ["force"]]],
  },
  returns: {},
  async plan(_host, params) {
    planned = params;
    return { changes: [] };
  },
});

const messages = (raw: Parameters<typeof checkParams>[1]) =>
  checkParams(sample, raw).problems.map((problem) => problem.message);
const value = (name: string, raw: unknown) =>
  checkParams(sample, { path: "/x", count: 1, size: 1, [name]: raw as string }).params[name];

describe("parameters", () => {
  it("resolve aliases and fill in defaults", () => {
    expect(checkParams(sample, { dest: "/x" }).params).to.deep.equal({ path: "/x", state: "present", force: false });
  });
  it("turn loose values into the declared type as Ansible does", () => {
    for (const yes of ["yes", "On", "1", "true", "T", 1, true, new Float(1)])
      expect(value("force", yes)).to.equal(true);
    for (const no of ["no", "Off", "0", "false", 0, false]) expect(value("force", no)).to.equal(false);
    expect(value("count", " 12 ")).to.equal(12);
    expect(value("text", true)).to.equal("True");
    expect(value("text", new Float(1))).to.equal("1.0");
    expect(value("text", new Map<string, unknown>([["a", [1, null, "it's"]]]))).to.equal(`{'a': [1, None, "it's"]}`);
    expect(value("names", "a, b,c")).to.deep.equal(["a", "b", "c"]);
    expect(value("names", 5)).to.deep.equal(["5"]);
    expect(value("size", "1.5M")).to.equal(1572864);
    expect(value("extra", '{"a": 1}')).to.deep.equal({ a: 1 });
    expect(value("extra", "a=1 b='x y'")).to.deep.equal({ a: "1", b: "x y" });
    expect(value("extra", "a=1, b=2")).to.deep.equal({ a: "1", b: "2" });
  });
  it("accept yes for a choice of that name, which YAML has made a boolean", () => {
    expect(value("state", true)).to.equal("yes");
  });
  it("are refused with Ansible's sentences", () => {
    expect(messages({})).to.deep.equal(["missing required arguments: path"]);
    expect(messages({ path: "/x", src: "a", text: "b" })).to.deep.equal([
      "parameters are mutually exclusive: src|text",
    ]);
    expect(messages({ path: "/x", count: 2 })).to.deep.equal(["parameters are required together: count, size"]);
    expect(messages({ path: "/x", state: "presnt" })).to.deep.equal([
      "value of state must be one of: present, absent, yes, got: presnt",
    ]);
    expect(messages({ path: "/x", items: [{ on: false }] })).to.deep.equal([
      "missing required arguments: key found in items",
    ]);
    expect(messages({ path: "/x", force: "perhaps" })[0]).to.match(
      /^argument 'force' is of type str .* not a valid boolean/,
    );
    expect(messages({ path: "/x", names: { a: 1 } })[0]).to.match(/^argument 'names' is of type dict/);
  });
  it("that do not exist are named with the nearest that does", () => {
    const [problem] = checkParams(sample, { path: "/x", froce: true }).problems;
    expect(problem?.message).to.match(
      /^Unsupported parameters for \(sample\) module: froce\. Supported parameters include: count, extra/,
    );
    expect(problem?.message).to.contain("path (dest, name)");
    expect(problem?.hint).to.equal("did you mean 'force'?");
  });
  it("without meaning here are warned of, with the reason", () => {
    expect(checkParams(sample, { path: "/x", old: "a" }).warnings.map((warning) => warning.message)).to.deep.equal([
      "parameter 'old' has no effect: nothing to lock here",
    ]);
  });
  it("fill in defaults of sub-options", () => {
    expect(value("items", [{ key: "a" }])).to.deep.equal([{ key: "a", on: true }]);
  });
  it("that are Unknown make the task undecided unless the caller allows them", () => {
    const raw = { path: "/x", names: ["a", new Unknown("the output of 'x'")] };
    expect(() => checkParams(sample, raw)).to.throw(Undecided, "the output of 'x'");
    expect(checkParams(sample, raw, { allowUnknown: true }).problems).to.deep.equal([]);
  });
  it("marked secret are handed out for masking", () => {
    expect(secretsOf(sample, { path: "/x", password: "hunter22" })).to.deep.equal(["hunter22"]);
  });
});

describe("parameters that still hold templates", () => {
  const look = (args: Record<string, Value>) =>
    checkStatic(sample, new Map(Object.entries(args))).map((problem) => problem.code);
  it("are checked by name, and by value where there is no template", () => {
    expect(look({ path: new Template("{{ p }}"), frce: true })).to.deep.equal(["param-unsupported"]);
    expect(look({ path: new Template("{{ p }}"), state: new Template("{{ s }}") })).to.deep.equal([]);
    expect(look({ path: "/x", state: "nope" })).to.deep.equal(["param-value"]);
    expect(look({ state: new Template("{{ s }}") })).to.deep.equal(["param-missing"]);
  });
  it("may exclude one another, because a template may turn out to be omit", () => {
    expect(look({ path: "/x", src: new Template("{{ a | default(omit) }}"), text: "b" })).to.deep.equal([]);
    expect(look({ path: "/x", src: "a", text: "b" })).to.deep.equal(["param-exclusive"]);
  });
});

describe("paths of the host", () => {
  it("have ~, variables and relative beginnings expanded before a module sees them", async () => {
    const host = new SimulatedHost({ users: { ann: { uid: 1000 } } });
    host.onRun("printenv CONF", { stdout: "/etc/conf\n" }).onRun("printenv NONE", { code: 1 });
    const plan = async (path: string) => {
      await planAndApply(sample, { path, src: "../x" }, host);
      return (planned as Record<string, string>).path;
    };
    expect(await plan("~/a")).to.equal("/root/a");
    expect(await plan("~ann")).to.equal("/home/ann");
    expect(await plan("a/b")).to.equal("/root/a/b");
    expect(await plan("$CONF/x")).to.equal("/etc/conf/x");
    expect(await plan("/a$NONE")).to.equal("/a$NONE");
    expect((planned as Record<string, string>).src).to.equal("../x");
  });
});

describe("free-form arguments", () => {
  it("keep quotes and template blocks whole", () => {
    expect(splitArgs(`a=b c="d e" {{ x | default('y z') }} f='g "h"'`)).to.deep.equal([
      "a=b",
      `c="d e"`,
      "{{ x | default('y z') }}",
      `f='g "h"'`,
    ]);
    expect(() => splitArgs('a="b')).to.throw("unbalanced");
  });
  it("become parameters, without the quotes around them", () => {
    expect(parseKeyValue(`src=a.j2 dest="/etc/my file" mode=0644 line='x = "{{ y }}"'`).values).to.deep.equal({
      src: "a.j2",
      dest: "/etc/my file",
      mode: "0644",
      line: 'x = "{{ y }}"',
    });
    expect(parseKeyValue("a=b=c 'x y'")).to.deep.equal({ values: { a: "b=c" }, rest: "'x y'" });
  });
  it("of commands leave everything but the command's own parameters in the command", () => {
    expect(
      parseKeyValue(`creates=/tmp/x  echo "a=b" c=d  | tr 'a' b chdir=/srv`, { freeForm: "cmd" }).values,
    ).to.deep.equal({
      creates: "/tmp/x",
      chdir: "/srv",
      cmd: `echo "a=b" c=d  | tr 'a' b`,
    });
    expect(parseKeyValue("it's half quoted", { freeForm: "cmd" }).values).to.deep.equal({ cmd: "it's half quoted" });
  });
});

describe("modes", () => {
  const mode = (spec: string | number, current = 0o644, directory = false) =>
    resolveMode(spec, { current, directory }).toString(8);
  it("are octal text or the bits themselves", () => {
    expect(mode("0755")).to.equal("755");
    expect(mode("1777")).to.equal("1777");
    expect(mode(0o640)).to.equal("640");
  });
  it("are symbols against what is there", () => {
    expect(mode("u=rwx,g=rx,o=")).to.equal("750");
    expect(mode("a+x")).to.equal("755");
    expect(mode("+w", 0o400)).to.equal("600");
    expect(mode("u+s,g+s", 0o755)).to.equal("6755");
    expect(mode("+t", 0o777, true)).to.equal("1777");
    expect(mode("g=u", 0o640)).to.equal("660");
    expect(mode("u=rwX,g=rX,o=", 0o600)).to.equal("640");
    expect(mode("u=rwX,g=rX,o=", 0o600, true)).to.equal("750");
    expect(mode("u+w-x", 0o555)).to.equal("655");
  });
  it("that are nonsense are refused", () => {
    expect(() => mode("u=q")).to.throw("bad symbolic permission for mode: u=q");
    expect(() => mode("99999")).to.throw("bad symbolic permission");
  });
});
