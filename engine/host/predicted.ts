// A host as it would be: reads go to the real host, then through what earlier tasks of a dry run predicted. What cannot be
// told throws Undecided with the reason. Nothing is ever changed: a verb that would is a bug of the caller.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { isUnknown, Undecided } from "../core/unknown.ts";
import {
  type Become,
  type Entry,
  type Host,
  HostError,
  type RunRequest,
  type RunResult,
  type Stat,
  type StatOptions,
  type WalkOptions,
} from "./host.ts";
import { globBase, globExpression } from "./predicted-glob.ts";
import { RealPaths, resolveLinks } from "./predicted-links.ts";
import { predictedGetent } from "./predicted-names.ts";
import { foldersAbove, nameOf, type Overlay, type PredictedPath, tidy } from "./predicted-overlay.ts";
import { ComesWithPackage, packageBringing } from "./predicted-packages.ts";
import { contentOf, type PresentPath, predictedStat } from "./predicted-stat.ts";
import type { PredictionStore } from "./predicted-store.ts";
import { checkSubjects } from "./predicted-subjects.ts";

export { ComesWithPackage } from "./predicted-packages.ts";
export { PredictionStore } from "./predicted-store.ts";

/** Most bytes that `read` gives unless told otherwise, and entries that `walk` gives. */
const READ_LIMIT = 64 * 1024 * 1024;
const WALK_LIMIT = 200_000;

/** The host read through the store's predictions. `now`: seconds since the epoch, for the times of what does not exist yet. */
export function createPredictedHost(
  real: Host,
  store: PredictionStore,
  now: () => number = () => Date.now() / 1000,
): Host {
  return new PredictedHost(real, real, store, real.user, now);
}

class PredictedHost implements Host {
  readonly name: string;
  readonly user: string;
  readonly #real: Host;
  /** Reads where `user` does not exist yet. */
  readonly #fallback: Host;
  readonly #store: PredictionStore;
  readonly #now: () => number;
  readonly #users = new WeakMap<Host, Host>();

  constructor(real: Host, fallback: Host, store: PredictionStore, user: string, now: () => number) {
    this.name = real.name;
    this.user = user;
    this.#real = real;
    this.#fallback = fallback;
    this.#store = store;
    this.#now = now;
  }

