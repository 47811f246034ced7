// Packages by whatever package manager the host has.

import { apt } from "./apt.ts";
import { APT_PARAMS } from "./apt-params.ts";
import { builtin, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";

export const packageModule = defineModule({
  name: "package",
  aliases: builtin("package"),
  summary: "Manage packages with the host's own package manager",
  facts: ["pkg_mgr"],
  params: {
    properties: {
      ...APT_PARAMS.properties,
      state: {
        type: "string",
        enum: ["absent", "installed", "latest", "present", "removed"],
        default: "present",
        description: "What is wanted of the packages.",
      },
      use: { type: "string", default: "auto", description: "The package manager to use: auto or apt." },
    },
    required: ["name"],
  },
  returns: apt.returns,
  plan(host, params, context) {
    const use = params.use === "auto" ? String(context.facts.pkg_mgr ?? "apt") : params.use;
    if (use.replace(/^ansible\.(?:builtin|legacy)\./, "") !== "apt")
      failTask("package-manager", `the package manager '${use}' is not supported; apt is`);
    const state = params.state === "installed" ? "present" : params.state === "removed" ? "absent" : params.state;
    return apt.plan(host, { ...params, state }, context);
  },
  touches: (params) => apt.touches?.(params) ?? [],
});
