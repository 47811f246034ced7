// Sets statistics that are shown at the end of the run.

import type { PlainObject } from "../core/value.ts";
import { builtin, defineAction } from "./module.ts";

export const setStats = defineAction({
  name: "set_stats",
  aliases: builtin("set_stats"),
  summary: "Set statistics for the end of the run",
  params: {
    properties: {
      data: { type: "object", description: "Names and values." },
      per_host: { type: "boolean", default: false, description: "Keep them for each host apart." },
      aggregate: { type: "boolean", default: true, description: "Add to what is there rather than replace it." },
    },
    required: ["data"],
  },
  returns: { ansible_stats: "What was set." },
  runsInCheck: true,
  async run(context, params) {
    const data = params.data as PlainObject;
    context.setStats(data, { perHost: params.per_host, aggregate: params.aggregate });
    return { changed: false, ansible_stats: { data, per_host: params.per_host, aggregate: params.aggregate } };
  },
});
