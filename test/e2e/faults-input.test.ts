// Bad input: what is wrong with a playbook, inventory or template is said with its place, in time, before it does harm.

import { chmodSync, existsSync, readdirSync } from "node:fs";
import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { Failure, type Problem } from "../../engine/core/problem.ts";
import { problemsOf } from "../../engine/run/run.ts";
import { type Ran, Workshop } from "../unit/run/running.ts";

const HEAD = "- hosts: all\n  gather_facts: false\n  tasks:\n";
type Given = Parameters<Workshop["play"]>[1];

describe("bad input", function () {
  this.timeout(30_000);
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop();
  });
  afterEach(() => shop.remove());

  /** What a run that may not begin says. */
  async function refused(playbook: string, given: Given = {}): Promise<readonly Problem[]> {
    const outcome = await shop.play(playbook, given).catch((error: unknown) => error);
    if (!(outcome instanceof Failure)) throw new Error(`it was not refused: ${JSON.stringify(outcome)}`);
    return problemsOf(outcome);
  }
  const words = (problems: readonly Problem[]): string =>
    problems
      .map(({ code, message, origin, hint }) => `${code} ${message} ${origin?.line ?? "-"} ${hint ?? ""}`)
      .join("\n");
  /** The failed task's message and line. */
  const failed = (ran: Ran, host = "one"): string => {
    const end = ran.results.find((result) => result.host === host && result.status === "failed");
    return `${end?.problem?.message} ${end?.problem?.origin?.line} ${end?.result.msg}`;
  };

  for (const [what, playbook, said] of [
    ["a tab in YAML", "- hosts: all\n  tasks:\n\t- debug:\n", /tab.* 3 /is],
    ["an unquoted template", `${HEAD}    - debug:\n        msg: {{ greeting }}\n`, /unquoted.* 5 /is],
    ["an unknown keyword", `${HEAD}    - command: id\n      wehn: true\n`, /wehn.* [45] .*when/is],
    ["an unknown module", `${HEAD}    - comand: id\n`, /comand.* 4 .*command/is],
    ["an unknown parameter", `${HEAD}    - copy: { dset: /tmp/x, content: a }\n`, /dset.* 4 .*dest/is],
    ["a missing parameter", `${HEAD}    - copy: { content: a }\n`, /dest.* 4 /is],
    ["an object of Python", `${HEAD}    - debug: { msg: !!python/object/apply:os.system ["id"] }\n`, / 4 /],
    ["a role that is not there", "- hosts: all\n  roles: [absent]\n", /absent.* 2 /is],
    ["an open bracket", `${HEAD}    - debug: { msg: [1, 2 }\n`, / [45] /],
    ["a text where plays belong", "just text\n", / 1 /],
  ] as const)
    it(`is ${what}: refused with its place, and nothing is run`, async () => {
      const problems = await refused(playbook.replace(HEAD, `${HEAD}    - file: { path: "@/ran", state: touch }\n`));
      const moved = playbook.startsWith(HEAD) ? 1 : 0;
      const text = words(problems).replace(/ (\d+) /g, (_, line) => ` ${Number(line) - moved} `);
      expect(text).to.match(said);
      expect(existsSync(shop.path("ran"))).to.equal(false);
    });

  it("is a variable or a template that is not there: the task fails with its place, the other hosts go on", async () => {
    const ran = await shop.play(
      `${HEAD}    - debug: { msg: "{{ only }}" }
    - template: { src: absent.j2, dest: "@/made" }
      ignore_errors: true
    - copy: { dest: "@/made", content: "{{ 1 / 0 }}" }
      ignore_errors: true
    - copy: { dest: "@/made", content: "{{ only.deep.er }}" }
`,
      { inventoryText: "one\ntwo only=there\n[all:vars]\nansible_connection=local\n" },
    );
    expect(ran.exitCode).to.equal(2);
    expect(failed(ran)).to.match(/'only' is undefined.* 4 /i);
    const [missing, zero, deep] = ran.results.filter(({ host, status }) => host === "two" && status === "failed");
    expect(`${missing?.result.msg}`).to.contain("absent.j2");
    expect(`${zero?.result.msg}`).to.match(/zero/i);
    expect(`${deep?.result.msg}`).to.contain("deep");
    expect(readdirSync(shop.folder).sort()).to.deep.equal(["hosts.ini", "site.yml"]);
  });

  it("is a cycle of task files, playbooks, roles or variables: it ends and the cycle is spelled out", async () => {
    shop.write({
      "a.yml": "- import_tasks: b.yml\n",
      "b.yml": "- import_tasks: a.yml\n",
      "roles/x/meta/main.yml": "dependencies: [y]\n",
      "roles/y/meta/main.yml": "dependencies: [x]\n",
      "c.yml": "- include_tasks: c.yml\n",
    });
    expect(words(await refused(`${HEAD}    - import_tasks: a.yml\n`))).to.match(/a\.yml.*b\.yml/s);
    expect(words(await refused("- import_playbook: site.yml\n"))).to.contain("site.yml");
    expect(words(await refused("- hosts: all\n  gather_facts: false\n  roles: [x]\n"))).to.match(/x.*y|y.*x/s);
    const variables = await shop.play(`- hosts: all
  gather_facts: false
  vars: { first: "{{ second }}", second: "{{ third }}", third: "{{ first }}" }
  tasks:
    - debug: { msg: "{{ first }}" }
`);
    expect(variables.exitCode).to.equal(2);
    expect(failed(variables)).to.match(/recurs|loop|cycl|itself/i);
    const include = await shop.play(`${HEAD}    - include_tasks: c.yml\n`);
    expect(include.exitCode).to.equal(2);
    const origin = include.results.find(({ status }) => status === "failed")?.problem?.origin;
    expect(failed(include)).to.match(/nested more than/);
    expect(`${origin?.file}:${origin?.line}`).to.equal(`${shop.path("c.yml")}:1`);
  });

  it("is a YAML bomb: refused in bounded time and memory", async () => {
    const letters = "abcdefghijkl";
    const bomb = [...letters].map((letter, index) =>
      index === 0
        ? "  a: &a [x, x, x, x, x, x, x, x, x]"
        : `  ${letter}: &${letter} [${Array(9)
            .fill(`*${letters[index - 1]}`)
            .join(", ")}]`,
    );
    const problems = await refused(
      `- hosts: all\n  vars:\n${bomb.map((line) => `  ${line}`).join("\n")}\n  tasks: []\n`,
    );
    expect(words(problems)).to.match(/alias/i);
    const deep = await refused(`- hosts: all\n  vars: { deep: ${"[".repeat(20_000)}${"]".repeat(20_000)} }\n`);
    expect(words(deep)).to.match(/deep|nest/i);
  });

  it("is an inventory that is malformed, or a script that fails or prints something else", async () => {
    const play = `${HEAD}    - command: "true"\n`;
    expect(words(await refused(play, { inventoryText: "one\n[broken\ntwo\n" }))).to.match(/ 2 /);
    const script = async (body: string): Promise<string> => {
      shop.write({ "inventory.sh": `#!/bin/sh\n${body}\n` });
      chmodSync(shop.path("inventory.sh"), 0o755);
      return words(await refused(play, { inventory: [shop.path("inventory.sh")] }));
    };
    expect(await script("echo 'not json'")).to.contain("inventory.sh");
    expect(await script("echo 'the database is down' >&2; exit 3")).to.contain("the database is down");
    expect(await script("echo '[1, 2]'")).to.contain("inventory.sh");
  });
});
