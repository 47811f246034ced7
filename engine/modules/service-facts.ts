// Services as facts: units of systemd, and init scripts.

import type { Plain } from "../core/value.ts";
import { builtin, defineModule } from "./module.ts";
import { askTool } from "./tool-run.ts";

export const serviceFacts = defineModule({
  name: "service_facts",
  aliases: builtin("service_facts"),
  summary: "Gather the services",
  params: { properties: {} },
  returns: { ansible_facts: "services: name → name, source, state, status." },
  async plan(host, _params, context) {
    const [units, files, scripts] = await Promise.all([
      askTool(host, ["systemctl", "list-units", "--no-pager", "--type=service", "--all", "--plain", "--no-legend"]),
      askTool(host, ["systemctl", "list-unit-files", "--no-pager", "--type=service", "--all", "--no-legend"]),
      host.glob("/etc/init.d/*"),
    ]);
    const services: Record<string, Plain> = {};
    for (const line of units.stdout.split("\n")) {
      const [name = "", load = "", active = "", sub = ""] = line
        .replace(/^[●*\s]+/, "")
        .trim()
        .split(/\s+/);
      if (!name.endsWith(".service")) continue;
      const state = sub === "running" ? "running" : active === "failed" ? "failed" : "stopped";
      services[name] = {
        name,
        state: load === "not-found" ? "stopped" : state,
        status: load === "not-found" ? "not-found" : "unknown",
        source: "systemd",
      };
    }
    for (const line of files.stdout.split("\n")) {
      const [name = "", status = ""] = line.trim().split(/\s+/);
      if (!name.endsWith(".service")) continue;
      const before = services[name] as { readonly state?: string } | undefined;
      services[name] = {
        name,
        state: before?.state ?? (name.includes("@.") ? "unknown" : "inactive"),
        status,
        source: "systemd",
      };
    }
    if (units.code !== 0)
      for (const path of scripts) {
        const name = path.replace(/^.*\//, "");
        services[name] = { name, state: "unknown", source: "sysv" };
      }
    for (const one of context.predictions.of("unit")) {
      const name = one.name.includes(".") ? one.name : `${one.name}.service`;
      const before = (services[name] ?? { name, source: "systemd", status: "unknown" }) as Record<string, Plain>;
      if (typeof one.active === "boolean") services[name] = { ...before, state: one.active ? "running" : "stopped" };
    }
    return { changes: [], result: { ansible_facts: { services } } };
  },
});
