// Methods of Python's list and tuple. Those that change it act on the evaluation's own copy.

import { Tuple, type Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import { equals, order } from "./compare.ts";
import { type Methods, method } from "./method.ts";
import { itemsOf } from "./sequences.ts";
import { repr } from "./text.ts";
import { truth, typeError } from "./types.ts";

function changeable(self: Value[], frame: Frame): Value[] {
  if (self instanceof Tuple) typeError("'tuple' object cannot be changed");
  return frame.machine.own(self);
}

export const LIST_METHODS: Methods<Value[]> = {
  append: method("value", (self, { at: [value] }, frame) => {
    changeable(self, frame).push(value ?? null);
    return null;
  }),
  extend: method("values", (self, { at: [values] }, frame) => {
    changeable(self, frame).push(...itemsOf(values ?? null));
    return null;
  }),
  insert: method("index value", (self, { at: [index, value] }, frame) => {
    changeable(self, frame).splice(Number(index ?? 0), 0, value ?? null);
    return null;
  }),
  pop: method("index", (self, { at: [index = -1] }, frame) => {
    const own = changeable(self, frame);
    if (own.length === 0) typeError("pop from empty list");
    const at = Number(index) < 0 ? Number(index) + own.length : Number(index);
    if (at < 0 || at >= own.length) typeError("pop index out of range");
    const [removed] = own.splice(at, 1);
    return frame.machine.resolve(removed ?? null, frame.scope);
  }),
  remove: method("value", (self, { at: [value] }, frame) => {
    const own = changeable(self, frame);
    const at = own.findIndex((item) => equals(item, value ?? null));
    if (at < 0) typeError("list.remove(x): x not in list");
    own.splice(at, 1);
    return null;
  }),
  reverse: method("", (self, _, frame) => {
    changeable(self, frame).reverse();
    return null;
  }),
  sort: method("reverse", (self, { at: [reverse] }, frame) => {
    const own = changeable(self, frame);
    own.sort((a, b) => order(a, b));
    if (reverse !== undefined && truth(reverse)) own.reverse();
    return null;
  }),
  clear: method("", (self, _, frame) => {
    changeable(self, frame).length = 0;
    return null;
  }),
  copy: method("", (self) => [...self]),
  index: method("value start", (self, { at: [value, start = 0] }, frame) => {
    const found = self.findIndex(
      (item, at) => at >= Number(start) && equals(frame.machine.resolve(item, frame.scope), value ?? null),
    );
    return found >= 0 ? found : typeError(`${repr(value ?? null)} is not in list`);
  }),
  count: method("value", (self, { at: [value] }, frame) => {
    return self.filter((item) => equals(frame.machine.resolve(item, frame.scope), value ?? null)).length;
  }),
};
