// What a program or library of the controller says of the libraries it needs: the ELF header's machine, the loader and
// DT_NEEDED, read without running anything (so also for other architectures). Layout as in elf(5).

import { closeSync, openSync, readSync } from "node:fs";

/** An ELF file. */
export interface Elf {
  /** OCI's (Go's) name of the architecture, or `machine N`. */
  readonly architecture: string;
  /** Word size and machine: libraries must agree in it. */
  readonly kind: string;
  /** The loader that it asks for; undefined for libraries and static programs. */
  readonly interpreter: string | undefined;
  /** Names of libraries, in order. */
  readonly needed: readonly string[];
  /** Folders where its libraries are sought first, `$ORIGIN` not yet replaced. */
  readonly runpath: readonly string[];
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_RPATH = 15;
const DT_RUNPATH = 29;

/** e_machine → Go's GOARCH, little endian where both exist. */
const MACHINES: Readonly<Record<number, string>> = {
  3: "386",
  22: "s390x",
  40: "arm",
  62: "amd64",
  183: "arm64",
  243: "riscv64",
  21: "ppc64le",
  258: "loong64",
};

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** undefined for what is no ELF file. */
export function readElf(path: string): Elf | undefined {
  const file = openSync(path, "r");
  try {
    const at = (position: number, length: number): Buffer => {
      const buffer = Buffer.alloc(length);
      readSync(file, buffer, 0, length, position);
      return buffer;
    };
    const head = at(0, 64);
    if (head.readUInt32BE(0) !== 0x7f454c46) return undefined;
    const fields = fieldsOf(head[4] === 2, head[5] !== 2);
    const machine = fields.u16(head, 18);
    const segments = segmentsOf(head, fields, at);
    const interpreter = segments.find(({ type }) => type === PT_INTERP);
    const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
    return {
      architecture: MACHINES[machine] ?? `machine ${machine}`,
      kind: `${head[4]}/${head[5]}/${machine}`,
      interpreter: interpreter && textAt(at(interpreter.offset, interpreter.size), 0),
      ...(dynamic ? dynamicOf(at(dynamic.offset, dynamic.size), segments, fields, at) : { needed: [], runpath: [] }),
    };
  } finally {
    closeSync(file);
  }
}

type Read = (position: number, length: number) => Buffer;

interface Fields {
  readonly wide: boolean;
  u16(buffer: Buffer, at: number): number;
  u32(buffer: Buffer, at: number): number;
  /** An address or offset: 8 bytes in 64-bit files, else 4. */
  word(buffer: Buffer, at: number): number;
}

function fieldsOf(wide: boolean, little: boolean): Fields {
  const u16 = (buffer: Buffer, at: number) => (little ? buffer.readUInt16LE(at) : buffer.readUInt16BE(at));
  const u32 = (buffer: Buffer, at: number) => (little ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at));
  const u64 = (buffer: Buffer, at: number) => Number(little ? buffer.readBigUInt64LE(at) : buffer.readBigUInt64BE(at));
  return { wide, u16, u32, word: wide ? u64 : u32 };
}

function segmentsOf(head: Buffer, { wide, u16, u32, word }: Fields, at: Read): Segment[] {
  const start = word(head, wide ? 32 : 28);
  const size = u16(head, wide ? 54 : 42);
  const count = u16(head, wide ? 56 : 44);
  const table = at(start, size * count);
  return Array.from({ length: count }, (_, index) => {
    const base = index * size;
    return wide
      ? {
          type: u32(table, base),
          offset: word(table, base + 8),
          address: word(table, base + 16),
          size: word(table, base + 32),
        }
      : {
          type: u32(table, base),
          offset: word(table, base + 4),
          address: word(table, base + 8),
          size: word(table, base + 16),
        };
  });
}

function dynamicOf(
  table: Buffer,
  segments: readonly Segment[],
  { wide, word }: Fields,
  at: Read,
): { readonly needed: string[]; readonly runpath: string[] } {
  const step = wide ? 16 : 8;
  const entries: [number, number][] = [];
  for (let position = 0; position + step <= table.length; position += step)
    entries.push([word(table, position), word(table, position + step / 2)]);
  const address = entries.find(([tag]) => tag === DT_STRTAB)?.[1];
  const holder = segments.find(
    (one) =>
      one.type === PT_LOAD && address !== undefined && address >= one.address && address < one.address + one.size,
  );
  if (address === undefined || !holder) return { needed: [], runpath: [] };
  const strings = holder.offset + (address - holder.address);
  const name = (offset: number) => textAt(at(strings + offset, 4096), 0);
  const values = (wanted: number) => entries.filter(([tag]) => tag === wanted).map(([, value]) => name(value));
  const runpath = values(DT_RUNPATH);
  return {
    needed: values(DT_NEEDED),
    runpath: (runpath.length > 0 ? runpath : values(DT_RPATH)).flatMap((paths) => paths.split(":")),
  };
}

function textAt(buffer: Buffer, start: number): string {
  const end = buffer.indexOf(0, start);
  return buffer.toString("utf8", start, end < 0 ? undefined : end);
}
