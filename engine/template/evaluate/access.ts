// Attributes and items: `a.b`, `a['b']`, `a[0]`, as Jinja looks them up. Only what is listed here can be reached.

import { Unknown } from "../../core/unknown.ts";
import { LazyMap, Opaque, Undefined, type Value } from "../../core/value.ts";
import { getKey } from "../python/compare.ts";
import { methodOf } from "../python/methods.ts";
import { itemAt } from "../python/sequences.ts";
import { quoted, repr } from "../python/text.ts";
import { isInt, typeName } from "../python/types.ts";

/** Opaques with attributes. */
export interface Attributed {
  attribute(name: string): Value | undefined;
}

/** `target.name`: methods and attributes first, then entries. */
export function attribute(target: Value, name: string): Value {
  if (target instanceof Undefined || target instanceof Unknown) return target;
  const found = name.startsWith("_") ? undefined : member(target, name);
  if (found !== undefined) return found;
  const entry = entryOf(target, name);
  if (entry !== undefined) return entry;
  return missing(target, name);
}

/** `target[key]`: entries first, then attributes. */
export function item(target: Value, key: Value): Value {
  if (target instanceof Undefined || target instanceof Unknown) return target;
  if (key instanceof Undefined || key instanceof Unknown) return key;
  const entry = entryOf(target, key);
  if (entry !== undefined) return entry;
  if (typeof key !== "string")
    return new Undefined(`object of type '${typeName(target)}' has no attribute ${repr(key)}`);
  const found = key.startsWith("_") ? undefined : member(target, key);
  return found ?? missing(target, key);
}

function missing(target: Value, name: string): Undefined {
  if (/^__.*__$/.test(name))
    return new Undefined(`access to attribute '${name}' of '${typeName(target)}' object is unsafe.`);
  return new Undefined(`object of type '${typeName(target)}' has no attribute ${quoted(name)}`);
}

function member(target: Value, name: string): Value | undefined {
  if (target instanceof Opaque) {
    const own = (target as Partial<Attributed>).attribute?.(name);
    if (own !== undefined) return own;
  }
  return methodOf(target, name);
}

function entryOf(target: Value, key: Value): Value | undefined {
  if (target instanceof Map) return getKey(target, key);
  if (target instanceof LazyMap) return typeof key === "string" ? target.get(key) : undefined;
  const index = typeof key === "boolean" ? Number(key) : key;
  if (!isInt(index)) return undefined;
  if (typeof target === "string" || Array.isArray(target) || target instanceof Opaque) return itemAt(target, index);
  return undefined;
}
