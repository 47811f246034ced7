// From what -i names to an inventory: host lists, files of either form, programs, folders of all of them.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { textOf } from "../core/bytes.ts";
import { Failure, fail, type Problem } from "../core/problem.ts";
import { isVaulted } from "../text/vault.ts";
import { loadJsonOrYaml, loadYaml } from "../text/yaml.ts";
import { type Evaluate, readConstructed } from "./constructed.ts";
import { InventoryGraph, type SourcePlace } from "./graph.ts";
import { readIni } from "./ini.ts";
import type { Inventory } from "./inventory.ts";
import { parseAddress } from "./ranges.ts";
import { readScript } from "./script.ts";
import type { Decrypt } from "./vars-files.ts";
import { pluginOf, readYamlInventory } from "./yaml.ts";

export interface InventoryOptions {
  /** What relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (problem: Problem) => void;
  /** Evaluates expressions of the `constructed` plugin. */
  readonly evaluate?: Evaluate;
  /** For vaulted inventory files. */
  readonly decrypt?: Decrypt;
  /** Regular expressions of names that are ignored in folders, beside Ansible's own. */
  readonly ignorePatterns?: readonly string[];
  /** Endings of names that are ignored in folders. */
  readonly ignoreExtensions?: readonly string[];
  /** Milliseconds that an inventory program may take; default 120 000. */
  readonly scriptTimeout?: number;
  /** Whether a source that cannot be read fails the whole; default true. If false it is a warning. */
  readonly strict?: boolean;
}

/** The default source: no one misses it if it is not there. */
const DEFAULT_SOURCE = "/etc/ansible/hosts";
const IGNORED_NAMES = /^\.|^host_vars$|^group_vars$|^vars_plugins$/;
const IGNORED_EXTENSIONS = ".pyc .pyo .swp .bak ~ .rpm .md .txt .rst .orig .cfg .retry".split(" ");
const YAML_EXTENSIONS = [".yml", ".yaml", ".json"];

/** Reads all sources in order into one inventory. Throws Failure `inventory-…`. */
export async function loadInventory(sources: readonly string[], options: InventoryOptions): Promise<Inventory> {
  const graph = new InventoryGraph({
    warn: options.warn,
    readLimitFile: (path) => readLimit(resolve(options.cwd, path)),
  });
  const reader = new SourceReader(graph, options);
  for (const source of sources) if (source.trim() !== "") await reader.source(source.trim());
  graph.reconcile();
  return graph;
}

class SourceReader {
  readonly #graph: InventoryGraph;
  readonly #options: InventoryOptions;

