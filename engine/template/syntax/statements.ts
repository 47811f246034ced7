// Jinja2's statements: `{% … %}`. The walk over text, tags and blocks is nunjucks' (parseNodes, breakOnBlocks); what
// stands in a tag is read here. `do`, `break` and `continue` are unknown tags, as in Ansible.

import type { Token } from "nunjucks/src/lexer.js";
import { ExpressionParser } from "./expressions.ts";
import { described } from "./reader.ts";
import type { Expression, FilterExpression, Parameter, Place, Statement, Target } from "./tree.ts";

/** nunjucks' Output node: text, or one of our expressions. */
interface OutputNode {
  readonly lineno: number;
  readonly colno: number;
  readonly children: readonly [Expression | { readonly value: string }];
}

type Reader = (this: StatementParser, place: Place) => Statement;

export class StatementParser extends ExpressionParser {
  #blocks: string[] = [];

  /** The whole template. */
  template(): Statement[] {
    const body = this.#nodes();
    const token = this.nextToken();
    if (token) this.failAt(token, `unexpected '${described(token)}'`);
    return body;
  }

  #nodes(): Statement[] {
    return this.parseNodes().map((node) => toStatement(node as Statement | OutputNode));
  }

  override parseStatement(): Statement | null {
    const token = this.peekToken();
    if (token?.type !== "symbol") this.failAt(token, "tag name expected");
    if (this.breakOnBlocks?.includes(token.value)) return null;
    const reader = Object.hasOwn(READERS, token.value) ? READERS[token.value] : undefined;
    if (!reader) this.#unknownTag(token);
    const place = this.here(token);
    this.nextToken();
    return reader.call(this, place);
  }

  #unknownTag(token: Token): never {
    this.failAt(token, `Encountered unknown tag '${token.value}'.${this.#lookingFor()}`);
  }

  #lookingFor(): string {
    const expected = this.breakOnBlocks;
    const block = this.#blocks.at(-1);
    if (!expected || block === undefined) return "";
    const wanted = expected.map((name) => `'${name}'`).join(" or ");
    return ` Jinja was looking for the following tags: ${wanted}. The innermost block that needs to be closed is '${block}'.`;
  }

  blockEnd(): void {
    const token = this.nextToken();
    if (token?.type !== "block-end")
      this.failAt(token, `expected token 'end of statement block', got '${described(token)}'`);
  }

  /** Statements up to one of the tags, whose name is read and returned; the rest of that tag is not. */
  until(block: string, ...ends: readonly string[]): { body: Statement[]; end: string } {
    const before = this.breakOnBlocks;
    this.breakOnBlocks = ends;
    this.#blocks.push(block);
    const body = this.#nodes();
    const token = this.peekToken();
    if (!token) this.failAt(token, `Unexpected end of template.${this.#lookingFor()}`);
    this.nextToken();
    this.#blocks.pop();
    this.breakOnBlocks = before;
    return { body, end: token.value };
  }

  /** The body of a tag that has one end only. */
  body(block: string): Statement[] {
    this.blockEnd();
    const { body } = this.until(block, `end${block}`);
    if (block === "block" && this.peekToken()?.type === "symbol") this.nextToken();
    this.blockEnd();
    return body;
  }

  target(end: string | undefined, namespaces = false): Target {
    const items: Target[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0 && ((end !== undefined && this.isSymbol(end)) || this.isOperator("="))) break;
      items.push(this.#oneTarget(end, namespaces));
      if (!this.skipOperator(",")) break;
      isTuple = true;
    }
    const [only] = items;
    return only && !isTuple ? only : { kind: "tuple", items };
  }

  #oneTarget(end: string | undefined, namespaces: boolean): Target {
    if (this.skipOperator("(")) {
      const inner = this.target(end, namespaces);
      this.expectOperator(")");
      return inner;
    }
    const token = this.peekToken();
    const name = this.expectName();
    if (["true", "false", "none", "True", "False", "None"].includes(name))
      this.failAt(token, `can't assign to '${name.toLowerCase()}'`);
    if (namespaces && this.skipOperator(".")) return { kind: "namespace", name, attribute: this.expectName() };
    return { kind: "name", name };
  }

  parameters(): Parameter[] {
    this.expectOperator("(");
    const parameters: Parameter[] = [];
    while (!this.isOperator(")")) {
      if (parameters.length > 0) this.expectOperator(",");
      if (this.isOperator(")")) break;
      const name = this.expectName();
      if (this.skipOperator("=")) parameters.push({ name, default: this.expression() });
      else if (parameters.at(-1)?.default) this.fail("non-default argument follows default argument");
      else parameters.push({ name });
    }
    this.expectOperator(")");
    return parameters;
  }

  /** `with context`, `without context` or nothing. */
  context(usual: boolean): boolean {
    for (const [word, value] of [
      ["with", true],
      ["without", false],
    ] as const) {
      if (!this.isSymbol(word)) continue;
      const token = this.nextToken();
      if (this.skipSymbol("context")) return value;
      this.failAt(token, `expected token 'context', got '${described(this.peekToken())}'`);
    }
    return usual;
  }

  filters(): FilterExpression[] {
    const filters: FilterExpression[] = [];
    do filters.push(this.filter(undefined));
    while (this.skipOperator("|"));
    return filters;
  }

  branch(place: Place): Statement {
    const test = this.tuple({ conditional: false });
    this.blockEnd();
    const { body, end } = this.until("if", "elif", "else", "endif");
    let otherwise: Statement[] = [];
    if (end === "elif") return { kind: "if", test, body, otherwise: [this.branch(this.here())], place };
    this.blockEnd();
    if (end === "else") {
      otherwise = this.until("if", "endif").body;
      this.blockEnd();
    }
    return { kind: "if", test, body, otherwise, place };
  }
}

