// Roles as their folders hold them: defaults, vars and meta. Each role is read once for each choice of files.

import { basename, join } from "node:path";
import { fail, type Origin } from "../core/problem.ts";
import type { Value, ValueMap } from "../core/value.ts";
import type { MappingNode, Node } from "../text/node.ts";
import { checkType } from "./keyword-values.ts";
import type { Role, RoleReference } from "./model.ts";
import { entryOf, isNull, listOf, mappingOf, trusted } from "./nodes.ts";
import { warnOfOwnCode } from "./own-code.ts";
import type { ProblemList } from "./problem-list.ts";
import type { ProjectFiles } from "./project-files.ts";
import { readRoleReference } from "./role-reference.ts";

/** Which of a role's files to use; absent: `main`. */
export interface RoleFiles {
  readonly tasksFrom?: string;
  readonly varsFrom?: string;
  readonly defaultsFrom?: string;
  readonly handlersFrom?: string;
}

interface Meta {
  readonly allowDuplicates: boolean;
  readonly dependencies: readonly RoleReference[];
  readonly argumentSpecs: ReadonlyMap<string, ValueMap>;
}

export class RoleLibrary {
  readonly #files: ProjectFiles;
  readonly #roles = new Map<string, Role>();
  readonly #metas = new Map<string, Meta>();

  constructor(files: ProjectFiles) {
    this.#files = files;
  }

  /** The role in a folder. Problems of its meta go to the list; files that are asked for and missing throw Failure. */
  role(path: string, from: RoleFiles, problems: ProblemList, origin: Origin): Role {
    const key = JSON.stringify([path, from.varsFrom, from.defaultsFrom]);
    const known = this.#roles.get(key);
    if (known) return known;
    warnOfOwnCode(path, this.#files, problems);
    const role: Role = {
      name: basename(path),
      path,
      defaults: this.#variables(path, "defaults", from.defaultsFrom, origin),
      vars: this.#variables(path, "vars", from.varsFrom, origin),
      ...this.#meta(path, problems),
    };
    this.#roles.set(key, role);
    return role;
  }

  /** The file of a role's tasks or handlers; undefined if there is no main. Failure `role-file` for another name. */
  taskFile(role: Role, kind: "tasks" | "handlers", from: string | undefined, origin: Origin): string | undefined {
    const folder = join(role.path, kind);
    const file = this.#files.named(folder, from ?? "main");
    if (file === undefined && from !== undefined) missing(role.name, kind, from, origin);
    return file;
  }

  #variables(path: string, kind: "defaults" | "vars", from: string | undefined, origin: Origin): Map<string, Value> {
    const folder = join(path, kind);
    const name = from ?? "main";
    const file = this.#files.named(folder, name);
    if (file !== undefined) return this.#files.variables(file, origin);
    if (this.#files.isFolder(join(folder, name))) {
      const all = new Map<string, Value>();
      for (const part of this.#files.below(join(folder, name)))
        for (const [variable, value] of this.#files.variables(part, origin)) all.set(variable, value);
      return all;
    }
    if (from !== undefined) missing(basename(path), kind, from, origin);
    return new Map();
  }

  #meta(path: string, problems: ProblemList): Meta {
    const known = this.#metas.get(path);
    if (known) return known;
    const meta = problems.attempt(() => this.#readMeta(path, problems)) ?? NO_META;
    this.#metas.set(path, meta);
    return meta;
  }

  #readMeta(path: string, problems: ProblemList): Meta {
    const file = this.#files.named(join(path, "meta"), "main");
    const root = file === undefined ? undefined : this.#files.root(file);
    const main = root ? mappingOf(root, "a role's meta/main.yml") : undefined;
    const specFile = this.#files.named(join(path, "meta"), "argument_specs");
    const specRoot = specFile === undefined ? undefined : this.#files.root(specFile);
    const specs = specRoot ? mappingOf(specRoot, "a role's meta/argument_specs.yml") : main;
    return {
      allowDuplicates: main ? booleanIn(main, "allow_duplicates") : false,
      dependencies: main ? dependenciesIn(main, problems) : [],
      argumentSpecs: specs ? specsIn(specs) : new Map(),
    };
  }
}

const NO_META: Meta = { allowDuplicates: false, dependencies: [], argumentSpecs: new Map() };

function booleanIn(meta: MappingNode, name: string): boolean {
  const entry = entryOf(meta, name);
  if (!entry) return false;
  checkType(entry.value, "boolean", `'${name}'`);
  return entry.value.kind === "scalar" && /^(true|yes|on|1|y|t)$/i.test(entry.value.source);
}

function dependenciesIn(meta: MappingNode, problems: ProblemList): RoleReference[] {
  const entry = entryOf(meta, "dependencies");
  if (!entry || isNull(entry.value)) return [];
  return listOf(entry.value, "'dependencies'").items.flatMap((item) => {
    const reference = problems.attempt(() => readRoleReference(item, "a dependency", problems));
    return reference ? [reference] : [];
  });
}

function specsIn(meta: MappingNode): Map<string, ValueMap> {
  const entry = entryOf(meta, "argument_specs");
  if (!entry || isNull(entry.value)) return new Map();
  const specs = new Map<string, ValueMap>();
  for (const { key, value } of mappingOf(entry.value, "'argument_specs'").entries) {
    const spec = specOf(value);
    if (spec) specs.set(String(key.value), spec);
  }
  return specs;
}

function specOf(node: Node): ValueMap | undefined {
  if (isNull(node)) return undefined;
  const value = trusted(mappingOf(node, "an entry of 'argument_specs'"));
  return value instanceof Map ? value : undefined;
}

function missing(role: string, kind: string, from: string, origin: Origin): never {
  return fail("role-file", `the role '${role}' has no file '${kind}/${from}'`, { origin });
}