  constructor(graph: InventoryGraph, options: InventoryOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  async source(source: string): Promise<void> {
    const path = resolve(this.#options.cwd, source.replace(/^~(?=\/|$)/, this.#options.env.HOME ?? "~"));
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found && source.includes(",")) {
      this.#hostList(source);
      return;
    }
    if (!found) {
      if (path !== DEFAULT_SOURCE) this.#missing(source, path);
      return;
    }
    this.#graph.sources.push(path);
    await this.#path(path);
  }

  #hostList(source: string): void {
    const place: SourcePlace = { file: source, directory: this.#options.cwd };
    for (const entry of source.split(",").map((part) => part.trim())) {
      if (entry === "") continue;
      const address = parseAddress(entry);
      // Ranges have no meaning in a list: the name stays as it is.
      const { host, port } = address && !address.host.includes("[") ? address : { host: entry, port: undefined };
      if (!this.#graph.hosts.has(host)) this.#graph.ensureHost(host, "ungrouped", port, place);
    }
  }

  async #path(path: string): Promise<void> {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      for (const name of readdirSync(path).sort()) if (!this.#ignored(name)) await this.#path(join(path, name));
      return;
    }
    try {
      await this.#file(path);
    } catch (error) {
      if (this.#options.strict !== false || !(error instanceof Failure)) throw error;
      this.#options.warn(error.problem);
    }
  }

  async #file(path: string): Promise<void> {
    const place: SourcePlace = { file: path, directory: dirname(path) };
    const content = this.#read(path);
    if (isProgram(path, content)) {
      const { env, warn, scriptTimeout = 120_000 } = this.#options;
      await readScript(path, this.#graph, place, { env, warn, timeout: scriptTimeout });
      return;
    }
    const text = textOf(content);
    const extension = extname(path);
    if (extension === ".toml")
      fail("inventory-form", `inventories in TOML are not supported (${path})`, { hint: "write it as YAML or INI" });
    if (YAML_EXTENSIONS.includes(extension)) this.#yaml(text, path, place);
    else if (extension === "" || extension === ".config") this.#either(text, path, place);
    else readIni(text, path, this.#graph, place);
  }

  #read(path: string): Buffer {
    let content: Buffer;
    try {
      content = readFileSync(path);
    } catch (error) {
      return fail("inventory-read", `the inventory ${path} cannot be read: ${(error as Error).message}`);
    }
    if (!isVaulted(content)) return content;
    const origin = { file: path, line: 1, column: 1 };
    if (!this.#options.decrypt)
      return fail("vault-no-password", "this inventory is vaulted, and no vault password was given", {
        origin,
        hint: "use --ask-vault-pass, --vault-password-file or --vault-id",
      });
    return Buffer.from(this.#options.decrypt(content, origin));
  }

  /** A file without extension: YAML if it reads as a mapping, else INI. */
  #either(text: string, path: string, place: SourcePlace): void {
    let isMapping = false;
    try {
      isMapping = loadYaml(text, path).root?.kind === "mapping";
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // A file that starts as YAML does was meant as YAML: tell what is wrong with it as such.
      if (/^---/m.test(text) || /^(?:all|ungrouped):\s*$/m.test(text)) throw error;
    }
    if (isMapping) this.#yaml(text, path, place);
    else readIni(text, path, this.#graph, place);
  }

  #yaml(text: string, path: string, place: SourcePlace): void {
    const { root, warnings } = loadJsonOrYaml(text, path);
    warnings.forEach(this.#options.warn);
    if (!root) {
      this.#options.warn({
        code: "inventory-empty",
        message: `the inventory ${basename(path)} is empty`,
        origin: { file: path, line: 1, column: 1 },
      });
      return;
    }
    const plugin = pluginOf(root);
    if (plugin === undefined || root.kind !== "mapping")
      readYamlInventory(root, this.#graph, place, this.#options.warn);
    else if (/^(?:ansible\.builtin\.)?constructed$/.test(plugin)) {
      this.#graph.reconcile();
      readConstructed(root, this.#graph, this.#options.evaluate);
    } else
      fail("inventory-plugin", `the inventory plugin '${plugin}' is not available here`, {
        origin: root.origin,
        hint: "the only one is 'constructed'; for others use a program that prints JSON",
      });
  }

  #missing(source: string, path: string): void {
    const isName = !source.includes("/") && parseAddress(source) !== undefined;
    const problem: Problem = {
      code: "inventory-missing",
      message: `the inventory '${source}' does not exist (${path})`,
      ...(isName ? { hint: `if '${source}' is a host, end it with a comma: -i '${source},'` } : {}),
    };
    if (this.#options.strict !== false) throw new Failure(problem);
    this.#options.warn(problem);
  }

  #ignored(name: string): boolean {
    const extensions = this.#options.ignoreExtensions ?? IGNORED_EXTENSIONS;
    if (IGNORED_NAMES.test(name) || extensions.some((extension) => name.endsWith(extension))) return true;
    return (this.#options.ignorePatterns ?? []).some((pattern) => new RegExp(pattern).test(name));
  }
}

/** An executable that says how it is run. Others may be inventories whose mode is merely too wide. */
function isProgram(path: string, content: Buffer): boolean {
  if (((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o111) === 0) return false;
  return content.subarray(0, 2).toString("latin1") === "#!" || content.subarray(0, 4).toString("latin1") === "\x7fELF";
}

function readLimit(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EISDIR")
      return fail("pattern-limit-file", `a limit that starts with '@' names a file, and ${path} is a folder`);
    return fail("pattern-limit-file", `the limit file ${path} cannot be read: ${(error as Error).message}`);
  }
}
