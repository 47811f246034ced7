// Units of systemd.

import { builtin, defineModule } from "./module.ts";
import { planUnit, touchesUnit, UNIT_STATE } from "./systemd-plan.ts";

export const systemd = defineModule({
  name: "systemd",
  aliases: [...builtin("systemd"), "systemd_service", ...builtin("systemd_service")],
  summary: "Manage systemd units",
  params: {
    properties: {
      name: {
        type: "string",
        default: null,
        aliases: ["service", "unit"],
        description: "Unit; .service may be left out.",
      },
      ...UNIT_STATE,
      masked: { type: "boolean", default: null, description: "Whether it cannot be started at all." },
      force: { type: "boolean", default: null, description: "Replace symbolic links that are in the way." },
      daemon_reload: {
        type: "boolean",
        default: false,
        aliases: ["daemon-reload"],
        description:
          "Read changed unit files first; done only if systemd says it is needed, always when no unit is named.",
      },
      daemon_reexec: {
        type: "boolean",
        default: false,
        aliases: ["daemon-reexec"],
        description: "Re-execute systemd itself first.",
      },
      scope: { type: "string", enum: ["system", "user", "global"], default: "system", description: "Whose manager." },
      no_block: { type: "boolean", default: false, description: "Do not wait until the unit has started or stopped." },
    },
    oneOf: [["state", "enabled", "masked", "daemon_reload", "daemon_reexec"]],
  },
  check: (params) =>
    params.name === undefined &&
    [params.state, params.enabled, params.masked].some((value) => value !== undefined && value !== null)
      ? "name is required with state, enabled and masked"
      : undefined,
  returns: {
    status: "The unit's properties, as systemctl show gives them, before the task.",
    name: "The unit.",
    enabled: "As asked.",
    state: "As asked.",
  },
  plan: (host, params, context) =>
    planUnit(
      host,
      {
        name: params.name,
        state: params.state,
        enabled: params.enabled,
        masked: params.masked,
        daemonReload: params.daemon_reload,
        daemonReexec: params.daemon_reexec,
        force: params.force ?? false,
        noBlock: params.no_block,
        scope: params.scope,
      },
      context,
    ),
  touches: touchesUnit,
});
