// `'{} {name!r:>10}'.format(…)`: fields, conversions and format specifications of Python.

import type { Float, Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import { exponentText, fixedText, generalText, grouped } from "./float-format.ts";
import { double, numeric } from "./numbers.ts";
import { lengthOf } from "./sequences.ts";
import { floatText, quoted, repr, str } from "./text.ts";
import { isFloat, isInt, typeError, typeName, used } from "./types.ts";

/** Formats by position and name. */
export function formatBraces(
  format: string,
  values: readonly Value[],
  named: (name: string) => Value | undefined,
  frame: Frame,
): string {
  let next = 0;
  const field = (name: string): Value => {
    const [, first = "", path = ""] = /^([^.[]*)(.*)$/s.exec(name) ?? [];
    const index = first === "" ? next++ : /^\d+$/.test(first) ? Number(first) : undefined;
    const found = index === undefined ? named(first) : values[index];
    if (found === undefined)
      typeError(
        index === undefined ? quoted(first) : `Replacement index ${index} out of range for positional args tuple`,
      );
    return used(follow(found, path, frame));
  };
  const expand = (text: string, depth: number): string => {
    let made = "";
    for (let at = 0; at < text.length; ) {
      const character = text[at] ?? "";
      if (character !== "{" && character !== "}") {
        made += character;
        at += 1;
      } else if (text[at + 1] === character && depth === 0) {
        made += character;
        at += 2;
      } else if (character === "}") typeError("Single '}' encountered in format string");
      else {
        const end = closing(text, at);
        const [, name = "", conversion, specification = ""] =
          /^([^!:]*)(?:!([rsa]))?(?::(.*))?$/s.exec(text.slice(at + 1, end)) ?? [];
        const value = field(name);
        const shown = conversion === undefined ? value : conversion === "s" ? str(value) : repr(value);
        made += formatValue(shown, depth > 1 ? specification : expand(specification, depth + 1));
        at = end + 1;
      }
    }
    return made;
  };
  return expand(format, 0);
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth += 1;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  typeError(open === text.length - 1 ? "Single '{' encountered in format string" : "expected '}' before end of string");
}

function follow(value: Value, path: string, frame: Frame): Value {
  let current = value;
  for (const [, name, key] of path.matchAll(/\.([^.[]+)|\[([^\]]*)\]/g)) {
    if (name !== undefined) current = frame.machine.attribute(current, name);
    else current = frame.machine.item(current, /^\d+$/.test(key ?? "") ? Number(key) : (key ?? ""));
    current = frame.machine.resolve(current, frame.scope);
  }
  return current;
}

const SPECIFICATION = /^(?:([\s\S])?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u;

/** Python's `format(value, specification)`. */
function formatValue(value: Value, specification: string): string {
  if (specification === "") return str(value);
  const parts = SPECIFICATION.exec(specification);
  if (!parts) typeError(`Invalid format specifier '${specification}' for object of type '${typeName(value)}'`);
  const [, fill, align, mark, alternate, zero, width, separator = "", precision, type] = parts;
  const digits = precision === undefined ? undefined : Number(precision);
  const number = typeof value === "boolean" && type === undefined ? undefined : numeric(value);
  const isText = number === undefined;
  let text: string;
  if (isText) {
    if (type !== undefined && type !== "s")
      typeError(`Unknown format code '${type}' for object of type '${typeName(value)}'`);
    if (typeof value !== "string" && typeof value !== "boolean")
      typeError(`unsupported format string passed to ${typeName(value)}.__format__`);
    const body = str(value);
    text = digits === undefined ? body : [...body].slice(0, digits).join("");
  } else {
    const negative = double(number) < 0 || Object.is(double(number), -0);
    const shown = negative ? "-" : mark === "+" ? "+" : mark === " " ? " " : "";
    text = shown + body(number, type, digits, separator, alternate !== undefined);
  }
  return aligned(text, Number(width ?? 0), align ?? (zero ? "=" : isText ? "<" : ">"), fill ?? (zero ? "0" : " "));
}

function body(
  number: number | bigint | Float,
  type: string | undefined,
  digits: number | undefined,
  separator: string,
  alternate: boolean,
): string {
  const asInt = isInt(number);
  const size = Math.abs(double(number));
  switch (type) {
    case undefined:
    case "n":
      if (asInt) return grouped(magnitude(number), separator);
      return grouped(digits === undefined ? floatText(size) : generalPoint(size, digits), separator);
    case "d":
    case "x":
    case "X":
    case "o":
    case "b":
    case "c": {
      if (!asInt) typeError(`Unknown format code '${type}' for object of type 'float'`);
      if (type === "c") return String.fromCodePoint(Number(number));
      if (type === "d") return grouped(magnitude(number), separator);
      const base = type === "b" ? 2 : type === "o" ? 8 : 16;
      const value = BigInt(number);
      const text = (alternate ? `0${type.toLowerCase()}` : "") + (value < 0n ? -value : value).toString(base);
      return type === "X" ? text.toUpperCase() : text;
    }
    case "%":
      return `${grouped(fixedText(size * 100, digits ?? 6), separator)}%`;
    case "f":
    case "F":
      return grouped(fixedText(size, digits ?? 6), separator);
    case "e":
    case "E":
    case "g":
    case "G": {
      const text =
        type.toLowerCase() === "e" ? exponentText(size, digits ?? 6) : generalText(size, digits ?? 6, alternate);
      return grouped(type === type.toLowerCase() ? text : text.toUpperCase(), separator);
    }
    default:
      typeError(`Unknown format code '${type}' for object of type '${isFloat(number) ? "float" : "int"}'`);
  }
}

function generalPoint(size: number, digits: number): string {
  const text = generalText(size, digits);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function magnitude(value: number | bigint): string {
  return String(value).replace("-", "");
}

function aligned(text: string, width: number, align: string, fill: string): string {
  const missing = width - lengthOf(text);
  if (missing <= 0) return text;
  if (align === "<") return text + fill.repeat(missing);
  if (align === ">") return fill.repeat(missing) + text;
  if (align === "^") return centered(text, missing, fill);
  const mark = /^[-+ ]/.test(text) ? text.slice(0, 1) : "";
  return mark + fill.repeat(missing) + text.slice(mark.length);
}

/** format() puts the odd character right, unlike str.center. */
function centered(text: string, missing: number, fill: string): string {
  const before = Math.floor(missing / 2);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}
