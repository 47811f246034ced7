// JMESPath (jmespath.org) as a tree: what `json_query` takes.

import { fail } from "../../core/problem.ts";
import type { Data } from "../../core/value.ts";
import { loadJson } from "../../text/json.ts";

export type Path =
  | { readonly kind: "identity" | "current" }
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "literal"; readonly value: Data }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "slice"; readonly start?: number; readonly stop?: number; readonly step?: number }
  /** The right side on the result of the left one. */
  | { readonly kind: "sub" | "pipe" | "and" | "or"; readonly left: Path; readonly right: Path }
  | { readonly kind: "not"; readonly of: Path }
  /** The right side on each item of what the left one gives; `values` of a mapping, `flat` one level, `where` a condition. */
  | { readonly kind: "each"; readonly how: "list" | "values" | "flat"; readonly left: Path; readonly right: Path }
  | { readonly kind: "where"; readonly left: Path; readonly test: Path; readonly right: Path }
  | { readonly kind: "compare"; readonly operator: string; readonly left: Path; readonly right: Path }
  | { readonly kind: "list"; readonly items: readonly Path[] }
  | { readonly kind: "hash"; readonly entries: ReadonlyArray<readonly [string, Path]> }
  | { readonly kind: "call"; readonly name: string; readonly given: readonly Path[] }
  | { readonly kind: "reference"; readonly of: Path };

interface Token {
  readonly type: string;
  readonly text: string;
}

const TOKENS =
  /\s+|(?<name>[A-Za-z_]\w*)|(?<number>-?\d+)|(?<quoted>"(?:[^"\\]|\\.)*")|(?<raw>'(?:[^'\\]|\\.)*')|(?<literal>`(?:[^`\\]|\\.)*`)|(?<mark>\[\?|\[\]|\|\||&&|==|!=|<=|>=|[.*[\](){}|&<>!:,@])/gy;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKENS.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    TOKENS.lastIndex = at;
    const found = TOKENS.exec(text);
    if (!found) wrong(text, `unexpected character '${text[at] ?? ""}' at ${at}`);
    at += found[0].length;
    for (const [type, part] of Object.entries(found.groups ?? {}))
      if (part !== undefined) tokens.push({ type: type === "mark" ? part : type, text: part });
  }
  return tokens;
}

function wrong(text: string, why: string): never {
  fail("template-jmespath", `the JMESPath expression '${text}' is not valid: ${why}`);
}

/** How tightly a token holds what stands left of it. */
const BINDING: Readonly<Record<string, number>> = {
  "|": 1,
  "||": 2,
  "&&": 3,
  "==": 5,
  "!=": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  "[]": 9,
  "*": 20,
  "[?": 21,
  ".": 40,
  "!": 45,
  "[": 55,
  "(": 60,
};

