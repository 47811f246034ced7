// The `attribute='a.b.0'` argument of sort, map, groupby, join and others.

import { Undefined, type Value } from "../../core/value.ts";
import { item } from "../evaluate/access.ts";
import type { Frame } from "../evaluate/frame.ts";
import { str } from "../python/text.ts";
import { isInt } from "../python/types.ts";

/** A function that follows the path in a value; parts that are numbers are indexes. */
export function attributeGetter(path: Value, frame: Frame, usual?: Value): (value: Value) => Value {
  const parts: Value[] = isInt(path)
    ? [path]
    : str(path)
        .split(".")
        .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return (value) => {
    let current = value;
    for (const part of parts) {
      current = frame.machine.resolve(item(current, part), frame.scope);
      if (usual !== undefined && current instanceof Undefined) return usual;
    }
    return current;
  };
}

/** Several paths separated by commas, as sort takes them. */
export function attributeGetters(path: Value, frame: Frame): (value: Value) => Value[] {
  if (typeof path !== "string" || !path.includes(",")) {
    const get = attributeGetter(path, frame);
    return (value) => [get(value)];
  }
  const getters = path.split(",").map((part) => attributeGetter(part.trim(), frame));
  return (value) => getters.map((get) => get(value));
}

/** Text in one case, so that comparisons do not see it. */
export function folded(value: Value): Value {
  return typeof value === "string" ? value.toLowerCase() : value;
}
