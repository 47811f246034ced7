// str() and repr() of Python.

import { Failure } from "../../core/problem.ts";
import { Float, LazyMap, Opaque, Template, Tuple, type Value, VaultText } from "../../core/value.ts";
import { asSequence, Nothing, typeError, used } from "./types.ts";

/** Python's `str(value)`. Undefined throws, Unknown throws Undecided. */
export function str(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Nothing) return "";
  if (typeof value === "number" && Number.isInteger(value)) return Object.is(value, -0) ? "0" : String(value);
  return repr(value);
}

/** Python's `repr(value)`. */
export function repr(value: Value): string {
  return represent(value, 0);
}

function represent(value: Value, depth: number): string {
  if (value === null) return "None";
  switch (typeof value) {
    case "boolean":
      return value ? "True" : "False";
    case "string":
      return quoted(value);
    case "bigint":
      return String(value);
    case "number":
      return Number.isInteger(value) ? String(value) : floatText(value);
    case "symbol":
      return "<<Omit>>";
    default:
  }
  if (value instanceof Float) return floatText(value.value);
  if (depth > 100) tooDeep();
  if (value instanceof Tuple) {
    const items = value.map((item) => represent(item, depth + 1));
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
  }
  if (Array.isArray(value)) return `[${value.map((item) => represent(item, depth + 1)).join(", ")}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${represent(key, depth + 1)}: ${represent(item, depth + 1)}`);
    return `{${entries.join(", ")}}`;
  }
  if (value instanceof LazyMap) {
    const entries = [...value.keys()].map((key) => `${quoted(key)}: ${represent(value.get(key) ?? null, depth + 1)}`);
    return `{${entries.join(", ")}}`;
  }
  const known = used(value);
  if (known instanceof Opaque) {
    const sequence = asSequence(known);
    const { text } = known as { text?: () => string };
    if (typeof text === "function") return text.call(known);
    return sequence ? `<${known.typeName} of ${sequence.length}>` : `<${known.typeName}>`;
  }
  if (known instanceof Template) return quoted(known.text);
  if (known instanceof VaultText) typeError("vaulted text must be decrypted before it is printed");
  return String(known);
}

function tooDeep(): never {
  throw new Failure({ code: "template-limit", message: "the value is nested too deeply to be printed" });
}

/** A float as Python prints it: `1.0`, `1e+16`, `1.5e-07`, `inf`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  const text = String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** A text in quotes as Python's repr writes it: single ones unless it holds single and no double ones. */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  if (/^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/.test(text)) return quote + text + quote;
  let body = "";
  for (const character of text) {
    const written = ESCAPES[character];
    if (written !== undefined) body += written;
    else if (character === quote) body += `\\${quote}`;
    else body += printable(character) ? character : escaped(character);
  }
  return quote + body + quote;
}

function printable(character: string): boolean {
  return character === " " || !/[\p{C}\p{Z}]/u.test(character);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
