// Kinds of archives: how they begin, what unpacks them, and which names in them are refused. Pure.

import { fail } from "../core/problem.ts";

export interface ArchiveFormat {
  /** Ansible's name for what handles it. */
  readonly handler: string;
  readonly kind: "tar" | "zip";
  /** tar's option for the compression; tar cannot tell by itself when it reads a pipe. */
  readonly option?: string;
  /** Debian's package of the program that unpacks it. */
  readonly needs?: string;
}

const FORMATS: ReadonlyArray<{ readonly magic: Buffer; readonly offset: number; readonly format: ArchiveFormat }> = [
  { magic: Buffer.from([0x1f, 0x8b]), offset: 0, format: { handler: "TgzArchive", kind: "tar", option: "-z" } },
  {
    magic: Buffer.from("BZh"),
    offset: 0,
    format: { handler: "TarBzipArchive", kind: "tar", option: "-j", needs: "bzip2" },
  },
  {
    magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
    offset: 0,
    format: { handler: "TarXzArchive", kind: "tar", option: "-J", needs: "xz-utils" },
  },
  {
    magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    offset: 0,
    format: { handler: "TarZstdArchive", kind: "tar", option: "--zstd", needs: "zstd" },
  },
  { magic: Buffer.from("PK\x03\x04"), offset: 0, format: { handler: "ZipArchive", kind: "zip", needs: "unzip" } },
  { magic: Buffer.from("PK\x05\x06"), offset: 0, format: { handler: "ZipArchive", kind: "zip", needs: "unzip" } },
  { magic: Buffer.from("ustar"), offset: 257, format: { handler: "TarArchive", kind: "tar" } },
];

/** How many bytes of an archive tell its kind. */
export const MAGIC_LENGTH = 262;

/** The kind of an archive that begins so. Failure `archive-unknown`. */
export function archiveFormat(beginning: Buffer, name: string): ArchiveFormat {
  const found = FORMATS.find(({ magic, offset }) => beginning.subarray(offset, offset + magic.length).equals(magic));
  return (
    found?.format ??
    fail(
      "archive-unknown",
      `Failed to find handler for "${name}". It is no tar, tar.gz, tar.bz2, tar.xz, tar.zst or zip archive.`,
    )
  );
}

/** Throws the Failure `archive-outside` for a name that leads out of the folder it is unpacked in. */
export function refuseOutside(name: string): void {
  if (name.split("/").includes(".."))
    fail("archive-outside", `the archive holds the path ${name}, which leads out of the destination`);
}

/** Number of leading folders that tar's options take away; undefined if other options change names too. */
export function strippedFolders(options: readonly string[]): number | undefined {
  let count = 0;
  for (let index = 0; index < options.length; index++) {
    const option = options[index] ?? "";
    const strip = /^--strip(?:-components)?(?:=(\d+))?$/.exec(option);
    if (strip) {
      const value = strip[1] ?? options[index + 1];
      if (strip[1] === undefined) index += 1;
      count = Number(value);
    } else if (
      !/^--(no-same-owner|no-same-permissions|same-owner|preserve-permissions|numeric-owner|overwrite|no-overwrite-dir|warning=.*)$|^-p$/.test(
        option,
      )
    )
      return undefined;
  }
  return Number.isInteger(count) ? count : undefined;
}

/** A member's path below the destination, or undefined if it is not unpacked. */
export function unpackedName(
  name: string,
  strip: number,
  include: readonly string[],
  exclude: readonly string[],
): string | undefined {
  const clean = name.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
  if (clean === "" || clean === ".") return undefined;
  const matches = (pattern: string) => {
    const wanted = pattern.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
    const regex = new RegExp(
      `^${wanted
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}(/.*)?$`,
      "s",
    );
    return regex.test(clean);
  };
  if (include.length > 0 && !include.some(matches)) return undefined;
  if (exclude.some((pattern) => matches(pattern) || clean.split("/").includes(pattern))) return undefined;
  const rest = clean.split("/").slice(strip).join("/");
  return rest === "" ? undefined : rest;
}
