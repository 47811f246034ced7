// How filters, tests, functions and lookups are declared: parameters in one text, bound as Python binds arguments.

import { Undefined, type Value } from "../../core/value.ts";
import { typeError } from "../python/types.ts";
import type { Frame, Given } from "./frame.ts";

/** Arguments by the declared order; undefined where none was given. */
export interface Bound {
  readonly at: readonly (Value | undefined)[];
  readonly rest: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

export interface Signature {
  readonly names: readonly string[];
  /** How many of the first names must be given. */
  readonly required: number;
  /** How many of the names can be given by position: those before `*rest`. */
  readonly positional: number;
  /** `*rest` was declared. */
  readonly rest: boolean;
  /** `**named` was declared. */
  readonly named: boolean;
}

export interface Filter {
  readonly signature: Signature;
  /** Gets Undefined instead of passing it on. */
  readonly takesUndefined: boolean;
  readonly run: (value: Value, bound: Bound, frame: Frame) => Value;
}

export interface Test {
  readonly signature: Signature;
  readonly takesUndefined: boolean;
  readonly run: (value: Value, bound: Bound, frame: Frame) => boolean;
}

export interface Lookup {
  /** Terms are finished values; options are by name. */
  readonly run: (terms: readonly Value[], options: ReadonlyMap<string, Value>, frame: Frame) => Value[];
}

export interface Tables {
  filter(name: string): Filter | undefined;
  test(name: string): Test | undefined;
  lookup(name: string): Lookup | undefined;
  readonly globals: ReadonlyMap<string, Value>;
  readonly names: {
    readonly filters: readonly string[];
    readonly tests: readonly string[];
    readonly lookups: readonly string[];
  };
}

/** `"width! fill *rest **named"` as a signature; `!` marks what must be given. */
export function signature(parameters: string): Signature {
  const marked = parameters.split(" ").filter((word) => word !== "");
  const words = marked.map((word) => word.replace("!", ""));
  const names = words.filter((word) => !word.startsWith("*"));
  const star = words.findIndex((word) => /^\*[^*]/.test(word));
  return {
    names,
    required: marked.filter((word) => word.endsWith("!")).length,
    positional: star < 0 ? names.length : star,
    rest: words.some((word) => /^\*[^*]/.test(word)),
    named: words.some((word) => word.startsWith("**")),
  };
}

export function filter(parameters: string, run: Filter["run"], options: { takesUndefined?: boolean } = {}): Filter {
  return { signature: signature(parameters), run, takesUndefined: options.takesUndefined ?? false };
}

export function test(parameters: string, run: Test["run"], options: { takesUndefined?: boolean } = {}): Test {
  return { signature: signature(parameters), run, takesUndefined: options.takesUndefined ?? false };
}

/** Arguments as declared; Python's TypeErrors for what does not fit. */
export function bind(what: string, declared: Signature, given: Given): Bound {
  const { names } = declared;
  if (given.positional.length > declared.positional && !declared.rest)
    typeError(
      `${what}() takes at most ${names.length} argument${names.length === 1 ? "" : "s"} (${given.positional.length} given)`,
    );
  const at: (Value | undefined)[] = names.map((_, index) =>
    index < declared.positional ? given.positional[index] : undefined,
  );
  const named = new Map<string, Value>();
  for (const [name, value] of given.named) {
    const index = names.indexOf(name);
    if (index >= 0) {
      if (at[index] !== undefined) typeError(`${what}() got multiple values for argument '${name}'`);
      at[index] = value;
    } else if (declared.named) named.set(name, value);
    else typeError(`${what}() got an unexpected keyword argument '${name}'`);
  }
  const missing = names.filter((_, index) => index < declared.required && at[index] === undefined);
  if (missing.length > 0) {
    const shown = missing.map((name) => `'${name}'`).join(" and ");
    typeError(
      `${what}() missing ${missing.length} required positional argument${missing.length === 1 ? "" : "s"}: ${shown}`,
    );
  }
  return { at, rest: given.positional.slice(declared.positional), named };
}

/** The first argument that is Undefined; only a direct one, not one inside a container. */
export function firstUndefined(given: Given): Undefined | undefined {
  for (const value of given.positional) if (value instanceof Undefined) return value;
  for (const value of given.named.values()) if (value instanceof Undefined) return value;
  return undefined;
}
