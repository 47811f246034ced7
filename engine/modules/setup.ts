// Gathers facts about the host.

import type { Result } from "../core/result.ts";
import { type ActionContext, builtin, defineAction } from "./module.ts";
import type { ParamSchema, ParamsOf } from "./params.ts";

const PARAMS = {
  gather_subset: {
    type: "array",
    items: { type: "string" },
    default: ["all"],
    description: "Kinds of facts: all, min, hardware, network, virtual …, each with ! for not.",
  },
  gather_timeout: { type: "integer", default: 10, description: "Seconds for slow facts, such as mounts." },
  filter: { type: "array", items: { type: "string" }, default: [], description: "Patterns of the names to return." },
  fact_path: {
    type: "string",
    default: "/etc/ansible/facts.d",
    description: "Folder of the host's own facts (*.fact).",
  },
} as const satisfies Record<string, ParamSchema>;

async function gather(
  context: ActionContext,
  params: ParamsOf<{ readonly properties: typeof PARAMS }>,
): Promise<Result> {
  const facts = await context.gatherFacts({
    subset: params.gather_subset,
    filter: params.filter,
    timeout: params.gather_timeout,
    factPath: params.fact_path,
  });
  return { changed: false, ansible_facts: facts as Record<string, never> };
}

export const setup = defineAction({
  name: "setup",
  aliases: builtin("setup"),
  summary: "Gather facts about the host",
  params: { properties: PARAMS },
  returns: { ansible_facts: "The facts, with their prefix ansible_." },
  runsInCheck: true,
  run: (context, params) => gather(context, params),
});

export const gatherFacts = defineAction({
  name: "gather_facts",
  aliases: builtin("gather_facts"),
  summary: "Gather facts about the host, as a play does before its tasks",
  params: {
    properties: {
      ...PARAMS,
      parallel: {
        type: "boolean",
        description: "Gather in parallel.",
        ignored: "facts are always gathered in one message",
      },
    },
  },
  returns: { ansible_facts: "The facts, with their prefix ansible_." },
  runsInCheck: true,
  run: (context, params) => gather(context, params),
});
