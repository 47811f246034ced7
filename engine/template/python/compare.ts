// Python's ==, <, in, and lookup of dict keys.

import { Float, LazyMap, Opaque, Tuple, type Value } from "../../core/value.ts";
import { numeric } from "./numbers.ts";
import { asSequence, isMapping, typeError, typeName, used } from "./types.ts";

/** Python's `a == b`. Undefined throws, Unknown throws Undecided. */
export function equals(a: Value, b: Value): boolean {
  if (typeof a === "string" && typeof b === "string") return a === b;
  used(a);
  used(b);
  if (a === b) return true;
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) return compareNumbers(x, y) === 0;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length || a instanceof Tuple !== b instanceof Tuple) return false;
    return a.every((item, index) => equals(item, b[index] ?? null));
  }
  if (isMapping(a) && isMapping(b)) return equalMaps(a, b);
  if (a instanceof Opaque && b instanceof Opaque) {
    const compared = (a as Partial<Comparable>).compare?.(b);
    return compared === 0;
  }
  return false;
}

/** Opaques that know an order among their own kind: dates. */
export interface Comparable {
  compare(other: Value): number | undefined;
}

function equalMaps(a: Map<Value, Value> | LazyMap, b: Map<Value, Value> | LazyMap): boolean {
  const [keysA, keysB] = [[...a.keys()], [...b.keys()]];
  if (keysA.length !== keysB.length) return false;
  return keysA.every((key) => {
    const x = getKey(a, key);
    const y = getKey(b, key);
    return x !== undefined && y !== undefined && equals(x, y);
  });
}

function compareNumbers(a: number | bigint | Float, b: number | bigint | Float): number {
  const x = a instanceof Float ? a.value : a;
  const y = b instanceof Float ? b.value : b;
  if (x < y) return -1;
  if (x > y) return 1;
  return Number.isNaN(Number(x)) || Number.isNaN(Number(y)) ? Number.NaN : 0;
}

/** By code points, as Python orders text, not by UTF-16 units. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x === y) continue;
    const surrogates = x >= 0xd800 && y >= 0xd800;
    if (surrogates) return (a.codePointAt(index) ?? 0) - (b.codePointAt(index) ?? 0);
    return x - y;
  }
  return a.length - b.length;
}

/** Negative, zero or positive; `operator` only words the error for types that have no order. */
export function order(a: Value, b: Value, operator = "<"): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  used(a);
  used(b);
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) return compareNumbers(x, y);
  if (Array.isArray(a) && Array.isArray(b) && a instanceof Tuple === b instanceof Tuple) {
    for (let index = 0; index < Math.min(a.length, b.length); index++) {
      const left: Value = a[index] ?? null;
      const right: Value = b[index] ?? null;
      if (!equals(left, right)) return order(left, right, operator);
    }
    return a.length - b.length;
  }
  if (a instanceof Opaque && b instanceof Opaque) {
    const compared = (a as Partial<Comparable>).compare?.(b);
    if (compared !== undefined) return compared;
  }
  typeError(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** Python's `needle in container`. */
export function contains(container: Value, needle: Value): boolean {
  const within = used(container);
  if (typeof within === "string") {
    const part = used(needle);
    if (typeof part !== "string") typeError(`'in <string>' requires string as left operand, not ${typeName(part)}`);
    return within.includes(part);
  }
  if (Array.isArray(within)) return within.some((item) => item === needle || equals(item, needle));
  if (isMapping(within)) {
    const key = hashable(used(needle));
    return getKey(within, key) !== undefined;
  }
  const sequence = asSequence(within);
  if (sequence) {
    for (let index = 0; index < sequence.length; index++) if (equals(sequence.item(index), needle)) return true;
    return false;
  }
  typeError(`argument of type '${typeName(within)}' is not iterable`);
}

/** The entry of a mapping, with Python's equality of keys: `1`, `1.0` and `True` are one key. */
export function getKey(map: Map<Value, Value> | LazyMap, key: Value): Value | undefined {
  if (map instanceof LazyMap) return typeof key === "string" ? map.get(key) : undefined;
  const direct = map.get(key);
  if (direct !== undefined || typeof key === "string") return direct;
  const actual = sameKey(map, key);
  return actual === undefined ? undefined : map.get(actual);
}

/** The key of the map that equals `key`; undefined if there is none. */
export function sameKey(map: Map<Value, Value>, key: Value): Value | undefined {
  if (map.has(key)) return key;
  if (typeof key === "string") return undefined;
  if (key === null || isMapping(key)) return undefined;
  for (const candidate of map.keys()) {
    if (typeof candidate !== "string" && candidate !== null && equals(candidate, key)) return candidate;
  }
  return undefined;
}

/** A value that can be a key; lists and mappings cannot. */
export function hashable(key: Value): Value {
  if (Array.isArray(key) && !(key instanceof Tuple)) typeError("unhashable type: 'list'");
  if (isMapping(key)) typeError("unhashable type: 'dict'");
  return key;
}

/** Sets with Python's equality of keys. */
export function setKey(map: Map<Value, Value>, key: Value, value: Value): void {
  map.set(typeof key === "string" ? key : (sameKey(map, key) ?? key), value);
}

/** What equal values share, for sets and groups: a text for scalars, or undefined when only `equals` can tell. */
export function identity(value: Value): string | undefined {
  if (typeof value === "string") return `s${value}`;
  if (value === null) return "n";
  const number = numeric(value);
  if (number === undefined) return undefined;
  return `d${number instanceof Float ? number.value : number}`;
}
