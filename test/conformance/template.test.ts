// Replays what the reference made of template/cases.json (recorded.json) and compares. What differs on purpose stands
// in differences.json with the reason, and must differ still.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { problemOf } from "../../engine/core/problem.ts";
import { Unknown } from "../../engine/core/unknown.ts";
import { type Data, fromPlain, type PlainObject, Template } from "../../engine/core/value.ts";
import { createTemplateEngine } from "../../engine/template/environment.ts";
import type { Scope } from "../../engine/template/scope.ts";
import { dumpJson } from "../../engine/text/json.ts";
import { trust, trustAll } from "../../engine/text/templates.ts";

interface Case {
  readonly template?: string;
  readonly condition?: string;
  readonly vars?: PlainObject;
}
interface Recorded {
  readonly value?: string;
  readonly error?: string;
}

const folder = join(import.meta.dirname, "template");
const read = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), "utf8")) as T;
const { vars, cases } = read<{ vars: PlainObject; cases: Case[] }>("cases.json");
const recorded = read<Recorded[]>("recorded.json");
const differences = read<Record<string, string>>("differences.json");

/** Only for warnings: the reference was recorded where conditions that are not boolean are errors. */
let warned: string | undefined;
const engine = createTemplateEngine({
  warn: (problem) => {
    if (problem.code === "conditional-not-boolean") warned ??= problem.message;
  },
  env: { PATH: "/usr/bin:/bin" },
  trust,
  searchPath: () => [],
  readFile: (path) => readFileSync(path),
  now: () => new Date(0),
  random: () => 0,
});

/** What the reference puts before the cause of an error, and we do not. */
const PREFIXES =
  /^(?:Error rendering template: |Error while evaluating conditional: |The (?:filter|test|lookup) plugin '[^']*' failed: |Syntax error in template: (?=No (?:filter|test) named))+/;

function ours(one: Case): Recorded {
  const variables = trustAll(fromPlain(one.vars ?? vars)) as Map<string, Data>;
  const scope: Scope = { get: (name) => variables.get(name), names: () => variables.keys() };
  warned = undefined;
  try {
    if (one.condition === undefined) {
      const made = engine.finish(new Template(one.template ?? ""), scope);
      return typeof made === "symbol"
        ? { error: "A template was resolved to an Omit scalar." }
        : { value: dumpJson(made) };
    }
    const decided = engine.condition(trust(one.condition), scope);
    if (warned !== undefined) return { error: warned };
    return decided instanceof Unknown ? { error: "unknown" } : { value: String(decided) };
  } catch (error) {
    return { error: problemOf(error).message.split("\n")[0] };
  }
}

function theirs({ value, error }: Recorded): Recorded {
  if (error === undefined) return { value };
  const message = error.replace(/^Ansible\w+: /, "").replace(PREFIXES, "");
  return { error: message.replace(" at '<unknown>'", "") };
}

describe("templates, compared with the reference", () => {
  it("has one recorded result a case", () => {
    expect(recorded.length).to.equal(cases.length);
  });

  cases.forEach((one, index) => {
    const text = one.template ?? `when: ${one.condition}`;
    const reason = differences[text];
    const name = JSON.stringify(text).slice(1, -1);
    it(reason === undefined ? name : `${name} differs: ${reason}`, () => {
      const expected = theirs(recorded[index] ?? {});
      if (reason === undefined) expect(ours(one)).to.deep.equal(expected);
      else expect(ours(one)).not.to.deep.equal(expected);
    });
  });
});
