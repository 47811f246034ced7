// Groups of the host.

import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { GroupPrediction } from "../host/prediction.ts";
import { builtin, defineModule, type Plan } from "./module.ts";
import { runTool } from "./tool-run.ts";

export const group = defineModule({
  name: "group",
  aliases: builtin("group"),
  summary: "Manage groups",
  params: {
    properties: {
      name: { type: "string", description: "Name of the group." },
      gid: { type: "integer", default: null, description: "Its number." },
      state: { type: "string", enum: ["absent", "present"], default: "present", description: "Whether it exists." },
      force: { type: "boolean", default: false, description: "Remove it even if it is a user's primary group." },
      system: { type: "boolean", default: false, description: "A number from the range of system groups." },
      local: {
        type: "boolean",
        default: false,
        description: "Only the host's own files.",
        ignored: "groupadd works on the host's own files anyway",
      },
      non_unique: { type: "boolean", default: false, description: "The number may belong to another group too." },
      gid_min: { type: "integer", default: null, description: "Lowest number to choose." },
      gid_max: { type: "integer", default: null, description: "Highest number to choose." },
    },
    required: ["name"],
  },
  check: (params) => (params.non_unique === true && (params.gid ?? null) === null ? "non_unique needs gid" : undefined),
  returns: { gid: "Number of the group.", name: "Its name.", state: "As asked.", system: "As asked." },
  async plan(host, params): Promise<Plan> {
    const { name, gid } = params;
    const entry = (await host.getent("group", name))?.[0];
    const base = { name, state: params.state, system: params.system };
    if (params.state === "absent") {
      const gone = { name, state: params.state };
      if (!entry) return { changes: [], result: gone };
      return {
        changes: [
          {
            what: `remove the group ${name}`,
            predict: [{ kind: "group", name, exists: false }],
            async apply(target) {
              await runTool(target, ["groupdel", ...(params.force ? ["-f"] : []), name], `remove the group ${name}`);
              return undefined;
            },
          },
        ],
        result: gone,
      };
    }
    const present = entry?.[2] === undefined || entry[2] === "" ? undefined : Number(entry[2]);
    const apply = (argv: readonly string[], what: string) => async (target: Host) => {
      await runTool(target, argv, what);
      return { gid: Number((await target.getent("group", name))?.[0]?.[2] ?? gid) };
    };
    const predict: GroupPrediction[] = [
      { kind: "group", name, exists: true, gid: gid ?? new Unknown(`the number of the group ${name}`) },
    ];
    const number = gid === undefined ? [] : ["-g", String(gid), ...(params.non_unique ? ["-o"] : [])];
    if (!entry) {
      const range = [
        ...(params.gid_min === undefined ? [] : ["-K", `GID_MIN=${params.gid_min}`]),
        ...(params.gid_max === undefined ? [] : ["-K", `GID_MAX=${params.gid_max}`]),
      ];
      const argv = ["groupadd", ...number, ...(params.system ? ["-r"] : []), ...range, name];
      return {
        changes: [{ what: `add the group ${name}`, predict, apply: apply(argv, `add the group ${name}`) }],
        result: { ...base, ...(gid === undefined ? {} : { gid }) },
      };
    }
    if (gid === undefined || gid === present) return { changes: [], result: { ...base, gid: present ?? null } };
    return {
      changes: [
        {
          what: `give the group ${name} the number ${gid}`,
          difference: { before: `${name}: gid ${present}\n`, after: `${name}: gid ${gid}\n` },
          predict,
          apply: apply(["groupmod", ...number, name], `change the group ${name}`),
        },
      ],
      result: { ...base, gid },
    };
  },
  touches: (params) =>
    typeof params.name === "string"
      ? [
          {
            kind: "group",
            name: params.name,
            exists: params.state !== "absent",
            gid: new Unknown("the group's number"),
          },
        ]
      : [],
});
