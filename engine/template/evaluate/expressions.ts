// Expressions compiled to closures. Every operation that looks at its operands is guarded: an Unknown there makes
// the operation's result that Unknown; an Undefined is an error.

import { Failure } from "../../core/problem.ts";
import { Undecided, Unknown } from "../../core/unknown.ts";
import { Undefined, type Value } from "../../core/value.ts";
import { contains, equals, hashable, order, setKey } from "../python/compare.ts";
import { binary, sign } from "../python/operators.ts";
import { slice, tuple } from "../python/sequences.ts";
import { str } from "../python/text.ts";
import { Nothing, truth, used } from "../python/types.ts";
import type { CompareOperator, Expression, Place } from "../syntax/tree.ts";
import { attribute, item } from "./access.ts";
import { compileCall, compileFilter, compileTest } from "./calls.ts";
import type { Run } from "./frame.ts";
import { guarded, reached, settled } from "./guard.ts";
import { named } from "./names.ts";

/** The expression as a closure. */
export function compile(node: Expression): Run {
  switch (node.kind) {
    case "constant": {
      const { value } = node;
      return () => value;
    }
    case "name": {
      const { name } = node;
      return (frame) => named(name, frame);
    }
    case "attribute": {
      const [target, { name }] = [compile(node.target), node];
      return (frame) => reached(attribute(target(frame), name), frame);
    }
    case "item": {
      const [target, index] = [compile(node.target), compile(node.index)];
      return (frame) => reached(item(target(frame), index(frame)), frame);
    }
    case "slice": {
      const [target, start, stop, step] = [node.target, node.start, node.stop, node.step].map((part) =>
        part ? compile(part) : () => null,
      ) as [Run, Run, Run, Run];
      return guarded(node.place, (frame) => {
        const value = target(frame);
        if (value instanceof Undefined) return value;
        return slice(frame.machine.settle(value, frame.scope), start(frame), stop(frame), step(frame));
      });
    }
    case "call":
      return guarded(node.place, compileCall(node, compile));
    case "filter":
      return guarded(node.place, compileFilter(node, compile));
    case "test":
      return guarded(node.place, compileTest(node, compile));
    case "not": {
      const operand = compile(node.operand);
      return guarded(node.place, (frame) => !truth(operand(frame)));
    }
    case "sign": {
      const [operand, { operator }] = [compile(node.operand), node];
      return guarded(node.place, (frame) => sign(operator, operand(frame)));
    }
    case "binary": {
      const [left, right, { operator, place }] = [compile(node.left), compile(node.right), node];
      return guarded(place, (frame) => {
        const a = settled(left(frame), frame);
        const b = settled(right(frame), frame);
        frame.machine.place = place;
        return binary(operator, a, b);
      });
    }
    case "and":
      return logical(compile(node.left), compile(node.right), false);
    case "or":
      return logical(compile(node.left), compile(node.right), true);
    case "compare":
      return guarded(node.place, comparison(node.first, node.rest, node.place));
    case "concat": {
      const parts = node.parts.map(compile);
      return guarded(node.place, (frame) => parts.map((part) => str(settled(part(frame), frame))).join(""));
    }
    case "choice":
      return choice(node);
    case "list": {
      const items = node.items.map(compile);
      return (frame) => items.map((part) => part(frame));
    }
    case "tuple": {
      const items = node.items.map(compile);
      return (frame) => tuple(...items.map((part) => part(frame)));
    }
    case "dict": {
      const entries = node.entries.map(([key, value]) => [compile(key), compile(value)] as const);
      return guarded(node.place, (frame) => {
        const map = new Map<Value, Value>();
        for (const [key, value] of entries) setKey(map, hashable(used(key(frame))), value(frame));
        return map;
      });
    }
  }
}

/** `and`/`or`: the operand that decided. With an Unknown left side the right one may still decide. */
function logical(left: Run, right: Run, stopsAt: boolean): Run {
  return (frame) => {
    const first = left(frame);
    if (!(first instanceof Unknown)) return truth(first) === stopsAt ? first : right(frame);
    try {
      const second = right(frame);
      return !(second instanceof Unknown) && truth(second) === stopsAt ? second : first;
    } catch (error) {
      // The left side may be there to keep the right one from being evaluated.
      if (error instanceof Failure || error instanceof Undecided) return first;
      throw error;
    }
  };
}

function choice(node: Expression & { kind: "choice" }): Run {
  const [test, yes, no] = [compile(node.test), compile(node.yes), node.no && compile(node.no)];
  const { line } = node.place;
  return (frame) => {
    const decided = test(frame);
    if (decided instanceof Unknown) return decided;
    if (truth(decided)) return yes(frame);
    if (no) return no(frame);
    return new Nothing(`the inline if-expression on line ${line} evaluated to false and no else section was defined.`);
  };
}

const COMPARE: Readonly<Record<CompareOperator, (a: Value, b: Value) => boolean>> = {
  "==": equals,
  "!=": (a, b) => !equals(a, b),
  "<": (a, b) => order(a, b, "<") < 0,
  "<=": (a, b) => order(a, b, "<=") <= 0,
  ">": (a, b) => order(a, b, ">") > 0,
  ">=": (a, b) => order(a, b, ">=") >= 0,
  in: (a, b) => contains(b, a),
  "not in": (a, b) => !contains(b, a),
};

function comparison(
  first: Expression,
  rest: ReadonlyArray<{ readonly operator: CompareOperator; readonly operand: Expression }>,
  place: Place,
): Run {
  const start = compile(first);
  const steps = rest.map(({ operator, operand }) => [COMPARE[operator], compile(operand)] as const);
  return (frame) => {
    let left = settled(start(frame), frame);
    for (const [compare, operand] of steps) {
      const right = settled(operand(frame), frame);
      frame.machine.place = place;
      if (!compare(used(left), used(right))) return false;
      left = right;
    }
    return true;
  };
}
