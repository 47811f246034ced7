// What stat says of a predicted path: its predicted fields over the real ones, where those still show.

import { createHash } from "node:crypto";
import { bytesOf } from "../core/bytes.ts";
import { isUnknown, Undecided, type Unknown } from "../core/unknown.ts";
import type { FileType, HashName, Stat } from "./host.ts";
import type { PredictedPath } from "./predicted-overlay.ts";

export type Getent = (database: string, key: string) => Promise<readonly (readonly string[])[] | undefined>;

/** A predicted path that is there. */
export type PresentPath = Omit<PredictedPath, "type"> & { readonly type: FileType };

export interface StatParts {
  readonly path: string;
  readonly entry: PresentPath;
  /** The real path of the same type, if it shows. */
  readonly real: Stat | undefined;
  /** The user who looks, and owns what was made without naming an owner. */
  readonly user: string;
  readonly getent: Getent;
  readonly checksum?: HashName;
  /** Seconds since the epoch for paths that do not exist yet. */
  readonly now: number;
}

/** Modes of new paths under the usual umask 022. */
const NEW_MODES: Readonly<Partial<Record<FileType, number>>> = { directory: 0o755, link: 0o777 };
const NEW_FILE_MODE = 0o644;
/** Of no real path: predicted ones have no number yet. */
const NO_DEVICE = -1;

/**
 * The stat. Throws Undecided for Unknown mode, owner or group, and for an Unknown checksum where one is asked for. A size or id
 * that is Unknown (Unknown content, a user whose id is not known yet) is NaN.
 */
export async function predictedStat(parts: StatParts): Promise<Stat> {
  const { path, entry, real, user, checksum } = parts;
  const { type } = entry;
  const mode = known(entry.mode, `the mode of ${path}`) ?? real?.mode ?? NEW_MODES[type] ?? NEW_FILE_MODE;
  const ownerGiven = known(entry.owner, `the owner of ${path}`);
  const groupGiven = known(entry.group, `the group of ${path}`);
  const [owner, group] = await Promise.all([ownerOf(parts, ownerGiven), groupOf(parts, groupGiven)]);
  const bits = accessBits(user, owner.name, mode);
  const size = sizeOf(entry, real);
  const isNew = real === undefined || entry.content !== undefined;
  return {
    type,
    mode,
    uid: owner.id,
    gid: group.id,
    ...(owner.name === undefined ? {} : { owner: owner.name }),
    ...(group.name === undefined ? {} : { group: group.name }),
    size,
    mtime: isNew ? parts.now : real.mtime,
    atime: isNew ? parts.now : real.atime,
    ctime: isNew ? parts.now : real.ctime,
    inode: real?.inode ?? pathNumber(path),
    device: real?.device ?? NO_DEVICE,
    links: real?.links ?? (type === "directory" ? 2 : 1),
    ...(type === "link" ? { target: entry.target ?? real?.target ?? "" } : {}),
    ...(checksum !== undefined && type === "file" ? { checksum: checksumOf(path, entry, real, checksum) } : {}),
    readable: (bits & 4) !== 0,
    writable: (bits & 2) !== 0,
    executable: user === "root" ? type === "directory" || (mode & 0o111) !== 0 : (bits & 1) !== 0,
  };
}

/** The bytes of predicted content; undefined if the prediction says nothing of it. Throws Undecided if it is Unknown. */
export function contentOf(entry: Pick<PredictedPath, "content">): Buffer | undefined {
  const { content } = entry;
  if (content === undefined) return undefined;
  if (isUnknown(content)) throw new Undecided(content);
  return typeof content === "string" ? bytesOf(content) : Buffer.from(content);
}

function checksumOf(path: string, entry: PresentPath, real: Stat | undefined, hash: HashName): string {
  const content = contentOf(entry);
  if (content) return createHash(hash).update(content).digest("hex");
  if (real?.checksum !== undefined) return real.checksum;
  throw new Undecided(`the content of ${path}`);
}

function sizeOf(entry: PresentPath, real: Stat | undefined): number {
  const { content, type, target } = entry;
  if (type === "link" && target !== undefined) return bytesOf(target).length;
  if (content === undefined) return real?.size ?? (type === "directory" ? 4096 : type === "file" ? Number.NaN : 0);
  if (isUnknown(content)) return Number.NaN;
  return typeof content === "string" ? bytesOf(content).length : content.length;
}

interface Identity {
  readonly id: number;
  readonly name: string | undefined;
}

async function ownerOf({ real, user, getent }: StatParts, given: string | number | undefined): Promise<Identity> {
  if (given === undefined && real) return { id: real.uid, name: real.owner };
  return identity(await getent("passwd", String(given ?? user)), given ?? user);
}

async function groupOf({ real, user, getent }: StatParts, given: string | number | undefined): Promise<Identity> {
  if (given === undefined && real) return { id: real.gid, name: real.group };
  const gid = given ?? (await getent("passwd", user))?.[0]?.[3] ?? "0";
  return identity(await getent("group", String(gid)), gid);
}

/** Name and id of an entry of passwd or group, or of what was asked for if there is none. */
function identity(entries: readonly (readonly string[])[] | undefined, asked: string | number): Identity {
  const entry = entries?.[0];
  const number = entry?.[2] ?? "";
  if (!entry)
    return /^\d+$/.test(String(asked))
      ? { id: Number(asked), name: undefined }
      : { id: Number.NaN, name: String(asked) };
  return { id: number === "" ? Number.NaN : Number(number), name: entry[0] };
}

function known<T>(value: T | Unknown | undefined, what: string): T | undefined {
  if (isUnknown(value)) throw new Undecided(`${what}: ${value.reason}`);
  return value;
}

function accessBits(user: string, owner: string | undefined, mode: number): number {
  if (user === "root") return 7;
  return owner === user ? (mode >> 6) & 7 : mode & 7;
}

/** A number of its own for each path, below zero so that it is nobody's inode. */
function pathNumber(path: string): number {
  return -1 - createHash("sha1").update(path).digest().readUInt32BE(0);
}
