// Lookups of values: env, vars, varnames, config, items, list, flattened, dict, indexed_items, together, nested, cartesian,
// subelements, sequence, random_choice, inventory_hostnames, undef.

import { fail } from "../../core/problem.ts";
import { LazyMap, Undefined, type Value } from "../../core/value.ts";
import type { Lookup } from "../evaluate/plugin.ts";
import { subelements } from "../filters/mappings.ts";
import { pairsOf } from "../python/dict-methods.ts";
import { regex } from "../python/regex.ts";
import { itemsOf, tuple } from "../python/sequences.ts";
import { str } from "../python/text.ts";
import { isMapping, truth, typeError } from "../python/types.ts";
import { sequence } from "./sequence.ts";

/** Lists among the terms opened, one level. */
function opened(terms: readonly Value[]): Value[] {
  return terms.flatMap((term) => (Array.isArray(term) ? [...term] : [term]));
}

function flattened(terms: readonly Value[]): Value[] {
  return terms.flatMap((term): Value[] => {
    if (Array.isArray(term)) return flattened(term);
    return term === null || term === "None" || term === "null" ? [] : [term];
  });
}

/** Terms that are lists, for nested and together; a lone list of lists is taken as the terms. */
function lists(terms: readonly Value[]): ReadonlyArray<readonly Value[]> {
  return terms.map((term: Value) => (typeof term === "string" ? [term] : itemsOf(term)));
}

/** Every item of the first list with every one of the next, and so on. */
function combined(terms: readonly Value[]): Value[][] {
  let rows: Value[][] = [[]];
  for (const column of lists(terms)) rows = rows.flatMap((row) => column.map((item) => [...row, item]));
  return rows;
}

export const VALUE_LOOKUPS: Readonly<Record<string, Lookup>> = {
  env: {
    run: (terms, options, frame) =>
      opened(terms).map((term) => {
        const name = str(term).split(" ")[0] ?? "";
        return frame.machine.environment.env[name] ?? options.get("default") ?? "";
      }),
  },
  vars: {
    run: (terms, options, frame) =>
      opened(terms).map((term): Value => {
        const name = str(term);
        const value = frame.scope.get(name);
        const known = value === undefined ? undefined : frame.machine.resolve(value, frame.scope);
        if (known !== undefined && !(known instanceof Undefined)) return known;
        const usual = options.get("default");
        if (usual !== undefined) return usual;
        return known ?? fail("template-undefined", `No variable named '${name}' was found.`);
      }),
  },
  varnames: {
    run: (terms, _, frame) => {
      const names = [...frame.scope.names()];
      return terms.flatMap((term) => names.filter((name) => regex(str(term)).test(name)));
    },
  },
  items: { run: opened },
  list: { run: (terms) => [...terms] },
  flattened: { run: flattened },
  dict: {
    run: (terms) =>
      opened(terms).flatMap((term) => {
        if (!isMapping(term)) typeError("with_dict expects a dict");
        return pairsOf(term).map(
          ([key, value]) =>
            new Map<Value, Value>([
              ["key", key],
              ["value", value],
            ]),
        );
      }),
  },
  indexed_items: { run: (terms) => opened(terms).map((term, index) => tuple(index, term)) },
  together: {
    run: (terms) => {
      const columns = lists(terms);
      if (columns.length === 0) typeError("with_together requires at least one element in each list");
      const length = Math.max(...columns.map((column) => column.length));
      return Array.from({ length }, (_, at) => columns.map((column) => column[at] ?? null));
    },
  },
  nested: {
    run: (terms) => {
      if (terms.length === 0) typeError("with_nested requires at least one element in the nested list");
      return combined(terms);
    },
  },
  cartesian: {
    run: (terms) => {
      if (terms.length === 0) typeError("with_cartesian requires at least one element in each list");
      return combined(terms);
    },
  },
  subelements: {
    run: (terms) => {
      const [source, path, flags] = terms.length === 1 && Array.isArray(terms[0]) ? terms[0] : terms;
      if (source === undefined || path === undefined)
        typeError("subelements lookup expects a list of two or three items");
      const skip = flags !== undefined && isMapping(flags) && truth(flags.get("skip_missing") ?? false);
      const last = str(path).split(".").at(-1) ?? "";
      return subelements(source, path, skip).map((pair) => {
        const [item, member] = itemsOf(pair);
        const rest = isMapping(item ?? null) ? new Map(pairsOf(item ?? null)) : new Map<Value, Value>();
        if (!str(path).includes(".")) rest.delete(last);
        return tuple(rest, member ?? null);
      });
    },
  },
  sequence: { run: sequence },
  random_choice: {
    run: (terms, _, frame) => {
      const items = terms.length === 1 && Array.isArray(terms[0]) ? terms[0] : terms;
      if (items.length === 0) return [];
      return [items[Math.floor(frame.machine.environment.random() * items.length)] ?? null];
    },
  },
  inventory_hostnames: {
    run: (terms, _, frame) => {
      const groups = frame.scope.get("groups");
      const known = groups === undefined ? undefined : frame.machine.resolve(groups, frame.scope);
      if (!known || !(known instanceof LazyMap || known instanceof Map))
        typeError("'groups' is not known here, so host patterns cannot be read");
      return hostsOf(terms.map(str).join(","), known);
    },
  },
  undef: { run: () => fail("template-undefined", "Mandatory variable has not been overridden") },
};

/** Hosts by a pattern of group names and hosts with `:`, `,`, `&` and `!`. */
function hostsOf(pattern: string, groups: Map<Value, Value> | LazyMap): Value[] {
  const group = (name: string): Value[] => {
    const found = groups.get(name);
    if (Array.isArray(found)) return found;
    const all = groups.get("all");
    if (!Array.isArray(all)) return [];
    const wanted = new RegExp(`^${name.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`);
    return all.filter((host) => wanted.test(str(host)));
  };
  let hosts: Value[] = [];
  const parts = pattern.split(/[,:]/).filter((part) => part !== "");
  for (const part of parts.filter((one) => !/^[&!]/.test(one)))
    hosts.push(...group(part).filter((host) => !hosts.includes(host)));
  for (const part of parts.filter((one) => one.startsWith("&")))
    hosts = hosts.filter((host) => group(part.slice(1)).includes(host));
  for (const part of parts.filter((one) => one.startsWith("!")))
    hosts = hosts.filter((host) => !group(part.slice(1)).includes(host));
  return hosts;
}
