// Host: the only thing that modules and facts may touch. About a dozen verbs over one agent per user.
// Reading verbs asked for in the same tick travel in one message. Paths are absolute texts (core/bytes.ts
// for names that are not UTF-8). All failures of verbs are HostErrors; all reads may throw Undecided in a dry run.

import type { Readable } from "node:stream";
import { Failure, type Problem } from "../core/problem.ts";

export type FileType = "file" | "directory" | "link" | "fifo" | "socket" | "block" | "character";
export type HashName = "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512";

/** What lstat or stat says of a path. Times are seconds since the epoch, with fraction. */
export interface Stat {
  readonly type: FileType;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names of the ids on the host; absent when it knows none. */
  readonly owner?: string;
  readonly group?: string;
  readonly size: number;
  readonly mtime: number;
  readonly atime: number;
  readonly ctime: number;
  readonly inode: number;
  readonly device: number;
  readonly links: number;
  /** Where a symbolic link points, as written in it. */
  readonly target?: string;
  /** Hash of the content, where asked for and the path is a file. */
  readonly checksum?: string;
  /** May the agent's user read, write, execute it. */
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
}

export interface StatOptions {
  /** Follow symbolic links (default no). */
  readonly follow?: boolean;
  readonly checksum?: HashName;
}

/** A name in a folder. `path` is the folder's path joined with `name`. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly stat: Stat;
}

export interface WalkOptions {
  /** How deep below the folder: 1 is the folder's own entries; no limit when absent. */
  readonly depth?: number;
  readonly follow?: boolean;
  readonly checksum?: HashName;
  /** Most entries to return before it is an error (default 200,000). */
  readonly limit?: number;
}

/** Owner and group by name or id. Absent: left as they are (a new file gets the process's). */
export interface Attributes {
  readonly owner?: string | number;
  readonly group?: string | number;
  readonly mode?: number;
}

export interface WriteOptions extends Attributes {
  /**
   * Runs before the new content takes its place, with the temporary file's path; a Failure it throws
   * leaves the old file as it was.
   */
  readonly validate?: (temporaryPath: string) => Promise<void>;
  /** Write in place, not atomically, for mount points and other files that cannot be replaced. */
  readonly inPlace?: boolean;
}

/** Content to be written: bytes, text (surrogate escapes allowed), or a stream with its length in bytes. */
export type Content = Uint8Array | string | { readonly stream: () => Readable; readonly size: number };

export interface RunRequest {
  /** Exactly one of `argv` (no shell) and `script` (given to `shell`, default /bin/sh, with -c). */
  readonly argv?: readonly string[];
  readonly script?: string;
  readonly shell?: string;
  readonly stdin?: Uint8Array | string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly umask?: number;
  /** Seconds until the command's whole session is killed. None when absent. */
  readonly timeout?: number;
  /** Bytes of each output that are kept (default 64 MiB); the rest is counted and dropped. */
  readonly limit?: number;
  /** Chunks of output as they come, for progress. */
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
  /** Asks for no change on the host; may be run while planning, and in dry runs. */
  readonly reads?: boolean;
  /** What the reads are about, for predicted state: a dry run answers Unknown if one of them was predicted. */
  readonly about?: readonly Subject[];
}

export interface RunResult {
  /** Exit status; 128+signal when it was killed, with `signal` set. */
  readonly code: number;
  readonly signal?: string;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Bytes that did not fit in `limit`. */
  readonly dropped: number;
  readonly timedOut: boolean;
  /** Seconds since the epoch by the host's clock. */
  readonly start: number;
  readonly end: number;
}

/** What a prediction or a read can be about. */
export type Subject =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "package"; readonly name: string }
  | { readonly kind: "unit"; readonly name: string }
  | { readonly kind: "user"; readonly name: string }
  | { readonly kind: "group"; readonly name: string }
  | { readonly kind: "mount"; readonly path: string }
  | { readonly kind: "module"; readonly name: string }
  | { readonly kind: "sysctl"; readonly name: string }
  | { readonly kind: "hostname" }
  | { readonly kind: "apt-cache" };

export interface Host {
  /** Inventory name. */
  readonly name: string;
  /** The user whose rights the verbs have (after become). */
  readonly user: string;

  /** undefined: there is no such path (also when a parent is missing or is not a folder). */
  stat(path: string, options?: StatOptions): Promise<Stat | undefined>;
  /** Whole content; `limit` bytes at most (default 64 MiB, more is the error EFBIG). */
  read(path: string, options?: { readonly limit?: number }): Promise<Buffer>;
  /** Entries of a folder and, with depth, of those below it; sorted by path; ENOENT, ENOTDIR as errors. */
  walk(path: string, options?: WalkOptions): Promise<Entry[]>;
  /** Paths that match a shell pattern, sorted. */
  glob(pattern: string): Promise<string[]>;
  /** The path with all links resolved, or undefined if it does not exist. */
  realpath(path: string): Promise<string | undefined>;
  /** A passwd, group, … entry's fields by name, id or key, through NSS; undefined if there is none. No key: all entries. */
  getent(database: string, key?: string): Promise<readonly (readonly string[])[] | undefined>;

  /** Atomic: temporary file beside it, owner and mode before content, length and hash checked, fsync, rename, fsync of the folder. */
  write(path: string, content: Content, options?: WriteOptions): Promise<void>;
  /** A copy made on the host, as atomically as `write`. */
  copy(source: string, path: string, options?: WriteOptions): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or link; a folder only with `recursive`. Never follows links. No error if it does not exist. */
  remove(path: string, options?: { readonly recursive?: boolean }): Promise<void>;
  /** One folder; the parent must exist. No error if it is a folder already. */
  makeDirectory(path: string, attributes?: Attributes): Promise<void>;
  /** A new name for `target`; replaces a file or link atomically. */
  link(kind: "symbolic" | "hard", target: string, path: string): Promise<void>;
  setAttributes(
    path: string,
    attributes: Attributes & {
      readonly atime?: number | "now";
      readonly mtime?: number | "now";
      readonly follow?: boolean;
    },
  ): Promise<void>;
  /** A new empty file or folder with an unguessable name and mode 0600/0700; its path. */
  temporary(options?: {
    readonly type?: "file" | "directory";
    readonly folder?: string;
    readonly prefix?: string;
    readonly suffix?: string;
  }): Promise<string>;

  run(request: RunRequest): Promise<RunResult>;

  /** Streams a file of the controller to the host (atomic as `write`). */
  upload(localPath: string, path: string, options?: WriteOptions): Promise<void>;
  /** Streams a file of the host into a file of the controller, atomically; its size and SHA-1. */
  download(path: string, localPath: string): Promise<{ readonly size: number; readonly sha1: string }>;

  /** This host as another user (become), or as the connection's own user with undefined. Agents are shared. */
  as(become: Become | undefined): Host;
}

/** How to act as another user. */
export interface Become {
  readonly method: "sudo" | "su";
  readonly user: string;
  /** Never shown, never in an argument list. */
  readonly password?: string;
  readonly flags?: string;
  readonly executable?: string;
  /** Even where one is that user already (`become_allow_same_user`). */
  readonly always?: boolean;
}

/** A verb that failed. `errno` is the system's name for it (ENOENT, EACCES, ENOSPC …) where it has one. */
export class HostError extends Failure {
  readonly errno: string | undefined;
  readonly path: string | undefined;
  constructor(
    problem: Problem,
    detail: { readonly errno?: string; readonly path?: string } = {},
    options?: { cause?: unknown },
  ) {
    super(problem, options);
    this.name = "HostError";
    this.errno = detail.errno;
    this.path = detail.path;
  }
}