function toStatement(node: Statement | OutputNode): Statement {
  if ("kind" in node) return node;
  const place = { line: node.lineno + 1, column: node.colno + 1 };
  const [child] = node.children;
  return "kind" in child ? { kind: "output", value: child, place } : { kind: "text", text: child.value, place };
}

const READERS: Readonly<Record<string, Reader>> = {
  if(place) {
    return this.branch(place);
  },
  for(place) {
    const target = this.target("in");
    this.expectSymbol("in");
    const over = this.tuple({ conditional: false, end: "recursive" });
    const test = this.skipSymbol("if") ? this.expression() : undefined;
    const recursive = this.skipSymbol("recursive");
    this.blockEnd();
    const { body, end } = this.until("for", "endfor", "else");
    this.blockEnd();
    let otherwise: Statement[] = [];
    if (end === "else") {
      otherwise = this.until("for", "endfor").body;
      this.blockEnd();
    }
    return { kind: "for", target, over, ...(test && { test }), recursive, body, otherwise, place };
  },
  set(place) {
    const target = this.target(undefined, true);
    if (this.skipOperator("=")) {
      const value = this.tuple();
      this.blockEnd();
      return { kind: "set", target, value, place };
    }
    const filters = this.skipOperator("|") ? this.filters() : [];
    return { kind: "set-block", target, filters, body: this.body("set"), place };
  },
  print(place) {
    const value = this.tuple();
    this.blockEnd();
    return { kind: "output", value, place };
  },
  macro(place) {
    const name = this.expectName();
    return { kind: "macro", name, parameters: this.parameters(), body: this.body("macro"), place };
  },
  call(place) {
    const parameters = this.isOperator("(") ? this.parameters() : [];
    const token = this.peekToken();
    const call = this.expression();
    if (call.kind !== "call") this.failAt(token, "expected call");
    return { kind: "call-block", call, parameters, body: this.body("call"), place };
  },
  filter(place) {
    return { kind: "filter-block", filters: this.filters(), body: this.body("filter"), place };
  },
  with(place) {
    const assignments: [Target, Expression][] = [];
    while (this.peekToken()?.type !== "block-end") {
      if (assignments.length > 0) this.expectOperator(",");
      const target = this.target(undefined);
      this.expectOperator("=");
      assignments.push([target, this.expression()]);
    }
    return { kind: "with", assignments, body: this.body("with"), place };
  },
  autoescape(place) {
    // Ansible never escapes HTML; the tag is accepted for the sake of shared templates.
    this.expression();
    return { kind: "group", body: this.body("autoescape"), place };
  },
  include(place) {
    const template = this.expression();
    let ignoreMissing = false;
    if (this.skipSymbol("ignore")) {
      this.expectSymbol("missing");
      ignoreMissing = true;
    }
    const withContext = this.context(true);
    this.blockEnd();
    return { kind: "include", template, ignoreMissing, withContext, place };
  },
  import(place) {
    const template = this.expression();
    this.expectSymbol("as");
    const name = this.expectName();
    const withContext = this.context(false);
    this.blockEnd();
    return { kind: "import", template, name, withContext, place };
  },
  from(place) {
    const template = this.expression();
    this.expectSymbol("import");
    const names: [string, string][] = [];
    let withContext: boolean | undefined;
    while (this.peekToken()?.type !== "block-end" && withContext === undefined) {
      if (names.length > 0) this.expectOperator(",");
      if (this.peekToken()?.type === "block-end") break;
      const token = this.peekToken();
      const name = this.expectName();
      if (name.startsWith("_")) this.failAt(token, "names starting with an underline can not be imported");
      names.push([name, this.skipSymbol("as") ? this.expectName() : name]);
      if (this.isSymbol("with") || this.isSymbol("without")) withContext = this.context(false);
    }
    this.blockEnd();
    return { kind: "from", template, names, withContext: withContext ?? false, place };
  },
  extends(place) {
    const template = this.expression();
    this.blockEnd();
    return { kind: "extends", template, place };
  },
  block(place) {
    const name = this.expectName();
    const scoped = this.skipSymbol("scoped");
    const required = this.skipSymbol("required");
    return { kind: "block", name, scoped, required, body: this.body("block"), place };
  },
};
