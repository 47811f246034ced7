// How methods of Python's types are declared.

import type { Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import { type Bound, type Signature, signature } from "../evaluate/plugin.ts";

/** A method: `self` first, then what was given. */
export interface Method<Self> {
  readonly signature: Signature;
  readonly run: (self: Self, bound: Bound, frame: Frame) => Value;
}

export type Methods<Self> = Readonly<Record<string, Method<Self>>>;

export function method<Self>(parameters: string, run: Method<Self>["run"]): Method<Self> {
  return { signature: signature(parameters), run };
}
