// A name: the template's own first, then the variables, then the language's functions.

import { Undefined, type Value } from "../../core/value.ts";
import type { Frame } from "./frame.ts";
import { reached } from "./guard.ts";

export function named(name: string, frame: Frame): Value {
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    const local = at.locals?.get(name);
    if (local !== undefined) return frame.machine.current(local);
  }
  const value = frame.scope.get(name);
  if (value !== undefined) return reached(value, frame);
  return frame.machine.tables.globals.get(name) ?? new Undefined(`'${name}' is undefined`);
}
