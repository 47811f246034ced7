// From text to tree, with syntax errors as Failures (code `template-syntax`) that have a place.

import type { LexerOptions } from "nunjucks/src/lexer.js";
import { Failure, type Origin } from "../../core/problem.ts";
import { ExpressionParser } from "./expressions.ts";
import { originAt } from "./place.ts";
import { described } from "./reader.ts";
import { StatementParser } from "./statements.ts";
import { JinjaTokenizer, LexicalError } from "./tokens.ts";
import type { Expression, Statement } from "./tree.ts";

/** A template's text as statements. */
export function parseTemplate(
  text: string,
  options: LexerOptions & { readonly rawText?: boolean },
  origin: Origin | undefined,
): Statement[] {
  return placed(origin, "Syntax error in template", () =>
    new StatementParser(new JinjaTokenizer(text, options)).template(),
  );
}

/** One expression without braces. */
export function parseExpression(text: string, origin: Origin | undefined): Expression {
  return placed(origin, "Syntax error in expression", () => {
    const parser = new ExpressionParser(new JinjaTokenizer(text).bare());
    const expression = parser.expression();
    const token = parser.nextToken();
    if (token) parser.failAt(token, `chunk after expression: unexpected '${described(token)}'`);
    return expression;
  });
}

function placed<T>(origin: Origin | undefined, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof LexicalError)) throw error;
    const place = { line: error.lineno + 1, column: error.colno + 1 };
    throw new Failure({
      code: "template-syntax",
      message: `${what}: ${error.message}`,
      ...(origin ? { origin: originAt(origin, place) } : {}),
    });
  }
}
