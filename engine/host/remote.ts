// Host over an agent: every verb is one request (writing large content is several that travel together).

import { textOf } from "../core/bytes.ts";
import type { AgentLink } from "./agent-link.ts";
import type { Answer, Request } from "./agent-session.ts";
import { AgentError } from "./agent-session.ts";
import { hostError } from "./errno.ts";
import type {
  Attributes,
  Become,
  Content,
  Entry,
  Host,
  RunRequest,
  RunResult,
  Stat,
  StatOptions,
  WalkOptions,
  WriteOptions,
} from "./host.ts";
import { runOnAgent } from "./remote-run.ts";
import { attributeArguments, downloadFile, uploadContent, writeContent } from "./remote-transfer.ts";
import { statOf, statRow } from "./stat-fields.ts";

const DEFAULT_LIMIT = 64 * 1024 * 1024;
const DEFAULT_ENTRIES = 200_000;

/** What a remote host is made of. */
export interface RemoteHostParts {
  readonly name: string;
  readonly link: AgentLink;
  /** The user as configured; the agent knows better once it has started. */
  readonly user: string;
  readonly as: (become: Become | undefined) => Host;
}

export class RemoteHost implements Host {
  readonly name: string;
  readonly #parts: RemoteHostParts;

  constructor(parts: RemoteHostParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  get user(): string {
    return this.#parts.link.agent?.user ?? this.#parts.user;
  }

  as(become: Become | undefined): Host {
    return this.#parts.as(become);
  }

  async stat(path: string, options: StatOptions = {}): Promise<Stat | undefined> {
    const answer = await this.#ask(
      `look at ${path}`,
      read("stat", [path, options.follow ? "1" : "0", options.checksum ?? ""]),
    );
    return answer.fields.length === 0 ? undefined : statOf(answer.fields);
  }

  async read(path: string, options: { readonly limit?: number } = {}): Promise<Buffer> {
    const limit = options.limit ?? DEFAULT_LIMIT;
    return (await this.#ask(`read ${path}`, read("read", [path, String(limit)]))).body;
  }

  async walk(path: string, options: WalkOptions = {}): Promise<Entry[]> {
    const { depth, follow, checksum, limit = DEFAULT_ENTRIES } = options;
    const args = [path, depth === undefined ? "" : String(depth), follow ? "1" : "0", checksum ?? "", String(limit)];
    const { body } = await this.#ask(`list ${path}`, read("walk", args));
    const base = path.endsWith("/") ? path : `${path}/`;
    return entriesOf(body.toString("latin1"), base);
  }

  async glob(pattern: string): Promise<string[]> {
    const { body } = await this.#ask(`look for ${pattern}`, read("glob", [pattern]));
    return body.length === 0 ? [] : textOf(body.subarray(0, -1)).split("\0").sort();
  }

  async realpath(path: string): Promise<string | undefined> {
    return (await this.#ask(`resolve ${path}`, read("realpath", [path]))).fields[0];
  }

  async getent(database: string, key?: string): Promise<readonly (readonly string[])[] | undefined> {
    const { body } = await this.#ask(`look up ${database}`, read("getent", [database, key ?? ""]));
    if (body.length === 0) return undefined;
    const separator = ["passwd", "group", "shadow", "gshadow"].includes(database) ? ":" : /\s+/;
    return textOf(body)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(separator));
  }

  async write(path: string, content: Content, options: WriteOptions = {}): Promise<void> {
    await writeContent(this.#parts.link, (doing, error) => this.#explain(doing, error), path, content, options);
  }

  async upload(localPath: string, path: string, options: WriteOptions = {}): Promise<void> {
    await uploadContent(this.#parts.link, (doing, error) => this.#explain(doing, error), localPath, path, options);
  }

  async download(path: string, localPath: string): Promise<{ readonly size: number; readonly sha1: string }> {
    try {
      return await downloadFile(this.#parts.link, path, localPath);
    } catch (error) {
      throw await this.#explain(`read ${path}`, error);
    }
  }

  async copy(source: string, path: string, options: WriteOptions = {}): Promise<void> {
    const doing = `copy ${source} to ${path}`;
    if (!options.validate) {
      await this.#ask(doing, {
        verb: "copy",
        args: [source, path, ...attributeArguments(options), options.inPlace ? "1" : ""],
        repeat: "repeat",
      });
      return;
    }
    // The copy gets its own temporary name first, so that it can be looked at before it counts.
    const folder = path.replace(/\/[^/]*$/, "") || "/";
    const temporary = await this.temporary({ folder, prefix: ".tsplay-" });
    try {
      await this.copy(source, temporary);
      await options.validate(temporary);
      await this.copy(temporary, path, { ...options, validate: undefined });
    } finally {
      await this.remove(temporary);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#ask(`rename ${from} to ${to}`, { verb: "rename", args: [from, to], repeat: "once" });
  }

  async remove(path: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    await this.#ask(`remove ${path}`, change("remove", [path, options.recursive ? "1" : ""]));
  }

  async makeDirectory(path: string, attributes: Attributes = {}): Promise<void> {
    await this.#ask(`make the folder ${path}`, change("mkdir", [path, ...attributeArguments(attributes)]));
  }

  async link(kind: "symbolic" | "hard", target: string, path: string): Promise<void> {
    await this.#ask(`link ${path}`, change("link", [kind, target, path]));
  }

  async setAttributes(path: string, attributes: Parameters<Host["setAttributes"]>[1]): Promise<void> {
    const time = (value: number | "now" | undefined): string => (value === undefined ? "" : String(value));
    await this.#ask(
      `change owner, mode or times of ${path}`,
      change("set", [
        path,
        ...attributeArguments(attributes),
        time(attributes.atime),
        time(attributes.mtime),
        attributes.follow ? "1" : "",
      ]),
    );
  }

  async temporary(options: Parameters<Host["temporary"]>[0] = {}): Promise<string> {
    const { type = "file", folder = "", prefix = "tsplay.", suffix = "" } = options;
    const answer = await this.#ask(`make a temporary ${type} in ${folder || "/tmp"}`, {
      verb: "temporary",
      args: [type, folder, prefix, suffix],
      repeat: "once",
    });
    return answer.fields[0] ?? "";
  }

