// The wire format of docs/agent.md: encoding of arguments, request headers, and cutting answers out of a byte stream.

import { bytesOf, textOf } from "../core/bytes.ts";

const UNSAFE = /[^A-Za-z0-9_./:=,@%+~-]/;
const NEWLINE = 10;
/** A header longer than this is no header: something else is talking on the pipe. */
const LONGEST_HEADER = 16 * 1024 * 1024;

/** One argument as `printf %b` reads it: unsafe bytes as \0ooo, the empty text as \c. */
export function encodeArgument(text: string): string {
  if (text === "") return "\\c";
  if (!UNSAFE.test(text)) return text;
  let encoded = "";
  for (const byte of bytesOf(text)) {
    const character = String.fromCharCode(byte);
    encoded += byte < 128 && !UNSAFE.test(character) ? character : `\\0${byte.toString(8).padStart(3, "0")}`;
  }
  return encoded;
}

export function decodeArgument(text: string): string {
  if (text === "\\c") return "";
  if (!text.includes("\\")) return text;
  return textOf(
    Buffer.from(
      text.replace(/\\0([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
      "latin1",
    ),
  );
}

/** A request as it goes over the wire. */
export function encodeRequest(id: number, verb: string, args: readonly string[], body?: Uint8Array): Buffer[] {
  const header = Buffer.from(`${[id, verb, body?.length ?? 0, ...args.map(encodeArgument)].join(" ")}\n`, "latin1");
  return body && body.length > 0 ? [header, Buffer.from(body.buffer, body.byteOffset, body.byteLength)] : [header];
}

/** An answer, or a piece of one (status `data`). */
export interface Frame {
  readonly id: number;
  readonly status: string;
  readonly fields: readonly string[];
  readonly body: Buffer;
  /** Bytes it took on the wire. */
  readonly size: number;
}

/** Cuts a byte stream into frames. Throws on what cannot be one. */
export class FrameReader {
  /** Chunks that hold no whole frame yet; joined only when enough has come, so that large bodies cost nothing extra. */
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 0;

  read(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return [];
    const data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Frame[] = [];
    let offset = 0;
    this.#needed = 0;
    for (;;) {
      const end = data.indexOf(NEWLINE, offset);
      if (end < 0) {
        if (data.length - offset > LONGEST_HEADER) throw new Error("an endless header");
        break;
      }
      const words = data.toString("latin1", offset, end).split(" ");
      const [id, status, length] = [Number(words[0]), words[1] ?? "", Number(words[2])];
      if (!Number.isSafeInteger(id) || status === "" || !Number.isSafeInteger(length) || length < 0)
        throw new Error(`not a frame: ${JSON.stringify(words.join(" ").slice(0, 200))}`);
      const next = end + 1 + length;
      if (data.length < next) {
        this.#needed = next - offset;
        break;
      }
      const fields = words
        .slice(3)
        .filter((word) => word !== "")
        .map(decodeArgument);
      frames.push({ id, status, fields, body: data.subarray(end + 1, next), size: next - offset });
      offset = next;
    }
    this.#chunks = offset < data.length ? [data.subarray(offset)] : [];
    this.#length = data.length - offset;
    return frames;
  }
}
