// `{% block %}`, `super()` and what `{% extends %}` does to them.

import type { Value } from "../../core/value.ts";
import { typeError } from "../python/types.ts";
import type { Statement } from "../syntax/tree.ts";
import type { Compiled, Emit } from "./compiled.ts";
import { Builtin, type Frame, inner, type Page } from "./frame.ts";
import { capture } from "./output.ts";

/** Where a block stands: runs its most derived body, unless the template only fills its parent's blocks. */
export function blockReference(node: Statement & { readonly kind: "block" }): Emit {
  return (frame, out) => {
    const { page } = frame;
    if (!page || page.parent) return;
    if (node.required && (page.blocks.get(node.name)?.length ?? 0) < 2)
      typeError(`Required block '${node.name}' not found`);
    runBlock(page, node.name, 0, node.scoped ? frame : page.root, out);
  };
}

function runBlock(page: Page, name: string, level: number, from: Frame, out: Value[]): void {
  const body = page.blocks.get(name)?.[level];
  if (!body) return;
  const parent = page.blocks.get(name)?.[level + 1];
  const above = new Builtin("super", (_, frame) => {
    if (!parent) typeError(`there is no parent block called '${name}'.`);
    return capture((inside, pieces) => runBlock(page, name, level + 1, inside, pieces), frame);
  });
  const self: Iterable<readonly [string, Value]> = [["super", above]];
  body(inner(from, self), out);
}

/** Runs a template and, if it extends another, that one with its blocks filled. */
export function runPage(compiled: Compiled, frame: Frame, out: Value[]): void {
  const page = frame.page;
  if (!page) {
    compiled.body(frame, out);
    return;
  }
  let current: Compiled | undefined = compiled;
  while (current) {
    for (const [name, body] of current.blocks) {
      const chain = page.blocks.get(name);
      if (chain) chain.push(body);
      else page.blocks.set(name, [body]);
    }
    page.parent = undefined;
    const pieces: Value[] = [];
    current.body(frame, pieces);
    // Read again: `extends` sets it while the body runs.
    const { parent } = page as { parent: Page["parent"] };
    if (!parent) out.push(...pieces);
    frame.machine.step();
    current = parent?.compiled;
  }
}
