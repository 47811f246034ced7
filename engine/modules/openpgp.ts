// Fingerprints of the public keys in an OpenPGP file (RFC 4880, section 4 and 12.2), armoured or binary. Pure.

import { createHash } from "node:crypto";

const PUBLIC_KEY = 6;
const PUBLIC_SUBKEY = 14;

/** Fingerprints of the keys and subkeys in upper case, the first key's first; none if it is no key file. */
export function keyIds(content: Uint8Array): string[] {
  const text = Buffer.from(content).toString("latin1");
  const blocks = [
    ...text.matchAll(/-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g),
  ];
  if (blocks.length > 0) return blocks.flatMap((block) => packetIds(dearmour(block[1] ?? "")));
  return packetIds(Buffer.from(content));
}

/** Radix-64 without headers and checksum. */
function dearmour(body: string): Buffer {
  const lines = body.split(/\r?\n/);
  const blank = lines.findIndex((line) => line.trim() === "");
  const data = lines.slice(blank + 1).filter((line) => !line.startsWith("="));
  return Buffer.from(data.join(""), "base64");
}

function packetIds(bytes: Buffer): string[] {
  const ids: string[] = [];
  let index = 0;
  while (index < bytes.length) {
    const packet = packetAt(bytes, index);
    if (!packet) break;
    if (packet.tag === PUBLIC_KEY || packet.tag === PUBLIC_SUBKEY) {
      const id = fingerprint(bytes.subarray(packet.start, packet.end));
      if (id !== undefined) ids.push(id);
    }
    index = packet.end;
  }
  return ids;
}

function packetAt(bytes: Buffer, index: number): { tag: number; start: number; end: number } | undefined {
  const head = bytes[index] ?? 0;
  if (!(head & 0x80)) return undefined;
  const at = (offset: number): number => bytes[index + offset] ?? 0;
  let tag: number;
  let start: number;
  let length: number;
  if (head & 0x40) {
    tag = head & 0x3f;
    const first = at(1);
    if (first < 192) [length, start] = [first, index + 2];
    else if (first < 224) [length, start] = [((first - 192) << 8) + at(2) + 192, index + 3];
    else if (first === 255 && index + 6 <= bytes.length) [length, start] = [bytes.readUInt32BE(index + 2), index + 6];
    else return undefined;
  } else {
    tag = (head & 0x3c) >> 2;
    const kind = head & 3;
    if (kind === 0) [length, start] = [at(1), index + 2];
    else if (kind === 1) [length, start] = [(at(1) << 8) | at(2), index + 3];
    else if (kind === 2 && index + 5 <= bytes.length) [length, start] = [bytes.readUInt32BE(index + 1), index + 5];
    else return undefined;
  }
  const end = start + length;
  return end > bytes.length ? undefined : { tag, start, end };
}

function fingerprint(body: Buffer): string | undefined {
  const version = body[0];
  if (version !== 4 && version !== 5 && version !== 6) return undefined;
  const head =
    version === 4
      ? Buffer.from([0x99, body.length >> 8, body.length & 0xff])
      : Buffer.concat([Buffer.from([version === 5 ? 0x9a : 0x9b]), lengthBytes(body.length)]);
  return createHash(version === 4 ? "sha1" : "sha256")
    .update(head)
    .update(body)
    .digest("hex")
    .toUpperCase();
}

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
