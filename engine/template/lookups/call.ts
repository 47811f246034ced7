// `lookup()` and `query()`: terms, options, and what to do when a lookup fails.

import { didYouMean } from "../../core/nearest.ts";
import { Failure, fail } from "../../core/problem.ts";
import { findUnknown, Undecided } from "../../core/unknown.ts";
import { LazyMap, OMIT, Opaque, Undefined, type Value } from "../../core/value.ts";
import type { Frame, Given } from "../evaluate/frame.ts";
import { str } from "../python/text.ts";
import { truth, typeError, used } from "../python/types.ts";

/** Runs a lookup by name; results as a list. */
export function runLookup(
  name: string,
  terms: readonly Value[],
  options: ReadonlyMap<string, Value>,
  frame: Frame,
): Value[] {
  const found = frame.machine.tables.lookup(name);
  if (!found) {
    const hint = didYouMean(name, frame.machine.tables.names.lookups);
    fail("template-lookup-unknown", `The lookup plugin '${name}' was not found.`, hint ? { hint } : {});
  }
  const unknown = findUnknown(terms) ?? findUnknown([...options.values()]);
  if (unknown) throw new Undecided(unknown);
  return found.run(terms, options, frame);
}

function call(given: Given, frame: Frame, wantList: boolean): Value {
  const [plugin, ...terms] = given.positional;
  if (plugin === undefined) typeError("lookup() missing 1 required positional argument: 'plugin_name'");
  const name = str(plugin);
  const options = new Map(given.named);
  const list = options.has("wantlist") ? truth(options.get("wantlist") ?? null) : wantList;
  options.delete("wantlist");
  const errors = str(options.get("errors") ?? "strict");
  options.delete("errors");
  for (const term of [...terms, ...options.values()]) {
    // first_found and vars take care of missing values themselves.
    if (term instanceof Undefined) return term;
    if (!(term instanceof Opaque) && !(term instanceof LazyMap) && term !== OMIT) used(term);
  }
  try {
    const results = runLookup(name, terms, options, frame);
    if (list) return results;
    const [only] = results;
    if (results.length === 0) return [];
    if (results.length === 1 && only !== undefined) return only;
    return results.every((result) => typeof result === "string") ? results.join(",") : results;
  } catch (error) {
    if (errors === "strict" || !(error instanceof Failure)) throw error;
    if (errors === "warn")
      frame.machine.warn({
        code: "lookup-failed",
        message: `Lookup failed but the error is being ignored: ${error.message}`,
      });
    return list ? [] : null;
  }
}

export function lookup(given: Given, frame: Frame): Value {
  return call(given, frame, false);
}

export function query(given: Given, frame: Frame): Value {
  return call(given, frame, true);
}
