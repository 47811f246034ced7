// Statements compiled to closures that put their pieces into a list; output.ts makes the template's value of it.

import { truth } from "../python/types.ts";
import type { Statement } from "../syntax/tree.ts";
import { blockReference } from "./blocks.ts";
import { compileFilterOn } from "./calls.ts";
import type { Compiled, Compiling, Emit } from "./compiled.ts";
import { compile } from "./expressions.ts";
import { inner } from "./frame.ts";
import { compileFor } from "./loop.ts";
import { callBlock, macro } from "./macro.ts";
import { assign, capture } from "./output.ts";
import { compileExtends, compileFrom, compileImport, compileInclude } from "./pages.ts";

/** A parsed template, ready to be run any number of times. */
export function compileTemplate(statements: readonly Statement[]): Compiled {
  const blocks = new Map<string, Emit>();
  const compiling: Compiling = { blocks, all: (inside) => compileAll(inside, compiling) };
  return { body: compiling.all(statements), blocks };
}

function compileAll(statements: readonly Statement[], compiling: Compiling): Emit {
  const emits = statements.map((statement) => compileStatement(statement, compiling));
  const [only] = emits;
  if (emits.length === 1 && only) return only;
  return (frame, out) => {
    for (const emit of emits) emit(frame, out);
  };
}

function compileStatement(node: Statement, compiling: Compiling): Emit {
  switch (node.kind) {
    case "text": {
      const { text } = node;
      return (_, out) => {
        out.push(text);
      };
    }
    case "output": {
      const run = compile(node.value);
      return (frame, out) => {
        frame.machine.step();
        frame.machine.place = node.place;
        out.push(run(frame));
      };
    }
    case "if": {
      const test = compile(node.test);
      const body = compileAll(node.body, compiling);
      const otherwise = compileAll(node.otherwise, compiling);
      return (frame, out) => {
        frame.machine.place = node.place;
        (truth(test(frame)) ? body : otherwise)(frame, out);
      };
    }
    case "for":
      return compileFor(node, compiling);
    case "set": {
      const run = compile(node.value);
      return (frame) => assign(node.target, run(frame), frame);
    }
    case "set-block": {
      const body = compileAll(node.body, compiling);
      const filters = node.filters.map((filter) => compileFilterOn(filter, compile));
      return (frame) => {
        let value = capture(body, inner(frame));
        for (const apply of filters) value = apply(value, frame);
        assign(node.target, value, frame);
      };
    }
    case "filter-block": {
      const body = compileAll(node.body, compiling);
      const filters = node.filters.map((filter) => compileFilterOn(filter, compile));
      return (frame, out) => {
        let value = capture(body, inner(frame));
        for (const apply of filters) value = apply(value, frame);
        out.push(value);
      };
    }
    case "with": {
      const assignments = node.assignments.map(([target, value]) => [target, compile(value)] as const);
      const body = compileAll(node.body, compiling);
      return (frame, out) => {
        const own = inner(frame);
        const values = assignments.map(([, run]) => run(frame));
        assignments.forEach(([target], index) => {
          assign(target, values[index] ?? null, own);
        });
        body(own, out);
      };
    }
    case "group": {
      const body = compileAll(node.body, compiling);
      return (frame, out) => body(inner(frame), out);
    }
    case "macro":
      return macro(node, compiling);
    case "call-block":
      return callBlock(node, compiling);
    case "include":
      return compileInclude(node);
    case "import":
      return compileImport(node);
    case "from":
      return compileFrom(node);
    case "extends":
      return compileExtends(node);
    case "block": {
      compiling.blocks.set(node.name, compileAll(node.body, compiling));
      return blockReference(node);
    }
  }
}
