// Replays what ansible-core 2.19 made of small inventories (inventory/inventories.json: input text, patterns, and the
// hosts, groups, variables and matches that its inventory manager gave) and compares ours with it.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { type Problem, problemOf } from "../../engine/core/problem.ts";
import { type Data, Template, type Value } from "../../engine/core/value.ts";
import type { Inventory } from "../../engine/inventory/inventory.ts";
import { loadInventory } from "../../engine/inventory/sources.ts";
import { dumpJson } from "../../engine/text/json.ts";

interface Recorded {
  readonly hosts: Record<string, { vars: string; groups: string[] }>;
  readonly groups: Record<string, { hosts: string[]; children: string[]; vars: string; priority: number }>;
  readonly matches: Record<string, string[] | { error: string }>;
}
interface Case {
  readonly name: string;
  readonly files: Record<string, string>;
  readonly sources: string[];
  readonly patterns: string[];
  readonly executable: string[];
  readonly result: Recorded | { error: true };
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "inventory/inventories.json"), "utf8")) as Case[];

/** Where we differ on purpose (docs/differences.md). */
const OURS: Record<string, string> = {
  "yaml unknown key": "warns",
};

describe("inventories as ansible-core reads them", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsplay-inventory-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const one of cases)
    it(one.name, async () => {
      for (const [name, text] of Object.entries(one.files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
        if (one.executable.includes(name)) chmodSync(join(folder, name), 0o755);
      }
      const warnings: Problem[] = [];
      const load = (): Promise<Inventory> =>
        loadInventory(one.sources, { cwd: folder, env: process.env, warn: (problem) => warnings.push(problem) });
      if ("error" in one.result) {
        const failure = await load().then(
          () => undefined,
          (error: unknown) => problemOf(error),
        );
        expect(failure?.code, "it must fail").to.match(/^(?:inventory|yaml)-/);
        return;
      }
      const inventory = await load();
      expect(seen(inventory, one.patterns)).to.deep.equal(withoutErrorTexts(one.result));
      if (OURS[one.name] === "warns") expect(warnings).to.have.length.above(0);
    });
});

function seen(inventory: Inventory, patterns: readonly string[]): unknown {
  const hosts: Record<string, unknown> = {};
  for (const host of inventory.hosts.values())
    hosts[host.name] = { vars: printed(host.vars), groups: inventory.groupsOf(host.name).map(({ name }) => name) };
  const groups: Record<string, unknown> = {};
  for (const group of inventory.groups.values())
    groups[group.name] = {
      hosts: inventory.hostsOf(group.name),
      children: [...group.children],
      vars: printed(group.vars),
      priority: group.priority,
    };
  const matches: Record<string, unknown> = {};
  for (const pattern of patterns) {
    try {
      matches[pattern] = inventory.match(pattern).map(({ name }) => name);
    } catch (error) {
      matches[pattern] = problemOf(error).code.startsWith("pattern-") ? "error" : error;
    }
  }
  return { hosts, groups, matches };
}

function withoutErrorTexts(result: Recorded): unknown {
  const matches = Object.entries(result.matches).map(([pattern, hosts]) => [
    pattern,
    Array.isArray(hosts) ? hosts : "error",
  ]);
  return { ...result, matches: Object.fromEntries(matches) as unknown };
}

function printed(vars: ReadonlyMap<string, Value>): string {
  const shown = [...vars].filter(([name]) => name !== "inventory_file" && name !== "inventory_dir");
  return dumpJson(new Map(shown.map(([name, value]) => [name, plainText(value)])), { sortKeys: true });
}

function plainText(value: Value): Data {
  if (value instanceof Template) return value.text;
  if (Array.isArray(value)) return value.map(plainText);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [plainText(key), plainText(item)]));
  return value as Data;
}
