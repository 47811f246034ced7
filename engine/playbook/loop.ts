// `loop:`, `with_NAME:` and `loop_control:`.

import { didYouMean } from "../core/nearest.ts";
import { fail } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { given } from "./given.ts";
import { checkType, conditionsOf } from "./keyword-values.ts";
import { LOOP_CONTROL_KEYWORDS } from "./keywords.ts";
import type { Loop, LoopControl } from "./model.ts";
import { describe, type Entry, entriesOf, isNull, isTemplate, trusted } from "./nodes.ts";
import type { Loading } from "./options.ts";

const DEFAULT_CONTROL: LoopControl = { loopVar: "item" };

/** The task's loop, if it has one. Throws Failure for two loops, an unknown lookup, and what is no list. */
export function readLoop(
  loop: Entry | undefined,
  lookups: readonly Entry[],
  control: Entry | undefined,
  loading: Loading,
): Loop | undefined {
  const [first, second] = [...(loop && !isNull(loop.value) ? [loop] : []), ...lookups];
  const readControl = control && !isNull(control.value) ? loopControl(control, loading) : DEFAULT_CONTROL;
  if (!first) return undefined;
  if (second)
    fail("task-loops", `a task has one loop, but here are '${first.name}' and '${second.name}'`, {
      origin: second.origin,
      related: [{ message: `the first is '${first.name}'`, origin: first.origin }],
    });
  const { value, origin } = first;
  if (first.name === "loop") {
    if (value.kind !== "sequence" && !isTemplate(value))
      fail("keyword-type", `'loop' must be a list or a template that gives one, but this is ${describe(value)}`, {
        origin: value.origin,
        hint:
          value.kind === "mapping" ? 'use `loop: "{{ … | dict2items }}"` for a mapping' : "write the items as a list",
      });
    return { lookup: undefined, value: trusted(value), origin, control: readControl };
  }
  const lookup = first.name.slice("with_".length).replace(/^ansible\.(builtin|legacy)\./, "");
  const known = loading.options.lookupNames ? [...loading.options.lookupNames()] : undefined;
  if (known && !known.includes(lookup)) {
    const hint = didYouMean(first.name, [...known.map((name) => `with_${name}`)]);
    fail("lookup-unknown", `there is no lookup '${lookup}' for '${first.name}'`, { origin, ...(hint ? { hint } : {}) });
  }
  return { lookup, value: trusted(value), origin, control: readControl };
}

function loopControl(entry: Entry, loading: Loading): LoopControl {
  if (entry.value.kind !== "mapping")
    return fail("keyword-type", `'loop_control' must be a mapping, but this is ${describe(entry.value)}`, {
      origin: entry.value.origin,
    });
  const values = new Map<string, Value>();
  let breakWhen: LoopControl["breakWhen"];
  for (const { name, value, origin } of entriesOf(entry.value)) {
    const type = LOOP_CONTROL_KEYWORDS[name];
    if (type === undefined) {
      const hint = didYouMean(name, Object.keys(LOOP_CONTROL_KEYWORDS));
      loading.problems.add({
        code: "keyword-unknown",
        message: `'${name}' is no keyword of 'loop_control'`,
        origin,
        ...(hint ? { hint } : {}),
      });
      continue;
    }
    loading.problems.attempt(() => checkType(value, type, `'${name}'`));
    if (isNull(value)) continue;
    if (name === "break_when") breakWhen = conditionsOf(value);
    else values.set(name, trusted(value));
  }
  return {
    loopVar: values.get("loop_var") ?? "item",
    ...given({
      indexVar: values.get("index_var"),
      label: values.get("label"),
      pause: values.get("pause"),
      extended: values.get("extended"),
      extendedAllitems: values.get("extended_allitems"),
      breakWhen,
    }),
  };
}
