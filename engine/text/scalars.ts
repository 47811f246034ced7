// What a plain YAML scalar means. The rules are YAML 1.1's as PyYAML applies them (its implicit resolvers), because
// that is what playbooks were written against: `yes` is true, 0644 is 420, `1:30` is 90, `0o17` and `1e3` are text.

import { type Float, float, integer } from "../core/value.ts";

export type Resolved = null | boolean | number | bigint | string | Float;

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INT =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
/** What PyYAML would make a date of; here it stays text, but a dumper must quote it. */
const TIMESTAMP =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$/;

/** The value of an unquoted, untagged scalar. */
export function resolvePlain(text: string): Resolved {
  const first = text.charCodeAt(0);
  // Most scalars start with a letter that begins no special word: skip the expressions for them.
  if (text.length > 5 && first > 57 && first !== 126) return text;
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (FLOAT.test(text)) return parseFloatText(text);
  if (INT.test(text)) return parseIntText(text) ?? text;
  return text;
}

/** The boolean that a word stands for in YAML 1.1, or undefined. */
export function parseBooleanText(text: string): boolean | undefined {
  if (TRUE.test(text)) return true;
  return FALSE.test(text) ? false : undefined;
}

/** Text that a plain scalar would not be read back as: numbers, words for true and null, dates, `<<` and `=`. */
export function looksSpecial(text: string): boolean {
  return text === "<<" || text === "=" || typeof resolvePlain(text) !== "string" || TIMESTAMP.test(text);
}

/** A YAML 1.1 int (decimal, octal, hexadecimal, binary, sexagesimal), or undefined. */
export function parseIntText(source: string): number | bigint | undefined {
  let text = source.replaceAll("_", "");
  let sign = 1n;
  if (text.startsWith("-")) sign = -1n;
  if (/^[-+]/.test(text)) text = text.slice(1);
  try {
    if (text === "0") return 0;
    if (text.startsWith("0b") || text.startsWith("0x")) return integer(sign * BigInt(text));
    if (text.startsWith("0")) return integer(sign * BigInt(`0o${text.slice(1)}`));
    if (text.includes(":")) return integer(sign * sexagesimal(text.split(":")));
    if (text === "") return undefined;
    return integer(sign * BigInt(text));
  } catch {
    return undefined;
  }
}

/** A YAML 1.1 float, sexagesimal and the infinities included. */
export function parseFloatText(source: string): number | Float {
  const text = source.replaceAll("_", "").toLowerCase();
  const sign = text.startsWith("-") ? -1 : 1;
  const body = text.replace(/^[-+]/, "");
  if (body === ".inf") return float(sign * Number.POSITIVE_INFINITY);
  if (body === ".nan") return Number.NaN;
  if (body.includes(":")) return float(sign * body.split(":").reduce((sum, part) => sum * 60 + Number(part), 0));
  return float(sign * Number(body));
}

function sexagesimal(parts: readonly string[]): bigint {
  return parts.reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}
