// Methods of Python's dict. Those that change it act on the evaluation's own copy.

import { LazyMap, type Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import { getKey, sameKey, setKey } from "./compare.ts";
import { type Methods, method } from "./method.ts";
import { itemsOf, tuple } from "./sequences.ts";
import { repr } from "./text.ts";
import { isMapping, typeError } from "./types.ts";

type Self = Map<Value, Value> | LazyMap;

function changeable(self: Self, frame: Frame): Map<Value, Value> {
  if (self instanceof LazyMap) typeError("this mapping cannot be changed");
  return frame.machine.own(self);
}

/** An entry, with its template evaluated. */
function entry(self: Self, key: Value, frame: Frame): Value | undefined {
  const value = getKey(self, key);
  return value === undefined ? undefined : frame.machine.resolve(value, frame.scope);
}

/** The pairs of a mapping or of a list of pairs. */
export function pairsOf(value: Value): [Value, Value][] {
  if (isMapping(value)) return [...value.keys()].map((key) => [key, getKey(value, key) ?? null]);
  return itemsOf(value).map((pair) => {
    const items = itemsOf(pair);
    if (items.length !== 2)
      typeError(`dictionary update sequence element #0 has length ${items.length}; 2 is required`);
    return [items[0] ?? null, items[1] ?? null];
  });
}

export const DICT_METHODS: Methods<Self> = {
  keys: method("", (self) => [...self.keys()]),
  values: method("", (self, _, frame) => [...self.keys()].map((key) => entry(self, key, frame) ?? null)),
  items: method("", (self, _, frame) => [...self.keys()].map((key) => tuple(key, entry(self, key, frame) ?? null))),
  get: method("key default", (self, { at: [key, usual] }, frame) => entry(self, key ?? null, frame) ?? usual ?? null),
  copy: method("", (self) => new Map(pairsOf(self))),
  update: method("other **named", (self, { at: [other], named }, frame) => {
    const own = changeable(self, frame);
    for (const [key, value] of other === undefined ? [] : pairsOf(other)) setKey(own, key, value);
    for (const [key, value] of named) own.set(key, value);
    return null;
  }),
  pop: method("key default", (self, { at: [key, usual] }, frame) => {
    const own = changeable(self, frame);
    const actual = sameKey(own, key ?? null);
    if (actual === undefined) return usual ?? typeError(repr(key ?? null));
    const value = entry(own, actual, frame) ?? null;
    own.delete(actual);
    return value;
  }),
  popitem: method("", (self, _, frame) => {
    const own = changeable(self, frame);
    const last = [...own].at(-1);
    if (!last) typeError("'popitem(): dictionary is empty'");
    own.delete(last[0]);
    return tuple(...last);
  }),
  setdefault: method("key default", (self, { at: [key, usual] }, frame) => {
    const found = entry(self, key ?? null, frame);
    if (found !== undefined) return found;
    setKey(changeable(self, frame), key ?? null, usual ?? null);
    return usual ?? null;
  }),
  clear: method("", (self, _, frame) => {
    changeable(self, frame).clear();
    return null;
  }),
  fromkeys: method("keys value", (_, { at: [keys, value] }) => {
    return new Map(itemsOf(keys ?? null).map((key) => [key, value ?? null]));
  }),
};
