// What statements are compiled to.

import type { Value } from "../../core/value.ts";
import type { Statement } from "../syntax/tree.ts";
import type { Frame } from "./frame.ts";

/** A statement ready to run: it appends its pieces. */
export type Emit = (frame: Frame, out: Value[]) => void;

export interface Compiled {
  readonly body: Emit;
  /** Bodies of the template's own blocks, nested ones too. */
  readonly blocks: ReadonlyMap<string, Emit>;
}

/** What a statement needs while it is compiled. */
export interface Compiling {
  readonly blocks: Map<string, Emit>;
  readonly all: (statements: readonly Statement[]) => Emit;
}
