// Calls, filters and tests: arguments evaluated, Undefined and Unknown passed on where the callee does not ask for
// them, unknown names reported with a suggestion.

import { didYouMean } from "../../core/nearest.ts";
import { fail } from "../../core/problem.ts";
import { Unknown } from "../../core/unknown.ts";
import { Undefined, type Value } from "../../core/value.ts";
import { itemsOf } from "../python/sequences.ts";
import { isMapping, typeError, typeName, undefinedError, used } from "../python/types.ts";
import type { Arguments, Expression, FilterExpression } from "../syntax/tree.ts";
import { Callable, type Frame, type Given, type Run } from "./frame.ts";
import { settled } from "./guard.ts";
import { type Bound, bind, type Filter, firstUndefined, type Test } from "./plugin.ts";

/** expressions.ts hands itself in, so that this file need not import it. */
type Compile = (node: Expression) => Run;

const NOTHING: Given = { positional: [], named: new Map() };

/** Arguments as a function of the frame. */
export function compileArguments(given: Arguments, compile: Compile): (frame: Frame) => Given {
  if (given.positional.length === 0 && given.named.length === 0 && !given.rest && !given.namedRest)
    return () => NOTHING;
  const positional = given.positional.map(compile);
  const named = given.named.map(([name, value]) => [name, compile(value)] as const);
  const [rest, namedRest] = [given.rest && compile(given.rest), given.namedRest && compile(given.namedRest)];
  return (frame) => {
    const values = positional.map((part) => settled(part(frame), frame));
    if (rest) values.push(...itemsOf(settled(rest(frame), frame)));
    const names = new Map<string, Value>();
    for (const [name, part] of named) names.set(name, settled(part(frame), frame));
    if (namedRest) {
      const more = used(settled(namedRest(frame), frame));
      if (!isMapping(more)) typeError(`argument after ** must be a mapping, not ${typeName(more)}`);
      for (const key of more.keys()) {
        const value = more.get(key as string);
        if (typeof key !== "string") typeError("keywords must be strings");
        if (value !== undefined) names.set(key, value);
      }
    }
    return { positional: values, named: names };
  };
}

/** `callee(arguments)` */
export function compileCall(node: Expression & { kind: "call" }, compile: Compile): Run {
  const callee = compile(node.callee);
  const given = compileArguments(node.arguments, compile);
  return (frame) => {
    const target = callee(frame);
    if (target instanceof Unknown) return target;
    if (target instanceof Undefined) undefinedError(target);
    if (!(target instanceof Callable)) typeError(`'${typeName(target)}' object is not callable`);
    const values = given(frame);
    frame.machine.place = node.place;
    return callWith(target, values, frame);
  };
}

export function callWith(target: Callable, given: Given, frame: Frame): Value {
  if (!target.takesUndefined) {
    const missing = firstUndefined(given);
    if (missing) return missing;
  }
  return target.call(given, frame);
}

/** `target | name(arguments)`; without a target the closure is given its value by `withValue`. */
export function compileFilter(node: FilterExpression, compile: Compile): Run {
  const target = node.target ? compile(node.target) : () => null;
  const apply = compileFilterOn(node, compile);
  return (frame) => apply(settled(target(frame), frame), frame);
}

/** The filter as a function of the value it is applied to. */
export function compileFilterOn(node: FilterExpression, compile: Compile): (value: Value, frame: Frame) => Value {
  const given = compileArguments(node.arguments, compile);
  let found: Filter | undefined;
  return (value, frame) => {
    found ??= findFilter(node.name, frame);
    const values = given(frame);
    frame.machine.place = node.place;
    return applyFilter(node.name, found, value, values, frame);
  };
}

export function findFilter(name: string, frame: Frame): Filter {
  const found = frame.machine.tables.filter(name);
  if (found) return found;
  const hint = didYouMean(name, frame.machine.tables.names.filters);
  fail("template-filter-unknown", `No filter named '${name}'.`, hint ? { hint } : {});
}

export function findTest(name: string, frame: Frame): Test {
  const found = frame.machine.tables.test(name);
  if (found) return found;
  const hint = didYouMean(name, frame.machine.tables.names.tests);
  fail("template-test-unknown", `No test named '${name}'.`, hint ? { hint } : {});
}

/** A filter on finished arguments; Undefined and Unknown go through it unless it asks for them. */
export function applyFilter(name: string, filter: Filter, value: Value, given: Given, frame: Frame): Value {
  if (!filter.takesUndefined) {
    if (value instanceof Undefined || value instanceof Unknown) return value;
    const missing = firstUndefined(given);
    if (missing) return missing;
  }
  return filter.run(value, bind(name, filter.signature, given), frame);
}

export function applyTest(name: string, test: Test, value: Value, given: Given, frame: Frame): Value {
  if (!test.takesUndefined) {
    if (value instanceof Undefined || value instanceof Unknown) return value;
    const missing = firstUndefined(given);
    if (missing) return missing;
  }
  const bound: Bound = bind(name, test.signature, given);
  return test.run(value, bound, frame);
}

/** `target is name(arguments)` */
export function compileTest(node: Expression & { kind: "test" }, compile: Compile): Run {
  const target = compile(node.target);
  const given = compileArguments(node.arguments, compile);
  let found: Test | undefined;
  return (frame) => {
    found ??= findTest(node.name, frame);
    const value = settled(target(frame), frame);
    const values = given(frame);
    frame.machine.place = node.place;
    return applyTest(node.name, found, value, values, frame);
  };
}
