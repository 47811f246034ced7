// `'%s %05.2f' % values`: printf-style formatting of Python.

import { Tuple, type Value } from "../../core/value.ts";
import { getKey } from "./compare.ts";
import { exponentText, fixedText, generalText, grouped } from "./float-format.ts";
import { double, numeric } from "./numbers.ts";
import { repr, str } from "./text.ts";
import { isFloat, isInt, isMapping, typeError, typeName } from "./types.ts";

const DIRECTIVE = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?([\s\S]?)/g;

/** Formats by a tuple of values, one value, or a mapping for `%(name)s`. */
export function formatPercent(format: string, values: Value): string {
  const list: readonly Value[] = values instanceof Tuple ? values : [values];
  let next = 0;
  let named = false;
  const take = (): Value => {
    const value = list[next];
    if (next >= list.length || value === undefined) typeError("not enough arguments for format string");
    next += 1;
    return value;
  };
  const text = format.replace(
    DIRECTIVE,
    (_, key?: string, flags = "", width?: string, precision?: string, type = "") => {
      if (type === "%") return "%";
      if (type === "") typeError("incomplete format");
      const columns = width === "*" ? Number(take()) : Number(width ?? 0);
      const digits = precision === "*" ? Number(take()) : precision === undefined ? undefined : Number(precision);
      let value: Value;
      if (key !== undefined) {
        named = true;
        if (!isMapping(values)) typeError("format requires a mapping");
        const found = getKey(values, key);
        if (found === undefined) typeError(repr(key));
        value = found;
      } else value = take();
      return padded(one(type, value, flags, digits), columns, flags, type);
    },
  );
  if (!named && next < list.length && !isMapping(values) && !(Array.isArray(values) && !(values instanceof Tuple)))
    typeError("not all arguments converted during string formatting");
  return text;
}

function one(type: string, value: Value, flags: string, digits: number | undefined): string {
  switch (type) {
    case "s":
      return str(value).slice(0, digits);
    case "r":
    case "a":
      return repr(value).slice(0, digits);
    case "c":
      return typeof value === "string" ? value : String.fromCodePoint(Number(value));
    case "d":
    case "i":
    case "u":
      return signed(whole(type, value), flags, (size) => size.toString().padStart(digits ?? 0, "0"));
    case "x":
    case "X":
    case "o":
      return signed(exact(type, value), flags, (size) => {
        const text = size.toString(type === "o" ? 8 : 16).padStart(digits ?? 0, "0");
        const prefixed = flags.includes("#") ? `0${type === "o" ? "o" : "x"}${text}` : text;
        return type === "X" ? prefixed.toUpperCase() : prefixed;
      });
    case "f":
    case "F":
    case "e":
    case "E":
    case "g":
    case "G":
      return floating(type, value, flags, digits ?? 6);
    default:
      typeError(`unsupported format character '${type}' (0x${type.charCodeAt(0).toString(16)}) at index 0`);
  }
}

function whole(type: string, value: Value): bigint {
  const number = numeric(value);
  if (number === undefined) typeError(`%${type} format: a real number is required, not ${typeName(value)}`);
  return isFloat(number) ? BigInt(Math.trunc(double(number))) : BigInt(number as number | bigint);
}

function exact(type: string, value: Value): bigint {
  const number = numeric(value);
  if (number === undefined || !isInt(number))
    typeError(`%${type} format: an integer is required, not ${typeName(value)}`);
  return BigInt(number);
}

function signed(value: bigint, flags: string, text: (size: bigint) => string): string {
  const mark = value < 0n ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  return mark + text(value < 0n ? -value : value);
}

function floating(type: string, value: Value, flags: string, digits: number): string {
  const number = numeric(value);
  if (number === undefined) typeError(`must be real number, not ${typeName(value)}`);
  const size = double(number);
  const mark = size < 0 || Object.is(size, -0) ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  const kind = type.toLowerCase();
  const make = kind === "f" ? fixedText : kind === "e" ? exponentText : generalText;
  const text = mark + grouped(make(Math.abs(size), digits, flags.includes("#")), "");
  return type === kind ? text : text.toUpperCase();
}

function padded(text: string, width: number, flags: string, type: string): string {
  if (text.length >= width) return text;
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0") || "src".includes(type)) return text.padStart(width);
  const mark = /^[-+ ]/.test(text) ? text.slice(0, 1) : "";
  return mark + text.slice(mark.length).padStart(width - mark.length, "0");
}
