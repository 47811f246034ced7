// The controller's own files, for modules that send them to hosts. Reading decrypted content is the context's.

import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { lstat, readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fail } from "../core/problem.ts";
import type { HashName } from "../host/host.ts";

/** What a controller path is, links followed. Failure `file-not-found`. */
export async function controllerStat(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch {
    return fail("file-not-found", `Could not find or access '${path}' on the controller`);
  }
}

/** A controller file's checksum, streamed. */
export async function controllerChecksum(path: string, name: HashName = "sha1"): Promise<string> {
  const hash = createHash(name);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Something below a folder of the controller. */
export interface TreeEntry {
  /** Absolute path on the controller. */
  readonly path: string;
  /** Path below the folder. */
  readonly relative: string;
  readonly type: "file" | "directory" | "link";
  readonly mode: number;
  readonly target?: string;
}

/** Everything below a folder, parents before children. Without `follow`, links are entries of their own. */
export async function controllerTree(
  folder: string,
  options: { readonly follow: boolean },
  relative = "",
): Promise<TreeEntry[]> {
  if (relative.split("/").length > 100)
    fail("folder-loop", `${folder} is nested too deeply: a link may lead back into it`);
  const found: TreeEntry[] = [];
  for (const name of (await readdir(join(folder, relative))).sort()) {
    const below = relative === "" ? name : `${relative}/${name}`;
    const path = join(folder, below);
    const own = await lstat(path);
    if (own.isSymbolicLink() && !options.follow) {
      found.push({ path, relative: below, type: "link", mode: 0o777, target: await readlink(path) });
      continue;
    }
    const stats = own.isSymbolicLink() ? await controllerStat(path) : own;
    const type = stats.isDirectory() ? "directory" : "file";
    found.push({ path, relative: below, type, mode: stats.mode & 0o7777 });
    if (type === "directory") found.push(...(await controllerTree(folder, options, below)));
  }
  return found;
}
