// Puts each host into a group whose name is made from its variables.

import { builtin, defineAction } from "./module.ts";

export const groupBy = defineAction({
  name: "group_by",
  aliases: builtin("group_by"),
  summary: "Put hosts into groups by their variables",
  params: {
    properties: {
      key: { type: "string", description: "The group's name." },
      parents: { type: "array", items: { type: "string" }, default: ["all"], description: "Groups above it." },
    },
    required: ["key"],
  },
  returns: { add_group: "The group.", parent_groups: "The groups above it." },
  runsInCheck: true,
  async run(context, params) {
    const group = params.key.replaceAll(" ", "-");
    const parents = params.parents.map((parent) => parent.replaceAll(" ", "-"));
    const changed = context.addToGroup(context.hostName, group, parents);
    return { changed, add_group: group, parent_groups: parents };
  },
});
