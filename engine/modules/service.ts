// Services by whatever manages them: systemd's units, or init scripts where there is no systemd.

import { planInitScript } from "./init-script.ts";
import { builtin, defineModule } from "./module.ts";
import { planUnit, touchesUnit, UNIT_STATE } from "./systemd-plan.ts";
import { failTask } from "./task-failure.ts";

export const service = defineModule({
  name: "service",
  aliases: builtin("service"),
  summary: "Manage services",
  facts: ["service_mgr"],
  params: {
    properties: {
      name: { type: "string", description: "Name of the service." },
      ...UNIT_STATE,
      sleep: {
        type: "integer",
        default: null,
        description: "Seconds between stop and start of a restart (init scripts).",
      },
      pattern: {
        type: "string",
        default: null,
        description: "Text in the process list that tells that it runs (init scripts).",
      },
      runlevel: {
        type: "string",
        default: "default",
        description: "Run level (OpenRC).",
        ignored: "only OpenRC has run levels",
      },
      arguments: { type: "string", default: "", aliases: ["args"], description: "Arguments of the init script." },
      use: { type: "string", default: "auto", description: "The manager to use: auto, systemd, sysvinit." },
    },
    required: ["name"],
    oneOf: [["state", "enabled"]],
  },
  returns: {
    name: "The service.",
    state: "As asked.",
    enabled: "As asked.",
    status: "With systemd: the unit's properties.",
  },
  plan: (host, params, context) => {
    const use = params.use === "auto" ? String(context.facts.service_mgr ?? "systemd") : params.use;
    const kind = use.replace(/^ansible\.(?:builtin|legacy)\./, "");
    const wish = { name: params.name, state: params.state, enabled: params.enabled };
    if (kind === "systemd" || kind === "systemd_service")
      return planUnit(
        host,
        {
          ...wish,
          masked: undefined,
          daemonReload: false,
          daemonReexec: false,
          force: false,
          noBlock: false,
          scope: "system",
        },
        context,
      );
    if (kind === "sysvinit" || kind === "service" || kind === "docker-init" || kind === "tini")
      return planInitScript(host, {
        ...wish,
        sleep: params.sleep ?? 1,
        pattern: params.pattern,
        arguments: params.arguments,
      });
    return failTask("service-manager", `services of '${kind}' are not supported; systemd and init scripts are`);
  },
  touches: touchesUnit,
});
