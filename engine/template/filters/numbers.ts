// Filters of numbers: int, float, round, log, pow, root, human_readable, human_to_bytes, filesizeformat.

import { Float, float, integer, type Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { fixedText } from "../python/float-format.ts";
import { double, numeric, roundHalfEven } from "../python/numbers.ts";
import { str } from "../python/text.ts";
import { isInt, truth, typeError, typeName } from "../python/types.ts";

function number(value: Value | undefined, what: string): number {
  const known = value === undefined ? undefined : numeric(value);
  if (known === undefined) typeError(`${what} must be real number, not ${typeName(value)}`);
  return double(known);
}

function numberFor(name: string, value: Value): number {
  const known = numeric(value);
  if (known === undefined)
    typeError(`${name}() can only be used on numbers: must be real number, not ${typeName(value)}`);
  return double(known);
}

/** Text as a Python int in a base; undefined if it is none. */
export function parseInt10(text: string, base: number): number | bigint | undefined {
  const clean = text
    .trim()
    .replace(/(?<=[0-9a-zA-Z])_(?=[0-9a-zA-Z])/g, "")
    .toLowerCase();
  const [, mark = "", prefix = "", digits = ""] = /^([+-]?)(0[xob])?([0-9a-z]+)$/.exec(clean) ?? [];
  const named: Readonly<Record<string, number>> = { "0x": 16, "0o": 8, "0b": 2 };
  const radix = base === 0 ? (named[prefix] ?? 10) : base;
  const body = prefix !== "" && named[prefix] !== radix ? undefined : digits;
  if (!body) return undefined;
  let value = 0n;
  for (const digit of body) {
    const worth = Number.parseInt(digit, 36);
    if (Number.isNaN(worth) || worth >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(worth);
  }
  return integer(mark === "-" ? -value : value);
}

/** Text as a Python float; undefined if it is none. */
function parseFloatText(text: string): number | Float | undefined {
  const clean = text.trim().replace(/(?<=\d)_(?=\d)/g, "");
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(clean)) return float(Number(clean));
  const [, mark, word] = /^([+-]?)(inf|infinity|nan)$/i.exec(clean) ?? [];
  if (word === undefined) return undefined;
  return float(
    word.toLowerCase() === "nan" ? Number.NaN : mark === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
  );
}

function toInt(value: Value, usual: Value, base: number): Value {
  const known = numeric(value);
  if (known !== undefined) {
    const size = double(known);
    return isInt(known) ? known : Number.isFinite(size) ? integer(BigInt(Math.trunc(size))) : usual;
  }
  if (typeof value !== "string") return usual;
  const whole = parseInt10(value, base);
  if (whole !== undefined) return whole;
  const real = parseFloatText(value);
  return real !== undefined && Number.isFinite(double(real)) ? integer(BigInt(Math.trunc(double(real)))) : usual;
}

function toFloat(value: Value, usual: Value): Value {
  const known = numeric(value);
  if (known !== undefined) return float(double(known));
  return (typeof value === "string" ? parseFloatText(value) : undefined) ?? usual;
}

const round: Filter = filter("precision method", (value, { at: [precision = 0, method = "common"] }) => {
  const known = numeric(value);
  if (known === undefined) typeError(`type ${typeName(value)} doesn't define __round__ method`);
  const digits = number(precision, "precision");
  if (method === "common") {
    if (isInt(known)) return digits >= 0 ? known : integer(BigInt(roundHalfEven(double(known), digits)));
    return float(roundHalfEven(double(known), digits));
  }
  if (method !== "ceil" && method !== "floor") typeError("method must be common, ceil or floor");
  const scale = 10 ** digits;
  return float((method === "ceil" ? Math.ceil : Math.floor)(double(known) * scale) / scale);
});

const UNITS = ["", "K", "M", "G", "T", "P", "E", "Z", "Y"];

function humanReadable(size: number, bits: boolean, unit: string | undefined): string {
  const base = bits ? "bits" : "Bytes";
  let power = UNITS.length - 1;
  for (; power > 0; power--) {
    if (unit === undefined ? size >= 1024 ** power : unit.toUpperCase()[0] === UNITS[power]) break;
  }
  const suffix = power === 0 ? base : `${UNITS[power]}${bits ? "b" : "B"}`;
  return `${fixedText(size / 1024 ** power, 2)} ${suffix}`;
}

function humanToBytes(text: string, usual: string | undefined, bits: boolean): number | bigint {
  const [, digits, unit = ""] = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?\s*$/.exec(text) ?? [];
  if (digits === undefined || digits === "" || digits === ".")
    typeError(`human_to_bytes() can't interpret the input: human_to_bytes() can't interpret following string: ${text}`);
  const given = unit === "" ? (usual ?? "") : unit;
  if (given === "") return integer(BigInt(Math.round(Number(digits))));
  const power = UNITS.indexOf(given.slice(0, 1).toUpperCase());
  const rest = given.slice(power > 0 ? 1 : 0);
  const wanted = bits ? ["b", "bit", "bits"] : ["B", "byte", "bytes", "Byte", "Bytes"];
  const bare = power > 0 && rest === "";
  const known =
    bare ||
    wanted.includes(rest) ||
    rest.toLowerCase() === (bits ? "bit" : "byte") ||
    (power > 0 && !bits && rest === "B");
  if ((power < 0 && !wanted.includes(given)) || !known)
    typeError(
      `human_to_bytes() can't interpret the input: human_to_bytes() failed to convert ${text} (unit = ${given}). The suffix must be one of ${[...UNITS].reverse().filter(Boolean).join(", ")}, B`,
    );
  return integer(BigInt(Math.round(Number(digits) * 1024 ** Math.max(0, power))));
}

function filesize(size: number, binary: boolean): string {
  const base = binary ? 1024 : 1000;
  if (size === 1) return "1 Byte";
  if (size < base) return `${Math.trunc(size)} Bytes`;
  const prefixes = "kMGTPEZY".split("").map((letter) => (binary ? `${letter.toUpperCase()}iB` : `${letter}B`));
  let power = 1;
  while (power < prefixes.length && size >= base ** (power + 1)) power += 1;
  return `${fixedText(size / base ** power, 1)} ${prefixes[power - 1]}`;
}

export const NUMBER_FILTERS: Readonly<Record<string, Filter>> = {
  int: filter("default base", (value, { at: [usual = 0, base] }) =>
    toInt(value, usual, base === undefined ? 10 : number(base, "base")),
  ),
  float: filter("default", (value, { at: [usual = new Float(0)] }) => toFloat(value, usual)),
  abs: filter("", (value) => {
    const known = numeric(value);
    if (known === undefined) typeError(`bad operand type for abs(): '${typeName(value)}'`);
    return isInt(known) ? integer(known < 0 ? -BigInt(known) : BigInt(known)) : float(Math.abs(double(known)));
  }),
  round,
  log: filter("base", (value, { at: [base] }) => {
    const size = numberFor("log", value);
    if (size <= 0) typeError("log() can only be used on numbers: math domain error");
    if (base === undefined) return float(Math.log(size));
    const root = number(base, "base");
    return float(root === 10 ? Math.log10(size) : root === 2 ? Math.log2(size) : Math.log(size) / Math.log(root));
  }),
  pow: filter("power!", (value, { at: [power] }) => {
    if (numeric(value) === undefined || power === undefined || numeric(power) === undefined)
      typeError(
        `pow() can only be used on numbers: must be real number, not ${typeName(numeric(value) === undefined ? value : power)}`,
      );
    return float(number(value, "value") ** number(power, "power"));
  }),
  root: filter("base", (value, { at: [base] }) => {
    const size = numberFor("root", value);
    const power = base === undefined ? 2 : number(base, "base");
    return float(power === 2 ? Math.sqrt(size) : power === 3 ? Math.cbrt(size) : size ** (1 / power));
  }),
  human_readable: filter("isbits unit", (value, { at: [bits, unit] }) => {
    const known = numeric(value) ?? (typeof value === "string" ? parseFloatText(value) : undefined);
    if (known === undefined) typeError(`human_readable() can't interpret following string: ${str(value)}`);
    return humanReadable(
      double(known),
      bits !== undefined && truth(bits),
      unit === undefined || unit === null ? undefined : str(unit),
    );
  }),
  human_to_bytes: filter("default_unit isbits", (value, { at: [unit, bits] }) =>
    humanToBytes(
      str(value),
      unit === undefined || unit === null ? undefined : str(unit),
      bits !== undefined && truth(bits),
    ),
  ),
  filesizeformat: filter("binary", (value, { at: [binary] }) => {
    const size = toFloat(value, new Float(0));
    return filesize(number(size, "size"), binary !== undefined && truth(binary));
  }),
};
