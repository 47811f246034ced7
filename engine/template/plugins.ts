// A project's own filters, tests and lookups: plain JavaScript functions that get and give plain data.

import { type Data, fromPlain, type Plain, toPlain, type Value } from "../core/value.ts";
import type { TemplateEnvironment } from "./engine.ts";
import type { Frame } from "./evaluate/frame.ts";
import { type Bound, type Filter, type Lookup, signature, type Test } from "./evaluate/plugin.ts";

const ANY = signature("*rest **named");

/** Positional arguments, then one object with the named ones if there are any. */
function plainArguments(value: Value, { rest, named }: Bound): unknown[] {
  const plain = [value, ...rest].map((entry) => toPlain(entry as Data));
  if (named.size === 0) return plain;
  return [...plain, Object.fromEntries([...named].map(([name, entry]) => [name, toPlain(entry as Data)]))];
}

export function foreignFilters({ plugins }: TemplateEnvironment): Record<string, Filter> {
  return mapped(plugins?.filters, (run) => ({
    signature: ANY,
    takesUndefined: false,
    run: (value: Value, bound: Bound) => fromPlain(run(...plainArguments(value, bound)) as Plain),
  }));
}

export function foreignTests({ plugins }: TemplateEnvironment): Record<string, Test> {
  return mapped(plugins?.tests, (run) => ({
    signature: ANY,
    takesUndefined: false,
    run: (value: Value, bound: Bound) => run(...plainArguments(value, bound)),
  }));
}

export function foreignLookups({ plugins }: TemplateEnvironment): Record<string, Lookup> {
  return mapped(plugins?.lookups, (run) => ({
    run: (terms: readonly Value[], options: ReadonlyMap<string, Value>, _frame: Frame) =>
      run(
        terms.map((term) => toPlain(term as Data)),
        Object.fromEntries([...options].map(([name, value]) => [name, toPlain(value as Data)])),
      ).map((entry) => fromPlain(entry as Plain)),
  }));
}

function mapped<T, M>(source: Readonly<Record<string, T>> | undefined, make: (entry: T) => M): Record<string, M> {
  return Object.fromEntries(Object.entries(source ?? {}).map(([name, entry]) => [name, make(entry)]));
}
