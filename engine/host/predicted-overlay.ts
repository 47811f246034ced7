// The paths of a host as predictions change them: a layer above the real file system, by resolved path. Pure.

import { isUnknown, type Unknown } from "../core/unknown.ts";
import type { FileType } from "./host.ts";
import type { PathPrediction } from "./prediction.ts";

/** A path as predicted so far. Fields that are absent are those of the real path, if that still shows. */
export interface PredictedPath {
  readonly type: FileType | "absent" | Unknown;
  readonly content?: PathPrediction["content"];
  readonly target?: string;
  readonly mode?: PathPrediction["mode"];
  readonly owner?: PathPrediction["owner"];
  readonly group?: PathPrediction["group"];
  readonly below?: Unknown;
  /** Nothing of the real path or of what is below it shows any more: it was removed, or replaced. */
  readonly hides: boolean;
}

/** What the overlay says of a path. */
export interface Look {
  /** Predicted for the path itself. */
  readonly entry: PredictedPath | undefined;
  /** The real path does not show. */
  readonly hidden: boolean;
  /** Cannot be told: something above the path is Unknown. */
  readonly unknown: Unknown | undefined;
}

export class Overlay {
  readonly #paths: Map<string, PredictedPath>;

  constructor(paths: ReadonlyMap<string, PredictedPath> = new Map()) {
    this.#paths = new Map(paths);
  }

  get size(): number {
    return this.#paths.size;
  }

  clone(): Overlay {
    return new Overlay(this.#paths);
  }

  /** All predicted paths below a folder (not the folder itself). */
  *below(folder: string): Iterable<readonly [string, PredictedPath]> {
    const prefix = folder === "/" ? "/" : `${folder}/`;
    for (const entry of this.#paths) if (entry[0] !== folder && entry[0].startsWith(prefix)) yield entry;
  }

  *all(): Iterable<readonly [string, PredictedPath]> {
    yield* this.#paths;
  }

  /** Takes up a prediction; `path` is resolved. Later ones win. */
  add(path: string, prediction: PathPrediction): void {
    const { type, content, target, mode, owner, group, below } = prediction;
    const before = this.#paths.get(path);
    if (type === "absent" || isUnknown(type)) {
      for (const [inner] of [...this.below(path)]) this.#paths.delete(inner);
      this.#paths.set(path, { type, hides: true });
      return;
    }
    const replaced =
      before !== undefined && (before.type === "absent" || isUnknown(before.type) || before.type !== type);
    const kept = replaced ? undefined : before;
    const beforeUnknown = before && isUnknown(before.type) ? before.type : undefined;
    this.#paths.set(path, {
      ...kept,
      type,
      ...(content === undefined ? {} : { content }),
      ...(target === undefined ? {} : { target }),
      ...(mode === undefined ? {} : { mode }),
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      ...(below === undefined ? (beforeUnknown && type === "directory" ? { below: beforeUnknown } : {}) : { below }),
      hides: replaced || (before?.hides ?? false),
    });
  }

  look(path: string): Look {
    const entry = this.#paths.get(path);
    let hidden = entry?.hides ?? false;
    for (const folder of foldersAbove(path)) {
      const above = this.#paths.get(folder);
      if (!above) continue;
      if (isUnknown(above.type)) return { entry, hidden: true, unknown: entry ? undefined : above.type };
      if (above.below && !entry) return { entry, hidden, unknown: above.below };
      if (above.type !== "directory" && above.type !== "link") hidden = true;
      if (above.hides) hidden = true;
    }
    return { entry, hidden, unknown: entry && isUnknown(entry.type) ? entry.type : undefined };
  }
}

/** All folders above a path, nearest first, the root last. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let folder = folderOf(path); ; folder = folderOf(folder)) {
    if (path === "/") return folders;
    folders.push(folder);
    if (folder === "/") return folders;
  }
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function join(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** The path without `//`, `.` and a slash at the end. `..` stays: what it means depends on links. */
export function tidy(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return `/${parts.join("/")}`;
}
