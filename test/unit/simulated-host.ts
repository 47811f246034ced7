// A host in memory: folders, files, links, owners, users and scripted commands, with every verb counted and any
// one of them made to fail. For tests of modules, facts and the runner.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { bytesOf } from "../../engine/core/bytes.ts";
import type {
  Attributes,
  Become,
  Content,
  Entry,
  FileType,
  Host,
  RunRequest,
  RunResult,
  Stat,
  StatOptions,
  WalkOptions,
  WriteOptions,
} from "../../engine/host/host.ts";
import { HostError } from "../../engine/host/host.ts";

interface Inode {
  type: FileType;
  content: Buffer;
  target?: string;
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  atime: number;
  ctime: number;
  number: number;
}

/** A file or folder to begin with: text is a file's content. */
export type Seed =
  | string
  | Buffer
  | {
      content?: string | Buffer;
      type?: FileType;
      target?: string;
      mode?: number;
      owner?: string;
      group?: string;
      mtime?: number;
    };

/** What a scripted command answers. */
export interface Answer {
  code?: number;
  stdout?: string | Buffer;
  stderr?: string;
}
type Matcher = string | RegExp | ((request: RunRequest) => boolean);
type Reply = Answer | ((request: RunRequest, host: SimulatedHost) => Answer | Promise<Answer>);

export interface SimulatedOptions {
  name?: string;
  user?: string;
  files?: Readonly<Record<string, Seed>>;
  users?: Readonly<Record<string, { uid: number; gid?: number; home?: string; shell?: string; comment?: string }>>;
  groups?: Readonly<Record<string, { gid: number; members?: readonly string[] }>>;
}

const BASE = ["/", "/etc", "/tmp", "/root", "/usr", "/usr/bin", "/var", "/home", "/opt", "/srv", "/var/lib"];

export class SimulatedHost implements Host {
  readonly name: string;
  readonly user: string;
  /** Path → what is there. Hard links share one inode. */
  readonly inodes = new Map<string, Inode>();
  readonly users = new Map<string, string[]>();
  readonly groups = new Map<string, string[]>();
  /** How often each verb was called. */
  readonly counts: Record<string, number> = {};
  /** Every command that ran: its argv joined by spaces, or its script. */
  readonly commands: string[] = [];
  readonly requests: RunRequest[] = [];
  /** Every verb called, as `verb path`, in order. */
  readonly log: string[] = [];
  time = 1_700_000_000;
  umask = 0o022;
  #replies: { match: Matcher; reply: Reply }[] = [];
  #serial = 100;
  #calls = 0;
  #failure: { at: number; when: "before" | "after"; only?: (verb: string) => boolean } | undefined;

  constructor(options: SimulatedOptions = {}) {
    this.name = options.name ?? "sim";
    this.user = options.user ?? "root";
    for (const path of BASE)
      this.#put(path, "directory", { mode: path === "/tmp" ? 0o1777 : path === "/root" ? 0o700 : 0o755 });
    this.addGroup("root", 0);
    this.addUser("root", 0, { home: "/root", gid: 0 });
    for (const [name, group] of Object.entries(options.groups ?? {})) this.addGroup(name, group.gid, group.members);
    for (const [name, user] of Object.entries(options.users ?? {})) this.addUser(name, user.uid, user);
    for (const [path, seed] of Object.entries(options.files ?? {})) this.seed(path, seed);
  }

  addUser(
    name: string,
    uid: number,
    more: { gid?: number; home?: string; shell?: string; comment?: string } = {},
  ): void {
    const gid = more.gid ?? uid;
    this.users.set(name, [
      name,
      "x",
      String(uid),
      String(gid),
      more.comment ?? "",
      more.home ?? `/home/${name}`,
      more.shell ?? "/bin/sh",
    ]);
    if (![...this.groups.values()].some((group) => group[2] === String(gid))) this.addGroup(name, gid);
  }
  addGroup(name: string, gid: number, members: readonly string[] = []): void {
    this.groups.set(name, [name, "x", String(gid), members.join(",")]);
  }

