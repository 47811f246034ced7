// Ansible's loose conversions: what a parameter's schema makes of the value that was written. Pure; rules between
// parameters are params-check.ts.

import { Unknown } from "../core/unknown.ts";
import { type Data, Float, isPlainObject, type Plain } from "../core/value.ts";
import { parseKeyValue } from "./free-form.ts";

/** A value that cannot be converted; `message` completes "argument 'x' …". */
export class Inconvertible extends Error {}

/** The type of a parameter, without what is only for people. */
export type ValueType =
  | "string"
  | "boolean"
  | "integer"
  | "number"
  | "array"
  | "object"
  | "path"
  | "mode"
  | "bytes"
  | "raw";

const TRUE = new Set(["y", "yes", "on", "1", "true", "t"]);
const FALSE = new Set(["n", "no", "off", "0", "false", "f"]);
const UNITS: Readonly<Record<string, number>> = { "": 0, B: 0, K: 1, M: 2, G: 3, T: 4, P: 5, E: 6, Z: 7, Y: 8 };

/** Plain JavaScript data of language data; Floats become numbers, mappings become objects, Unknown stays. */
export function plainOf(value: Data | Plain | undefined): Plain {
  if (value === undefined) return null;
  if (value instanceof Float) return value.value;
  if (value instanceof Unknown) return value;
  if (Array.isArray(value)) return (value as readonly (Data | Plain)[]).map(plainOf);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [textOfValue(key), plainOf(item)]));
  if (isPlainObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)]));
  return value as Plain;
}

/** The text Python's `str` gives: True, None, 1.0, ['a', 1]. */
export function textOfValue(value: Data | Plain): string {
  if (typeof value === "string") return value;
  if (value instanceof Unknown) return `<${value.reason}>`;
  if (Array.isArray(value) || value instanceof Map || isPlainObject(value)) return represent(value);
  return scalarText(value);
}

function scalarText(value: unknown): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (value instanceof Float) return value.value.toFixed(1);
  return String(value);
}

function represent(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `[${value.map(represent).join(", ")}]`;
  const entries = value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : undefined;
  if (entries) return `{${entries.map(([key, item]) => `${represent(key)}: ${represent(item)}`).join(", ")}}`;
  return scalarText(value);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t").replaceAll("\r", "\\r");
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

/** Python's name of a value's type, for messages. */
function typeName(value: unknown): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  if (value instanceof Float || (typeof value === "number" && !Number.isInteger(value))) return "float";
  if (typeof value === "number" || typeof value === "bigint") return "int";
  return Array.isArray(value) ? "list" : "dict";
}

/** A boolean as Ansible reads it: yes/no, on/off, true/false, 1/0, y/n, t/f in any case; undefined if it is none. */
function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  const plain = value instanceof Float ? value.value : value;
  const text = (typeof plain === "string" ? plain.trim() : String(plain)).toLowerCase();
  return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined;
}

/** Converts a scalar or mapping to `type`; lists are the caller's (their elements have a schema of their own). */
export function convert(type: Exclude<ValueType, "array">, value: Data | Plain): Plain {
  if (value instanceof Unknown) return value;
  switch (type) {
    case "raw":
      return plainOf(value);
    case "string":
      return textOfValue(value);
    case "path":
      if (Array.isArray(value) || value instanceof Map || isPlainObject(value))
        throw new Inconvertible(`is of type ${typeName(value)} and we were unable to convert to path`);
      return textOfValue(value);
    case "boolean":
      return toBoolean(value);
    case "integer":
      return toInteger(value);
    case "number":
      return toNumber(value);
    case "mode":
      return toMode(value);
    case "bytes":
      return toBytes(value);
    case "object":
      return toObject(value);
  }
}

function refuse(value: unknown, type: string, why?: string): never {
  const reason = why ?? `${textOfValue(value as Plain)} cannot be converted to ${type === "int" ? "an" : "a"} ${type}`;
  throw new Inconvertible(`is of type ${typeName(value)} and we were unable to convert to ${type}: ${reason}`);
}

function toBoolean(value: Data | Plain): boolean {
  const result = booleanOf(value);
  if (result !== undefined) return result;
  const shown = typeof value === "string" ? `'${value}'` : textOfValue(value);
  return refuse(
    value,
    "bool",
    `The value ${shown} is not a valid boolean. Valid booleans include: yes, no, on, off, true, false, 1, 0`,
  );
}

function toInteger(value: Data | Plain): number {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  const number = value instanceof Float ? value.value : value;
  if (typeof number === "number" && Number.isInteger(number)) return number;
  if (typeof number === "string" && /^\s*[-+]?\d+(?:_\d+)*\s*$/.test(number)) return Number(number.replaceAll("_", ""));
  if (typeof number === "string" && /^\s*[-+]?\d+\.0+\s*$/.test(number)) return Number(number);
  return refuse(value, "int");
}

function toNumber(value: Data | Plain): number {
  if (typeof value === "bigint") return Number(value);
  const number = value instanceof Float ? value.value : value;
  if (typeof number === "number") return number;
  if (typeof number === "boolean") return number ? 1 : 0;
  if (typeof number === "string" && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(number)) return Number(number);
  return refuse(value, "float");
}

function toMode(value: Data | Plain): number | string {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  if (typeof value === "string") return value.trim();
  if (value instanceof Float) return value.value;
  return refuse(value, "mode", "write it as a quoted octal number ('0644') or in symbols (u=rw,g=r,o=r)");
}

function toBytes(value: Data | Plain): number {
  if (typeof value === "number" && value >= 0) return Math.trunc(value);
  if (value instanceof Float) return value.value;
  const match = typeof value === "string" ? /^\s*(\d*\.?\d+)\s*([A-Za-z]*)\s*$/.exec(value) : null;
  const unit = match?.[2] ?? "";
  const power = UNITS[unit.charAt(0).toUpperCase()];
  const rest = unit.slice(1).toUpperCase();
  if (match && power !== undefined && (rest === "" || ["B", "IB"].includes(rest)))
    return Math.round(Number(match[1]) * 1024 ** power);
  return refuse(value, "bytes", "write a number with a unit, such as 10M or 1.5G");
}

function toObject(value: Data | Plain): Plain {
  if (value instanceof Map || isPlainObject(value)) return plainOf(value as Data | Plain);
  if (typeof value !== "string") return refuse(value, "dict");
  if (value.trimStart().startsWith("{")) {
    try {
      return JSON.parse(value) as Plain;
    } catch {
      return refuse(value, "dict", "it begins with { but is not JSON");
    }
  }
  if (!value.includes("=")) return refuse(value, "dict", "dictionary requested, could not parse JSON or key=value");
  const spaced = value.replace(/("[^"]*"|'[^']*')|,/g, (_, quoted: string | undefined) => quoted ?? " ");
  return parseKeyValue(spaced).values;
}

/** The elements of a list parameter, unconverted: a list, comma-separated text, or one number. */
export function elementsOf(value: Data | Plain): readonly (Data | Plain)[] {
  if (Array.isArray(value)) return value as readonly (Data | Plain)[];
  if (typeof value === "string") return value.split(",").map((part) => part.trim());
  if (typeof value === "number" || typeof value === "bigint" || value instanceof Float) return [value];
  return refuse(value, "list");
}
