// Values that statements make: assignment to targets, and pieces put together to a value or a text.

import { Undecided, type Unknown } from "../../core/unknown.ts";
import { OMIT, Undefined, type Value } from "../../core/value.ts";
import { itemsOf } from "../python/sequences.ts";
import { str } from "../python/text.ts";
import { typeError, undefinedError } from "../python/types.ts";
import type { Target } from "../syntax/tree.ts";
import type { Emit } from "./compiled.ts";
import { type Frame, setLocal } from "./frame.ts";
import { settled } from "./guard.ts";
import { named } from "./names.ts";
import { Namespace } from "./namespace.ts";

/** Gives a target its value; tuples are unpacked. */
export function assign(target: Target, value: Value, frame: Frame): void {
  if (target.kind === "name") {
    setLocal(frame, target.name, value);
    return;
  }
  if (target.kind === "namespace") {
    const holder = named(target.name, frame);
    if (holder instanceof Undefined) undefinedError(holder);
    if (!(holder instanceof Namespace)) typeError("cannot assign attribute on non-namespace object");
    holder.set(target.attribute, value);
    return;
  }
  const items = itemsOf(settled(value, frame));
  if (items.length < target.items.length)
    typeError(`not enough values to unpack (expected ${target.items.length}, got ${items.length})`);
  if (items.length > target.items.length) typeError(`too many values to unpack (expected ${target.items.length})`);
  target.items.forEach((part, index) => {
    assign(part, items[index] ?? null, frame);
  });
}

/** The value of statements: one piece keeps its type, more are text. */
export function capture(body: Emit, frame: Frame): Value {
  const out: Value[] = [];
  body(frame, out);
  return concat(out, frame);
}

/** Pieces as one value: None goes; a single one stays what it is; otherwise text. */
export function concat(pieces: readonly Value[], frame: Frame): Value {
  const kept = pieces.length === 1 ? pieces : pieces.filter((piece) => piece !== null);
  const [only] = kept;
  if (kept.length === 0) return null;
  if (kept.length === 1 && only !== undefined) return only;
  return joined(kept, frame);
}

/** Pieces as text, as a file is rendered. */
export function joined(pieces: readonly Value[], frame: Frame): string | Unknown {
  try {
    let text = "";
    for (const piece of pieces) {
      if (piece === null || piece === OMIT) continue;
      const part = typeof piece === "string" ? piece : pieceText(settled(piece, frame));
      frame.machine.spend(part.length);
      text += part;
    }
    return text;
  } catch (error) {
    if (error instanceof Undecided) return error.unknown;
    throw error;
  }
}

/** Containers are printed as the lists and dicts they become when stored. */
function pieceText(value: Value): string {
  if (Array.isArray(value)) return str(listed(value));
  return str(value);
}

function listed(value: Value): Value {
  if (Array.isArray(value)) return Array.from(value, listed).filter((item) => item !== OMIT);
  if (value instanceof Map)
    return new Map([...value].filter(([, item]) => item !== OMIT).map(([key, item]) => [key, listed(item)]));
  return value;
}
