// Jinja2's expression grammar on nunjucks' parser: its token handling (peek, push back, skip) is used as it is; its
// expression methods are replaced, because nunjucks' grammar is not Jinja2's (no chained comparisons, slices, tuples,
// implicit concatenation, `x if c`, tests with arguments, Python's numbers; other precedence of `**`, `~` and filters).

import type { Token } from "nunjucks/src/lexer.js";
import { numberOf } from "./literals.ts";
import { described, TokenReader } from "./reader.ts";
import type { Arguments, BinaryOperator, CompareOperator, Expression, FilterExpression, Place } from "./tree.ts";

type Constant = Expression & { readonly kind: "constant" };

const CONSTANTS: ReadonlyMap<string, null | boolean> = new Map<string, null | boolean>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);
const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
const PRODUCTS: ReadonlySet<string> = new Set(["*", "/", "//", "%"]);
/** Names that end the argument of a test written without parentheses: `x is divisibleby 3 and …`. */
const AFTER_TEST: ReadonlySet<string> = new Set(["else", "or", "and", "is"]);
/** Parses expressions; statements.ts adds the rest of the language. */
export class ExpressionParser extends TokenReader {
  /** As written between braces: a tuple needs no parentheses there. */
  override parseExpression(): Expression {
    return this.tuple();
  }

  /** One or more expressions; more than one, or a trailing comma, makes a tuple. */
  tuple(options: { conditional?: boolean; end?: string; parenthesised?: boolean } = {}): Expression {
    const place = this.here();
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (this.#tupleEnds(options.end)) break;
      items.push(options.conditional === false ? this.#or() : this.expression());
      if (!this.skipOperator(",")) break;
      isTuple = true;
    }
    const [only] = items;
    if (!isTuple && only) return only;
    if (!isTuple && !options.parenthesised) {
      const token = this.peekToken();
      if (!token) this.unexpected(token);
      this.failAt(token, `Expected an expression, got '${described(token)}'`);
    }
    return { kind: "tuple", items, place };
  }

  #tupleEnds(end: string | undefined): boolean {
    const token = this.peekToken();
    if (!token) return true;
    if (token.type === "variable-end" || token.type === "block-end") return true;
    return (token.type === "operator" && token.value === ")") || (end !== undefined && this.isSymbol(end));
  }

