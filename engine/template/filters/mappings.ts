// Filters of mappings: combine, dict2items, items2dict, dictsort, subelements, rekey_on_member …

import type { Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { equals, getKey, order, setKey } from "../python/compare.ts";
import { pairsOf } from "../python/dict-methods.ts";
import { itemsOf, tuple } from "../python/sequences.ts";
import { repr, str } from "../python/text.ts";
import { isMapping, truth, typeError, typeName, used } from "../python/types.ts";
import { folded } from "./attributes.ts";

import { escapeHtml } from "./text.ts";

type Mapping = Map<Value, Value>;

const LIST_MERGES = ["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"];

function flag(value: Value | undefined, usual = false): boolean {
  return value === undefined ? usual : truth(value);
}

function mergeLists(below: Value[], above: Value[], how: string): Value[] {
  const without = (list: Value[], other: Value[]) => list.filter((item) => !other.some((one) => equals(one, item)));
  switch (how) {
    case "keep":
      return below;
    case "append":
      return [...below, ...above];
    case "prepend":
      return [...above, ...below];
    case "append_rp":
      return [...without(below, above), ...above];
    case "prepend_rp":
      return [...above, ...without(below, above)];
    default:
      return above;
  }
}

/** One mapping over another. */
function merge(below: Value, above: Value, recursive: boolean, lists: string): Mapping {
  const made = new Map(pairsOf(below));
  for (const [key, value] of pairsOf(above)) {
    const before = getKey(made, key);
    if (recursive && before !== undefined && isMapping(before) && isMapping(value))
      setKey(made, key, merge(before, value, true, lists));
    else if (lists !== "replace" && Array.isArray(before) && Array.isArray(value))
      setKey(made, key, mergeLists(before, value, lists));
    else setKey(made, key, value);
  }
  return made;
}

/** `combine` of many, later ones win; lists among them are taken apart. */
function combine(values: readonly Value[], recursive: boolean, lists: string): Value {
  if (!LIST_MERGES.includes(lists))
    typeError(`'list_merge' argument to combine must be one of ${LIST_MERGES.join(", ")}`);
  const flat = (items: readonly Value[]): Value[] =>
    items.flatMap((item) => (Array.isArray(item) ? flat(item) : [item]));
  let made: Mapping = new Map();
  for (const value of flat(values)) {
    const known = used(value);
    if (!isMapping(known)) typeError(`failed to combine variables, expected dicts but got a '${typeName(known)}'`);
    made = merge(made, known, recursive, lists);
  }
  return made;
}

function mapping(value: Value, what: string): [Value, Value][] {
  if (!isMapping(value)) typeError(`${what} requires a dictionary, got ${typeName(value)} instead.`);
  return pairsOf(value);
}

const dictsort: Filter = filter("case_sensitive by reverse", (value, { at: [keepCase, by, reverse] }) => {
  const position =
    by === undefined || by === "key"
      ? 0
      : by === "value"
        ? 1
        : typeError('You can only sort by either "key" or "value"');
  const key = (pair: [Value, Value]) => (flag(keepCase) ? pair[position] : folded(pair[position]));
  const pairs = mapping(value, "dictsort").sort((a, b) => order(used(key(a)), used(key(b))));
  if (flag(reverse)) pairs.reverse();
  return pairs.map((pair) => tuple(...pair));
});

const rekey: Filter = filter("key duplicates", (value, { at: [key = null, duplicates = "error"] }) => {
  const items = isMapping(value) ? pairsOf(value).map(([, item]) => item) : itemsOf(value);
  const made: Mapping = new Map();
  for (const item of items) {
    if (!isMapping(item)) typeError(`List item is not a valid dict`);
    const name = getKey(item, key);
    if (name === undefined) typeError(`Key ${str(key)} was not found`);
    if (getKey(made, name) !== undefined && duplicates === "error")
      typeError(`Key ${str(name)} is not unique, cannot correctly turn into dict`);
    setKey(made, name, item);
  }
  return made;
});

/** Pairs of an item and each member of one of its lists. */
export function subelements(value: Value, path: Value, skipMissing: boolean): Value[] {
  const keys: readonly Value[] = Array.isArray(path) ? path : str(path).split(".");
  const items = isMapping(value) ? pairsOf(value).map(([, item]) => item) : itemsOf(value);
  return items.flatMap((item) => {
    let found = item as Value;
    for (const key of keys) {
      if (!isMapping(found)) typeError(`the key ${str(key)} should point to a dictionary, got '${typeName(found)}'`);
      const next = getKey(found, key);
      if (next === undefined) {
        if (skipMissing) return [];
        typeError(`could not find ${repr(key)} key in iterated item ${repr(item)}`);
      }
      found = next;
    }
    if (!Array.isArray(found))
      typeError(`the key ${str(keys.at(-1) ?? "")} should point to a list, got ${repr(found)}`);
    return found.map((member) => tuple(item, member));
  });
}

export const MAPPING_FILTERS: Readonly<Record<string, Filter>> = {
  combine: filter("*others recursive list_merge", (value, { rest, at: [recursive, lists = "replace"] }) =>
    combine([value, ...rest], flag(recursive), str(lists)),
  ),
  dict2items: filter("key_name value_name", (value, { at: [key = "key", name = "value"] }) =>
    mapping(value, "dict2items").map(
      ([entry, item]) =>
        new Map<Value, Value>([
          [key, entry],
          [name, item],
        ]),
    ),
  ),
  items2dict: filter("key_name value_name", (value, { at: [key = "key", name = "value"] }) => {
    if (!Array.isArray(value)) typeError(`items2dict requires a list, got ${typeName(value)} instead.`);
    const made: Mapping = new Map();
    for (const item of value) {
      if (!isMapping(item)) typeError("items2dict requires a list of dictionaries");
      const entry = getKey(item, key);
      const content = getKey(item, name);
      if (entry === undefined || content === undefined)
        typeError(
          `items2dict requires each dictionary in the list to contain the keys '${str(key)}' and '${str(name)}', got ${repr(item)} instead.`,
        );
      setKey(made, entry, content);
    }
    return made;
  }),
  dict: filter("", (value) => new Map(pairsOf(value))),
  dict_kv: filter("key", (value, { at: [key = null] }) => new Map<Value, Value>([[key, value]])),
  items: filter("", (value) => mapping(value, "items").map((pair) => tuple(...pair))),
  dictsort,
  rekey_on_member: rekey,
  subelements: filter("subelements skip_missing", (value, { at: [path = "", skip] }) =>
    subelements(value, path, flag(skip)),
  ),
  xmlattr: filter("autospace", (value, { at: [space] }) => {
    const text = mapping(value, "xmlattr")
      .filter(([, item]) => item !== null)
      .map(([key, item]) => `${escapeHtml(str(key))}="${escapeHtml(str(item))}"`)
      .join(" ");
    return flag(space, true) && text !== "" ? ` ${text}` : text;
  }),
  groupby_as_dict: filter("attribute", (value, { at: [attribute = ""] }) => {
    const made: Mapping = new Map();
    for (const item of itemsOf(value)) {
      const key = isMapping(item) ? getKey(item, attribute) : undefined;
      if (key === undefined) typeError(`Attribute not contained in element: '${str(attribute)}'`);
      if (getKey(made, key) !== undefined) typeError(`Multiple sequence entries have attribute value ${repr(key)}`);
      setKey(made, key, item);
    }
    return made;
  }),
  lists_mergeby: filter("*rest recursive list_merge", (value, { rest, at: [recursive, lists = "replace"] }) => {
    const all: Value[] = [value, ...rest];
    const index = all.pop() ?? null;
    const [only] = all;
    const sources: readonly Value[] =
      all.length === 1 && Array.isArray(only) && only.every((entry) => Array.isArray(entry)) ? only : all;
    const made: Mapping = new Map();
    for (const item of sources.flatMap((source) => [...itemsOf(source)])) {
      const key = isMapping(item) ? getKey(item, index) : undefined;
      if (key === undefined) continue;
      setKey(made, key, merge(getKey(made, key) ?? new Map<Value, Value>(), item, flag(recursive), str(lists)));
    }
    return [...made].sort(([a], [b]) => order(a, b)).map(([, item]) => item);
  }),
};
