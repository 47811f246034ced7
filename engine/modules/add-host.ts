// Adds a host, and groups for it, to the inventory of this run.

import type { Data } from "../core/value.ts";
import { plainOf } from "./convert.ts";
import { builtin, defineAction } from "./module.ts";

export const addHost = defineAction({
  name: "add_host",
  aliases: builtin("add_host"),
  summary: "Add a host to the inventory of this run",
  params: {
    properties: {
      name: { type: "string", aliases: ["host", "hostname"], description: "The host's name, perhaps with :port." },
      groups: {
        type: "array",
        items: { type: "string" },
        aliases: ["group", "groupname"],
        description: "Groups to put it in.",
      },
    },
    required: ["name"],
    open: true,
  },
  returns: { add_host: "host_name, groups and host_vars as they were understood." },
  runsInCheck: true,
  oncePerPlay: true,
  async run(context, params) {
    const extra = (params as unknown as { readonly extra: Readonly<Record<string, Data>> }).extra;
    const { name, port } = splitPort(params.name);
    const vars = {
      ...Object.fromEntries(Object.entries(extra).map(([key, value]) => [key, plainOf(value)])),
      ...(port === undefined ? {} : { ansible_ssh_port: port }),
    };
    const groups = (params.groups ?? []).map((group) => group.trim()).filter((group) => group !== "");
    const changed = context.addHost(name, groups, vars);
    return { changed, add_host: { host_name: name, groups, host_vars: vars } };
  },
});

/** `name:22` and `[v6]:22`; an address with several colons has no port. */
function splitPort(text: string): { readonly name: string; readonly port?: number } {
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text);
  if (!match?.[1]) return { name: text };
  return match[2] === undefined ? { name: match[1] } : { name: match[1], port: Number(match[2]) };
}
