// dpkg's selection of a package: held back or not.

import { dpkgDatabase } from "./dpkg-packages.ts";
import { builtin, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { runTool } from "./tool-run.ts";

export const dpkgSelections = defineModule({
  name: "dpkg_selections",
  aliases: builtin("dpkg_selections"),
  summary: "Hold packages back, or set what else dpkg wants of them",
  params: {
    properties: {
      name: { type: "string", description: "Name of the package." },
      selection: {
        type: "string",
        enum: ["install", "hold", "deinstall", "purge"],
        description: "What is wanted of it.",
      },
    },
    required: ["name", "selection"],
  },
  returns: { before: "The selection that was.", after: "The selection that is." },
  async plan(host, { name, selection }, context) {
    const database = await dpkgDatabase(host, context.now);
    const [plain = "", architecture] = name.split(":");
    const present = database.byName
      .get(plain)
      ?.find((one) => architecture === undefined || one.architecture === architecture);
    const predicted = context.predictions.of("package").some((one) => one.name === plain && one.version !== "absent");
    if (!present && !predicted)
      failTask("dpkg-no-package", `Failed to find package '${name}' to perform selection '${selection}'.`);
    // apt lets go of a held package when it installs another version of it.
    const before = predicted ? "install" : (present?.want ?? "install");
    const result = { before, after: selection };
    if (before === selection) return { changes: [], result };
    return {
      changes: [
        {
          what: `set dpkg's selection of ${name} to ${selection}`,
          difference: { before: `${name} ${before}\n`, after: `${name} ${selection}\n` },
          async apply(target) {
            const stdin = `${name} ${selection}\n`;
            await runTool(target, ["dpkg", "--set-selections"], `set the selection of ${name}`, { stdin });
            return undefined;
          },
        },
      ],
      result,
    };
  },
});
