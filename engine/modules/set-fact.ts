// Sets variables of the host for the rest of the run.

import { fail } from "../core/problem.ts";
import { findUnknown } from "../core/unknown.ts";
import type { Data, Plain } from "../core/value.ts";
import { plainOf } from "./convert.ts";
import { builtin, defineAction } from "./module.ts";

export const setFact = defineAction({
  name: "set_fact",
  aliases: builtin("set_fact"),
  summary: "Set variables of the host",
  params: {
    properties: { cacheable: { type: "boolean", default: false, description: "Keep them in the fact cache too." } },
    open: true,
  },
  returns: { ansible_facts: "The variables that were set." },
  runsInCheck: true,
  async run(context, params) {
    const extra = (params as unknown as { readonly extra: Readonly<Record<string, Data>> }).extra;
    const entries = Object.entries(extra);
    if (entries.length === 0)
      fail("set-fact-empty", "No key/value pairs provided, at least one is required for this action to succeed");
    for (const [name] of entries) if (!isVariableName(name)) fail("variable-name", `Invalid variable name '${name}'.`);
    // What a dry run cannot tell is not for later runs.
    const keeps = params.cacheable && findUnknown(extra) === undefined;
    context.setVars(keeps ? "cached_fact" : "set_fact", {
      file: "set_fact",
      names: Object.keys(extra),
      values: new Map(entries),
    });
    return {
      changed: false,
      ansible_facts: Object.fromEntries(entries.map(([name, value]) => [name, plainOf(value) as Plain])),
    };
  },
});

/** Letters, digits and underscores, not beginning with a digit. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}
