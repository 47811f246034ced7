// password_hash: crypt(3) with SHA-512 and SHA-256 as Drepper's published description has it. bcrypt and MD5 are not made here.

import { createHash, randomBytes } from "node:crypto";
import { fail } from "../../core/problem.ts";
import type { Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { double, numeric } from "../python/numbers.ts";
import { str } from "../python/text.ts";
import { typeError } from "../python/types.ts";

const LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

interface Scheme {
  readonly id: string;
  readonly algorithm: string;
  readonly size: number;
  /** passlib's rounds, which Ansible takes when none are given. */
  readonly rounds: number;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  sha512: { id: "6", algorithm: "sha512", size: 64, rounds: 656_000 },
  sha512_crypt: { id: "6", algorithm: "sha512", size: 64, rounds: 656_000 },
  sha256: { id: "5", algorithm: "sha256", size: 32, rounds: 535_000 },
  sha256_crypt: { id: "5", algorithm: "sha256", size: 32, rounds: 535_000 },
};

/** Rounds that crypt(3) has when the text names none. */
const UNNAMED_ROUNDS = 5000;

function repeated(block: Buffer, length: number): Buffer {
  const made = Buffer.alloc(length);
  for (let at = 0; at < length; at += block.length) block.copy(made, at, 0, Math.min(block.length, length - at));
  return made;
}

function digest(algorithm: string, ...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function crypt({ algorithm, size }: Scheme, password: Buffer, salt: Buffer, rounds: number): Buffer {
  const b = digest(algorithm, password, salt, password);
  const a = createHash(algorithm).update(password).update(salt).update(repeated(b, password.length));
  for (let bits = password.length; bits > 0; bits >>= 1) a.update(bits & 1 ? b : password);
  let c: Buffer = a.digest();
  const p = repeated(digest(algorithm, ...Array.from({ length: password.length }, () => password)), password.length);
  const s = repeated(digest(algorithm, ...Array.from({ length: 16 + (c[0] ?? 0) }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round++) {
    const hash = createHash(algorithm).update(round & 1 ? p : c);
    if (round % 3 !== 0) hash.update(s);
    if (round % 7 !== 0) hash.update(p);
    c = hash.update(round & 1 ? c : p).digest();
  }
  return c.subarray(0, size);
}

/** The digest's bytes in crypt's order, in its base 64. */
function encode(bytes: Buffer, size: number): string {
  const text: string[] = [];
  const put = (a: number, b: number, c: number, count: number) => {
    let word = (a << 16) | (b << 8) | c;
    for (let done = 0; done < count; done++) {
      text.push(LETTERS[word & 63] ?? "");
      word >>>= 6;
    }
  };
  const third = size === 64 ? 21 : 10;
  let [x, y, z] = [0, third, 2 * third];
  for (let group = 0; group < third; group++) {
    put(bytes[x] ?? 0, bytes[y] ?? 0, bytes[z] ?? 0, 4);
    [x, y, z] = size === 64 ? [y + 1, z + 1, x + 1] : [z + 1, x + 1, y + 1];
  }
  if (size === 64) put(0, 0, bytes[63] ?? 0, 2);
  else put(0, bytes[31] ?? 0, bytes[30] ?? 0, 3);
  return text.join("");
}

/** A hash for /etc/shadow. */
export function passwordHash(
  password: string,
  kind: string,
  salt: string | undefined,
  rounds: number | undefined,
): string {
  const scheme = SCHEMES[kind];
  if (!scheme)
    fail("template-type", `password_hash cannot make '${kind}'`, {
      hint: "use sha512 or sha256, which every Linux knows",
    });
  const spice = salt ?? [...randomBytes(16)].map((byte) => LETTERS[byte & 63]).join("");
  if (!/^[./0-9A-Za-z]*$/.test(spice)) typeError("invalid characters in salt");
  if (spice.length > 16) typeError("salt too large (sha crypt requires <= 16 chars)");
  const turns = rounds ?? scheme.rounds;
  if (turns < 1000 || turns > 999_999_999) typeError(`rounds must be between 1000 and 999999999, not ${turns}`);
  const body = encode(crypt(scheme, Buffer.from(password, "utf8"), Buffer.from(spice), turns), scheme.size);
  const named = turns === UNNAMED_ROUNDS ? "" : `rounds=${turns}$`;
  return `$${scheme.id}$${named}${spice}$${body}`;
}

export const PASSWORD_FILTERS: Readonly<Record<string, Filter>> = {
  password_hash: filter(
    "hashtype salt salt_size rounds ident",
    (value, { at: [kind = "sha512", salt, , rounds] }): Value => {
      const turns = rounds === undefined || rounds === null ? undefined : double(numeric(rounds) ?? 0);
      return passwordHash(str(value), str(kind), salt === undefined || salt === null ? undefined : str(salt), turns);
    },
  ),
};
