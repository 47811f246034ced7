// What a command works on before anything runs: inventory, variables, templates and vault of one call. Shared by
// run and by the commands that only look (inventory, vars, facts).

import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { Failure, fail, type Origin, type Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { byRules } from "../core/warning-rules.ts";
import type { Inventory, Variables } from "../inventory/inventory.ts";
import { loadInventory } from "../inventory/sources.ts";
import { baseDirsOf, loadVarsFile, varsFilesFor } from "../inventory/vars-files.ts";
import type { TemplateEngine } from "../template/engine.ts";
import { createTemplateEngine } from "../template/environment.ts";
import type { Scope } from "../template/scope.ts";
import { trust } from "../text/templates.ts";
import { decryptVault, isVaulted } from "../text/vault.ts";
import { merged } from "../vars/combine.ts";
import { type FactCache, factFiles } from "../vars/fact-cache.ts";
import { VariableStore } from "../vars/store.ts";
import { parseExtraVars } from "./extra-vars.ts";
import type { SourceOptions } from "./options.ts";

/** What varies outside: passed in, so that programs and tests may choose. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
  readonly warn: (problem: Problem) => void;
}

export interface Project {
  readonly inventory: Inventory;
  readonly store: VariableStore;
  readonly engine: TemplateEngine;
  /** Reads a controller file at once, decrypted when it is vaulted. Failure `file-not-found`. */
  readonly readTrusted: (path: string) => Buffer;
  readonly readControllerFile: (path: string, options?: { readonly decrypt?: boolean }) => Promise<Buffer>;
  readonly isVaulted: (path: string) => Promise<boolean>;
  /** The nearest folder above the playbook with package.json, ansible.cfg or .git. */
  readonly root: string;
}

/** `playbookFolders`: where the playbooks are, for group_vars beside them. */
export async function openProject(
  options: SourceOptions,
  playbookFolders: readonly string[],
  around: Surroundings,
): Promise<Project> {
  const { cwd, env } = around;
  const { config } = options;
  const warn = byRules(
    {
      "yaml-duplicate-key": config.get("duplicate_dict_key"),
      "pattern-no-match": config.get("host_pattern_mismatch"),
    },
    around.warn,
  );
  const decrypt = (content: Uint8Array | string, origin?: Origin): Buffer => {
    const plain = decryptVault(content, options.vaultPasswords, origin, {
      onlyId: config.get("vault_id_match"),
    });
    return plain;
  };
  const decryptText = (ciphertext: string, origin: Origin | undefined): string => {
    const plain = decrypt(ciphertext, origin).toString("utf8");
    options.mask.add(plain);
    return plain;
  };
  const readTrusted = (path: string): Buffer => {
    const content = readOrFail(path);
    return isVaulted(content) ? decrypt(content, { file: path, line: 1, column: 1 }) : content;
  };
  const engine = createTemplateEngine({
    warn: around.warn,
    decrypt: decryptText,
    trust,
    env,
    searchPath: (scope, kind) => lookupFolders(engine, scope, kind),
    readFile: readTrusted,
    now: () => new Date(around.now()),
    random: around.random,
  });
  const extraVars = parseExtraVars(options.extraVars, cwd, decrypt);
  const folder = playbookFolders[0] ?? resolve(cwd, options.playbookFolder ?? ".");
  const root = projectRoot(folder);
  const inventory = await loadInventory(sourcesOf(options, cwd), {
    cwd,
    env,
    warn,
    decrypt,
    strict: options.inventory.length > 0 || config.get("inventory_any_unparsed_is_failed"),
    ignorePatterns: config.get("inventory_ignore_patterns"),
    ignoreExtensions: config.get("inventory_ignore_extensions"),
    evaluate: (expression, variables) => engine.expression(expression, mapScope(variables)),
  });
  const load = cachedLoader((path) => loadVarsFile(path, decrypt, warn));
  const inventoryFolders = baseDirsOf(inventory.sources);
  const playbookDirs = playbookFolders.length > 0 ? [...new Set(playbookFolders)] : [folder];
  const rootDirs = [root].filter((path) => !playbookDirs.includes(path) && !inventoryFolders.includes(path));
  const store = new VariableStore(
    inventory,
    {
      inventory: inventoryFolders,
      playbook: playbookDirs.filter((path) => !inventoryFolders.includes(path)),
      root: rootDirs,
    },
    load,
    extraVars,
    {
      injectFacts: config.get("inject_facts_as_vars"),
      ...(config.get("hash_behaviour") === "merge" ? { combine: merged } : {}),
      cache: factCacheOf(config, around),
    },
  );
  return {
    inventory,
    store,
    engine,
    readTrusted,
    readControllerFile: async (path, read) => {
      const content = await readFile(path);
      return read?.decrypt !== false && isVaulted(content)
        ? decrypt(content, { file: path, line: 1, column: 1 })
        : content;
    },
    isVaulted: async (path) => isVaulted(readOrFail(path).subarray(0, 64)),
    root,
  };
}

