// What is in an archive of the controller: names, kinds, modes and checksums, so that a host that has it all already
// need not be sent the archive.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { inflateRawSync } from "node:zlib";
import { fail } from "../core/problem.ts";
import type { FileType } from "../host/host.ts";
import { MAGIC_LENGTH } from "./archive-format.ts";

export interface Member {
  /** As in the archive. */
  readonly name: string;
  readonly type: FileType;
  readonly mode: number;
  readonly target?: string;
  /** SHA-1 of a file's content; undefined for hard links. */
  readonly sha1?: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
}

/** The bytes that tell its kind. */
export async function beginningOf(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC_LENGTH), 0, MAGIC_LENGTH, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

const TYPES: Readonly<Record<string, FileType>> = {
  File: "file",
  OldFile: "file",
  ContiguousFile: "file",
  Link: "file",
  Directory: "directory",
  GNUDumpDir: "directory",
  SymbolicLink: "link",
  FIFO: "fifo",
  CharacterDevice: "character",
  BlockDevice: "block",
};

/** Members of a tar archive, plain or compressed with gzip. */
export async function tarMembers(path: string): Promise<Member[]> {
  const { Parser } = await import("tar");
  const members: Member[] = [];
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      const type = TYPES[entry.type] ?? "file";
      const hash = createHash("sha1");
      entry.on("data", (chunk: Buffer) => hash.update(chunk));
      entry.on("end", () => {
        const content = type === "file" && entry.type !== "Link" ? { sha1: hash.digest("hex") } : {};
        const target = type === "link" ? { target: entry.linkpath ?? "" } : {};
        members.push({
          name: entry.path,
          type,
          mode: (entry.mode ?? 0o644) & 0o7777,
          mtime: (entry.mtime?.getTime() ?? 0) / 1000,
          ...content,
          ...target,
        });
      });
    },
  });
  try {
    await pipeline(createReadStream(path), parser as unknown as NodeJS.WritableStream);
  } catch (error) {
    fail("archive-broken", `${path} cannot be read as an archive: ${(error as Error).message}`);
  }
  return members;
}

/** Members of a zip archive, from its central directory. */
export async function zipMembers(path: string): Promise<Member[]> {
  const data = await readFile(path);
  const end = data.lastIndexOf(Buffer.from("PK\x05\x06"));
  if (end < 0) fail("archive-broken", `${path} is not a whole zip archive`);
  const members: Member[] = [];
  let offset = data.readUInt32LE(end + 16);
  for (let left = data.readUInt16LE(end + 10); left > 0; left--) {
    if (data.readUInt32LE(offset) !== 0x02014b50)
      fail("archive-broken", `${path} is not a whole zip archive, or a zip64 one`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => data.readUInt16LE(offset + at)) as [
      number,
      number,
      number,
    ];
    const name = data.toString("utf8", offset + 46, offset + 46 + nameLength);
    const bits = data.readUInt32LE(offset + 38) >>> 16;
    const isFolder = name.endsWith("/");
    const isLink = (bits & 0o170000) === 0o120000;
    const content = isFolder ? Buffer.alloc(0) : zipContent(data, offset);
    members.push({
      name,
      type: isFolder ? "directory" : isLink ? "link" : "file",
      mode: bits & 0o7777 || (isFolder ? 0o755 : 0o644),
      mtime: 0,
      ...(isLink ? { target: content.toString() } : {}),
      ...(isFolder || isLink ? {} : { sha1: createHash("sha1").update(content).digest("hex") }),
    });
    offset += 46 + nameLength + extraLength + commentLength;
  }
  return members;
}

function zipContent(data: Buffer, entry: number): Buffer {
  const method = data.readUInt16LE(entry + 10);
  const size = data.readUInt32LE(entry + 20);
  const local = data.readUInt32LE(entry + 42);
  const start = local + 30 + data.readUInt16LE(local + 26) + data.readUInt16LE(local + 28);
  const packed = data.subarray(start, start + size);
  if (method === 0) return packed;
  return method === 8
    ? inflateRawSync(packed)
    : fail("archive-broken", `the zip archive uses compression method ${method}, which is not supported`);
}
