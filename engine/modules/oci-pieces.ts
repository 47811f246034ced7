// Content of any length as a list of pieces: bytes, or a part of a controller's file. Its size is known without reading, it
// is streamed in constant memory, and its digest is computed once and remembered for as long as the files stay the same.

import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { fail } from "../core/problem.ts";

/** What tells one state of a controller's file from another without reading it. */
export interface FileState {
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  /** Nanoseconds. The change time catches a file that was written anew and given its old modification time. */
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** A part of a file, as the file was when it was looked at. */
export interface FilePiece {
  readonly path: string;
  readonly start: number;
  readonly size: number;
  readonly state: FileState;
}

export type Piece = Uint8Array | FilePiece;

/** Content that has an address: what OCI calls a blob. */
export interface Blob {
  /** `sha256:…` */
  readonly digest: string;
  readonly size: number;
  readonly pieces: readonly Piece[];
}

/** The state of a controller's file, links followed. Failure `file-not-found`. */
export function fileState(path: string): FileState {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat) fail("file-not-found", `Could not find or access '${path}' on the controller`);
  return { device: stat.dev, inode: stat.ino, size: stat.size, mtime: stat.mtimeNs, ctime: stat.ctimeNs };
}

/** The whole of a controller's file. */
export function wholeFile(path: string): FilePiece {
  const state = fileState(path);
  return { path, start: 0, size: Number(state.size), state };
}

export function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece.size), 0);
}

/** The content, in small chunks. Failure `file-changed` if a file is no longer what was looked at. */
export async function* readPieces(
  pieces: readonly Piece[],
  read?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      if (piece.length > 0) yield piece;
      read?.(piece.length);
      continue;
    }
    assertSame(piece);
    if (piece.size === 0) continue;
    const { path, start, size } = piece;
    for await (const chunk of createReadStream(path, { start, end: start + size - 1, highWaterMark: 64 * 1024 })) {
      yield chunk as Buffer;
      read?.((chunk as Buffer).length);
    }
    assertSame(piece);
  }
}

/** A small blob of bytes. */
export function bytesBlob(bytes: Uint8Array): Blob {
  return { digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, size: bytes.length, pieces: [bytes] };
}

/** Content with its digest, which is remembered in the cache folder. */
export async function blobOf(pieces: readonly Piece[]): Promise<Blob> {
  return { digest: await digestOf(pieces), size: sizeOf(pieces), pieces };
}

/** SHA-256 of the content, or of what it unpacks to, as `sha256:…`. */
export async function digestOf(pieces: readonly Piece[], options: { readonly gunzip?: boolean } = {}): Promise<string> {
  const compute = async (): Promise<string> => {
    const hash = createHash("sha256");
    if (options.gunzip) for await (const chunk of gunzipped(pieces)) hash.update(chunk);
    else for await (const chunk of readPieces(pieces)) hash.update(chunk);
    return `sha256:${hash.digest("hex")}`;
  };
  if (pieces.every((piece) => piece instanceof Uint8Array) && !options.gunzip) return compute();
  return remembered(keyOf(pieces, options.gunzip === true), compute);
}

async function* gunzipped(pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const feed = (async () => {
    for await (const chunk of readPieces(pieces))
      if (!gunzip.write(chunk)) await new Promise<void>((done) => gunzip.once("drain", () => done()));
    gunzip.end();
  })();
  feed.catch((error: unknown) => gunzip.destroy(error as Error));
  for await (const chunk of gunzip) yield chunk as Buffer;
  await feed;
}

function assertSame({ path, state }: FilePiece): void {
  const now = fileState(path);
  const names = ["device", "inode", "size", "mtime", "ctime"] as const;
  if (names.some((name) => now[name] !== state[name]))
    fail("file-changed", `'${path}' was changed on the controller while it was read`, {
      hint: "run again once it is complete",
    });
}

function keyOf(pieces: readonly Piece[], gunzip: boolean): string {
  const hash = createHash("sha256").update(gunzip ? "gunzip\n" : "plain\n");
  for (const piece of pieces)
    if (piece instanceof Uint8Array) hash.update(`bytes ${piece.length}\n`).update(piece);
    else {
      const { device, inode, size, mtime, ctime } = piece.state;
      const state = [device, inode, size, mtime, ctime].join(" ");
      hash.update(`file ${piece.start} ${piece.size} ${state} ${piece.path}\n`);
    }
  return hash.digest("hex");
}

/** Where digests are remembered: `$XDG_CACHE_HOME/tsplay/digests` or `~/.cache/tsplay/digests`. */
export function digestCache(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const cache = environment.XDG_CACHE_HOME;
  return join(cache?.startsWith("/") ? cache : join(homedir(), ".cache"), "tsplay", "digests");
}

/** Digests that are being computed: many hosts that want one image at the same time read its files once. */
const underWay = new Map<string, Promise<string>>();

function remembered(key: string, compute: () => Promise<string>): Promise<string> {
  const file = join(digestCache(), key);
  const known = readDigest(file);
  if (known !== undefined) return Promise.resolve(known);
  const started = underWay.get(key);
  if (started) return started;
  const promise = compute()
    .then((digest) => {
      writeDigest(file, digest);
      return digest;
    })
    .finally(() => underWay.delete(key));
  underWay.set(key, promise);
  return promise;
}

function readDigest(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8");
    return /^sha256:[0-9a-f]{64}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** A cache that cannot be written costs time, not the run. */
function writeDigest(file: string, digest: string): void {
  try {
    mkdirSync(digestCache(), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, digest);
    renameSync(`${file}.${process.pid}`, file);
  } catch {}
}