  /** Puts something at a path, parents included. */
  seed(path: string, seed: Seed): void {
    const parts = path.split("/").slice(1, -1);
    parts.forEach((_, index) => {
      const parent = `/${parts.slice(0, index + 1).join("/")}`;
      if (!this.inodes.has(parent)) this.#put(parent, "directory", { mode: 0o755 });
    });
    const given = typeof seed === "string" || Buffer.isBuffer(seed) ? { content: seed } : seed;
    const type = given.type ?? (given.target !== undefined ? "link" : "file");
    const inode = this.#put(path, type, {
      mode: given.mode ?? (type === "directory" ? 0o755 : type === "link" ? 0o777 : 0o644),
    });
    inode.content = Buffer.isBuffer(given.content) ? given.content : bytesOf(given.content ?? "");
    if (given.target !== undefined) inode.target = given.target;
    if (given.mtime !== undefined) inode.mtime = given.mtime;
    inode.uid = this.#uid(given.owner) ?? 0;
    inode.gid = this.#gid(given.group) ?? 0;
  }

  /** Scripts a command: exact text of `argv.join(" ")` or of the script, a pattern on it, or a test. Later ones win. */
  onRun(match: Matcher, reply: Reply = {}): this {
    this.#replies.unshift({ match, reply });
    return this;
  }

  /** The n-th verb from now (1 is the next) fails, before it acts or after (the answer is lost). */
  failVerb(n: number, when: "before" | "after" = "before", only?: (verb: string) => boolean): void {
    this.#calls = 0;
    this.#failure = { at: n, when, only };
  }
  /** No more failures; how many verbs were called since failVerb. */
  heal(): number {
    this.#failure = undefined;
    return this.#calls;
  }

  /** A file's text, or undefined if there is no such file. Not a verb. */
  text(path: string): string | undefined {
    const inode = this.inodes.get(this.#resolve(path, true) ?? "");
    return inode?.type === "file" ? inode.content.toString() : undefined;
  }
  /** All paths with what they hold, for comparing states: no times, no inode numbers. Not a verb. */
  snapshot(): Record<string, string> {
    return Object.fromEntries(
      [...this.inodes]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([path, i]) => [
          path,
          `${i.type} ${i.mode.toString(8)} ${i.uid}:${i.gid} ${i.target ?? i.content.toString("latin1")}`,
        ]),
    );
  }

  async #verb<T>(verb: string, path: string, act: () => T | Promise<T>): Promise<T> {
    this.counts[verb] = (this.counts[verb] ?? 0) + 1;
    this.log.push(`${verb} ${path}`);
    await Promise.resolve();
    const failure = this.#failure;
    if (!failure || (failure.only && !failure.only(verb))) return act();
    this.#calls += 1;
    if (this.#calls !== failure.at) return act();
    if (failure.when === "after") await act();
    throw new HostError({ code: "injected", message: `${verb} ${path}: Input/output error` }, { errno: "EIO", path });
  }

  stat(path: string, options: StatOptions = {}): Promise<Stat | undefined> {
    return this.#verb("stat", path, () => {
      const real = this.#resolve(path, options.follow ?? false);
      const inode = real === undefined ? undefined : this.inodes.get(real);
      return inode ? this.#stat(inode, options.checksum) : undefined;
    });
  }
  read(path: string, options: { readonly limit?: number } = {}): Promise<Buffer> {
    return this.#verb("read", path, () => {
      const inode = this.#at(path, true);
      if (inode.type === "directory") throw error("EISDIR", path);
      if (inode.content.length > (options.limit ?? 64 << 20)) throw error("EFBIG", path);
      return Buffer.from(inode.content);
    });
  }
  walk(path: string, options: WalkOptions = {}): Promise<Entry[]> {
    return this.#verb("walk", path, () => {
      if (this.#at(path, true).type !== "directory") throw error("ENOTDIR", path);
      const entries = this.#children(path, this.#resolve(path, true) ?? path, options.depth ?? 1000, options);
      return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
    });
  }
  glob(pattern: string): Promise<string[]> {
    return this.#verb("glob", pattern, () => {
      const source = pattern
        .replace(/[.+^${}()|\\]/g, "\\$&")
        .replaceAll("*", "[^/]*")
        .replaceAll("?", "[^/]");
      const regex = new RegExp(`^${source}$`);
      return [...this.inodes.keys()].filter((path) => regex.test(path)).sort();
    });
  }
  realpath(path: string): Promise<string | undefined> {
    return this.#verb("realpath", path, () => {
      const real = this.#resolve(path, true);
      return real !== undefined && this.inodes.has(real) ? real : undefined;
    });
  }
  getent(database: string, key?: string): Promise<readonly (readonly string[])[] | undefined> {
    return this.#verb("getent", `${database} ${key ?? ""}`, () => {
      const table = [
        ...(database === "passwd"
          ? this.users
          : database === "group"
            ? this.groups
            : new Map<string, string[]>()
        ).values(),
      ];
      if (key === undefined) return table;
      const found = table.filter((fields) => fields[0] === key || fields[2] === key);
      return found.length > 0 ? found : undefined;
    });
  }

  write(path: string, content: Content, options: WriteOptions = {}): Promise<void> {
    return this.#verb("write", path, async () => this.#replace(path, await bytes(content), options));
  }
  copy(source: string, path: string, options: WriteOptions = {}): Promise<void> {
    return this.#verb("copy", path, () => this.#replace(path, Buffer.from(this.#at(source, true).content), options));
  }
  upload(localPath: string, path: string, options: WriteOptions = {}): Promise<void> {
    return this.#verb("upload", path, () => this.#replace(path, readFileSync(localPath), options));
  }
  download(path: string, localPath: string): Promise<{ size: number; sha1: string }> {
    return this.#verb("download", path, () => {
      const { content } = this.#at(path, true);
      writeFileSync(localPath, content);
      return { size: content.length, sha1: createHash("sha1").update(content).digest("hex") };
    });
  }
  rename(from: string, to: string): Promise<void> {
    return this.#verb("rename", from, () => {
      const source = this.#place(from);
      const goal = this.#place(to);
      if (!this.inodes.has(source)) throw error("ENOENT", from);
      for (const [path, inode] of [...this.inodes])
        if (path === source || path.startsWith(`${source}/`)) {
          this.inodes.delete(path);
          this.inodes.set(goal + path.slice(source.length), inode);
        }
    });
  }
  remove(path: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    return this.#verb("remove", path, () => {
      const real = this.#resolve(path, false);
      const inode = real === undefined ? undefined : this.inodes.get(real);
      if (!inode || real === undefined) return;
      if (inode.type === "directory" && options.recursive !== true) throw error("EISDIR", path);
      for (const other of [...this.inodes.keys()])
        if (other === real || other.startsWith(`${real}/`)) this.inodes.delete(other);
    });
  }
  makeDirectory(path: string, attributes: Attributes = {}): Promise<void> {
    return this.#verb("makeDirectory", path, () => {
      const place = this.#place(path);
      const present = this.inodes.get(place);
      if (present) {
        if (this.#at(path, true).type !== "directory") throw error("EEXIST", path);
        return;
      }
      this.#change(this.#put(place, "directory", { mode: 0o777 & ~this.umask }), attributes);
    });
  }
  link(kind: "symbolic" | "hard", target: string, path: string): Promise<void> {
    return this.#verb("link", path, () => {
      const place = this.#place(path);
      if (this.inodes.get(place)?.type === "directory") throw error("EISDIR", path);
      if (kind === "hard") this.inodes.set(place, this.#at(target, false));
      else this.#put(place, "link", { mode: 0o777 }).target = target;
    });
  }
  setAttributes(
    path: string,
    attributes: Attributes & { atime?: number | "now"; mtime?: number | "now"; follow?: boolean },
  ): Promise<void> {
    return this.#verb("setAttributes", path, () => {
      const inode = this.#at(path, attributes.follow ?? false);
      this.#change(inode, attributes);
      const time = this.#tick();
      if (attributes.atime !== undefined) inode.atime = attributes.atime === "now" ? time : attributes.atime;
      if (attributes.mtime !== undefined) inode.mtime = attributes.mtime === "now" ? time : attributes.mtime;
    });
  }
  temporary(
    options: { type?: "file" | "directory"; folder?: string; prefix?: string; suffix?: string } = {},
  ): Promise<string> {
    return this.#verb("temporary", options.folder ?? "/tmp", () => {
      this.#serial += 1;
      const path = `${options.folder ?? "/tmp"}/${options.prefix ?? "tsplay."}${this.#serial}${options.suffix ?? ""}`;
      const type = options.type ?? "file";
      this.#put(this.#place(path), type, { mode: type === "file" ? 0o600 : 0o700 });
      return path;
    });
  }
  run(request: RunRequest): Promise<RunResult> {
    const text = request.argv ? request.argv.join(" ") : (request.script ?? "");
    return this.#verb("run", text, async () => {
      this.commands.push(text);
      this.requests.push(request);
      const found = this.#replies.find(({ match }) =>
        typeof match === "string" ? match === text : match instanceof RegExp ? match.test(text) : match(request),
      );
      if (!found) throw new Error(`no answer is scripted for: ${text}`);
      const answer = typeof found.reply === "function" ? await found.reply(request, this) : found.reply;
      const start = this.time;
      this.time += 0.25;
      const out = (value: string | Buffer | undefined) => (Buffer.isBuffer(value) ? value : bytesOf(value ?? ""));
      return {
        code: answer.code ?? 0,
        stdout: out(answer.stdout),
        stderr: out(answer.stderr),
        dropped: 0,
        timedOut: false,
        start,
        end: this.time,
      };
    });
  }
  as(_become: Become | undefined): Host {
    return this;
  }

  #tick(): number {
    this.time += 1;
    return this.time;
  }
  #put(path: string, type: FileType, attributes: { mode: number }): Inode {
    const time = this.#tick();
    this.#serial += 1;
    const inode: Inode = {
      type,
      content: Buffer.alloc(0),
      mode: attributes.mode,
      uid: 0,
      gid: 0,
      mtime: time,
      atime: time,
      ctime: time,
      number: this.#serial,
    };
    this.inodes.set(path, inode);
    return inode;
  }
  #change(inode: Inode, attributes: Attributes): void {
    const uid = this.#uid(attributes.owner);
    const gid = this.#gid(attributes.group);
    if (attributes.owner !== undefined && uid === undefined) throw error("EINVAL", String(attributes.owner));
    if (attributes.group !== undefined && gid === undefined) throw error("EINVAL", String(attributes.group));
    inode.uid = uid ?? inode.uid;
    inode.gid = gid ?? inode.gid;
    inode.mode = attributes.mode ?? inode.mode;
    inode.ctime = this.#tick();
  }
  async #replace(path: string, content: Buffer, options: WriteOptions): Promise<void> {
    const place = this.#place(path);
    const present = this.inodes.get(place);
    if (present?.type === "directory") throw error("EISDIR", path);
    const kept = present?.type === "file" ? present : undefined;
    const temporary = `${place}.tsplay-tmp`;
    const inode = this.#put(temporary, "file", { mode: kept?.mode ?? 0o666 & ~this.umask });
    inode.uid = kept?.uid ?? 0;
    inode.gid = kept?.gid ?? 0;
    try {
      this.#change(inode, options);
      inode.content = content;
      await options.validate?.(temporary);
      if (options.inPlace === true && kept) Object.assign(kept, { ...inode, number: kept.number });
      else this.inodes.set(place, inode);
    } finally {
      this.inodes.delete(temporary);
    }
  }
  #at(path: string, follow: boolean): Inode {
    const inode = this.inodes.get(this.#resolve(path, follow) ?? "");
    if (!inode) throw error("ENOENT", path);
    return inode;
  }
  /** Where something new at `path` goes: its folder must exist. */
  #place(path: string): string {
    const clean = path.replace(/\/+$/, "") || "/";
    const slash = clean.lastIndexOf("/");
    const parent = this.#resolve(slash <= 0 ? "/" : clean.slice(0, slash), true);
    if (parent === undefined || !this.inodes.has(parent)) throw error("ENOENT", path);
    if (this.inodes.get(parent)?.type !== "directory") throw error("ENOTDIR", path);
    return clean === "/" ? "/" : `${parent === "/" ? "" : parent}/${clean.slice(slash + 1)}`;
  }
  /** The path with links in its folders (and, with `follow`, at its end) resolved; undefined in a loop or below a file. */
  #resolve(path: string, follow: boolean, depth = 0): string | undefined {
    if (depth > 20) return undefined;
    let current = "";
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    for (const [index, part] of parts.entries()) {
      if (part === "..") {
        current = current.slice(0, Math.max(0, current.lastIndexOf("/")));
        continue;
      }
      const next = `${current}/${part}`;
      const inode = this.inodes.get(next);
      const last = index === parts.length - 1;
      if (inode?.type === "link" && (!last || follow)) {
        const target = inode.target ?? "";
        const resolved = this.#resolve(target.startsWith("/") ? target : `${current}/${target}`, true, depth + 1);
        if (resolved === undefined) return undefined;
        current = resolved === "/" ? "" : resolved;
      } else if (!last && inode && inode.type !== "directory") return undefined;
      else current = next;
    }
    return current === "" ? "/" : current;
  }
  #children(shown: string, real: string, depth: number, options: WalkOptions): Entry[] {
    const base = real === "/" ? "/" : `${real}/`;
    return [...this.inodes].flatMap(([path, inode]) => {
      if (path === "/" || !path.startsWith(base) || path.slice(base.length).includes("/")) return [];
      const name = path.slice(base.length);
      const followed = options.follow ? (this.inodes.get(this.#resolve(path, true) ?? "") ?? inode) : inode;
      const entry: Entry = {
        name,
        path: `${shown === "/" ? "" : shown}/${name}`,
        stat: this.#stat(followed, options.checksum),
      };
      const below =
        followed.type === "directory" && depth > 1
          ? this.#children(entry.path, this.#resolve(path, true) ?? path, depth - 1, options)
          : [];
      return [entry, ...below];
    });
  }
  #stat(inode: Inode, checksum?: string): Stat {
    const name = (table: Map<string, string[]>, id: number) =>
      [...table.values()].find((fields) => fields[2] === String(id))?.[0];
    const mine = this.user === "root";
    return {
      type: inode.type,
      mode: inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      owner: name(this.users, inode.uid),
      group: name(this.groups, inode.gid),
      size: inode.type === "link" ? (inode.target ?? "").length : inode.content.length,
      mtime: inode.mtime,
      atime: inode.atime,
      ctime: inode.ctime,
      inode: inode.number,
      device: 1,
      links: inode.type === "directory" ? 2 : [...this.inodes.values()].filter((other) => other === inode).length,
      ...(inode.target !== undefined ? { target: inode.target } : {}),
      ...(checksum !== undefined && inode.type === "file"
        ? { checksum: createHash(checksum).update(inode.content).digest("hex") }
        : {}),
      readable: mine || (inode.mode & 4) !== 0,
      writable: mine || (inode.mode & 2) !== 0,
      executable: inode.type === "directory" || (inode.mode & 0o111) !== 0,
    };
  }
  #uid(owner: string | number | undefined): number | undefined {
    return typeof owner === "string" ? idOf(this.users, owner) : owner;
  }
  #gid(group: string | number | undefined): number | undefined {
    return typeof group === "string" ? idOf(this.groups, group) : group;
  }
}

function idOf(table: Map<string, string[]>, name: string): number | undefined {
  const fields = table.get(name);
  return fields ? Number(fields[2]) : undefined;
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  ENOTDIR: "Not a directory",
  EISDIR: "Is a directory",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
};

function error(errno: string, path: string): HostError {
  return new HostError({ code: "host-verb", message: `${path}: ${SENTENCES[errno] ?? errno}` }, { errno, path });
}

async function bytes(content: Content): Promise<Buffer> {
  if (typeof content === "string") return bytesOf(content);
  if (content instanceof Uint8Array) return Buffer.from(content);
  const parts: Buffer[] = [];
  for await (const chunk of content.stream()) parts.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(parts);
}