const PROJECTION_ENDS = 10;
const IDENTITY: Path = { kind: "identity" };

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  whole(): Path {
    const path = this.#path(0);
    if (this.#at < this.#tokens.length) this.#unexpected();
    return path;
  }

  #type(ahead = 0): string {
    return this.#tokens[this.#at + ahead]?.type ?? "end";
  }

  #next(): Token {
    const token = this.#tokens[this.#at];
    if (!token) this.#unexpected();
    this.#at += 1;
    return token;
  }

  #unexpected(): never {
    const token = this.#tokens[this.#at];
    wrong(this.#text, token ? `unexpected '${token.text}'` : "it ends too early");
  }

  #expect(type: string): void {
    if (this.#type() !== type) this.#unexpected();
    this.#at += 1;
  }

  #path(binding: number): Path {
    let left = this.#prefix();
    while ((BINDING[this.#type()] ?? 0) > binding) left = this.#infix(left);
    return left;
  }

  #prefix(): Path {
    const token = this.#next();
    switch (token.type) {
      case "name":
        return { kind: "field", name: token.text };
      case "quoted":
        return { kind: "field", name: String(loadJson(token.text, "<json_query>")) };
      case "raw":
        return { kind: "literal", value: token.text.slice(1, -1).replaceAll("\\'", "'") };
      case "literal":
        return { kind: "literal", value: literal(token.text.slice(1, -1).replaceAll("\\`", "`")) };
      case "@":
        return { kind: "current" };
      case "*":
        return { kind: "each", how: "values", left: IDENTITY, right: this.#projected(20) };
      case "[]":
        return { kind: "each", how: "flat", left: IDENTITY, right: this.#projected(9) };
      case "[?":
        return this.#where(IDENTITY);
      case "!":
        return { kind: "not", of: this.#path(45) };
      case "&":
        return { kind: "reference", of: this.#path(0) };
      case "(": {
        const inside = this.#path(0);
        this.#expect(")");
        return inside;
      }
      case "{":
        return this.#hash();
      case "[":
        if (this.#type() === "number" || this.#type() === ":" || (this.#type() === "*" && this.#type(1) === "]"))
          return this.#bracket(IDENTITY);
        return this.#list();
      default:
        this.#at -= 1;
        this.#unexpected();
    }
  }

  #infix(left: Path): Path {
    const token = this.#next();
    switch (token.type) {
      case ".":
        if (this.#type() === "*") {
          this.#at += 1;
          return { kind: "each", how: "values", left, right: this.#projected(20) };
        }
        return { kind: "sub", left, right: this.#afterDot(40) };
      case "|":
        return { kind: "pipe", left, right: this.#path(1) };
      case "||":
        return { kind: "or", left, right: this.#path(2) };
      case "&&":
        return { kind: "and", left, right: this.#path(3) };
      case "[]":
        return { kind: "each", how: "flat", left, right: this.#projected(9) };
      case "[?":
        return this.#where(left);
      case "[":
        return this.#bracket(left);
      case "(":
        return this.#call(left);
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
        return { kind: "compare", operator: token.type, left, right: this.#path(5) };
      default:
        this.#at -= 1;
        this.#unexpected();
    }
  }

  #afterDot(binding: number): Path {
    const type = this.#type();
    if (type === "[") {
      this.#at += 1;
      return this.#list();
    }
    if (type === "{") {
      this.#at += 1;
      return this.#hash();
    }
    if (type !== "name" && type !== "quoted" && type !== "*") this.#unexpected();
    return this.#path(binding);
  }

  /** What follows a projection and is done to each item. */
  #projected(binding: number): Path {
    const type = this.#type();
    if ((BINDING[type] ?? 0) < PROJECTION_ENDS) return IDENTITY;
    if (type === "[" || type === "[?") return this.#pathFrom(IDENTITY, binding);
    if (type === ".") {
      this.#at += 1;
      return this.#afterDot(binding);
    }
    this.#unexpected();
  }

  #pathFrom(start: Path, binding: number): Path {
    let left = start;
    while ((BINDING[this.#type()] ?? 0) > binding) left = this.#infix(left);
    return left;
  }

  #where(left: Path): Path {
    const test = this.#path(0);
    this.#expect("]");
    const right = this.#type() === "[]" ? IDENTITY : this.#projected(21);
    return { kind: "where", left, test, right };
  }

  /** After `[`: an index, a slice or `*`. */
  #bracket(left: Path): Path {
    if (this.#type() === "*") {
      this.#at += 1;
      this.#expect("]");
      return { kind: "each", how: "list", left, right: this.#projected(20) };
    }
    const parts: (number | undefined)[] = [undefined];
    while (this.#type() !== "]") {
      const token = this.#next();
      if (token.type === ":") parts.push(undefined);
      else if (token.type === "number") parts[parts.length - 1] = Number(token.text);
      else {
        this.#at -= 1;
        this.#unexpected();
      }
    }
    this.#expect("]");
    const [start, stop, step] = parts;
    if (parts.length === 1) {
      if (start === undefined) this.#unexpected();
      return { kind: "sub", left, right: { kind: "index", index: start } };
    }
    const cut: Path = { kind: "sub", left, right: { kind: "slice", start, stop, step } };
    return { kind: "each", how: "list", left: cut, right: this.#projected(20) };
  }

  #list(): Path {
    const items: Path[] = [];
    do items.push(this.#path(0));
    while (this.#type() === "," && this.#next());
    this.#expect("]");
    return { kind: "list", items };
  }

  #hash(): Path {
    const entries: [string, Path][] = [];
    do {
      const key = this.#next();
      if (key.type !== "name" && key.type !== "quoted") this.#unexpected();
      this.#expect(":");
      entries.push([key.type === "name" ? key.text : key.text.slice(1, -1), this.#path(0)]);
    } while (this.#type() === "," && this.#next());
    this.#expect("}");
    return { kind: "hash", entries };
  }

  #call(callee: Path): Path {
    if (callee.kind !== "field") this.#unexpected();
    const given: Path[] = [];
    while (this.#type() !== ")") {
      if (given.length > 0) this.#expect(",");
      given.push(this.#path(0));
    }
    this.#expect(")");
    return { kind: "call", name: callee.name, given };
  }
}

function literal(text: string): Data {
  try {
    return loadJson(text, "<json_query>");
  } catch {
    return text.trimStart();
  }
}

/** The expression's tree; Failure `template-jmespath` if it is not valid. */
export function parsePath(text: string): Path {
  return new Parser(text).whole();
}