function factCacheOf(config: Config, { now, warn }: Surroundings): FactCache | undefined {
  if (!config.get("fact_caching").endsWith("jsonfile")) return undefined;
  const folder = config.get("fact_caching_connection");
  if (folder === undefined)
    return fail("config-value", "fact_caching = jsonfile needs the folder of the files", {
      hint: "set fact_caching_connection to it",
    });
  return factFiles({
    folder,
    prefix: config.get("fact_caching_prefix"),
    timeout: config.get("fact_caching_timeout"),
    now,
    warn: (message) => warn({ code: "fact-cache", message }),
  });
}

function readOrFail(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      throw new Failure({ code: "file-not-found", message: `there is no file ${path}` }, { cause: error });
    throw new Failure(
      { code: "file-unreadable", message: `${path} cannot be read: ${code ?? String(error)}` },
      { cause: error },
    );
  }
}

function sourcesOf(options: SourceOptions, cwd: string): string[] {
  const configured = options.inventory.length > 0 ? options.inventory : options.config.get("inventory");
  return configured.map((source) => (source.includes(",") ? source : resolve(cwd, source)));
}

/** The folder with package.json, ansible.cfg or .git nearest above `folder`; `folder` itself if there is none. */
function projectRoot(folder: string): string {
  for (let current = folder; ; current = dirname(current)) {
    if (["package.json", "ansible.cfg", ".git"].some((name) => existsSync(join(current, name)))) return current;
    if (dirname(current) === current) return folder;
  }
}

/** Where lookups search: the task's search path, each folder with and without the kind. */
function lookupFolders(engine: TemplateEngine, scope: Scope, kind: "files" | "templates" | "vars"): string[] {
  const path = scope.get("ansible_search_path");
  const folders = path === undefined ? undefined : engine.resolve(path, scope);
  const base = Array.isArray(folders) ? folders.map(String) : [String(scope.get("playbook_dir") ?? ".")];
  return base.flatMap((folder) => [join(folder, kind), folder]);
}

function mapScope(values: ReadonlyMap<string, Value>): Scope {
  return { get: (name) => values.get(name), names: () => values.keys() };
}

/** Variable files are read once a run, whatever number of hosts uses them. */
function cachedLoader(load: (path: string) => Variables) {
  const files = new Map<string, Variables>();
  const found = new Map<string, readonly string[]>();
  return (folders: readonly string[], kind: "group_vars" | "host_vars", name: string): Variables[] => {
    const key = `${kind}/${name} ${folders.join(":")}`;
    let paths = found.get(key);
    if (!paths) {
      paths = varsFilesFor(folders, kind, name);
      found.set(key, paths);
    }
    return paths.map((path) => {
      let variables = files.get(path);
      if (!variables) {
        variables = load(path);
        files.set(path, variables);
      }
      return variables;
    });
  };
}
