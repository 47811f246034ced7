// Makes the template engine: the door (engine.ts) over the machine, with conditions as Ansible judges them.

import { Failure, fail, type Origin } from "../core/problem.ts";
import { Undecided, Unknown } from "../core/unknown.ts";
import { type Data, type OMIT, Template, type Value } from "../core/value.ts";
import { hasMarks } from "../text/templates.ts";
import type { TemplateEngine, TemplateEnvironment } from "./engine.ts";
import type { Frame } from "./evaluate/frame.ts";
import { runLookup } from "./lookups/call.ts";
import { Machine } from "./machine.ts";
import { repr } from "./python/text.ts";
import { truth, typeName, used } from "./python/types.ts";
import type { Scope } from "./scope.ts";
import { makeTables } from "./tables.ts";

/** An engine that holds nothing but its settings and what it has parsed. */
export function createTemplateEngine(environment: TemplateEnvironment): TemplateEngine {
  const tables = makeTables(environment);
  const machine = new Machine(environment, tables);

  const frameOf = (scope: Scope): Frame => ({ machine, scope, parent: undefined, locals: undefined, page: undefined });

  function evaluate(text: string, scope: Scope, origin: Origin | undefined): Value {
    try {
      return machine.pages.expression(text, origin)(frameOf(scope));
    } catch (error) {
      if (error instanceof Undecided) return error.unknown;
      throw machine.located(error, origin);
    }
  }

  function judged(value: Value, shown: string, origin: Origin | undefined): boolean | Unknown {
    if (typeof value === "boolean") return value;
    if (value instanceof Unknown) return value;
    const known = used(value);
    const result = truth(known);
    machine.warn({
      code: "conditional-not-boolean",
      message: `Conditional result (${result ? "True" : "False"}) was derived from value of type '${typeName(known)}'. Conditionals must have a boolean result.`,
      ...(origin ? { origin } : {}),
      hint: `make '${shown}' a comparison or a test, or use the filter 'bool'`,
    });
    return result;
  }

  /**
   * What a template gave as text. Ansible evaluates it again if it trusts it; we cannot tell whether it came from
   * the user or from a host, so only `true` and `false` are read, and anything else is an error rather than true.
   */
  function literal(text: string, origin: Origin | undefined): boolean {
    const word = text.trim();
    if (word === "true" || word === "True") return true;
    if (word === "false" || word === "False") return false;
    fail("conditional-indirect", "the condition's template gave a text, and text is not evaluated as a condition", {
      ...(origin ? { origin } : {}),
      hint: "write the condition itself, without {{ }}; compare the value, or use the filter 'bool'",
    });
  }

  function condition(given: Value, scope: Scope, outer: Origin | undefined): boolean | Unknown {
    if (given instanceof Template) {
      const value = machine.evaluate(given, scope);
      if (typeof value === "string" && value.trim() !== "") return literal(value, given.origin ?? outer);
      return judged(value, given.text, given.origin ?? outer);
    }
    if (typeof given !== "string") return judged(given, repr(given), outer);
    if (given.trim() === "")
      fail("conditional-empty", "Empty conditional expressions are not allowed.", outer ? { origin: outer } : {});
    if (hasMarks(given))
      fail(
        "conditional-not-trusted",
        "a condition that comes from data is not evaluated",
        outer ? { origin: outer } : {},
      );
    return judged(evaluate(given, scope, outer), given, outer);
  }

  return {
    names: tables.names,
    resolve: (value, scope) =>
      value === null || typeof value !== "object" ? value : machine.run(() => machine.resolve(value, scope)),
    finish: (value, scope): Data | typeof OMIT =>
      value === null || typeof value !== "object"
        ? (value as Data | typeof OMIT)
        : machine.run(() => machine.finish(value, scope)),
    expression: (text, scope, origin) => machine.run(() => evaluate(text, scope, origin)),
    condition: (given, scope, origin) =>
      machine.run(() => {
        try {
          return condition(given, scope, origin);
        } catch (error) {
          if (error instanceof Undecided) return error.unknown;
          if (!(error instanceof Failure)) throw error;
          const located = machine.located(error, origin);
          throw located;
        }
      }),
    render: (text, scope, settings) => machine.run(() => machine.render(text, scope, settings)),
    lookup: (name, terms, options, scope) =>
      machine.run(() => {
        try {
          const list = Array.isArray(terms) ? terms : [terms];
          const frame = frameOf(scope);
          const results = runLookup(name, list, options, frame);
          return results.map((result) => machine.finish(result, scope)) as Data[];
        } catch (error) {
          if (error instanceof Undecided) return error.unknown;
          throw error;
        }
      }),
    hasLookup: (name) => tables.lookup(name) !== undefined,
  };
}
