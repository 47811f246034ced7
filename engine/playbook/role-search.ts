// Finds a role's folder by name, in Ansible's order.

import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { didYouMean } from "../core/nearest.ts";
import { fail, type Origin } from "../core/problem.ts";
import type { Parent } from "./model.ts";
import type { Loading } from "./options.ts";
import { playFileOf, rolesAround } from "./parents.ts";

/** The folders in which a role used at `parent` is looked for, best first. `basedir`: of an including file. */
export function roleFolders(parent: Parent, loading: Loading, basedir?: string): string[] {
  const { options } = loading;
  const playFile = playFileOf(parent);
  const playFolder = playFile === undefined ? undefined : dirname(playFile);
  const folders = [
    ...(playFolder === undefined ? [] : [join(playFolder, "roles")]),
    ...options.rolesPath,
    ...rolesAround(parent).map(({ path }) => dirname(path)),
    ...(playFolder === undefined ? [] : [playFolder]),
    ...(basedir === undefined ? [] : [basedir]),
    join(options.projectRoot, "roles"),
  ];
  return [...new Set(folders.map((folder) => resolve(folder)))];
}

/** The role's folder. Failure `role-not-found` with all folders that were searched. */
export function findRole(name: string, origin: Origin, folders: readonly string[], loading: Loading): string {
  const { files } = loading;
  const candidates = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  const found = candidates.find((path) => files.isFolder(path));
  if (found !== undefined) return resolve(found);
  const isQualified = /^\w+\.\w+(\.\w+)+$/.test(name);
  const neighbours = folders.filter((folder) => /roles$/.test(folder)).flatMap((folder) => files.folders(folder));
  return fail("role-not-found", `the role '${name}' was not found in ${folders.join(", ")}`, {
    origin,
    hint: isQualified
      ? "roles of collections are not looked up: put the role's folder into one of these folders and use its plain name"
      : (didYouMean(name, neighbours) ??
        `make the folder ${join(folders[0] ?? "roles", basename(name))}, or set roles_path`),
  });
}
