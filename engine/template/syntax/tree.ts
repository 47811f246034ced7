// The syntax tree of a template: what the parser makes and the evaluator compiles. Plain data.

import type { Float } from "../../core/value.ts";

/** A place in the template's text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: ReadonlyArray<readonly [name: string, value: Expression]>;
  /** `*expression` */
  readonly rest?: Expression;
  /** `**expression` */
  readonly namedRest?: Expression;
}

export type Expression = { readonly place: Place } & (
  | { readonly kind: "constant"; readonly value: null | boolean | number | bigint | string | Float }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "attribute"; readonly target: Expression; readonly name: string }
  | { readonly kind: "item"; readonly target: Expression; readonly index: Expression }
  | {
      readonly kind: "slice";
      readonly target: Expression;
      readonly start?: Expression;
      readonly stop?: Expression;
      readonly step?: Expression;
    }
  | { readonly kind: "call"; readonly callee: Expression; readonly arguments: Arguments }
  | FilterExpression
  | { readonly kind: "test"; readonly name: string; readonly target: Expression; readonly arguments: Arguments }
  | { readonly kind: "not"; readonly operand: Expression }
  | { readonly kind: "sign"; readonly operator: "-" | "+"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: "compare";
      readonly first: Expression;
      readonly rest: ReadonlyArray<{ readonly operator: CompareOperator; readonly operand: Expression }>;
    }
  | { readonly kind: "concat"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly test: Expression; readonly yes: Expression; readonly no?: Expression }
  | { readonly kind: "list" | "tuple"; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly entries: ReadonlyArray<readonly [key: Expression, value: Expression]> }
);

/** A filter; without a target it applies to the text of a `{% filter %}` or `{% set %}` block. */
export interface FilterExpression {
  readonly place: Place;
  readonly kind: "filter";
  readonly name: string;
  readonly target?: Expression;
  readonly arguments: Arguments;
}

/** What `set`, `for` and `with` assign to. */
export type Target =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "namespace"; readonly name: string; readonly attribute: string }
  | { readonly kind: "tuple"; readonly items: readonly Target[] };

export interface Parameter {
  readonly name: string;
  readonly default?: Expression;
}

export type Statement = { readonly place: Place } & (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly value: Expression }
  | {
      readonly kind: "if";
      readonly test: Expression;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: "for";
      readonly target: Target;
      readonly over: Expression;
      readonly test?: Expression;
      readonly recursive: boolean;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: "set"; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: "set-block";
      readonly target: Target;
      readonly filters: readonly FilterExpression[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "macro";
      readonly name: string;
      readonly parameters: readonly Parameter[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "call-block";
      readonly call: Expression & { readonly kind: "call" };
      readonly parameters: readonly Parameter[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "filter-block";
      readonly filters: readonly FilterExpression[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "with";
      readonly assignments: ReadonlyArray<readonly [target: Target, value: Expression]>;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "include";
      readonly template: Expression;
      readonly ignoreMissing: boolean;
      readonly withContext: boolean;
    }
  | { readonly kind: "import"; readonly template: Expression; readonly name: string; readonly withContext: boolean }
  | {
      readonly kind: "from";
      readonly template: Expression;
      readonly names: ReadonlyArray<readonly [name: string, as: string]>;
      readonly withContext: boolean;
    }
  | { readonly kind: "extends"; readonly template: Expression }
  | {
      readonly kind: "block";
      readonly name: string;
      readonly scoped: boolean;
      readonly required: boolean;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "group"; readonly body: readonly Statement[] }
);
