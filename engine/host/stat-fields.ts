// The fields in which an agent tells what a path is, as a Stat.

import type { FileType, Stat } from "./host.ts";
import { decodeArgument } from "./wire.ts";

/** type mode uid gid size mtime atime ctime inode device links may owner group target [checksum] */
export function statOf(fields: readonly string[]): Stat {
  const number = (index: number): number => Number(fields[index] ?? 0);
  const may = fields[11] ?? "---";
  const [owner, group, target, checksum] = fields.slice(12);
  return {
    type: fields[0] as FileType,
    mode: number(1),
    uid: number(2),
    gid: number(3),
    size: number(4),
    mtime: number(5),
    atime: number(6),
    ctime: number(7),
    inode: number(8),
    device: number(9),
    links: number(10),
    readable: may[0] === "r",
    writable: may[1] === "w",
    executable: may[2] === "x",
    ...(owner ? { owner } : {}),
    ...(group ? { group } : {}),
    ...(fields[0] === "link" ? { target: target ?? "" } : {}),
    ...(checksum ? { checksum } : {}),
  };
}

/** One row of a walk: the path below the folder, then the fields. */
export function statRow(row: string): { readonly name: string; readonly stat: Stat } {
  const [name = "", ...fields] = row.split(" ").map(decodeArgument);
  return { name, stat: statOf(fields) };
}