  async run(request: RunRequest): Promise<RunResult> {
    const what = request.argv?.[0] ?? request.shell ?? "/bin/sh";
    try {
      return await runOnAgent(this.#parts.link, request);
    } catch (error) {
      throw await this.#explain(`run ${what}`, error);
    }
  }

  async #ask(doing: string, request: Request): Promise<Answer> {
    try {
      return await this.#parts.link.request(request);
    } catch (error) {
      throw await this.#explain(doing, error);
    }
  }

  /** An agent's error in words; for a full disk with the file system and what is left of it. */
  async #explain(doing: string, error: unknown): Promise<unknown> {
    if (!(error instanceof AgentError)) return error;
    const full = error.number === 28 || error.number === 122;
    return hostError(error, doing, this.user, full ? await this.#space(error.path) : undefined);
  }

  async #space(path: string): Promise<string | undefined> {
    const folder = path.replace(/\/[^/]*$/, "") || "/";
    const script = 'df -Pk -- "$0" | tail -n 1; df -Pi -- "$0" 2>/dev/null | tail -n 1';
    try {
      const { stdout } = await runOnAgent(this.#parts.link, {
        argv: ["/bin/sh", "-c", script, folder],
        env: { LC_ALL: "C" },
        timeout: 10,
        reads: true,
      });
      const [blocks, inodes] = stdout
        .toString("utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/));
      if (!blocks || blocks.length < 6) return undefined;
      const count = inodes && inodes.length >= 6 ? `, ${inodes[3]} inodes free` : "";
      return `file system ${blocks[5]} (${blocks[0]}): ${blocks[3]} KiB free${count}`;
    } catch {
      return undefined;
    }
  }
}

function read(verb: string, args: readonly string[]): Request {
  return { verb, args, repeat: "read" };
}

function change(verb: string, args: readonly string[]): Request {
  return { verb, args, repeat: "repeat" };
}

function entriesOf(rows: string, base: string): Entry[] {
  const entries: Entry[] = [];
  for (const row of rows.split("\n")) {
    if (row === "") continue;
    const { name: relative, stat } = statRow(row);
    const path = base + relative;
    entries.push({ name: relative.slice(relative.lastIndexOf("/") + 1), path, stat });
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
