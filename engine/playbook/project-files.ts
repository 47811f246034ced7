// The controller's files as the loader of playbooks sees them: parsed once, bounded in size, looked for by name.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fail, type Origin, type Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Document, Node } from "../text/node.ts";
import { loadYaml } from "../text/yaml.ts";
import { isNull, mappingOf, variablesOf } from "./nodes.ts";

/** Largest file of a playbook, role or its variables, in bytes. */
const LARGEST = 10 * 1024 * 1024;

/** Endings tried for names without one, in Ansible's order. */
const ENDINGS: readonly string[] = [".yml", ".yaml", ".json", ""];

export class ProjectFiles {
  readonly #read: (path: string) => Buffer | string;
  readonly #warn: (problem: Problem) => void;
  readonly #documents = new Map<string, Document>();

  constructor(read: ((path: string) => Buffer | string) | undefined, warn: (problem: Problem) => void) {
    this.#read = read ?? ((path) => readFileSync(path));
    this.#warn = warn;
  }

  isFile(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  }

  isFolder(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** The parsed file; undefined root if it is empty. Failures `file-…` and `yaml-…`. `origin`: where it was asked for. */
  document(path: string, origin?: Origin): Document {
    const known = this.#documents.get(path);
    if (known) return known;
    const document = loadYaml(this.#text(path, origin), path);
    for (const warning of document.warnings) this.#warn(warning);
    this.#documents.set(path, document);
    return document;
  }

  /** The file's content; undefined if the file is empty or holds only null. */
  root(path: string, origin?: Origin): Node | undefined {
    const { root } = this.document(path, origin);
    return root && !isNull(root) ? root : undefined;
  }

  /** A file of variables; empty files are empty maps. */
  variables(path: string, origin?: Origin): Map<string, Value> {
    const root = this.root(path, origin);
    return root ? variablesOf(mappingOf(root, "a file of variables", "write `name: value` lines")) : new Map();
  }

  /** The file `name` in `folder`, tried with the usual endings (`main` → main.yml …). */
  named(folder: string, name: string): string | undefined {
    const path = isAbsolute(name) ? name : resolve(folder, name);
    return ENDINGS.map((ending) => path + ending).find((candidate) => this.isFile(candidate));
  }

  /** Names of the folders in a folder; none if it does not exist. */
  folders(folder: string): string[] {
    if (!this.isFolder(folder)) return [];
    return readdirSync(folder).filter((name) => this.isFolder(join(folder, name)));
  }

  /** Names in a folder; none if it does not exist. */
  names(folder: string): string[] {
    return this.isFolder(folder) ? readdirSync(folder) : [];
  }

  /** All files of variables below a folder, sorted, hidden ones and backups left out. */
  below(folder: string): string[] {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith(".") && !name.endsWith("~"))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ name }) => {
        const path = join(folder, name);
        if (this.isFolder(path)) return this.below(path);
        return /\.(ya?ml|json)$/.test(name) || !name.includes(".") ? [path] : [];
      });
  }

  #text(path: string, origin: Origin | undefined): string {
    const where = origin ? { origin } : {};
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) return fail("file-not-found", `${path} is a folder, not a file`, where);
    if (found && found.size > LARGEST)
      return fail("file-too-big", `${path} has ${found.size} bytes; the most that is read is ${LARGEST}`, where);
    try {
      const content = this.#read(path);
      return typeof content === "string" ? content : content.toString("utf8");
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT") return fail("file-not-found", `there is no file ${path}`, where);
      if (code === "EACCES") return fail("file-not-readable", `the file ${path} may not be read`, where);
      throw error;
    }
  }
}
