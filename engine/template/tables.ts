// All filters, tests, lookups and functions by name. `ansible.builtin.x` and the collections' names are the same thing as `x`.

import type { Value } from "../core/value.ts";
import type { TemplateEnvironment } from "./engine.ts";
import type { Filter, Lookup, Tables, Test } from "./evaluate/plugin.ts";
import { FILTERS } from "./filters/index.ts";
import { GLOBALS } from "./globals.ts";
import { LOOKUPS } from "./lookups/index.ts";
import { foreignFilters, foreignLookups, foreignTests } from "./plugins.ts";
import { TESTS } from "./tests/index.ts";

/** Collections whose plugins we know under their short name. */
const COLLECTIONS =
  /^(?:ansible\.(?:builtin|legacy|utils|posix|netcommon)|community\.(?:general|crypto|hashi_vault)|kubernetes\.core)\./;

export function makeTables(environment: TemplateEnvironment): Tables {
  const filters = merged<Filter>(FILTERS, foreignFilters(environment));
  const tests = merged<Test>(TESTS, foreignTests(environment));
  const lookups = merged<Lookup>(LOOKUPS, foreignLookups(environment));
  const globals: ReadonlyMap<string, Value> = GLOBALS;
  return {
    filter: (name) => found(filters, name),
    test: (name) => found(tests, name),
    lookup: (name) => found(lookups, name),
    globals,
    names: {
      filters: [...filters.keys()].sort(),
      tests: [...tests.keys()].sort(),
      lookups: [...lookups.keys()].sort(),
    },
  };
}

function merged<T>(...sources: ReadonlyArray<Readonly<Record<string, T>>>): Map<string, T> {
  return new Map(sources.flatMap((source) => Object.entries(source)));
}

function found<T>(table: ReadonlyMap<string, T>, name: string): T | undefined {
  return table.get(name) ?? table.get(name.replace(COLLECTIONS, ""));
}
