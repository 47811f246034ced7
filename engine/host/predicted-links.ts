// Resolves the links in a path through predictions and the real host, so that one place has one name.

import { Undecided } from "../core/unknown.ts";
import { type Host, HostError, type Stat } from "./host.ts";
import { folderOf, foldersAbove, join, type Overlay, tidy } from "./predicted-overlay.ts";

/** As the system's own limit of links in a path. */
const MOST_LINKS = 40;

/** lstat of the real host, each path asked once in the life of this object (one read, or one round of predictions). */
export class RealPaths {
  readonly #host: Host;
  readonly #known = new Map<string, Promise<Stat | undefined>>();

  constructor(host: Host) {
    this.#host = host;
  }

  stat(path: string): Promise<Stat | undefined> {
    let known = this.#known.get(path);
    if (!known) {
      known = this.#host.stat(path).catch((error: unknown) => {
        // Where we may not look, no link can be followed either.
        if (error instanceof HostError && error.errno !== undefined) return undefined;
        throw error;
      });
      this.#known.set(path, known);
    }
    return known;
  }

  /** Asks for all of them in one message. */
  async ahead(paths: Iterable<string>): Promise<void> {
    await Promise.all([...paths].map((path) => this.stat(path)));
  }
}

/**
 * The path with the links in its folders resolved, and with `follow` those at its end too. Throws Undecided when a folder on the
 * way is Unknown. Undefined: links in a circle.
 */
export async function resolveLinks(
  path: string,
  overlay: Overlay,
  real: RealPaths,
  options: { readonly follow?: boolean } = {},
): Promise<string | undefined> {
  let rest = parts(path);
  let current = "/";
  let links = 0;
  await real.ahead(needed(tidy(path), options.follow === true).filter((folder) => !overlay.look(folder).hidden));
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === "..") {
      current = folderOf(current);
      continue;
    }
    const next = join(current, part);
    const isLast = rest.length === 0;
    const target = isLast && options.follow !== true ? undefined : await linkTarget(next, overlay, real);
    if (target === undefined) {
      current = next;
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) return undefined;
    rest = [...parts(target), ...rest];
    if (target.startsWith("/")) current = "/";
  }
  return current;
}

async function linkTarget(path: string, overlay: Overlay, real: RealPaths): Promise<string | undefined> {
  const { entry, hidden, unknown } = overlay.look(path);
  if (unknown) throw new Undecided(unknown);
  if (entry?.type === "link" && entry.target !== undefined) return entry.target;
  if (hidden || (entry && entry.type !== "link")) return undefined;
  const stat = await real.stat(path);
  return stat?.type === "link" ? stat.target : undefined;
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function needed(path: string, follow: boolean): string[] {
  const folders = foldersAbove(path).filter((folder) => folder !== "/");
  return follow ? [...folders, path] : folders;
}
