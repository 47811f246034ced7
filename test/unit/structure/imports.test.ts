// Guards the architecture: direction of imports, cycles, one door per npm package, sizes of files.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect } from "chai";

const ENGINE = resolve(import.meta.dirname, "../../../engine");

/** Folders by rank: a folder imports itself and folders of lower rank (docs/architecture.md). */
const RANKS: Readonly<Record<string, number>> = {
  core: 0,
  text: 1,
  template: 2,
  config: 2,
  connection: 2,
  host: 3,
  inventory: 3,
  vars: 4,
  facts: 4,
  modules: 4,
  playbook: 5,
  run: 6,
  report: 6,
  lint: 6,
  lab: 6,
  cli: 7,
};

/** The one folder that may import each package. */
const DOORS: Readonly<Record<string, string>> = {
  yaml: "text",
  ajv: "text",
  nunjucks: "template",
  ssh2: "connection",
  "ipaddr.js": "inventory",
  diff: "report",
  tar: "modules",
  "@peculiar/asn1-csr": "modules",
  "@peculiar/asn1-schema": "modules",
  "@peculiar/asn1-x509": "modules",
  "p-limit": "run",
  listr2: "report",
  picocolors: "report",
  commander: "cli",
};

const MOST_LINES = 400;

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(ENGINE, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => join(ENGINE, file));

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const pattern =
    /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\s+from\s+)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    from: file,
    specifier: match[2] ?? match[3] ?? "",
    typeOnly: match[1] !== undefined,
  }));
}

function folderOf(file: string): string {
  const parts = relative(ENGINE, file).split("/");
  return parts.length > 1 ? (parts[0] ?? "") : "";
}

const imports = files.flatMap(importsOf);

describe("the engine's structure", () => {
  it("has only the folders that the architecture names", () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ""));
    expect([...folders].filter((folder) => RANKS[folder] === undefined)).to.deep.equal([]);
  });

  it("imports only downwards", () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith("."))
      .filter(({ from, specifier }) => {
        const target = resolve(dirname(from), specifier);
        const source = folderOf(from);
        const goal = folderOf(target);
        if (source === "") return false;
        return goal === "" || (source !== goal && (RANKS[goal] ?? 99) >= (RANKS[source] ?? -1));
      })
      .map(({ from, specifier }) => `${relative(ENGINE, from)} imports ${specifier}`);
    expect(wrong).to.deep.equal([]);
  });

  it("has no import cycle", () => {
    const graph = new Map<string, string[]>();
    for (const { from, specifier, typeOnly } of imports)
      if (specifier.startsWith(".") && !typeOnly)
        graph.set(from, [...(graph.get(from) ?? []), resolve(dirname(from), specifier)]);
    expect(findCycle(graph)).to.equal(undefined);
  });

  it("imports each npm package from one folder only", () => {
    const wrong = imports
      .filter(({ specifier }) => !specifier.startsWith(".") && !specifier.startsWith("node:"))
      .filter(({ from, specifier }) => {
        const name = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
        return DOORS[name] !== folderOf(from);
      })
      .map(({ from, specifier }) => `${relative(ENGINE, from)} imports ${specifier}`);
    expect(wrong).to.deep.equal([]);
  });

  it(`keeps every file within ${MOST_LINES} lines`, () => {
    const long = files
      .map((file) => ({ file: relative(ENGINE, file), lines: readFileSync(file, "utf8").split("\n").length }))
      .filter(({ lines }) => lines > MOST_LINES);
    expect(long).to.deep.equal([]);
  });

  it("names no file after nothing in particular", () => {
    expect(files.filter((file) => /\/(utils?|helpers?|common|misc|manager)(\.ts|\/)/.test(file))).to.deep.equal([]);
  });
});

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string | undefined => {
    if (path.includes(node))
      return [...path.slice(path.indexOf(node)), node].map((file) => relative(ENGINE, file)).join(" → ");
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}
