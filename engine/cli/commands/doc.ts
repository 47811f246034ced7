// `tsplay doc`: documentation of modules and keywords, names of filters, tests and lookups.

import { Command } from "commander";
import { didYouMean } from "../../core/nearest.ts";
import { fail } from "../../core/problem.ts";
import { allModules, findModule, moduleNames } from "../../modules/registry.ts";
import { KEYWORDS } from "../../playbook/keywords.ts";
import { EXIT } from "../exit-codes.ts";
import { docMarkdown, docText } from "../module-doc.ts";
import type { World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";
import { templateNames } from "../template-names.ts";

interface DocFlags {
  readonly markdown?: boolean;
}

export const makeCommand: MakeCommand = (world, finish) =>
  new Command("tsplay doc")
    .usage("[NAME] [options]")
    .description("Documentation of a module or keyword; without a name, everything there is.")
    .argument("[name]", "module, keyword, filter, test or lookup")
    .option("--markdown", "a module's page as Markdown")
    .action((name: string | undefined, flags: DocFlags) => {
      world.out(name === undefined ? overview(world) : page(name, flags));
      finish(EXIT.fine);
    });

function page(name: string, flags: DocFlags): string {
  const module = findModule(name);
  if (module) return flags.markdown ? docMarkdown(module) : docText(module);
  const keyword = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
  if (keyword) {
    const ignored = keyword.ignored ? `\n  no effect here: ${keyword.ignored}` : "";
    return `${name}: ${keyword.summary}\n  keyword of ${keyword.levels.join(", ")}\n  value: ${keyword.type}${ignored}\n`;
  }
  const names = templateNames();
  const short = name.replace(/^ansible\.builtin\./, "");
  const kinds = (["filters", "tests", "lookups"] as const).filter((kind) => names[kind].includes(short));
  if (kinds.length > 0) return kinds.map((kind) => `${short}: a ${kind.slice(0, -1)}\n`).join("");
  const all = [...moduleNames(), ...Object.keys(KEYWORDS), ...names.filters, ...names.tests, ...names.lookups];
  return fail("option-doc", `there is no module, keyword, filter, test or lookup '${name}'`, {
    hint: didYouMean(name, all) ?? "tsplay doc lists all",
  });
}

function overview(world: World): string {
  const modules = allModules();
  const width = Math.max(...modules.map(({ name }) => name.length));
  const names = templateNames();
  const columns = Math.min(110, world.size().columns);
  return [
    "modules:",
    ...modules.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    ...(["filters", "tests", "lookups"] as const).flatMap((kind) => ["", `${kind}:`, ...wrapped(names[kind], columns)]),
    "",
    "keywords:",
    ...wrapped(Object.keys(KEYWORDS), columns),
    "",
  ].join("\n");
}

/** Words in lines of a width, indented. */
function wrapped(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 <= columns) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
