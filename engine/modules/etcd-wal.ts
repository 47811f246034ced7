// Whose data lies in a member's folder: the head of etcd's write-ahead log names the member and the cluster, so a stopped
// member, a removed one and one of another cluster can be told apart without starting it. Only reads.
// Format: frames of an 8-byte little-endian length (padding in the top byte) and a walpb.Record (etcd, server/storage/wal).

import type { Host } from "../host/host.ts";

/** What the data says. */
export interface DataIdentity {
  readonly memberId: string;
  readonly clusterId: string;
  /**
   * Whether this member ever saw a leader. A member of a new cluster whose others were never started has only the entries
   * that it was born with: nothing is lost if it is started once more with the others.
   */
  readonly elected: boolean;
}

/** The members' folder: absent, or with this identity; "unreadable" where there is something else. */
export type MemberData = { readonly kind: "none" } | ({ readonly kind: "member" } & DataIdentity) | Unreadable;
interface Unreadable {
  readonly kind: "unreadable";
  readonly reason: string;
}

/** Enough for what a member that never saw a leader has written. */
const HEAD = 65536;

export async function readMemberData(host: Host, dataDir: string): Promise<MemberData> {
  if (!(await host.stat(`${dataDir}/member`))) return { kind: "none" };
  const files = await host.glob(`${dataDir}/member/wal/*.wal`);
  const [first, second] = files;
  if (first === undefined) return { kind: "unreadable", reason: "it has no write-ahead log" };
  const { code, stdout, stderr } = await host.run({
    argv: ["head", "-c", String(HEAD), first],
    reads: true,
  });
  if (code !== 0) return { kind: "unreadable", reason: stderr.toString().trim() };
  const identity = identityOf(stdout);
  if (!identity) return { kind: "unreadable", reason: `${first} does not begin as a write-ahead log` };
  // Later files exist only after much has been written.
  return { kind: "member", ...identity, elected: identity.elected || second !== undefined };
}

const METADATA = 1;
const ENTRY = 2;

/** From the first bytes of the first log file; undefined if they are no log. */
export function identityOf(bytes: Buffer): DataIdentity | undefined {
  let ids: { readonly memberId: string; readonly clusterId: string } | undefined;
  let elected = false;
  for (const record of recordsOf(bytes)) {
    const fields = fieldsOf(record);
    const type = Number(fields.get(1) ?? 0n);
    const data = fields.get(3);
    if (type === METADATA && Buffer.isBuffer(data)) {
      const metadata = fieldsOf(data);
      ids = { memberId: hex(metadata.get(1)), clusterId: hex(metadata.get(2)) };
    }
    // The entries that a member is born with have term 1; those of any leader a higher one.
    if (type === ENTRY && Buffer.isBuffer(data)) elected ||= Number(fieldsOf(data).get(2) ?? 0n) > 1;
  }
  // A log of which the head is not enough was written by a cluster at work.
  return ids && { ...ids, elected: elected || isFull(bytes) };
}

function* recordsOf(bytes: Buffer): Generator<Buffer> {
  let offset = 0;
  while (offset + 8 <= bytes.length) {
    const frame = bytes.readBigUInt64LE(offset);
    const size = Number(frame & 0xffffffffffffffn);
    // The top bit says that there is padding, the lowest three of that byte how much.
    const padding = frame >> 63n === 1n ? Number((frame >> 56n) & 7n) : 0;
    if (size === 0 || offset + 8 + size > bytes.length) return;
    yield bytes.subarray(offset + 8, offset + 8 + size);
    offset += 8 + size + padding;
  }
}

/** Whether records go on to the end of what was read. The rest of a log file is zeroes. */
function isFull(bytes: Buffer): boolean {
  return bytes.length >= HEAD && bytes.subarray(-64).some((byte) => byte !== 0);
}

/** The fields of a protobuf message: varints as bigints, texts and messages as buffers; empty where it is none. */
function fieldsOf(message: Buffer): Map<number, bigint | Buffer> {
  const fields = new Map<number, bigint | Buffer>();
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; offset < message.length; shift += 7n) {
      const byte = message[offset++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (offset < message.length) {
    const key = Number(varint());
    const wire = key & 7;
    if (wire === 0) fields.set(key >> 3, varint());
    else if (wire === 2) {
      const size = Number(varint());
      fields.set(key >> 3, message.subarray(offset, offset + size));
      offset += size;
    } else return fields;
  }
  return fields;
}

function hex(value: bigint | Buffer | undefined): string {
  return typeof value === "bigint" ? value.toString(16) : "0";
}
