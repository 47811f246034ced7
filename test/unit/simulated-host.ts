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
import { bytes, error, SimulatedFiles } from "./simulated-files.ts";

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

export class SimulatedHost extends SimulatedFiles implements Host {
  readonly name: string;
  /** How often each verb was called. */
  readonly counts: Record<string, number> = {};
  /** Every command that ran: its argv joined by spaces, or its script. */
  readonly commands: string[] = [];
  readonly requests: RunRequest[] = [];
  /** Every verb called, as `verb path`, in order. */
  readonly log: string[] = [];
  #replies: { match: Matcher; reply: Reply }[] = [];
  #calls = 0;
  #failure: { at: number; when: "before" | "after"; only?: (verb: string) => boolean } | undefined;

  constructor(options: SimulatedOptions = {}) {
    super(options.user ?? "root");
    this.name = options.name ?? "sim";
    for (const path of BASE)
      this.put(path, "directory", { mode: path === "/tmp" ? 0o1777 : path === "/root" ? 0o700 : 0o755 });
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
      if (!this.inodes.has(parent)) this.put(parent, "directory", { mode: 0o755 });
    });
    const given = typeof seed === "string" || Buffer.isBuffer(seed) ? { content: seed } : seed;
    const type = given.type ?? (given.target !== undefined ? "link" : "file");
    const inode = this.put(path, type, {
      mode: given.mode ?? (type === "directory" ? 0o755 : type === "link" ? 0o777 : 0o644),
    });
    inode.content = Buffer.isBuffer(given.content) ? given.content : bytesOf(given.content ?? "");
    if (given.target !== undefined) inode.target = given.target;
    if (given.mtime !== undefined) inode.mtime = given.mtime;
    inode.uid = this.uidOf(given.owner) ?? 0;
    inode.gid = this.gidOf(given.group) ?? 0;
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
    const inode = this.inodes.get(this.resolvePath(path, true) ?? "");
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
      const real = this.resolvePath(path, options.follow ?? false);
      const inode = real === undefined ? undefined : this.inodes.get(real);
      return inode ? this.statOf(inode, options.checksum) : undefined;
    });
  }
  read(path: string, options: { readonly limit?: number } = {}): Promise<Buffer> {
    return this.#verb("read", path, () => {
      const inode = this.inodeAt(path, true);
      if (inode.type === "directory") throw error("EISDIR", path);
      if (inode.content.length > (options.limit ?? 64 << 20)) throw error("EFBIG", path);
      return Buffer.from(inode.content);
    });
  }
  walk(path: string, options: WalkOptions = {}): Promise<Entry[]> {
    return this.#verb("walk", path, () => {
      if (this.inodeAt(path, true).type !== "directory") throw error("ENOTDIR", path);
      const entries = this.entriesOf(path, this.resolvePath(path, true) ?? path, options.depth ?? 1000, options);
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
      const real = this.resolvePath(path, true);
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
    return this.#verb("write", path, async () => this.replaceFile(path, await bytes(content), options));
  }
  copy(source: string, path: string, options: WriteOptions = {}): Promise<void> {
    return this.#verb("copy", path, () =>
      this.replaceFile(path, Buffer.from(this.inodeAt(source, true).content), options),
    );
  }
  upload(localPath: string, path: string, options: WriteOptions = {}): Promise<void> {
    return this.#verb("upload", path, () => this.replaceFile(path, readFileSync(localPath), options));
  }
  download(path: string, localPath: string): Promise<{ size: number; sha1: string }> {
    return this.#verb("download", path, () => {
      const { content } = this.inodeAt(path, true);
      writeFileSync(localPath, content);
      return { size: content.length, sha1: createHash("sha1").update(content).digest("hex") };
    });
  }
  rename(from: string, to: string): Promise<void> {
    return this.#verb("rename", from, () => {
      const source = this.place(from);
      const goal = this.place(to);
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
      const real = this.resolvePath(path, false);
      const inode = real === undefined ? undefined : this.inodes.get(real);
      if (!inode || real === undefined) return;
      if (inode.type === "directory" && options.recursive !== true) throw error("EISDIR", path);
      for (const other of [...this.inodes.keys()])
        if (other === real || other.startsWith(`${real}/`)) this.inodes.delete(other);
    });
  }
  makeDirectory(path: string, attributes: Attributes = {}): Promise<void> {
    return this.#verb("makeDirectory", path, () => {
      const place = this.place(path);
      const present = this.inodes.get(place);
      if (present) {
        if (this.inodeAt(path, true).type !== "directory") throw error("EEXIST", path);
        return;
      }
      this.change(this.put(place, "directory", { mode: 0o777 & ~this.umask }), attributes);
    });
  }
  link(kind: "symbolic" | "hard", target: string, path: string): Promise<void> {
    return this.#verb("link", path, () => {
      const place = this.place(path);
      if (this.inodes.get(place)?.type === "directory") throw error("EISDIR", path);
      if (kind === "hard") this.inodes.set(place, this.inodeAt(target, false));
      else this.put(place, "link", { mode: 0o777 }).target = target;
    });
  }
  setAttributes(
    path: string,
    attributes: Attributes & { atime?: number | "now"; mtime?: number | "now"; follow?: boolean },
  ): Promise<void> {
    return this.#verb("setAttributes", path, () => {
      const inode = this.inodeAt(path, attributes.follow ?? false);
      this.change(inode, attributes);
      const time = this.tick();
      if (attributes.atime !== undefined) inode.atime = attributes.atime === "now" ? time : attributes.atime;
      if (attributes.mtime !== undefined) inode.mtime = attributes.mtime === "now" ? time : attributes.mtime;
    });
  }
  temporary(
    options: { type?: "file" | "directory"; folder?: string; prefix?: string; suffix?: string } = {},
  ): Promise<string> {
    return this.#verb("temporary", options.folder ?? "/tmp", () => {
      this.serial += 1;
      const path = `${options.folder ?? "/tmp"}/${options.prefix ?? "tsplay."}${this.serial}${options.suffix ?? ""}`;
      const type = options.type ?? "file";
      this.put(this.place(path), type, { mode: type === "file" ? 0o600 : 0o700 });
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
}
