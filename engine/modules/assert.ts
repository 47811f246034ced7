// Fails unless all of some expressions are true.

import { fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { isUnknown, Undecided } from "../core/unknown.ts";
import type { Plain } from "../core/value.ts";
import { builtin, defineAction } from "./module.ts";

export const assertModule = defineAction({
  name: "assert",
  aliases: builtin("assert"),
  summary: "Fail unless expressions are true",
  params: {
    properties: {
      that: { type: "raw", description: "An expression or a list of them." },
      fail_msg: { type: "raw", aliases: ["msg"], description: "Shown when one is false." },
      success_msg: { type: "raw", description: "Shown when all are true." },
      quiet: { type: "boolean", default: false, description: "Show nothing when all are true." },
    },
    required: ["that"],
  },
  returns: { assertion: "The expression that was false.", evaluated_to: "What it was.", msg: "The message." },
  runsInCheck: true,
  async run(context, params): Promise<Result> {
    const that = Array.isArray(params.that) ? (params.that as unknown[]) : [params.that];
    for (const assertion of that) {
      if (isUnknown(assertion)) throw new Undecided(assertion);
      if (typeof assertion !== "string" && typeof assertion !== "boolean")
        fail("assert-type", "'that' must be an expression or a list of expressions");
      const holds = context.condition(assertion);
      if (isUnknown(holds)) throw new Undecided(holds);
      if (!holds)
        return {
          changed: false,
          failed: true,
          evaluated_to: false,
          assertion,
          msg: (params.fail_msg as Plain) ?? "Assertion failed",
        } as Result;
    }
    return {
      changed: false,
      msg: (params.success_msg as Plain) ?? "All assertions passed",
      // Reporters show results of this action unless this says not to.
      ...(params.quiet ? { _ansible_verbose_always: false } : {}),
    } as Result;
  },
});
