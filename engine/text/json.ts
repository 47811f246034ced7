// JSON text as language values and back, as Python's json module reads and prints it. Whole numbers stay ints
// whatever their size, `1.0` stays a float, and a mistake is told with its place.

import { fail, type Origin } from "../core/problem.ts";
import { Undecided, Unknown } from "../core/unknown.ts";
import { type Data, Float, float, integer } from "../core/value.ts";
import { compareText, floatText } from "./numbers.ts";

export { dumpYaml } from "./yaml-dump.ts";

const MOST_DEPTH = 900;

/** Reads one JSON value; NaN and Infinity are accepted as Python does. Throws Failure `json-syntax` with the place. */
export function loadJson(text: string, file: string): Data {
  return new Reader(text, file).document();
}

/** The JSON value, or undefined if the text is not JSON: for places that accept JSON or YAML. */
export function tryJson(text: string): Data | undefined {
  try {
    return new Reader(text, "").document();
  } catch {
    return undefined;
  }
}

class Reader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  document(): Data {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) this.#wrong("there is text after the end of the value");
    return value;
  }

  #value(depth: number): Data {
    if (depth > MOST_DEPTH) this.#wrong("it is nested too deeply");
    this.#space();
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    return this.#word();
  }

  #object(depth: number): Data {
    const map = new Map<Data, Data>();
    this.#at++;
    if (this.#next("}")) return map;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#wrong("a name in double quotes is expected here");
      const key = this.#string();
      if (!this.#next(":")) this.#wrong("':' is expected after a name");
      map.set(key, this.#value(depth + 1));
      if (this.#next("}")) return map;
      if (!this.#next(",")) this.#wrong("',' or '}' is expected here");
    }
  }

  #array(depth: number): Data {
    const items: Data[] = [];
    this.#at++;
    if (this.#next("]")) return items;
    for (;;) {
      items.push(this.#value(depth + 1));
      if (this.#next("]")) return items;
      if (!this.#next(",")) this.#wrong("',' or ']' is expected here");
    }
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    for (; end < this.#text.length; end++) {
      const code = this.#text.charCodeAt(end);
      if (code === 0x22) break;
      if (code === 0x5c) end++;
      else if (code < 0x20) {
        this.#at = end;
        this.#wrong("a control character stands in a string; write it as an escape");
      }
    }
    if (end >= this.#text.length) this.#wrong("this string has no end");
    this.#at = end + 1;
    const source = this.#text.slice(start, this.#at);
    if (!source.includes("\\")) return source.slice(1, -1);
    try {
      return JSON.parse(source) as string;
    } catch {
      this.#at = start;
      return this.#wrong("this string has a wrong escape");
    }
  }

  #word(): Data {
    const pattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?|true|false|null|NaN|-?Infinity/y;
    pattern.lastIndex = this.#at;
    const match = /^-Infinity/.test(this.#text.slice(this.#at, this.#at + 9))
      ? ["-Infinity"]
      : pattern.exec(this.#text);
    const word = match?.[0];
    if (word === undefined) return this.#wrong("a value is expected here");
    this.#at += word.length;
    if (word in WORDS) return WORDS[word] ?? null;
    return match?.[1] === undefined && match?.[2] === undefined ? integer(BigInt(word)) : float(Number(word));
  }

  #next(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #wrong(what: string): never {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const origin: Origin = { file: this.#file, line, column: this.#at - before.lastIndexOf("\n") };
    return fail("json-syntax", `not valid JSON: ${what}`, { origin });
  }
}

const WORDS: Readonly<Record<string, Data>> = {
  true: true,
  false: false,
  null: null,
  NaN: Number.NaN,
  Infinity: float(Number.POSITIVE_INFINITY),
  "-Infinity": float(Number.NEGATIVE_INFINITY),
};

/** How `dumpJson` prints; the defaults are those of Python's json.dumps. */
export interface JsonStyle {
  /** Spaces a level (or the text of one level); absent: all on one line. */
  readonly indent?: number | string;
  readonly sortKeys?: boolean;
  /** Everything beyond ASCII as \uXXXX; default true. */
  readonly ensureAscii?: boolean;
  /** Between items, and between name and value; default ", " (or "," with indent) and ": ". */
  readonly separators?: readonly [item: string, key: string];
}

/** The value as Python's json.dumps prints it. Throws Undecided for a value that is Unknown. */
export function dumpJson(value: Data, style: JsonStyle = {}): string {
  const indent = typeof style.indent === "number" ? " ".repeat(Math.max(0, style.indent)) : style.indent;
  const [comma, colon] = style.separators ?? [indent === undefined ? ", " : ",", ": "];
  const ascii = style.ensureAscii !== false;
  const print = (item: Data, outer: string): string => {
    if (item instanceof Unknown) throw new Undecided(item);
    if (typeof item === "string") return quote(item, ascii);
    const inner = indent === undefined ? "" : outer + indent;
    if (Array.isArray(item))
      return enclose(
        "[",
        item.map((part) => print(part, inner)),
        "]",
        outer,
        inner,
      );
    if (item instanceof Map) {
      const entries = [...item].map(([key, part]) => [keyOf(key), part] as const);
      if (style.sortKeys) entries.sort(([a], [b]) => compareText(a, b));
      const parts = entries.map(([key, part]) => `${quote(key, ascii)}${colon}${print(part, inner)}`);
      return enclose("{", parts, "}", outer, inner);
    }
    return scalarText(item);
  };
  const enclose = (open: string, parts: readonly string[], close: string, outer: string, inner: string): string => {
    if (parts.length === 0) return open + close;
    if (indent === undefined) return open + parts.join(comma) + close;
    return `${open}\n${inner}${parts.join(`${comma}\n${inner}`)}\n${outer}${close}`;
  };
  return print(value, "");
}

function scalarText(value: null | boolean | number | bigint | Float): string {
  if (value instanceof Float) return jsonFloat(value.value);
  if (typeof value === "number" && !Number.isInteger(value)) return jsonFloat(value);
  return String(value);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return floatText(value);
}

/** A mapping's key as JSON has it: Python turns numbers, booleans and None into text. */
function keyOf(key: Data): string {
  if (typeof key === "string") return key;
  if (key instanceof Unknown) throw new Undecided(key);
  if (Array.isArray(key) || key instanceof Map)
    return fail("json-key", "a mapping's key must be text, a number or null in JSON");
  return scalarText(key);
}

function quote(text: string, ascii: boolean): string {
  const quoted = JSON.stringify(text);
  if (!ascii)
    return quoted.replace(/\\u(d[89a-f][0-9a-f]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
  return quoted.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
