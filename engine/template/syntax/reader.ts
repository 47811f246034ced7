// Reading tokens: nunjucks' parser with its peek, push back and skip, and Jinja2's words for what was not expected.

import type { Token } from "nunjucks/src/lexer.js";
import nunjucks from "nunjucks/src/parser.js";
import { LexicalError } from "./tokens.ts";
import type { Place } from "./tree.ts";

const DESCRIBED: Readonly<Record<string, string>> = {
  "block-end": "end of statement block",
  "variable-end": "end of print statement",
  "block-start": "begin of statement block",
  "variable-start": "begin of print statement",
  data: "template data / text",
  string: "string",
  number: "integer",
};

export class TokenReader extends nunjucks.Parser {
  override fail(message: string, lineno?: number, colno?: number): never {
    const token = lineno === undefined ? this.peekToken() : undefined;
    throw new LexicalError(
      message,
      lineno ?? token?.lineno ?? this.tokens.lineno,
      colno ?? token?.colno ?? this.tokens.colno,
    );
  }

  override advanceAfterVariableEnd(): void {
    const token = this.nextToken();
    if (token?.type !== "variable-end")
      this.failAt(token, `expected token 'end of print statement', got '${described(token)}'`);
  }

  failAt(token: Token | null, message: string): never {
    this.fail(message, token?.lineno ?? this.tokens.lineno, token?.colno ?? this.tokens.colno);
  }

  /** How Jinja words the end of input inside an expression. */
  unexpected(token: Token | null): never {
    this.failAt(token, `unexpected '${described(token)}'`);
  }

  here(token: Token | null = this.peekToken()): Place {
    return { line: (token?.lineno ?? this.tokens.lineno) + 1, column: (token?.colno ?? this.tokens.colno) + 1 };
  }

  isOperator(value: string): boolean {
    const token = this.peekToken();
    return token?.type === "operator" && token.value === value;
  }

  isSymbol(value: string): boolean {
    const token = this.peekToken();
    return token?.type === "symbol" && token.value === value;
  }

  skipOperator(value: string): boolean {
    return this.skipValue("operator", value);
  }

  expectOperator(value: string): void {
    const token = this.peekToken();
    if (!this.skipOperator(value)) this.failAt(token, `expected token '${value}', got '${described(token)}'`);
  }

  expectSymbol(value: string): void {
    const token = this.peekToken();
    if (!this.skipSymbol(value)) this.failAt(token, `expected token '${value}', got '${described(token)}'`);
  }

  expectName(): string {
    const token = this.nextToken();
    if (token?.type !== "symbol") this.failAt(token, `expected token 'name', got '${described(token)}'`);
    return token.value;
  }
}

/** A token as Jinja2's messages name it. */
export function described(token: Token | null): string {
  if (!token) return "end of template";
  return DESCRIBED[token.type] ?? token.value;
}
