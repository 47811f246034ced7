// What `parted --machine print` answers, and the units in which partitions begin and end. Pure.

export interface PartedDisk {
  readonly dev: string;
  readonly size: number;
  readonly unit: string;
  readonly logical_block: number;
  readonly physical_block: number;
  /** Type of the partition table: gpt, msdos, unknown … */
  readonly table: string;
  readonly model: string;
}

export interface PartedPartition {
  readonly num: number;
  readonly begin: number;
  readonly end: number;
  readonly size: number;
  readonly fstype: string;
  readonly name: string;
  readonly flags: readonly string[];
  readonly unit: string;
}

export interface PartedTable {
  readonly disk: PartedDisk;
  readonly partitions: readonly PartedPartition[];
}

/** Reads the answer in a unit of bytes (`unit` as it was asked for); undefined if it has no line about a disk. */
export function parsePrint(text: string, unit: string): PartedTable | undefined {
  const lines = text
    .split("\n")
    .map((line) => line.trim().replace(/;$/, ""))
    .filter((line) => line !== "");
  const start = lines.findIndex((line) => /^(?:BYT|CHS|CYL)$/.test(line));
  const fields = lines[start + 1]?.split(":");
  if (start < 0 || !fields || fields.length < 6) return undefined;
  const [dev = "", size = "", , logical = "", physical = "", table = "", model = ""] = fields;
  return {
    disk: {
      dev,
      size: amount(size),
      unit: unit.toLowerCase(),
      logical_block: Number(logical),
      physical_block: Number(physical),
      table,
      model,
    },
    partitions: lines.slice(start + 2).flatMap((line) => partition(line, table, unit)),
  };
}

function partition(line: string, table: string, unit: string): PartedPartition[] {
  const [num = "", begin = "", end = "", size = "", fstype = "", name = "", flags = ""] = line.split(":");
  if (!/^\d+$/.test(num)) return [];
  return [
    {
      num: Number(num),
      begin: amount(begin),
      end: amount(end),
      size: amount(size),
      fstype,
      // Only some tables have names; the others write the kind of partition there.
      name: table === "gpt" || table === "mac" || table === "dvh" || table === "pc98" ? name : "",
      flags: flags === "" ? [] : flags.split(",").map((flag) => flag.trim()),
      unit: unit.toLowerCase(),
    },
  ];
}

function amount(text: string): number {
  return Number.parseFloat(text);
}

const FACTORS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** Bytes of a place on a disk: `0%`, `512MiB`, `-1GiB` from its end; a bare number is in `unit`. Undefined if only parted can tell. */
export function placeInBytes(
  text: string,
  unit: string,
  disk: { readonly size: number; readonly sector: number },
): number | undefined {
  const match = /^(-?)(\d+(?:\.\d+)?)\s*([A-Za-z%]*)$/.exec(text.trim());
  if (!match) return undefined;
  const [, sign = "", digits = "", own = ""] = match;
  const name = (own === "" ? unit : own).toLowerCase();
  const factor = name === "%" ? disk.size / 100 : name === "s" ? disk.sector : FACTORS[name];
  if (factor === undefined) return undefined;
  const bytes = Number(digits) * factor;
  return sign === "-" ? disk.size - bytes : bytes;
}

/** Path of a partition: /dev/sdb1, /dev/nvme0n1p1. */
export function partitionPath(disk: string, number: number): string {
  const byId = /^\/dev\/disk\/by-(?:id|path|uuid|label)\//.test(disk);
  return byId ? `${disk}-part${number}` : `${disk}${/\d$/.test(disk) ? "p" : ""}${number}`;
}
