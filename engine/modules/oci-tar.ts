// Tar archives as lists of pieces: the same entries give the same bytes (no times, no owners, no names of users), and what a
// controller's archive holds is found without reading its content.

import { closeSync, openSync, readSync } from "node:fs";
import { Header, type HeaderData, Pax } from "tar";
import { fail } from "../core/problem.ts";
import { type FilePiece, fileState, type Piece, sizeOf } from "./oci-pieces.ts";

const BLOCK = 512;
const EPOCH = new Date(0);

/** Something in an archive. Paths have no slash at their beginning or end. */
export type TarEntry =
  | { readonly type: "file"; readonly path: string; readonly mode: number; readonly content: readonly Piece[] }
  | { readonly type: "directory"; readonly path: string; readonly mode: number }
  | { readonly type: "link"; readonly path: string; readonly target: string };

/** The archive, entries in the order given. */
export function tarPieces(entries: readonly TarEntry[]): Piece[] {
  const pieces: Piece[] = [];
  for (const entry of entries) {
    pieces.push(header(entry));
    if (entry.type !== "file") continue;
    pieces.push(...entry.content);
    const rest = sizeOf(entry.content) % BLOCK;
    if (rest > 0) pieces.push(Buffer.alloc(BLOCK - rest));
  }
  pieces.push(Buffer.alloc(2 * BLOCK));
  return pieces;
}

const TYPES = { file: "File", directory: "Directory", link: "SymbolicLink" } as const;

function header(entry: TarEntry): Buffer {
  const data: HeaderData = {
    path: entry.type === "directory" ? `${entry.path}/` : entry.path,
    type: TYPES[entry.type],
    mode: entry.type === "link" ? 0o777 : entry.mode,
    uid: 0,
    gid: 0,
    mtime: EPOCH,
    size: entry.type === "file" ? sizeOf(entry.content) : 0,
    ...(entry.type === "link" ? { linkpath: entry.target } : {}),
  };
  const block = Buffer.alloc(BLOCK);
  if (!new Header(data).encode(block)) return block;
  // What does not fit into the header (long or non-ASCII names, sizes over 8 GiB) stands before it.
  const { path, linkpath, size } = data;
  const long = new Pax({ path, ...(linkpath === undefined ? {} : { linkpath }), size } as HeaderData).encode();
  return Buffer.concat([long, block]);
}

/** A member of an archive on the controller. */
export interface TarMember {
  /** Without `./` and slashes at its ends. */
  readonly path: string;
  readonly type: "file" | "directory" | "link" | "other";
  /** Where a link leads (within the archive for hard links). */
  readonly target?: string;
  readonly content: FilePiece;
}

/** What an uncompressed archive holds. Failures `archive-compressed`, `archive-broken`. */
export function tarMembers(path: string): TarMember[] {
  const state = fileState(path);
  const size = Number(state.size);
  refuseCompressed(path, firstBytes(path, 6));
  if (size < BLOCK) fail("archive-broken", `${path} is no tar archive: it has only ${size} bytes`);
  const file = openSync(path, "r");
  try {
    const members: TarMember[] = [];
    const read = (start: number, length: number): Buffer => {
      const buffer = Buffer.alloc(length);
      if (start + length > size || readSync(file, buffer, 0, length, start) !== length)
        fail("archive-broken", `${path} ends in the middle of an archive: it was not written completely`);
      return buffer;
    };
    let long: HeaderData | undefined;
    for (let at = 0; at + BLOCK <= size; ) {
      const block = read(at, BLOCK);
      const found = new Header(block, 0, long);
      if (found.nullBlock) break;
      if (!found.cksumValid) fail("archive-broken", `${path} is no tar archive, or a broken one (at byte ${at})`);
      const start = at + BLOCK;
      const length = found.size ?? 0;
      at = start + Math.ceil(length / BLOCK) * BLOCK;
      if (found.type === "ExtendedHeader") long = Pax.parse(read(start, length).toString("utf8"), long);
      else if (found.type === "NextFileHasLongPath") long = { ...long, path: text(read(start, length)) };
      else if (found.type === "NextFileHasLongLinkpath") long = { ...long, linkpath: text(read(start, length)) };
      else if (found.type !== "GlobalExtendedHeader") {
        if (start + length > size)
          fail("archive-broken", `${path} ends in the middle of ${found.path}: it was not written completely`);
        members.push({
          path: cleanPath(found.path ?? ""),
          type: memberType(found.type),
          ...(found.linkpath ? { target: found.linkpath } : {}),
          content: { path, start, size: length, state },
        });
        long = undefined;
      }
    }
    return members;
  } finally {
    closeSync(file);
  }
}

/** The bytes of a small member. */
export function readMember({ content }: TarMember): Buffer {
  const buffer = Buffer.alloc(content.size);
  const file = openSync(content.path, "r");
  try {
    readSync(file, buffer, 0, content.size, content.start);
    return buffer;
  } finally {
    closeSync(file);
  }
}

/** A path as archives have it. */
export function cleanPath(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** How a file is compressed, by its first bytes. */
export function compressionOf(first: Uint8Array): "gzip" | "xz" | "bzip2" | "zstd" | undefined {
  const begins = (...bytes: number[]) => bytes.every((byte, index) => first[index] === byte);
  if (begins(0x1f, 0x8b)) return "gzip";
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a)) return "xz";
  if (begins(0x42, 0x5a, 0x68)) return "bzip2";
  return begins(0x28, 0xb5, 0x2f, 0xfd) ? "zstd" : undefined;
}

/** The first bytes of a controller's file. */
export function firstBytes(path: string, length: number, start = 0): Buffer {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(file, buffer, 0, length, start));
  } finally {
    closeSync(file);
  }
}

function refuseCompressed(path: string, block: Buffer): void {
  const compression = compressionOf(block);
  if (compression)
    fail("archive-compressed", `${path} is compressed with ${compression}; an image's archive must be a plain tar`, {
      hint: `unpack it first: ${compression === "gzip" ? "gunzip" : compression === "zstd" ? "unzstd" : `un${compression}`}`,
    });
}

function memberType(type: string): TarMember["type"] {
  if (type === "File" || type === "OldFile" || type === "ContiguousFile") return "file";
  if (type === "Directory" || type === "GNUDumpDir") return "directory";
  return type === "SymbolicLink" || type === "Link" ? "link" : "other";
}

function text(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/\0.*$/s, "");
}
