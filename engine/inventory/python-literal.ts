// Values of INI inventories are Python literals (ast.literal_eval): 1, 0x1f, 1.5, True, None, 'text', [1, 2],
// {'a': 1}. What is no literal is text. Lists, tuples and sets all become lists, as Ansible makes them.

import { float, integer, type Value, type ValueMap } from "../core/value.ts";

/** The literal's value, or undefined if the text is not exactly one Python literal. */
export function parsePythonLiteral(text: string): Value | undefined {
  const first = text.replace(/^[ \t]+/, "");
  // Nearly all values are words: none of them starts a literal but these.
  if (!/^[-+0-9.'"[({TFNrRbBuU]/.test(first)) return undefined;
  try {
    return new Literal(first).whole();
  } catch (error) {
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

class NotALiteral extends Error {}

const NUMBER =
  /(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:[0-9](?:_?[0-9])*)?\.(?:[0-9](?:_?[0-9])*)(?:[eE][-+]?[0-9](?:_?[0-9])*)?|[0-9](?:_?[0-9])*\.?(?:[eE][-+]?[0-9](?:_?[0-9])*)?)/y;

class Literal {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Value {
    const value = this.#items("");
    this.#space();
    if (this.#at < this.#text.length) throw new NotALiteral();
    return value;
  }

  /** One value, or with commas a tuple, up to `close` (which is not consumed). */
  #items(close: string): Value {
    const first = this.#value();
    this.#space();
    if (this.#peek() !== ",") return first;
    const items: Value[] = [first];
    while (this.#take(",")) {
      if (this.#atEnd(close)) break;
      items.push(this.#value());
    }
    return items;
  }

  #value(): Value {
    this.#space();
    const next = this.#peek();
    if (next === "[") return this.#list("[", "]");
    if (next === "(") return this.#parenthesized();
    if (next === "{") return this.#braces();
    if (next === "-" || next === "+") return this.#signed(next);
    const word = /(?:True|False|None)\b/y;
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0];
    if (found !== undefined) {
      this.#at += found.length;
      return found === "None" ? null : found === "True";
    }
    if (/[0-9.]/.test(next)) return this.#number(1);
    return this.#strings();
  }

  #signed(sign: string): Value {
    this.#at++;
    this.#space();
    return this.#number(sign === "-" ? -1 : 1);
  }

  #list(open: string, close: string): Value[] {
    const items: Value[] = [];
    this.#take(open);
    while (!this.#take(close)) {
      items.push(this.#value());
      if (this.#take(close)) return items;
      this.#expect(",");
    }
    return items;
  }

  #parenthesized(): Value {
    this.#take("(");
    if (this.#take(")")) return [];
    const value = this.#items(")");
    this.#expect(")");
    return value;
  }

  #braces(): Value {
    this.#take("{");
    const map: ValueMap = new Map();
    const set: Value[] = [];
    while (!this.#take("}")) {
      const key = this.#value();
      if (set.length === 0 && this.#take(":")) map.set(key, this.#value());
      else if (map.size === 0) set.push(key);
      else throw new NotALiteral();
      if (this.#take("}")) break;
      this.#expect(",");
    }
    return set.length > 0 ? set : map;
  }

  #number(sign: 1 | -1): Value {
    NUMBER.lastIndex = this.#at;
    const source = NUMBER.exec(this.#text)?.[0];
    if (source === undefined || source === ".") throw new NotALiteral();
    this.#at += source.length;
    if (/[\w.]/.test(this.#peek())) throw new NotALiteral();
    const digits = source.replaceAll("_", "");
    if (/^0[xob]/i.test(digits)) return integer(BigInt(sign) * BigInt(digits.toLowerCase()));
    if (/[.e]/i.test(digits)) return float(sign * Number(digits));
    if (/^0+[1-9]/.test(digits)) throw new NotALiteral();
    return integer(BigInt(sign) * BigInt(digits));
  }

  /** String literals; several in a row are one text. */
  #strings(): string {
    let text: string | undefined;
    for (;;) {
      this.#space();
      const start = /(?<prefix>[rRuUbB]{0,2})(?<quote>'''|"""|'|")/y;
      start.lastIndex = this.#at;
      const groups = start.exec(this.#text)?.groups;
      if (!groups?.quote) break;
      this.#at += (groups.prefix ?? "").length + groups.quote.length;
      text = (text ?? "") + this.#stringBody(groups.quote, /r/i.test(groups.prefix ?? ""));
    }
    if (text === undefined) throw new NotALiteral();
    return text;
  }

  #stringBody(quote: string, raw: boolean): string {
    let text = "";
    while (!this.#text.startsWith(quote, this.#at)) {
      const character = this.#peek();
      if (character === "" || (character === "\n" && quote.length === 1)) throw new NotALiteral();
      if (character === "\\") text += this.#escape(raw);
      else {
        text += character;
        this.#at++;
      }
    }
    this.#at += quote.length;
    return text;
  }

  #escape(raw: boolean): string {
    const pattern = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[\s\S])/y;
    pattern.lastIndex = this.#at;
    const source = raw ? this.#text.slice(this.#at, this.#at + 2) : pattern.exec(this.#text)?.[0];
    if (source === undefined || source.length < 2) throw new NotALiteral();
    this.#at += source.length;
    if (raw) return source;
    const body = source.slice(1);
    if (/^[xuU]./.test(body) && body.length > 1) return String.fromCodePoint(Number.parseInt(body.slice(1), 16));
    if (/^[xuUN]$/.test(body)) throw new NotALiteral();
    if (/^[0-7]/.test(body)) return String.fromCharCode(Number.parseInt(body, 8));
    return ESCAPES[body] ?? source;
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #atEnd(close: string): boolean {
    this.#space();
    return this.#at >= this.#text.length || (close !== "" && this.#peek() === close);
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new NotALiteral();
  }

  /** Blanks, and a comment up to the end. */
  #space(): void {
    while (/[ \t\r\n\f]/.test(this.#peek())) this.#at++;
    if (this.#peek() === "#") this.#at = this.#text.length;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