  /** One expression, `a if b else c` included. */
  expression(): Expression {
    let node = this.#or();
    while (this.isSymbol("if")) {
      const place = this.here();
      this.nextToken();
      const test = this.#or();
      const no = this.skipSymbol("else") ? this.expression() : undefined;
      node = { kind: "choice", test, yes: node, ...(no ? { no } : {}), place };
    }
    return node;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.isSymbol("or")) {
      const place = this.here(this.nextToken());
      left = { kind: "or", left, right: this.#and(), place };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.isSymbol("and")) {
      const place = this.here(this.nextToken());
      left = { kind: "and", left, right: this.#not(), place };
    }
    return left;
  }

  #not(): Expression {
    const place = this.here();
    return this.skipSymbol("not") ? { kind: "not", operand: this.#not(), place } : this.#comparison();
  }

  #comparison(): Expression {
    const first = this.#sum();
    const rest: { operator: CompareOperator; operand: Expression }[] = [];
    let place = first.place;
    for (;;) {
      const token = this.peekToken();
      let operator: CompareOperator;
      if (token?.type === "operator" && COMPARISONS.has(token.value)) operator = token.value as CompareOperator;
      else if (token?.type === "symbol" && token.value === "in") operator = "in";
      else if (token?.type === "symbol" && token.value === "not") operator = "not in";
      else break;
      this.nextToken();
      if (operator === "not in" && !this.skipSymbol("in")) {
        this.pushToken(token);
        break;
      }
      if (rest.length === 0) place = this.here(token);
      rest.push({ operator, operand: this.#sum() });
    }
    return rest.length === 0 ? first : { kind: "compare", first, rest, place };
  }

  #sum(): Expression {
    let left = this.#concat();
    while (this.isOperator("+") || this.isOperator("-")) {
      const token = this.nextToken();
      const operator = token?.value === "+" ? "+" : "-";
      left = { kind: "binary", operator, left, right: this.#concat(), place: this.here(token) };
    }
    return left;
  }

  #concat(): Expression {
    const first = this.#product();
    if (!this.isOperator("~")) return first;
    const place = this.here();
    const parts = [first];
    while (this.skipOperator("~")) parts.push(this.#product());
    return { kind: "concat", parts, place };
  }

  #product(): Expression {
    let left = this.#power();
    for (;;) {
      const token = this.peekToken();
      if (token?.type !== "operator" || !PRODUCTS.has(token.value)) return left;
      this.nextToken();
      left = {
        kind: "binary",
        operator: token.value as BinaryOperator,
        left,
        right: this.#power(),
        place: this.here(token),
      };
    }
  }

  /** Left to right, and the sign binds tighter, unlike Python: that is how Jinja2 has it. */
  #power(): Expression {
    let left = this.#unary(true);
    while (this.isOperator("**")) {
      const place = this.here(this.nextToken());
      left = { kind: "binary", operator: "**", left, right: this.#unary(true), place };
    }
    return left;
  }

  #unary(filters: boolean): Expression {
    const place = this.here();
    let node: Expression;
    if (this.skipOperator("-")) node = { kind: "sign", operator: "-", operand: this.#unary(false), place };
    else if (this.skipOperator("+")) node = { kind: "sign", operator: "+", operand: this.#unary(false), place };
    else node = this.primary();
    node = this.#postfix(node);
    return filters ? this.#filtersAndTests(node) : node;
  }

  /** A name, literal, list, dict or parenthesis. */
  primary(): Expression {
    const token = this.nextToken();
    const place = this.here(token);
    if (token?.type === "symbol") {
      const constant = CONSTANTS.get(token.value);
      return constant === undefined
        ? { kind: "name", name: token.value, place }
        : { kind: "constant", value: constant, place };
    }
    if (token?.type === "string") return this.#text(token);
    if (token?.type === "number") return { kind: "constant", value: numberOf(token.value), place };
    if (token?.type === "operator") {
      if (token.value === "(") {
        const node = this.tuple({ parenthesised: true });
        this.expectOperator(")");
        return node;
      }
      if (token.value === "[") return this.#list(place);
      if (token.value === "{") return this.#dict(place);
    }
    this.unexpected(token);
  }

  #text(first: Token): Constant {
    let { value } = first;
    for (let next = this.peekToken(); next?.type === "string"; next = this.peekToken()) {
      value += next.value;
      this.nextToken();
    }
    return { kind: "constant", value, place: this.here(first) };
  }

  #list(place: Place): Expression {
    const items: Expression[] = [];
    while (!this.isOperator("]")) {
      if (items.length > 0) this.expectOperator(",");
      if (this.isOperator("]")) break;
      items.push(this.expression());
    }
    this.expectOperator("]");
    return { kind: "list", items, place };
  }

