// The installed packages as facts.

import type { Plain } from "../core/value.ts";
import { dpkgDatabase, isInstalled, withPredictions } from "./dpkg-packages.ts";
import { builtin, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";

export const packageFacts = defineModule({
  name: "package_facts",
  aliases: builtin("package_facts"),
  summary: "Gather the installed packages",
  params: {
    properties: {
      manager: {
        type: "array",
        items: { type: "string" },
        default: ["auto"],
        description: "Whose packages: auto or apt.",
      },
      strategy: { type: "string", enum: ["first", "all"], default: "first", description: "One manager or all." },
    },
  },
  returns: { ansible_facts: "packages: name → list of name, version, arch, source, category, origin." },
  async plan(host, params, context) {
    const wanted = params.manager.map((one) => one.toLowerCase());
    if (!wanted.some((one) => one === "auto" || one === "apt"))
      failTask("package-manager", `package_facts knows apt only, not ${wanted.join(", ")}`);
    const database = withPredictions(await dpkgDatabase(host, context.now), context.predictions);
    const packages: Record<string, Plain> = {};
    const predicted = new Map(context.predictions.of("package").map((one) => [one.name, one.version] as const));
    for (const one of database.packages) {
      if (!isInstalled(one)) continue;
      const entry = {
        name: one.name,
        version: predicted.get(one.name) ?? one.version,
        arch: one.architecture,
        category: one.section,
        origin: one.origin,
        source: "apt",
      };
      const before = packages[one.name];
      packages[one.name] = Array.isArray(before) ? [...(before as Plain[]), entry] : [entry];
    }
    return { changes: [], result: { ansible_facts: { packages } } };
  },
});
