// Items of a loop: `loop:` and every `with_*`, and the names that each item brings into scope (loop_var, index_var,
// ansible_loop with `extended`).

import { Failure, fail } from "../core/problem.ts";
import { isUnknown, type Unknown } from "../core/unknown.ts";
import { type Data, type Plain, Tuple, toPlain, Undefined, type Value } from "../core/value.ts";
import type { Loop, Task } from "../playbook/model.ts";
import type { Scope } from "../template/scope.ts";
import type { PlayState } from "./play-state.ts";

/** One item with the names it brings. */
export interface LoopItem {
  readonly index: number;
  readonly value: Plain;
  readonly loopVar: string;
  readonly names: ReadonlyMap<string, Value>;
}

/** The items, or Unknown. Failure `loop-type` if it is no list. */
export function loopItems(state: PlayState, task: Task, loop: Loop, scope: Scope): LoopItem[] | Unknown {
  const values = loopValues(state, loop, scope);
  if (isUnknown(values)) return values;
  const evaluation = state.evaluation(scope);
  const loopVar = evaluation.text(loop.control.loopVar) ?? "item";
  const indexVar = evaluation.text(loop.control.indexVar);
  const extended = evaluation.boolean(loop.control.extended, "extended", task.origin) ?? false;
  const allItems = evaluation.boolean(loop.control.extendedAllitems, "extended_allitems", task.origin) ?? true;
  if (scope.get(loopVar) !== undefined)
    state.warn({
      code: "loop-var-in-use",
      message: `the loop variable '${loopVar}' is already in use; an outer loop's value is hidden`,
      origin: task.origin,
      hint: "set another name with loop_control: {loop_var: …}",
    });
  return values.map((value, index) => {
    const names = new Map<string, Value>([
      [loopVar, value],
      ["ansible_loop_var", loopVar],
    ]);
    if (indexVar !== undefined) names.set(indexVar, index).set("ansible_index_var", indexVar);
    if (extended) names.set("ansible_loop", extendedLoop(values, index, allItems));
    return { index, value: toPlain(value), loopVar, names };
  });
}

function loopValues(state: PlayState, loop: Loop, scope: Scope): Data[] | Unknown {
  const { engine } = state.context;
  if (loop.lookup === undefined) {
    const data = finished(engine.resolve(loop.value, scope), loop, state, scope);
    if (isUnknown(data)) return data;
    if (!Array.isArray(data))
      fail("loop-type", `Invalid data passed to 'loop', it requires a list, got this instead: ${describe(data)}`, {
        origin: loop.origin,
        hint: 'for a mapping use loop: "{{ mapping | dict2items }}"',
      });
    return data;
  }
  // with_first_found and the like take mappings and lists as they are; a single value becomes a list of one.
  const data = finished(engine.resolve(loop.value, scope), loop, state, scope);
  if (isUnknown(data)) return data;
  const terms = Array.isArray(data) || loop.lookup === "dict" || data instanceof Map ? data : [data];
  return engine.lookup(loop.lookup, terms, new Map<string, Data>(), scope);
}

function finished(value: Value, loop: Loop, state: PlayState, scope: Scope): Data {
  if (value instanceof Undefined)
    throw new Failure({ code: "template-undefined", message: value.hint, origin: loop.origin });
  return state.context.engine.finish(value, scope) as Data;
}

function extendedLoop(values: readonly Data[], index: number, allItems: boolean): Value {
  const length = values.length;
  const entries: [string, Value][] = [
    ["index", index + 1],
    ["index0", index],
    ["revindex", length - index],
    ["revindex0", length - index - 1],
    ["first", index === 0],
    ["last", index === length - 1],
    ["length", length],
  ];
  if (allItems) entries.push(["allitems", [...values]]);
  if (index > 0) entries.push(["previtem", values[index - 1] ?? null]);
  if (index < length - 1) entries.push(["nextitem", values[index + 1] ?? null]);
  return new Map<Value, Value>(entries);
}

function describe(data: Data): string {
  if (data instanceof Tuple) return "a tuple";
  return JSON.stringify(toPlain(data), (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}
