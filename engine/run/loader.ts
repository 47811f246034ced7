// The playbook loader with what it needs of the project; playbooks that stand in no file (`tsplay do`) included.

import { join, resolve } from "node:path";
import type { Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { checkStatic } from "../modules/params-check.ts";
import { findModule, moduleNames } from "../modules/registry.ts";
import { createPlaybookLoader } from "../playbook/loader.ts";
import type { Play, PlaybookLoader } from "../playbook/model.ts";
import { controlScope } from "./control-scope.ts";
import { Evaluation } from "./evaluate.ts";
import type { PlaybookSource, RunOptions } from "./options.ts";
import type { Project, Surroundings } from "./project.ts";

export interface ProjectLoader {
  readonly loader: PlaybookLoader;
  load(source: PlaybookSource): readonly Play[];
  /** Those found so far. */
  warnings(): readonly Problem[];
}

export function loaderFor(project: Project, options: RunOptions, around: Surroundings): ProjectLoader {
  const texts = new Map<string, string>();
  const loader = createPlaybookLoader({
    rolesPath: options.config.get("roles_path"),
    projectRoot: project.root,
    findModule,
    moduleNames,
    lookupNames: () => project.engine.names.lookups,
    readFile: (path) => texts.get(path) ?? project.readTrusted(path),
    checkStatic,
    warningRules: { "yaml-duplicate-key": options.config.get("duplicate_dict_key") },
    onWarning: around.warn,
    staticValue: (value, vars) => staticText(project, value, vars),
  });
  return {
    loader,
    load: (source) => {
      if (typeof source === "string") return loader.playbook(resolve(around.cwd, source)).plays;
      const path = join(resolve(around.cwd, source.folder), source.name);
      texts.set(path, source.text);
      return loader.playbook(path).plays;
    },
    warnings: () => loader.warnings,
  };
}

/** A name of a static import that is a template: extra vars and the vars around it must do. */
function staticText(project: Project, value: Value, vars: readonly ReadonlyMap<string, Value>[]): string | undefined {
  const scope = controlScope(project.store, { blockVars: vars });
  try {
    return new Evaluation(project.engine, scope).text(value);
  } catch {
    // The loader tells that the name cannot be found out before the run, with its place.
    return undefined;
  }
}
