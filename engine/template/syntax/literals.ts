// Python's literals as Jinja's lexer reads them: string escapes and numbers.

import { Float, float, integer } from "../../core/value.ts";

const SIMPLE: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "\n": "",
};

/** The text of a string literal without its quotes, escapes resolved as Python does (unknown ones stay). */
export function unescapeText(body: string): string {
  if (!body.includes("\\")) return body;
  return body.replace(
    /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (whole, octal?: string, hex2?: string, hex4?: string, hex8?: string, single?: string) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const hex = hex2 ?? hex4 ?? hex8;
      if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
      return SIMPLE[single ?? ""] ?? whole;
    },
  );
}

/** A number literal: `1_000`, `0x1f`, `0o17`, `0b1`, `1.5e3`. */
export function numberOf(source: string): number | bigint | Float {
  const text = source.replaceAll("_", "");
  if (/^0[xob]/i.test(text)) return integer(BigInt(text.toLowerCase()));
  if (/^\d+$/.test(text)) return integer(BigInt(text));
  const value = Number(text);
  return Number.isFinite(value) ? float(value) : new Float(value);
}
