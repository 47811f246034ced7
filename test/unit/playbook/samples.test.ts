// Whole projects of the usual kind: what is listed of them is what Ansible lists. `reference.txt` in each folder is the output of
// `ansible-playbook --list-tasks` (core 2.19) for the options in its `===` lines.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Template } from "../../../engine/core/value.ts";
import { listPlaybook } from "../../../engine/playbook/list.ts";
import { loaderIn } from "./project.ts";

const SAMPLES = join(import.meta.dirname, "samples");

/** `{{ name }}` from the vars around it. */
function staticValue(value: unknown, vars: readonly ReadonlyMap<string, unknown>[]): string | undefined {
  const name = value instanceof Template ? /^\{\{ (\w+) \}\}$/.exec(value.text)?.[1] : undefined;
  const found = name === undefined ? undefined : vars.find((map) => map.has(name))?.get(name);
  return typeof found === "string" ? found : undefined;
}

function listed(folder: string, options: string): string {
  const after = (option: string): string[] => new RegExp(`${option} (\\S+)`).exec(options)?.[1]?.split(",") ?? [];
  const playbook = loaderIn(folder, { staticValue }).playbook(join(folder, "site.yml"));
  const selection = { only: after("--tags"), skip: after("--skip-tags") };
  const lines = listPlaybook(playbook, selection).flatMap((play, index) => [
    `  play #${index + 1} (${play.hosts}): ${play.name}\tTAGS: [${play.tags.join(",")}]`,
    "    tasks:",
    ...play.tasks
      .filter(({ section }) => section === "block")
      .map(({ name, tags }) => `      ${name}\tTAGS: [${tags.join(", ")}]`),
  ]);
  return lines.join("\n");
}

describe("a sample project", () => {
  for (const name of readdirSync(SAMPLES))
    for (const part of readFileSync(join(SAMPLES, name, "reference.txt"), "utf8")
      .split(/^=== ?/m)
      .slice(1)) {
      const [options = "", ...lines] = part.trimEnd().split("\n");
      it(`${name} is listed as Ansible lists it${options === "" ? "" : ` with ${options}`}`, () => {
        // The reference prints the tags of a play in no certain order.
        const expected = lines.map((line) =>
          line.replace(
            /^( {2}play .*TAGS: \[)(.*)\]$/,
            (_, start, tags) => `${start}${String(tags).split(",").sort().join(",")}]`,
          ),
        );
        expect(listed(join(SAMPLES, name), options)).to.equal(expected.join("\n"));
      });
    }
});
