// Checks variables against an argument spec.

import type { Result } from "../core/result.ts";
import type { Plain, PlainObject } from "../core/value.ts";
import { argumentErrors } from "./argument-spec.ts";
import { builtin, defineAction } from "./module.ts";

export const validateArgumentSpec = defineAction({
  name: "validate_argument_spec",
  aliases: builtin("validate_argument_spec"),
  summary: "Check variables against an argument spec",
  params: {
    properties: {
      argument_spec: { type: "object", description: "The spec: names with type, required, choices …" },
      provided_arguments: {
        type: "object",
        default: {},
        description: "Values; others are taken from the variables of that name.",
      },
      validate_args_context: { type: "object", default: {}, description: "What this is about, for messages." },
    },
    required: ["argument_spec"],
  },
  returns: {
    argument_errors: "What is wrong.",
    argument_spec_data: "The spec.",
    validate_args_context: "What this is about.",
  },
  runsInCheck: true,
  async run(context, params): Promise<Result> {
    const spec = params.argument_spec as PlainObject;
    const given: Record<string, Plain | undefined> = {};
    for (const name of Object.keys(spec)) given[name] = context.variable(name);
    Object.assign(given, params.provided_arguments);
    const errors = argumentErrors(spec, given);
    const about = { validate_args_context: params.validate_args_context as PlainObject };
    if (errors.length === 0) return { changed: false, msg: "The arg spec validation passed", ...about };
    return {
      changed: false,
      failed: true,
      msg: `Validation of arguments failed:\n${errors.join("\n")}`,
      argument_errors: errors,
      argument_spec_data: spec,
      ...about,
    };
  },
});
