// A name: the template's own first, then the variables, then the language's functions.

import { didYouMean } from "../../core/nearest.ts";
import type { Value } from "../../core/value.ts";
import { UnknownName } from "../python/types.ts";
import type { Frame } from "./frame.ts";
import { reached } from "./guard.ts";

export function named(name: string, frame: Frame): Value {
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    const local = at.locals?.get(name);
    if (local !== undefined) return frame.machine.current(local);
  }
  const value = frame.scope.get(name);
  if (value !== undefined) return reached(value, frame);
  return frame.machine.tables.globals.get(name) ?? new UnknownName(name, () => advice(name, frame));
}

function advice(name: string, frame: Frame): string {
  const known = new Set(frame.scope.names());
  for (let at: Frame | undefined = frame; at; at = at.parent)
    for (const local of at.locals?.keys() ?? []) known.add(local);
  return (
    didYouMean(name, known) ??
    `give it a value in the role's defaults, in group_vars, host_vars, vars or with -e, or write {{ ${name} | default(…) }}`
  );
}
