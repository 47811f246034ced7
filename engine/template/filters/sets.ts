// Filters of lists taken as sets, and their products: union, difference, zip, product, combinations …

import type { Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { contains } from "../python/compare.ts";
import { double, numeric } from "../python/numbers.ts";
import { itemsOf, tuple } from "../python/sequences.ts";
import { typeError } from "../python/types.ts";
import { distinct } from "./sequences.ts";

/** Products beyond this are an error rather than a full memory. */
const MOST = 1_000_000;

function pick(value: Value, other: Value, keep: boolean): Value[] {
  const against = [...itemsOf(other)];
  return distinct(itemsOf(value).filter((item) => contains(against, item) === keep));
}

function listsOf(value: Value, rest: readonly Value[]): ReadonlyArray<readonly Value[]> {
  return [itemsOf(value), ...rest.map((list: Value) => itemsOf(list))];
}

function product(lists: ReadonlyArray<readonly Value[]>): Value[][] {
  let rows: Value[][] = [[]];
  for (const list of lists) {
    if (rows.length * list.length > MOST) typeError("the product is too large");
    rows = rows.flatMap((row) => list.map((item) => [...row, item]));
  }
  return rows;
}

function combinations(items: readonly Value[], size: number): Value[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, at) => combinations(items.slice(at + 1), size - 1).map((rest) => [item, ...rest]));
}

function permutations(items: readonly Value[], size: number): Value[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)], size - 1).map((rest) => [item, ...rest]),
  );
}

function zip(lists: ReadonlyArray<readonly Value[]>, length: number, fill: Value): Value[] {
  return Array.from({ length }, (_, at) => tuple(...lists.map((list) => list[at] ?? (at < list.length ? null : fill))));
}

function size(value: Value | undefined, usual: number): number {
  const number = value === undefined || value === null ? undefined : numeric(value);
  return number === undefined ? usual : double(number);
}

export const SET_FILTERS: Readonly<Record<string, Filter>> = {
  union: filter("other!", (value, { at: [other = null] }) => distinct([...itemsOf(value), ...itemsOf(other)])),
  intersect: filter("other!", (value, { at: [other = null] }) => pick(value, other, true)),
  difference: filter("other!", (value, { at: [other = null] }) => pick(value, other, false)),
  symmetric_difference: filter("other!", (value, { at: [other = null] }) => [
    ...pick(value, other, false),
    ...pick(other, value, false),
  ]),
  zip: filter("*lists strict", (value, { rest }) => {
    const lists = listsOf(value, rest);
    return zip(lists, Math.min(...lists.map((list) => list.length)), null);
  }),
  zip_longest: filter("*lists fillvalue", (value, { rest, at: [fill = null] }) => {
    const lists = listsOf(value, rest);
    return zip(lists, Math.max(...lists.map((list) => list.length)), fill);
  }),
  product: filter("*lists repeat", (value, { rest, at: [repeat] }) => {
    const lists = listsOf(value, rest);
    return product(Array.from({ length: size(repeat, 1) }, () => lists).flat()).map((row) => tuple(...row));
  }),
  combinations: filter("set_size!", (value, { at: [count] }) =>
    combinations(itemsOf(value), size(count, 0)).map((row) => tuple(...row)),
  ),
  permutations: filter("set_size", (value, { at: [count] }) => {
    const items = itemsOf(value);
    return permutations(items, size(count, items.length)).map((row) => tuple(...row));
  }),
};