  async stat(path: string, options: StatOptions = {}): Promise<Stat | undefined> {
    const real = await this.#reader();
    if (this.#store.knowsNoPath) return (await real.stat(path, options)) ?? this.#missing(path, real);
    const overlay = await this.#store.overlay(real);
    const place = await resolveLinks(path, overlay, new RealPaths(real), { follow: options.follow === true });
    return place === undefined ? undefined : this.#statAt(place, overlay, real, options);
  }

  async read(path: string, options: { readonly limit?: number } = {}): Promise<Buffer> {
    const real = await this.#reader();
    if (this.#store.knowsNoPath) return this.#readReal(path, real, options);
    const overlay = await this.#store.overlay(real);
    const place = await resolveLinks(path, overlay, new RealPaths(real), { follow: true });
    if (place === undefined) throw failure("ELOOP", path);
    const { entry, hidden, unknown } = overlay.look(place);
    if (unknown) throw new Undecided(unknown);
    if (entry?.type === "absent" || (!entry && hidden)) return this.#readMissing(place, real);
    if (!entry) return this.#readReal(place, real, options);
    if (entry.type === "directory") throw failure("EISDIR", path);
    const content = contentOf(entry);
    if (content) {
      if (content.length > (options.limit ?? READ_LIMIT)) throw failure("EFBIG", path);
      return content;
    }
    if (hidden) throw new Undecided(`the content of ${path}`);
    const found = await real.stat(place);
    if (found?.type !== entry.type) throw new Undecided(`the content of ${path}`);
    return real.read(place, options);
  }

  async walk(path: string, options: WalkOptions = {}): Promise<Entry[]> {
    const real = await this.#reader();
    if (this.#store.knowsNoPath) {
      try {
        return await real.walk(path, options);
      } catch (error) {
        if (error instanceof HostError && error.errno === "ENOENT") await this.#missing(path, real);
        throw error;
      }
    }
    const overlay = await this.#store.overlay(real);
    const links = new RealPaths(real);
    const place = await resolveLinks(path, overlay, links, { follow: true });
    const base = place === undefined ? undefined : await this.#statAt(place, overlay, real, {});
    if (place === undefined || !base) throw failure("ENOENT", path);
    if (base.type !== "directory") throw failure("ENOTDIR", path);
    const { entry, hidden } = overlay.look(place);
    if (entry?.below) throw new Undecided(entry.below);
    const shown = (inner: string): string => (place === "/" ? inner : tidy(path) + inner.slice(place.length));
    const entries = new Map<string, Entry>();
    const isReal = !hidden && (await real.stat(place))?.type === "directory";
    for (const found of isReal ? await real.walk(place, options) : []) {
      const look = overlay.look(found.path);
      if (!look.entry && !look.hidden && !look.unknown) entries.set(found.path, { ...found, path: shown(found.path) });
    }
    for (const [inner, predicted] of overlay.below(place)) {
      if (isUnknown(predicted.type)) throw new Undecided(predicted.type);
      const depth = inner
        .slice(place.length)
        .split("/")
        .filter((part) => part !== "").length;
      if (options.depth !== undefined && depth > options.depth) continue;
      if (predicted.below && (options.depth === undefined || depth < options.depth))
        throw new Undecided(predicted.below);
      const stat = await this.#statAt(inner, overlay, real, options.checksum ? { checksum: options.checksum } : {});
      if (stat) entries.set(inner, { name: nameOf(inner), path: shown(inner), stat });
    }
    if (entries.size > (options.limit ?? WALK_LIMIT)) throw failure("E2BIG", path);
    return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  async glob(pattern: string): Promise<string[]> {
    const real = await this.#reader();
    const base = globBase(pattern);
    if (this.#store.knowsNoPath) {
      const found = await real.glob(pattern);
      if (found.length === 0 && !(await real.stat(base))) await this.#missing(base, real);
      return found;
    }
    const overlay = await this.#store.overlay(real);
    const folder = await resolveLinks(base, overlay, new RealPaths(real), { follow: true });
    if (folder === undefined) return [];
    const { unknown, entry } = overlay.look(folder);
    if (unknown) throw new Undecided(unknown);
    if (entry?.below) throw new Undecided(entry.below);
    const rest = pattern.slice(base === "/" ? 0 : base.length);
    const expression = globExpression(folder === "/" ? rest : folder + rest);
    const outside = (inner: string): string =>
      folder === "/" ? inner : (base === "/" ? "" : base) + inner.slice(folder.length);
    const matches = new Set<string>();
    for (const found of await real.glob(pattern)) {
      const place = await resolveLinks(found, overlay, new RealPaths(real));
      if (place !== undefined && (await this.#statAt(place, overlay, real, {}))) matches.add(found);
    }
    for (const [inner, predicted] of overlay.below(folder)) {
      if (predicted.type === "absent" || !expression.test(inner)) continue;
      if (isUnknown(predicted.type)) throw new Undecided(predicted.type);
      matches.add(outside(inner));
    }
    if (matches.size === 0) await this.#statAt(folder, overlay, real, {});
    return [...matches].sort();
  }

  async realpath(path: string): Promise<string | undefined> {
    const real = await this.#reader();
    if (this.#store.knowsNoPath) return (await real.realpath(path)) ?? (await this.#missing(path, real));
    const overlay = await this.#store.overlay(real);
    const place = await resolveLinks(path, overlay, new RealPaths(real), { follow: true });
    if (place === undefined) return undefined;
    return (await this.#statAt(place, overlay, real, {})) ? place : undefined;
  }

  async getent(database: string, key?: string): Promise<readonly (readonly string[])[] | undefined> {
    return predictedGetent(await this.#reader(), this.#store, database, key);
  }

  async run(request: RunRequest): Promise<RunResult> {
    if (request.reads !== true) return this.#refuse("run a command that does not only read");
    const real = await this.#reader();
    if (real === this.#fallback && this.user !== real.user)
      throw new Undecided(`what ${this.user} would see, a user that an earlier task makes`);
    checkSubjects(request, this.#store, await this.#store.overlay(real));
    return real.run(request);
  }

  async download(path: string, localPath: string): Promise<{ readonly size: number; readonly sha1: string }> {
    const real = await this.#reader();
    if (this.#store.knowsNoPath) return real.download(path, localPath);
    const overlay = await this.#store.overlay(real);
    const place = await resolveLinks(path, overlay, new RealPaths(real), { follow: true });
    const look = place === undefined ? undefined : overlay.look(place);
    if (place !== undefined && look && !look.entry && !look.hidden && !look.unknown)
      return real.download(place, localPath);
    const content = await this.read(path);
    writeFileSync(localPath, content);
    return { size: content.length, sha1: createHash("sha1").update(content).digest("hex") };
  }

  as(become: Become | undefined): Host {
    const real = this.#real.as(become);
    // One for each user: what is remembered by host (packages …) must find the same one again.
    const known = this.#users.get(real);
    if (known) return known;
    const host = new PredictedHost(real, this.#fallback, this.#store, become?.user ?? real.user, this.#now);
    this.#users.set(real, host);
    return host;
  }

  write(path: string): Promise<void> {
    return this.#refuse(`write ${path}`);
  }
  copy(_source: string, path: string): Promise<void> {
    return this.#refuse(`write ${path}`);
  }
  rename(from: string): Promise<void> {
    return this.#refuse(`rename ${from}`);
  }
  remove(path: string): Promise<void> {
    return this.#refuse(`remove ${path}`);
  }
  makeDirectory(path: string): Promise<void> {
    return this.#refuse(`make the folder ${path}`);
  }
  link(_kind: "symbolic" | "hard", _target: string, path: string): Promise<void> {
    return this.#refuse(`link ${path}`);
  }
  setAttributes(path: string): Promise<void> {
    return this.#refuse(`change ${path}`);
  }
  temporary(): Promise<string> {
    return this.#refuse("make a temporary file");
  }
  upload(_localPath: string, path: string): Promise<void> {
    return this.#refuse(`write ${path}`);
  }

  /** A dry run must change nothing: reaching this is a bug of ours, not of the user. */
  #refuse(what: string): Promise<never> {
    return Promise.reject(new Error(`a dry run was about to ${what} on ${this.name}`));
  }

  /** The real host as this user; a user that is only predicted is read for by the one who connects. */
  async #reader(): Promise<Host> {
    if (this.#real === this.#fallback) return this.#real;
    const isPredicted = this.#store.of("user").some(({ name, exists }) => exists && name === this.user);
    if (!isPredicted) return this.#real;
    return (await this.#fallback.getent("passwd", this.user)) ? this.#real : this.#fallback;
  }

  /** The stat of a resolved path. */
  async #statAt(place: string, overlay: Overlay, real: Host, options: StatOptions): Promise<Stat | undefined> {
    const { entry, hidden, unknown } = overlay.look(place);
    if (unknown) throw new Undecided(unknown);
    const checksum = options.checksum === undefined ? {} : { checksum: options.checksum };
    const wantsReal = !hidden && entry?.type !== "absent";
    // Content that was predicted needs no hash of the old one.
    const found = wantsReal ? await real.stat(place, entry?.content === undefined ? checksum : {}) : undefined;
    if (!entry) return found ?? this.#missing(place, real, overlay);
    const present = presentOf(entry);
    if (!present) return undefined;
    return predictedStat({
      path: place,
      entry: present,
      real: found?.type === entry.type ? found : undefined,
      user: this.user,
      getent: (database, key) => predictedGetent(real, this.#store, database, key),
      now: this.#now(),
      ...checksum,
    });
  }

  /** Undefined for a path that is not there; Undecided if a predicted package may bring it. */
  async #missing(path: string, real: Host, overlay?: Overlay): Promise<undefined> {
    if (this.#store.of("package").length === 0) return undefined;
    const place = tidy(path);
    const folders = foldersAbove(place).filter((folder) => folder !== "/");
    const present = await Promise.all(
      folders.map(async (folder) => {
        const look = overlay?.look(folder);
        if (look?.entry) return look.entry.type !== "absent";
        return !look?.hidden && (await real.stat(folder)) !== undefined;
      }),
    );
    // Folders are nearest first: the parts below the nearest one that is there are those that are missing.
    const nearest = present.indexOf(true);
    const above = nearest < 0 ? "/" : (folders[nearest] ?? "/");
    const missing = place.slice(above === "/" ? 1 : above.length + 1).split("/");
    const bringing = packageBringing(place, missing, this.#store);
    if (bringing !== undefined) throw new ComesWithPackage(bringing, path);
    return undefined;
  }

  async #readReal(path: string, real: Host, options: { readonly limit?: number }): Promise<Buffer> {
    try {
      return await real.read(path, options);
    } catch (error) {
      if (error instanceof HostError && error.errno === "ENOENT") await this.#missing(path, real);
      throw error;
    }
  }

  async #readMissing(path: string, real: Host): Promise<never> {
    await this.#missing(path, real);
    throw failure("ENOENT", path);
  }
}

function presentOf(entry: PredictedPath): PresentPath | undefined {
  const { type } = entry;
  return type === "absent" || isUnknown(type) ? undefined : { ...entry, type };
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
  EFBIG: "the file is larger than allowed",
  ELOOP: "too many symbolic links",
  E2BIG: "too much",
};

function failure(errno: string, path: string): HostError {
  return new HostError(
    { code: `host-${errno.toLowerCase()}`, message: `cannot read ${path}: ${SENTENCES[errno] ?? errno}` },
    { errno, path },
  );
}
