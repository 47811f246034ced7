// Filters of lists: first, last, join, sort, unique, groupby, batch, slice, min, max, sum, map, select, flatten, zip …

import { LazyMap, Opaque, Undefined, type Value } from "../../core/value.ts";
import { applyFilter, applyTest, findFilter, findTest } from "../evaluate/calls.ts";
import type { Frame } from "../evaluate/frame.ts";
import { type Bound, type Filter, filter } from "../evaluate/plugin.ts";
import { equals, identity, order } from "../python/compare.ts";
import { double, numeric } from "../python/numbers.ts";
import { binary } from "../python/operators.ts";
import { characters, itemsOf } from "../python/sequences.ts";
import { str } from "../python/text.ts";
import { truth, typeError, typeName, used } from "../python/types.ts";
import { attributeGetter, attributeGetters, folded } from "./attributes.ts";

function flag(value: Value | undefined, usual = false): boolean {
  return value === undefined ? usual : truth(value);
}

function int(value: Value | undefined, usual: number): number {
  const number = value === undefined || value === null ? undefined : numeric(value);
  return number === undefined ? usual : Math.trunc(double(number));
}

/** Distinct values in order; `key` says what is compared. */
export function distinct(items: readonly Value[], key: (item: Value) => Value = (item) => item): Value[] {
  const seen = new Set<string>();
  const others: Value[] = [];
  return items.filter((item) => {
    const value = used(key(item));
    const text = identity(value);
    if (text === undefined) {
      if (others.some((other) => equals(other, value))) return false;
      others.push(value);
      return true;
    }
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function compareKeys(a: readonly Value[], b: readonly Value[]): number {
  for (let at = 0; at < a.length; at++) {
    const result = order(a[at] ?? null, b[at] ?? null);
    if (result !== 0) return result;
  }
  return 0;
}

function sorted(value: Value, attribute: Value | undefined, keepCase: boolean, frame: Frame): Value[] {
  const get: (item: Value) => Value[] =
    attribute === undefined || attribute === null ? (item) => [item] : attributeGetters(attribute, frame);
  const keyed = [...itemsOf(value)].map((item: Value): { item: Value; key: Value[] } => ({
    item,
    key: get(item).map((part) => (keepCase ? part : folded(part))),
  }));
  for (const { key } of keyed) for (const part of key) used(part);
  return keyed.sort((a, b) => compareKeys(a.key, b.key)).map(({ item }) => item);
}

function extreme(value: Value, { at: [keepCase, attribute] }: Bound, frame: Frame, sign: number): Value {
  const get = optionalGetter(attribute, frame);
  const key = (item: Value) => (flag(keepCase) ? get(item) : folded(get(item)));
  const items = itemsOf(value);
  let [best] = items;
  if (best === undefined) return new Undefined("No aggregated item, sequence was empty.");
  for (const item of items.slice(1)) if (sign * order(key(item), key(best), sign < 0 ? "<" : ">") > 0) best = item;
  return best;
}

function optionalGetter(attribute: Value | undefined, frame: Frame): (item: Value) => Value {
  return attribute === undefined || attribute === null ? (item) => item : attributeGetter(attribute, frame);
}

/** A group of groupby: a pair that has names too. */
function group(key: Value, items: Value[]): Value {
  return new Group(key, items);
}

class Group extends Opaque {
  readonly typeName = "GroupTuple";
  readonly length = 2;
  readonly #key: Value;
  readonly #items: Value[];
  constructor(key: Value, items: Value[]) {
    super();
    this.#key = key;
    this.#items = items;
  }
  item(index: number): Value {
    return index === 0 ? this.#key : this.#items;
  }
  attribute(name: string): Value | undefined {
    return name === "grouper" ? this.#key : name === "list" ? this.#items : undefined;
  }
  text(): string {
    return str([this.#key, this.#items]);
  }
}

const groupby: Filter = filter(
  "attribute default case_sensitive",
  (value, { at: [attribute, usual, keepCase] }, frame) => {
    const get = attributeGetter(attribute ?? null, frame, usual);
    const key = (item: Value) => (flag(keepCase) ? get(item) : folded(get(item)));
    const items = [...itemsOf(value)].sort((a, b) => order(used(key(a)), used(key(b))));
    const groups: { key: Value; items: Value[] }[] = [];
    for (const item of items) {
      const last = groups.at(-1);
      if (last && equals(last.key, key(item))) last.items.push(item);
      else groups.push({ key: key(item), items: [item] });
    }
    return groups.map(({ items: members }) => group(get(members[0] ?? null), members));
  },
);

/** What map, select and their kin do with each item: the named filter or test, or an attribute. */
function mapped(value: Value, { rest, named }: Bound, frame: Frame): Value {
  if (value === null) return [];
  const items = itemsOf(value);
  const attribute = named.get("attribute");
  if (rest.length === 0 && attribute !== undefined) {
    const get = attributeGetter(attribute, frame, named.get("default"));
    return items.map(get);
  }
  const [name, ...positional] = rest;
  if (name === undefined) typeError("map requires a filter argument");
  const found = findFilter(str(name), frame);
  return items.map((item) => applyFilter(str(name), found, item, { positional, named }, frame));
}

function chosen(value: Value, { rest, named }: Bound, frame: Frame, keep: boolean, byAttribute: boolean): Value {
  if (value === null) return [];
  let given = rest;
  let get = (item: Value) => item;
  if (byAttribute) {
    const [attribute, ...others] = rest;
    if (attribute === undefined) typeError("Missing parameter for attribute name");
    get = attributeGetter(attribute, frame);
    given = others;
  }
  const [name, ...positional] = given;
  if (name === undefined) return itemsOf(value).filter((item) => truth(get(item)) === keep);
  const found = findTest(str(name), frame);
  return itemsOf(value).filter(
    (item) => truth(applyTest(str(name), found, get(item), { positional, named }, frame)) === keep,
  );
}

function flatten(items: readonly Value[], levels: number | undefined, skipNulls: boolean): Value[] {
  const flat: Value[] = [];
  for (const item of items) {
    if (item === null || item === "None" || item === "null") {
      if (!skipNulls) flat.push(item);
    } else if (Array.isArray(item) && (levels === undefined || levels >= 1))
      flat.push(...flatten(item, levels === undefined ? undefined : levels - 1, skipNulls));
    else flat.push(item);
  }
  return flat;
}

const first: Filter = filter("", (value) => itemsOf(value)[0] ?? new Undefined("No first item, sequence was empty."));

export const SEQUENCE_FILTERS: Readonly<Record<string, Filter>> = {
  first,
  last: filter("", (value) => itemsOf(value).at(-1) ?? new Undefined("No last item, sequence was empty.")),
  list: filter("", (value) => [...itemsOf(value)]),
  join: filter("d attribute", (value, { at: [separator, attribute] }, frame) => {
    const get = optionalGetter(attribute, frame);
    return itemsOf(value)
      .map((item) => str(get(item)))
      .join(separator === undefined ? "" : str(separator));
  }),
  reverse: filter("", (value) => {
    if (typeof value === "string") return characters(value).reverse().join("");
    return [...itemsOf(value)].reverse();
  }),
  sort: filter("reverse case_sensitive attribute", (value, { at: [reverse, keepCase, attribute] }, frame) => {
    const items = sorted(value, attribute, flag(keepCase), frame);
    return flag(reverse) ? stableReverse(value, items, attribute, flag(keepCase), frame) : items;
  }),
  unique: filter("case_sensitive attribute", (value, { at: [keepCase, attribute] }, frame) => {
    const get = optionalGetter(attribute, frame);
    return distinct(itemsOf(value), (item) => (flag(keepCase) ? get(item) : folded(get(item))));
  }),
  groupby,
  min: filter("case_sensitive attribute", (value, bound, frame) => extreme(value, bound, frame, -1)),
  max: filter("case_sensitive attribute", (value, bound, frame) => extreme(value, bound, frame, 1)),
  sum: filter("attribute start", (value, { at: [attribute, start = 0] }, frame) => {
    const get = optionalGetter(attribute, frame);
    return itemsOf(value).reduce<Value>((total, item) => binary("+", total, get(item)), start);
  }),
  batch: filter("linecount fill_with", (value, { at: [size, fill] }) => {
    const lines: Value[][] = [];
    const width = int(size, 1);
    const items = itemsOf(value);
    for (let at = 0; at < items.length; at += Math.max(1, width)) lines.push(items.slice(at, at + width));
    const last = lines.at(-1);
    if (fill !== undefined && fill !== null && last) while (last.length < width) last.push(fill);
    return lines;
  }),
  slice: filter("slices fill_with", (value, { at: [slices, fill] }) => {
    const items = itemsOf(value);
    const parts = int(slices, 1);
    const size = Math.floor(items.length / parts);
    const longer = items.length % parts;
    let at = 0;
    return Array.from({ length: parts }, (_, index) => {
      const end = at + size + (index < longer ? 1 : 0);
      const part = items.slice(at, end);
      at = end;
      if (fill !== undefined && fill !== null && index >= longer && longer > 0) part.push(fill);
      return part;
    });
  }),
  map: filter("*rest **named", mapped),
  select: filter("*rest **named", (value, bound, frame) => chosen(value, bound, frame, true, false)),
  reject: filter("*rest **named", (value, bound, frame) => chosen(value, bound, frame, false, false)),
  selectattr: filter("*rest **named", (value, bound, frame) => chosen(value, bound, frame, true, true)),
  rejectattr: filter("*rest **named", (value, bound, frame) => chosen(value, bound, frame, false, true)),
  flatten: filter("levels skip_nulls", (value, { at: [levels, skip] }) => {
    if (!Array.isArray(value)) typeError(`flatten expects a list, not ${typeName(value)}`);
    return flatten(value, levels === undefined || levels === null ? undefined : int(levels, 0), flag(skip, true));
  }),
  extract: filter("container! morekeys", (value, { at: [container = null, more] }, frame) => {
    const further: readonly Value[] = more === undefined || more === null ? [] : Array.isArray(more) ? more : [more];
    const keys: readonly Value[] = [value, ...further];
    let current: Value = container;
    for (const key of keys) current = frame.machine.resolve(frame.machine.item(current, key), frame.scope);
    return current;
  }),
};

/** Descending, equal items in their first order, as Python's reverse sort leaves them. */
function stableReverse(
  value: Value,
  items: Value[],
  attribute: Value | undefined,
  keepCase: boolean,
  frame: Frame,
): Value[] {
  if (value instanceof LazyMap || items.length < 2) return items.reverse();
  return sorted([...itemsOf(value)].reverse(), attribute, keepCase, frame).reverse();
}