  #dict(place: Place): Expression {
    const entries: [Expression, Expression][] = [];
    while (!this.isOperator("}")) {
      if (entries.length > 0) this.expectOperator(",");
      if (this.isOperator("}")) break;
      const key = this.expression();
      this.expectOperator(":");
      entries.push([key, this.expression()]);
    }
    this.expectOperator("}");
    return { kind: "dict", entries, place };
  }

  #postfix(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.isOperator(".") || this.isOperator("[")) node = this.#subscript(node);
      else if (this.isOperator("(")) node = this.#call(node);
      else return node;
    }
  }

  #filtersAndTests(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.isOperator("|")) {
        this.nextToken();
        node = this.filter(node);
      } else if (this.isSymbol("is")) node = this.#test(node);
      else if (this.isOperator("(")) node = this.#call(node);
      else return node;
    }
  }

  #call(callee: Expression): Expression {
    return { kind: "call", callee, place: this.here(), arguments: this.#arguments() };
  }

  #subscript(target: Expression): Expression {
    const opener = this.nextToken();
    if (opener?.value === ".") {
      const token = this.nextToken();
      const place = this.here(token);
      if (token?.type === "symbol") return { kind: "attribute", target, name: token.value, place };
      if (token?.type === "number")
        return { kind: "item", target, index: { kind: "constant", value: numberOf(token.value), place }, place };
      this.failAt(token, "expected name or number");
    }
    const place = this.here();
    const first = this.#index(target, place);
    if (!this.isOperator(",")) {
      this.expectOperator("]");
      return first;
    }
    if (first.kind !== "item") this.fail("a slice cannot be part of a tuple");
    const items = [first.index];
    while (this.skipOperator(",")) items.push(this.expression());
    this.expectOperator("]");
    return { kind: "item", target, index: { kind: "tuple", items, place }, place };
  }

  /** What stands between brackets: an index, or a slice with one or two colons. */
  #index(target: Expression, place: Place): Expression {
    const start = this.isOperator(":") ? undefined : this.expression();
    if (!this.skipOperator(":")) {
      if (!start) this.unexpected(this.peekToken());
      return { kind: "item", target, index: start, place };
    }
    const ends = () => this.isOperator(":") || this.isOperator("]") || this.isOperator(",");
    const stop = ends() ? undefined : this.expression();
    const step = this.skipOperator(":") && !ends() ? this.expression() : undefined;
    return { kind: "slice", target, ...(start && { start }), ...(stop && { stop }), ...(step && { step }), place };
  }

  #dottedName(): string {
    let name = this.expectName();
    while (this.skipOperator(".")) name += `.${this.expectName()}`;
    return name;
  }

  /** After `|`, or after `filter` in a block. */
  filter(target: Expression | undefined): FilterExpression {
    const place = this.here();
    const name = this.#dottedName();
    const given = this.isOperator("(") ? this.#arguments() : { positional: [], named: [] };
    return { kind: "filter", name, ...(target && { target }), arguments: given, place };
  }

  #test(target: Expression): Expression {
    this.nextToken();
    const negated = this.skipSymbol("not");
    const place = this.here();
    const name = this.#dottedName();
    let given: Arguments = { positional: [], named: [] };
    const next = this.peekToken();
    if (this.isOperator("(")) given = this.#arguments();
    else if (next && this.#startsArgument(next)) {
      if (next.type === "symbol" && next.value === "is") this.failAt(next, "You cannot chain multiple tests with is");
      given = { positional: [this.#postfix(this.primary())], named: [] };
    }
    const node: Expression = { kind: "test", name, target, arguments: given, place };
    return negated ? { kind: "not", operand: node, place } : node;
  }

  #startsArgument(token: Token): boolean {
    if (token.type === "symbol") return !AFTER_TEST.has(token.value) || token.value === "is";
    if (token.type === "string" || token.type === "number") return true;
    return token.type === "operator" && (token.value === "[" || token.value === "{");
  }

  #arguments(): Arguments {
    this.expectOperator("(");
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    let rest: Expression | undefined;
    let namedRest: Expression | undefined;
    for (let comma = false; !this.isOperator(")"); comma = true) {
      if (comma) {
        this.expectOperator(",");
        if (this.isOperator(")")) break;
      }
      const token = this.peekToken();
      if (this.skipOperator("*")) rest = this.expression();
      else if (this.skipOperator("**")) namedRest = this.expression();
      else {
        const value = this.expression();
        if (value.kind === "name" && this.skipOperator("=")) named.push([value.name, this.expression()]);
        else if (named.length > 0 || namedRest) this.failAt(token, "invalid syntax for function call expression");
        else positional.push(value);
      }
    }
    this.expectOperator(")");
    return { positional, named, ...(rest && { rest }), ...(namedRest && { namedRest }) };
  }
}
