// Makes small ELF files: as much of a program or library as a loader looks at before it runs it.

export interface ElfShape {
  /** e_machine: 62 amd64, 183 arm64. */
  readonly machine: number;
  readonly needed?: readonly string[];
  readonly runpath?: string;
  readonly interpreter?: string;
}

const BASE = 0x400000n;

/** A 64-bit little-endian file with one loaded segment, a dynamic section and, for programs, the name of the loader. */
export function elfFile({ machine, needed = [], runpath, interpreter }: ElfShape): Buffer {
  const strings = Buffer.from(`\0${[...needed, runpath ?? ""].join("\0")}\0`);
  const offsetOf = (name: string) => BigInt(strings.indexOf(`\0${name}\0`) + 1);
  const loader = Buffer.from(`${interpreter ?? ""}\0`);
  const count = interpreter === undefined ? 2 : 3;
  const stringsAt = BigInt(64 + 56 * count);
  const loaderAt = stringsAt + BigInt(strings.length);
  const dynamicAt = loaderAt + BigInt(loader.length);
  const entries: [bigint, bigint][] = [
    ...needed.map((name): [bigint, bigint] => [1n, offsetOf(name)]),
    [5n, BASE + stringsAt],
    ...(runpath === undefined ? [] : [[29n, offsetOf(runpath)] as [bigint, bigint]]),
    [0n, 0n],
  ];
  const dynamic = Buffer.alloc(entries.length * 16);
  for (const [index, [tag, value]] of entries.entries()) {
    dynamic.writeBigUInt64LE(tag, index * 16);
    dynamic.writeBigUInt64LE(value, index * 16 + 8);
  }
  const head = Buffer.alloc(64);
  head.write("\x7fELF\x02\x01\x01", 0, "latin1");
  head.writeUInt16LE(3, 16);
  head.writeUInt16LE(machine, 18);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(count, 56);
  const size = dynamicAt + BigInt(dynamic.length);
  const segments = [
    segment(1, 0n, BASE, size),
    segment(2, dynamicAt, BASE + dynamicAt, BigInt(dynamic.length)),
    ...(interpreter === undefined ? [] : [segment(3, loaderAt, BASE + loaderAt, BigInt(loader.length))]),
  ];
  return Buffer.concat([head, ...segments, strings, loader, dynamic]);
}

function segment(type: number, offset: bigint, address: bigint, size: bigint): Buffer {
  const bytes = Buffer.alloc(56);
  bytes.writeUInt32LE(type, 0);
  bytes.writeBigUInt64LE(offset, 8);
  bytes.writeBigUInt64LE(address, 16);
  bytes.writeBigUInt64LE(size, 32);
  return bytes;
}
