// The parts of nunjucks that syntax/ builds on. The package's own types describe its runtime, which is not used.

declare module "nunjucks/src/lexer.js" {
  export interface Token {
    readonly type: string;
    readonly value: string;
    /** From 0. */
    readonly lineno: number;
    readonly colno: number;
  }
  export interface Tags {
    readonly BLOCK_START: string;
    readonly BLOCK_END: string;
    readonly VARIABLE_START: string;
    readonly VARIABLE_END: string;
    readonly COMMENT_START: string;
    readonly COMMENT_END: string;
  }
  export interface LexerOptions {
    readonly trimBlocks?: boolean;
    readonly lstripBlocks?: boolean;
    readonly tags?: {
      readonly blockStart?: string;
      readonly blockEnd?: string;
      readonly variableStart?: string;
      readonly variableEnd?: string;
      readonly commentStart?: string;
      readonly commentEnd?: string;
    };
  }
  export class Tokenizer {
    constructor(text: string, options?: LexerOptions);
    readonly str: string;
    readonly len: number;
    readonly tags: Tags;
    readonly trimBlocks: boolean;
    readonly lstripBlocks: boolean;
    index: number;
    lineno: number;
    colno: number;
    in_code: boolean;
    nextToken(): Token | null;
    _matches(text: string): boolean | null;
  }
  const lexer: { lex(text: string, options?: LexerOptions): Tokenizer };
  export default lexer;
}

declare module "nunjucks/src/parser.js" {
  import type { Token, Tokenizer } from "nunjucks/src/lexer.js";
  export class NunjucksParser {
    constructor(tokens: Tokenizer);
    readonly tokens: Tokenizer;
    breakOnBlocks: readonly string[] | null;
    nextToken(): Token | null;
    peekToken(): Token | null;
    pushToken(token: Token | null): void;
    skip(type: string): boolean;
    skipValue(type: string, value: string): boolean;
    skipSymbol(name: string): boolean;
    parseNodes(): unknown[];
    parseStatement(): unknown;
    parseExpression(): unknown;
    advanceAfterVariableEnd(): void;
    fail(message: string, lineno?: number, colno?: number): never;
  }
  const parser: { readonly Parser: typeof NunjucksParser };
  export default parser;
}
