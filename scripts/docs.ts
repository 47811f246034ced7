// `npm run docs`: writes docs/modules/ from the modules' schemas. test/unit/cli/docs.test.ts checks that they are current.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { docMarkdown } from "../engine/cli/module-doc.ts";
import { templateNames } from "../engine/cli/template-names.ts";
import { allModules } from "../engine/modules/registry.ts";

export const FOLDER = resolve(import.meta.dirname, "../docs/modules");

/** File name → content of everything in docs/modules. */
export function pages(): Map<string, string> {
  const modules = allModules();
  const rows = modules.map(({ name, summary }) => `| [${name}](${name}.md) | ${summary} |`);
  const names = templateNames();
  const list = (title: string, words: readonly string[]): string =>
    `## ${title}\n\n${[...words]
      .sort()
      .map((word) => `\`${word}\``)
      .join(", ")}`;
  const index = [
    "# Modules, filters, tests and lookups",
    "Made by `npm run docs` from the schemas that also validate a task's parameters; `tsplay doc NAME` shows the same.",
    ["| module | does |", "|---|---|", ...rows].join("\n"),
    list("Filters", names.filters),
    list("Tests", names.tests),
    list("Lookups", names.lookups),
  ];
  return new Map([
    ["README.md", `${index.join("\n\n")}\n`],
    ...modules.map((module) => [`${module.name}.md`, docMarkdown(module)] as const),
  ]);
}

/** Files of docs/modules that are missing, old or too many. */
export function outdated(folder: string): string[] {
  const wanted = pages();
  const there = readdirSync(folder);
  const differing = [...wanted].filter(
    ([name, text]) => !there.includes(name) || readFileSync(join(folder, name), "utf8") !== text,
  );
  return [...differing.map(([name]) => name), ...there.filter((name) => !wanted.has(name))];
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(FOLDER, { recursive: true });
  const wanted = pages();
  for (const name of readdirSync(FOLDER)) if (!wanted.has(name)) rmSync(join(FOLDER, name));
  for (const [name, text] of wanted) writeFileSync(join(FOLDER, name), text);
  console.log(`${wanted.size} pages in docs/modules`);
}
