// Jinja's tokens on nunjucks' tokenizer: positions, tags and the token's shape are nunjucks'; where a token begins
// and ends is Jinja2's (Python literals, braces that nest inside `{{ }}`, `-` and `+` whitespace control, trim_blocks,
// lstrip_blocks, raw blocks), which nunjucks' own nextToken cannot be told.

import lexer, { type Tokenizer as Base, type LexerOptions, type Token } from "nunjucks/src/lexer.js";
import { unescapeText } from "./literals.ts";

// nunjucks exports a factory only; the class is what it makes.
const Tokenizer = lexer.lex("").constructor as typeof Base;

const SPACE = /\s+/y;
const NAME = /[\p{L}_\p{Nl}][\p{L}\p{N}\p{M}_]*/uy;
const NUMBER =
  /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+(?:_\d+)*)?/y;
const WHOLE = /\d+/y;
const STRING = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|<=|>=|[-+*/%~|.,:;<>=()[\]{}]/y;

const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** What the tokenizer cannot read; `index` counts characters from 0. */
export class LexicalError extends Error {
  readonly lineno: number;
  readonly colno: number;
  constructor(message: string, lineno: number, colno: number) {
    super(message);
    this.lineno = lineno;
    this.colno = colno;
  }
}

/** Token types: `data`, `block-start`, `block-end`, `variable-start`, `variable-end`, `symbol`, `string`, `number`, `operator`. */
export class JinjaTokenizer extends Tokenizer {
  readonly #open: string[] = [];
  #end: "block-end" | "variable-end" = "block-end";
  /** Whitespace at the start of the next data is to go. */
  #stripNext = false;
  /** A newline at the start of the next data is to go. */
  #trimNext = false;
  readonly #starts: RegExp;
  readonly #rawText: boolean;

  /** `rawText`: backslashes in string literals stay, as Ansible has it in the values of playbooks and variables. */
  constructor(text: string, options: LexerOptions & { readonly rawText?: boolean } = {}) {
    super(text, options);
    this.#rawText = options.rawText ?? false;
    const { BLOCK_START, VARIABLE_START, COMMENT_START } = this.tags;
    // The longest first, so that `{%%` is told from `{%`.
    const marks = [BLOCK_START, VARIABLE_START, COMMENT_START].sort((a, b) => b.length - a.length).map(escaped);
    this.#starts = new RegExp(`(?:${marks.join("|")})`, "g");
  }

  override nextToken(): Token | null {
    return this.in_code ? this.#code() : this.#data();
  }

