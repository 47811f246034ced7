// Methods of Python's types that templates may call, by type.

import { LazyMap, type Value } from "../../core/value.ts";
import { Builtin } from "../evaluate/frame.ts";
import { bind } from "../evaluate/plugin.ts";
import { DICT_METHODS } from "./dict-methods.ts";
import { LIST_METHODS } from "./list-methods.ts";
import type { Methods } from "./method.ts";
import { NUMBER_METHODS } from "./number-methods.ts";
import { STR_METHODS } from "./str-methods.ts";
import { isNumber } from "./types.ts";

/** The bound method of that name; undefined if the type has none. */
export function methodOf(target: Value, name: string): Value | undefined {
  if (typeof target === "string") return bound(STR_METHODS, name, target);
  if (target instanceof Map || target instanceof LazyMap) return bound(DICT_METHODS, name, target);
  if (Array.isArray(target)) return bound(LIST_METHODS, name, target);
  if (isNumber(target)) return bound(NUMBER_METHODS, name, target);
  return undefined;
}

function bound<Self>(methods: Methods<Self>, name: string, self: Self): Builtin | undefined {
  const found = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return found && new Builtin(name, (given, frame) => found.run(self, bind(name, found.signature, given), frame));
}
