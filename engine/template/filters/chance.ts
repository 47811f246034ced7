// Filters of chance: random, shuffle, random_mac. With a seed they give what Python's random gives for it.

import { integer, type Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { double, numeric } from "../python/numbers.ts";
import { PythonRandom } from "../python/random.ts";
import { itemsOf, lengthOf } from "../python/sequences.ts";
import { str } from "../python/text.ts";
import { isInt, typeError } from "../python/types.ts";

/** A whole number below the bound. */
function chooser(seed: Value | undefined, frame: Frame): (bound: number) => number {
  if (seed === undefined || seed === null) return (bound) => Math.floor(frame.machine.environment.random() * bound);
  const random = new PythonRandom(typeof seed === "string" ? seed : isInt(seed) ? seed : str(seed));
  return (bound) => random.below(bound);
}

function int(value: Value | undefined, usual: number): number {
  const number = value === undefined || value === null ? undefined : numeric(value);
  return number === undefined ? usual : double(number);
}

export const CHANCE_FILTERS: Readonly<Record<string, Filter>> = {
  random: filter("start step seed", (value, { at: [start, step, seed] }, frame) => {
    const below = chooser(seed, frame);
    if (isInt(value)) {
      const [first, stride] = [int(start, 0), int(step, 1)];
      const count = Math.ceil((Number(value) - first) / stride);
      if (count <= 0) typeError(`empty range in randrange(${first}, ${value})`);
      return integer(first + stride * below(count));
    }
    if (start !== undefined || step !== undefined) typeError("start and step can only be used with integer values");
    const items = itemsOf(value);
    if (lengthOf(value) === 0) typeError("Cannot choose from an empty sequence");
    return items[below(items.length)] ?? null;
  }),
  shuffle: filter("seed", (value, { at: [seed] }, frame) => {
    const below = chooser(seed, frame);
    const items = [...itemsOf(value)];
    for (let at = items.length - 1; at > 0; at--) {
      const other = below(at + 1);
      const kept = items[at] ?? null;
      items[at] = items[other] ?? null;
      items[other] = kept;
    }
    return items;
  }),
  random_mac: filter("seed", (value, { at: [seed] }, frame) => {
    const parts = str(value).toLowerCase().replace(/:$/, "").split(":");
    if (parts.length > 5 || parts.some((part) => !/^[a-f0-9]{2}$/.test(part)))
      typeError(`Invalid value (${str(value)}) for random_mac: not a prefix of a MAC address`);
    // One number for all that is missing, as the original draws it.
    const drawn = 0x1000000000 + chooser(seed, frame)(0x10000000000 - 0x1000000000);
    const digits = drawn.toString(16).slice(0, 2 * (6 - parts.length));
    parts.push(...(digits.match(/../g) ?? []));
    return parts.join(":");
  }),
};
