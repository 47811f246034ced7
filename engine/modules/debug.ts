// Shows a text or the value of an expression.

import type { Plain } from "../core/value.ts";
import { type ActionContext, builtin, defineAction } from "./module.ts";

export const debug = defineAction({
  name: "debug",
  aliases: builtin("debug"),
  summary: "Show a text or the value of an expression",
  params: {
    properties: {
      msg: { type: "raw", description: "What to show." },
      var: { type: "string", description: "Expression whose value is shown." },
      verbosity: { type: "integer", default: 0, description: "Show only with at least that many -v." },
    },
    exclusive: [["msg", "var"]],
  },
  returns: { msg: "What was shown; with `var`, the value is under the expression's own text." },
  runsInCheck: true,
  async run(context, params) {
    const verbosity = Number(context.variable("ansible_verbosity") ?? 0);
    if (params.verbosity > verbosity)
      return { changed: false, skipped: true, skipped_reason: "Verbosity threshold not met." };
    if (params.var === undefined) return { changed: false, msg: (params.msg as Plain) ?? "Hello world!" } as never;
    const value = context.evaluate(params.var);
    return {
      changed: false,
      [params.var]: value === undefined ? notDefined(params.var, context) : value,
    };
  },
});

/** Ansible's text in the place of a value that is not there. */
function notDefined(expression: string, context: ActionContext): string {
  const root = /^[A-Za-z_]\w*/.exec(expression)?.[0] ?? expression;
  const last = /\.(\w+)\s*$/.exec(expression)?.[1];
  const reason =
    last !== undefined && context.variable(root) !== undefined
      ? `object has no attribute '${last}'`
      : `'${root}' is undefined`;
  return `<< error 1 - ${reason} >>`;
}
