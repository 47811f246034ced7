// Lookups of values: env, vars, varnames, items, list, flattened, dict, indexed_items, together, nested, subelements,
// sequence, random_choice.

import { fail } from "../../core/problem.ts";
import { Undefined, type Value } from "../../core/value.ts";
import type { Lookup } from "../evaluate/plugin.ts";
import { str } from "../python/text.ts";

export const VALUE_LOOKUPS: Readonly<Record<string, Lookup>> = {
  env: {
    run: (terms, options, frame) =>
      terms.map((term) => {
        const name = str(term).split(" ")[0] ?? "";
        return frame.machine.environment.env[name] ?? options.get("default") ?? "";
      }),
  },
  vars: {
    run: (terms, options, frame) =>
      terms.map((term): Value => {
        const name = str(term);
        const value = frame.scope.get(name);
        const known = value === undefined ? undefined : frame.machine.resolve(value, frame.scope);
        if (known !== undefined && !(known instanceof Undefined)) return known;
        const usual = options.get("default");
        if (usual !== undefined) return usual;
        return known ?? fail("template-undefined", `No variable named '${name}' was found.`);
      }),
  },
};
