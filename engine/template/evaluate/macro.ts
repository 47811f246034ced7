// Macros and `{% call %}`.

import { Undefined, type Value } from "../../core/value.ts";
import { tuple } from "../python/sequences.ts";
import { typeError, typeName, undefinedError } from "../python/types.ts";
import type { Parameter, Statement } from "../syntax/tree.ts";
import { callWith, compileArguments } from "./calls.ts";
import type { Compiling, Emit } from "./compiled.ts";
import { compile } from "./expressions.ts";
import { Callable, type Frame, type Given, inner, type Run, setLocal } from "./frame.ts";
import { guarded } from "./guard.ts";
import { capture } from "./output.ts";

/** What is the same for every use of one macro. */
interface Shape {
  readonly name: string;
  readonly parameters: ReadonlyArray<{ readonly name: string; readonly usual: Run | undefined }>;
  readonly body: Emit;
  /** Which of `varargs`, `kwargs` and `caller` the body asks for. */
  readonly asks: ReadonlySet<string>;
}

function shape(
  name: string,
  parameters: readonly Parameter[],
  body: readonly Statement[],
  compiling: Compiling,
): Shape {
  return {
    name,
    parameters: parameters.map((parameter) => ({
      name: parameter.name,
      usual: parameter.default && compile(parameter.default),
    })),
    body: compiling.all(body),
    asks: new Set(["varargs", "kwargs", "caller"].filter((word) => mentions(body, word))),
  };
}

/** `{% macro %}` */
export function macro(node: Statement & { readonly kind: "macro" }, compiling: Compiling): Emit {
  const made = shape(node.name, node.parameters, node.body, compiling);
  return (frame) => setLocal(frame, node.name, new Macro(made, frame));
}

/** `{% call %}` */
export function callBlock(node: Statement & { readonly kind: "call-block" }, compiling: Compiling): Emit {
  const made = shape("caller", node.parameters, node.body, compiling);
  const callee = compile(node.call.callee);
  const given = compileArguments(node.call.arguments, compile);
  const run = guarded(node.place, (frame) => {
    const target = callee(frame);
    if (target instanceof Undefined) undefinedError(target);
    if (!(target instanceof Callable)) typeError(`'${typeName(target)}' object is not callable`);
    const values = given(frame);
    const named = new Map(values.named).set("caller", new Macro(made, frame));
    return callWith(target, { positional: values.positional, named }, frame);
  });
  return (frame, out) => {
    out.push(run(frame));
  };
}

class Macro extends Callable {
  readonly typeName = "Macro";
  override readonly takesUndefined = true;
  readonly #shape: Shape;
  readonly #home: Frame;

  constructor(made: Shape, home: Frame) {
    super();
    this.#shape = made;
    this.#home = home;
  }

  attribute(name: string): Value | undefined {
    const { parameters, asks } = this.#shape;
    switch (name) {
      case "name":
        return this.#shape.name;
      case "arguments":
        return tuple(...parameters.map((parameter) => parameter.name));
      case "catch_kwargs":
        return asks.has("kwargs");
      case "catch_varargs":
        return asks.has("varargs");
      case "caller":
        return asks.has("caller");
      default:
        return undefined;
    }
  }

  call(given: Given): Value {
    const { name, parameters, asks, body } = this.#shape;
    const frame = inner(this.#home);
    const named = new Map(given.named);
    const extra = given.positional.slice(parameters.length);
    if (extra.length > 0 && !asks.has("varargs"))
      typeError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
    parameters.forEach((parameter, index) => {
      const value = index < given.positional.length ? given.positional[index] : named.get(parameter.name);
      if (given.positional[index] !== undefined && named.has(parameter.name))
        typeError(`macro '${name}' got multiple values for argument '${parameter.name}'`);
      named.delete(parameter.name);
      setLocal(
        frame,
        parameter.name,
        value === undefined // None is a value like others.
          ? (parameter.usual?.(frame) ?? new Undefined(`parameter '${parameter.name}' was not provided`))
          : value,
      );
    });
    if (asks.has("caller") || named.has("caller")) {
      if (!asks.has("caller"))
        typeError(
          `macro '${name}' was invoked with two values for the special caller argument. This is most likely a bug.`,
        );
      setLocal(frame, "caller", named.get("caller") ?? new Undefined("No caller defined"));
      named.delete("caller");
    }
    if (asks.has("varargs")) setLocal(frame, "varargs", tuple(...extra));
    if (asks.has("kwargs")) setLocal(frame, "kwargs", new Map<Value, Value>(named));
    else if (named.size > 0) typeError(`macro '${name}' takes no keyword argument '${[...named.keys()][0]}'`);
    frame.machine.step();
    return frame.machine.nested(() => capture(body, frame));
  }
}

/** Whether a name occurs anywhere in the tree. */
function mentions(tree: unknown, name: string): boolean {
  if (Array.isArray(tree)) return tree.some((part) => mentions(part, name));
  if (tree === null || typeof tree !== "object") return false;
  const node = tree as { readonly kind?: unknown; readonly name?: unknown };
  return (node.kind === "name" && node.name === name) || Object.values(tree).some((part) => mentions(part, name));
}