  #token(type: string, value: string, length: number): Token {
    const token = { type, value, lineno: this.lineno, colno: this.colno };
    this.#move(length);
    return token;
  }

  #move(length: number): void {
    const passed = this.str.slice(this.index, this.index + length);
    this.index += length;
    const lastBreak = passed.lastIndexOf("\n");
    if (lastBreak < 0) {
      this.colno += length;
      return;
    }
    for (const character of passed) if (character === "\n") this.lineno += 1;
    this.colno = length - lastBreak - 1;
  }

  #fail(message: string): never {
    throw new LexicalError(message, this.lineno, this.colno);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.index;
    return pattern.exec(this.str)?.[0];
  }

  #code(): Token | null {
    const space = this.#match(SPACE);
    if (space !== undefined) this.#move(space.length);
    if (this.index >= this.len) return null;
    if (this.#open.length === 0) {
      const end = this.#closing();
      if (end) return end;
    }
    const before = this.index > 0 ? this.str[this.index - 1] : "";
    const number = this.#match(before === "." ? WHOLE : NUMBER);
    if (number !== undefined) return this.#token("number", number, number.length);
    const name = this.#match(NAME);
    if (name !== undefined) return this.#token("symbol", name, name.length);
    const text = this.#match(STRING);
    if (text !== undefined) {
      const body = text.slice(1, -1);
      return this.#token("string", this.#rawText ? body : unescapeText(body), text.length);
    }
    const operator = this.#match(OPERATOR);
    if (operator === undefined) this.#fail(`unexpected char ${charText(this.str[this.index] ?? "")} at ${this.index}`);
    this.#balance(operator);
    return this.#token("operator", operator, operator.length);
  }

  #balance(operator: string): void {
    const closer = CLOSERS[operator];
    if (closer !== undefined) this.#open.push(closer);
    else if (operator === ")" || operator === "]" || operator === "}") {
      const expected = this.#open.pop();
      if (expected === undefined || expected === "") this.#fail(`unexpected '${operator}'`);
      if (expected !== operator) this.#fail(`unexpected '${operator}', expected '${expected}'`);
    }
  }

  #closing(): Token | undefined {
    const mark = this.#end === "block-end" ? this.tags.BLOCK_END : this.tags.VARIABLE_END;
    const sign = this.str[this.index];
    const signed = sign === "-" || (sign === "+" && this.#end === "block-end");
    if (!this.str.startsWith(mark, this.index + (signed ? 1 : 0))) return undefined;
    this.in_code = false;
    this.#stripNext = signed && sign === "-";
    this.#trimNext = this.#end === "block-end" && this.trimBlocks && !signed;
    return this.#token(this.#end, mark, mark.length + (signed ? 1 : 0));
  }

  /** The next text between tags; comments are passed over, raw blocks are text. */
  #data(): Token | null {
    for (;;) {
      this.#dropLeading();
      if (this.index >= this.len) return null;
      this.#starts.lastIndex = this.index;
      const found = this.#starts.exec(this.str);
      const end = found ? found.index : this.len;
      if (end > this.index) {
        const raw = this.str.slice(this.index, end);
        const text = found ? this.#trimmed(raw, end, found[0]) : raw;
        const token = this.#token("data", text, raw.length);
        if (text !== "") return token;
      }
      const start = this.#start(found?.[0] ?? "");
      if (start) return start;
    }
  }

  #start(mark: string): Token | undefined {
    const sign = this.str[this.index + mark.length];
    if (mark === this.tags.COMMENT_START) {
      this.#comment();
      return undefined;
    }
    if (mark === this.tags.BLOCK_START) {
      const raw = this.#raw();
      if (raw) return raw.value === "" ? undefined : raw;
    }
    this.in_code = true;
    this.#open.length = 0;
    this.#end = mark === this.tags.BLOCK_START ? "block-end" : "variable-end";
    const signed = sign === "-" || (sign === "+" && this.#end === "block-end");
    return this.#token(
      this.#end === "block-end" ? "block-start" : "variable-start",
      mark,
      mark.length + (signed ? 1 : 0),
    );
  }

  #dropLeading(): void {
    if (this.#stripNext) {
      const space = this.#match(SPACE);
      if (space !== undefined) this.#move(space.length);
    } else if (this.#trimNext && this.str[this.index] === "\n") this.#move(1);
    this.#stripNext = false;
    this.#trimNext = false;
  }

  /** Data before a tag, without what the tag takes away from it. */
  #trimmed(text: string, end: number, mark: string): string {
    const sign = this.str[end + mark.length];
    if (sign === "-") return text.trimEnd();
    if (!this.lstripBlocks || sign === "+" || mark === this.tags.VARIABLE_START) return text;
    const line = text.lastIndexOf("\n") + 1;
    const atLineStart = line > 0 || this.index === 0 || this.str[this.index - 1] === "\n";
    return atLineStart && text.slice(line).trim() === "" ? text.slice(0, line) : text;
  }

  #comment(): void {
    const { COMMENT_START, COMMENT_END } = this.tags;
    const close = this.str.indexOf(COMMENT_END, this.index + COMMENT_START.length);
    if (close < 0) this.#fail("Missing end of comment tag");
    const sign = this.str[close - 1];
    this.#stripNext = sign === "-";
    this.#trimNext = this.trimBlocks && sign !== "-" && sign !== "+";
    this.#move(close + COMMENT_END.length - this.index);
  }

  #raw(): Token | undefined {
    const [open, close] = [escaped(this.tags.BLOCK_START), escaped(this.tags.BLOCK_END)];
    const begin = new RegExp(`${open}[-+]?\\s*raw\\s*(?:-${close}\\s*|${close})`, "y");
    const head = this.#match(begin);
    if (head === undefined) return undefined;
    const finish = new RegExp(`${open}([-+]?)\\s*endraw\\s*([-+]?)${close}`, "g");
    finish.lastIndex = this.index + head.length;
    const end = finish.exec(this.str);
    if (!end) this.#fail("Missing end of raw directive");
    this.#move(head.length);
    const raw = this.str.slice(this.index, end.index);
    const text = end[1] === "-" ? raw.trimEnd() : this.#trimmed(raw, end.index, this.tags.BLOCK_START);
    const token = this.#token("data", text, raw.length);
    this.#move(end[0].length);
    this.#stripNext = end[2] === "-";
    this.#trimNext = this.trimBlocks && end[2] === "";
    return token;
  }

  /** Starts inside code: for an expression without braces. */
  bare(): this {
    this.in_code = true;
    this.#end = "variable-end";
    this.#open.push("");
    return this;
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function charText(character: string): string {
  return character === "'" ? `"'"` : `'${character}'`;
}
