// `{% for %}`: the loop, its `loop` variable, filters and recursion.

import { Undefined, type Value } from "../../core/value.ts";
import { equals } from "../python/compare.ts";
import { itemsOf } from "../python/sequences.ts";
import { truth, typeError, used } from "../python/types.ts";
import type { Statement } from "../syntax/tree.ts";
import type { Compiling, Emit } from "./compiled.ts";
import { compile } from "./expressions.ts";
import { Builtin, Callable, type Frame, type Given, inner, setLocal } from "./frame.ts";
import { assign, concat } from "./output.ts";

type ForStatement = Statement & { readonly kind: "for" };
type Run = (items: Value, depth: number, frame: Frame, out: Value[]) => void;

export function compileFor(node: ForStatement, compiling: Compiling): Emit {
  const over = compile(node.over);
  const test = node.test && compile(node.test);
  const body = compiling.all(node.body);
  const otherwise = compiling.all(node.otherwise);
  const run: Run = (value, depth, frame, out) => {
    const { machine } = frame;
    machine.place = node.place;
    let items = itemsOf(used(machine.resolve(value, frame.scope))).map((item) => machine.resolve(item, frame.scope));
    if (test) {
      items = items.filter((item) => {
        const own = inner(frame);
        assign(node.target, item, own);
        return truth(test(own));
      });
    }
    if (items.length === 0) {
      otherwise(inner(frame), out);
      return;
    }
    const again = node.recursive
      ? (inside: Value, from: Frame) => {
          const pieces: Value[] = [];
          run(inside, depth + 1, from, pieces);
          return concat(pieces, from);
        }
      : undefined;
    const loop = new Loop(items, depth, again && ((inside) => again(inside, frame)));
    for (; loop.index < items.length; loop.index++) {
      machine.step();
      const own = inner(frame);
      assign(node.target, items[loop.index] ?? null, own);
      setLocal(own, "loop", loop);
      body(own, out);
    }
  };
  return (frame, out) => {
    const value = over(frame);
    if (value instanceof Undefined) used(value);
    run(value, 0, frame, out);
  };
}

/** The variable `loop`. */
class Loop extends Callable {
  readonly typeName = "LoopContext";
  index = 0;
  readonly #items: readonly Value[];
  readonly #depth: number;
  readonly #again: ((items: Value) => Value) | undefined;
  #seen: readonly Value[] | undefined;

  constructor(items: readonly Value[], depth: number, again: ((items: Value) => Value) | undefined) {
    super();
    this.#items = items;
    this.#depth = depth;
    this.#again = again;
  }

  attribute(name: string): Value | undefined {
    const { length } = this.#items;
    switch (name) {
      case "index":
        return this.index + 1;
      case "index0":
        return this.index;
      case "revindex":
        return length - this.index;
      case "revindex0":
        return length - this.index - 1;
      case "first":
        return this.index === 0;
      case "last":
        return this.index === length - 1;
      case "length":
        return length;
      case "depth":
        return this.#depth + 1;
      case "depth0":
        return this.#depth;
      case "previtem":
        return this.#items[this.index - 1] ?? new Undefined("there is no previous item");
      case "nextitem":
        return this.#items[this.index + 1] ?? new Undefined("there is no next item");
      case "cycle":
        return new Builtin("cycle", ({ positional }) => {
          if (positional.length === 0) typeError("no items for cycling given");
          return positional[this.index % positional.length] ?? null;
        });
      case "changed":
        return new Builtin("changed", ({ positional }) => {
          const seen = this.#seen;
          const same =
            seen?.length === positional.length && seen.every((value, at) => equals(value, positional[at] ?? null));
          this.#seen = positional;
          return !same;
        });
      default:
        return undefined;
    }
  }

  call({ positional }: Given): Value {
    if (!this.#again) typeError("The loop must have the 'recursive' marker to be called recursively.");
    return this.#again(positional[0] ?? null);
  }
}
