// Folders of a project's or role's own modules and plugins, which are not supported yet: said, not passed over.

import { basename, join } from "node:path";
import type { ProblemList } from "./problem-list.ts";
import type { ProjectFiles } from "./project-files.ts";

const FOLDERS = ["library", "module_utils", "action_plugins", "callback_plugins", "connection_plugins"].concat([
  "filter_plugins",
  "inventory_plugins",
  "lookup_plugins",
  "strategy_plugins",
  "test_plugins",
  "vars_plugins",
]);

/** Warns of each such folder in `folder` (a playbook's or a role's) that holds something. */
export function warnOfOwnCode(folder: string, files: ProjectFiles, problems: ProblemList): void {
  for (const name of FOLDERS) {
    const path = join(folder, name);
    if (files.names(path).every((entry) => entry.startsWith("."))) continue;
    const what = basename(path) === "library" ? "modules" : "plugins";
    problems.warn({
      code: "own-code-ignored",
      message: `${path} is not used: ${what} of your own are not supported yet`,
    });
  }
}
