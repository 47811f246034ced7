// Iteration, length, indexes and slices of Python's sequences. Text counts by code points.

import { LazyMap, type Opaque, Tuple, type Value } from "../../core/value.ts";
import { asSequence, isInt, isMapping, Nothing, typeError, typeName, used } from "./types.ts";

/** The characters of a text as Python counts them. */
export function characters(text: string): string[] {
  return hasSurrogates(text) ? [...text] : text.split("");
}

function hasSurrogates(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}

/** What a loop over the value meets: items, keys of a mapping, characters of a text. */
export function itemsOf(value: Value): readonly Value[] {
  if (value instanceof Nothing) return [];
  const known = used(value);
  if (Array.isArray(known)) return known;
  if (typeof known === "string") return characters(known);
  if (isMapping(known)) return [...known.keys()];
  const sequence = asSequence(known);
  if (sequence) return Array.from({ length: sequence.length }, (_, index) => sequence.item(index));
  typeError(`'${typeName(known)}' object is not iterable`);
}

export function isIterable(value: Value): boolean {
  return typeof value === "string" || Array.isArray(value) || isMapping(value) || asSequence(value) !== undefined;
}

export function lengthOf(value: Value): number {
  const known = used(value);
  if (typeof known === "string") return hasSurrogates(known) ? [...known].length : known.length;
  if (Array.isArray(known)) return known.length;
  if (known instanceof Map) return known.size;
  if (known instanceof LazyMap) return [...known.keys()].length;
  const sequence = asSequence(known);
  if (sequence) return sequence.length;
  typeError(`object of type '${typeName(known)}' has no len()`);
}

/** The item at a (possibly negative) index; undefined if out of range. */
export function itemAt(value: readonly Value[] | string | Opaque, index: number | bigint): Value | undefined {
  const items = typeof value === "string" ? characters(value) : Array.isArray(value) ? value : undefined;
  const sequence = items ? undefined : asSequence(value);
  const length = items?.length ?? sequence?.length ?? 0;
  const at = Number(index) < 0 ? Number(index) + length : Number(index);
  if (at < 0 || at >= length) return undefined;
  return items ? (items[at] ?? null) : sequence?.item(at);
}

/** `value[start:stop:step]`. */
export function slice(value: Value, start: Value, stop: Value, step: Value): Value {
  const known = used(value);
  const isText = typeof known === "string";
  if (!isText && !Array.isArray(known) && !asSequence(known)) {
    if (isMapping(known)) typeError("unhashable type: 'slice'");
    typeError(`'${typeName(known)}' object is not subscriptable`);
  }
  const items = itemsOf(known);
  const stride = bound(step) ?? 1;
  if (stride === 0) typeError("slice step cannot be zero");
  const length = items.length;
  const down = stride < 0;
  const [low, high] = down ? [-1, length - 1] : [0, length];
  const place = (index: number | undefined, usual: number) => {
    if (index === undefined) return usual;
    return Math.max(low, Math.min(high, index < 0 ? index + length : index));
  };
  const first = place(bound(start), down ? high : low);
  const last = place(bound(stop), down ? low : high);
  const chosen: Value[] = [];
  for (let index = first; down ? index > last : index < last; index += stride) chosen.push(items[index] ?? null);
  if (isText) return chosen.join("");
  return known instanceof Tuple ? Tuple.from(chosen) : chosen;
}

function bound(value: Value): number | undefined {
  if (value === null) return undefined;
  const known = used(value);
  if (typeof known === "boolean") return known ? 1 : 0;
  if (!isInt(known)) typeError("slice indices must be integers or None or have an __index__ method");
  return Number(known);
}

/** A tuple of these values. */
export function tuple(...items: readonly Value[]): Tuple {
  const made = new Tuple<Value>();
  for (const item of items) made.push(item);
  return made;
}
