// What an expression can see. Implemented by vars/; the evaluator asks for names and nothing else.

import type { Value } from "../core/value.ts";

export interface Scope {
  /** The variable's value as stored (may be a Template or hold some), or undefined if not defined. */
  get(name: string): Value | undefined;
  /** All names, for `vars`, "did you mean" and the like. */
  names(): Iterable<string>;
}

/** A scope with some names in front of another: loop variables, template extras, block-local sets. */
export function overlay(front: ReadonlyMap<string, Value>, behind: Scope): Scope {
  return {
    get: (name) => front.get(name) ?? (front.has(name) ? front.get(name) : behind.get(name)),
    *names() {
      yield* front.keys();
      for (const name of behind.names()) if (!front.has(name)) yield name;
    },
  };
}
