// The project of commands that only look: inventory and variables, warnings told on standard error.

import { problemText } from "../report/problem-text.ts";
import { safeText } from "../report/safe-text.ts";
import { openProject, type Project } from "../run/project.ts";
import type { Sources } from "./run-options.ts";
import type { World } from "./surroundings.ts";

/** Opens it; `silent` leaves warnings out (completion). */
export async function openQuietly(sources: Sources, world: World, silent = false): Promise<Project> {
  const told = new Set<string>();
  const warn = (problem: Parameters<typeof problemText>[0]): void => {
    const text = safeText(sources.mask.text(problemText(problem, { label: "WARNING", cwd: world.cwd })));
    if (silent || told.has(text)) return;
    told.add(text);
    world.err(`${text}\n`);
  };
  for (const problem of sources.config.warnings) warn(problem);
  return openProject(sources.options, [], {
    cwd: world.cwd,
    env: world.env,
    now: world.now,
    random: Math.random,
    warn,
  });
}
