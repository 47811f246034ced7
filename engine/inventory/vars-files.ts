// Variables beside inventories and playbooks: which files of group_vars/ and host_vars/ belong to a name, and
// reading one, vaulted files included. Which of them wins over which is vars/'s business.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { textOf } from "../core/bytes.ts";
import { fail, type Origin, type Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { nodeValue } from "../text/templates.ts";
import { isVaulted } from "../text/vault.ts";
import { loadJsonOrYaml } from "../text/yaml.ts";
import type { Variables } from "./inventory.ts";

const EXTENSIONS = [".yml", ".yaml", ".json"];

/** Decrypts a vaulted file; throws Failure `vault-…`. */
export type Decrypt = (content: Buffer, origin: Origin) => Buffer | string;

/** The folders in which group_vars/ and host_vars/ of these inventory sources are looked for. */
export function baseDirsOf(sources: readonly string[]): string[] {
  return [...new Set(sources.map((source) => (isDirectory(source) ? source : dirname(source))))];
}

/**
 * The files that hold variables of a group or host, in the order in which they are read (later ones win): in each
 * base folder NAME, NAME.yml, NAME.yaml or NAME.json, the first that exists; a folder NAME gives all files in it.
 */
export function varsFilesFor(baseDirs: readonly string[], kind: "group_vars" | "host_vars", name: string): string[] {
  // A name with a slash would reach out of the folder.
  if (name.includes("/") || name === "." || name === "..") return [];
  return baseDirs.flatMap((base) => namedFiles(join(base, kind, name)));
}

/** The files for a path without extension, as `varsFilesFor` finds them (also `vars/main`, `defaults/main` of roles). */
function namedFiles(path: string): string[] {
  for (const extension of ["", ...EXTENSIONS]) {
    const candidate = `${path}${extension}`;
    if (isDirectory(candidate)) return filesIn(candidate);
    if (isFile(candidate)) return [candidate];
  }
  return [];
}

/**
 * The variables in a file, each with its place. Strings with template marks become Templates. Throws Failure if the
 * file cannot be read or is no mapping. `warn` is told of duplicate keys.
 */
export function loadVarsFile(path: string, decrypt?: Decrypt, warn?: (problem: Problem) => void): Variables {
  const start: Origin = { file: path, line: 1, column: 1 };
  const text = readPlain(path, start, decrypt);
  const values = new Map<string, Value>();
  const origins = new Map<string, Origin>();
  const { root, warnings } = loadJsonOrYaml(text, path);
  if (warn) warnings.forEach(warn);
  if (root === undefined || (root.kind === "scalar" && root.value === null)) return { values, origins };
  if (root.kind !== "mapping")
    return fail("vars-file-shape", "a file of variables holds a mapping of names to values", {
      origin: root.origin,
      hint: root.kind === "sequence" ? "write 'name: value' lines without dashes" : "write 'name: value'",
    });
  for (const { key, value } of root.entries) {
    if (typeof key.value !== "string")
      fail("vars-file-name", `a variable's name must be text, not ${key.source || "nothing"}`, {
        origin: key.origin,
        hint: "words such as yes, no, on and off mean true and false: put the name in quotes",
      });
    values.set(key.value, nodeValue(value, { trusted: true }));
    origins.set(key.value, key.origin);
  }
  return { values, origins };
}

function readPlain(path: string, origin: Origin, decrypt: Decrypt | undefined): string {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    return fail("vars-file-read", `the file of variables ${path} cannot be read: ${(error as Error).message}`);
  }
  if (!isVaulted(content)) return textOf(content);
  if (!decrypt)
    return fail("vault-no-password", "this file is vaulted, and no vault password was given", {
      origin,
      hint: "use --ask-vault-pass, --vault-password-file or --vault-id",
    });
  const plain = decrypt(content, origin);
  return typeof plain === "string" ? plain : textOf(plain);
}

/** Files of a folder of variables, sorted by name, folders without extension included, hidden and backup files not. */
function filesIn(directory: string): string[] {
  return readdirSync(directory)
    .sort()
    .filter((name) => !name.startsWith(".") && !name.endsWith("~"))
    .flatMap((name) => {
      const path = join(directory, name);
      const extension = extname(name);
      if (isDirectory(path)) return extension === "" ? filesIn(path) : [];
      return isFile(path) && (extension === "" || EXTENSIONS.includes(extension)) ? [path] : [];
    });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
