// What --list-hosts, --list-tasks, --list-tags print and --syntax-check verifies, as plain data. No host is touched.

import { dirname, resolve } from "node:path";
import type { Value } from "../core/value.ts";
import { listPlaybook } from "../playbook/list.ts";
import type { Play } from "../playbook/model.ts";
import { tagNames } from "../playbook/tags.ts";
import { controlScope } from "./control-scope.ts";
import { Evaluation } from "./evaluate.ts";
import { loaderFor } from "./loader.ts";
import type { Listing, ListPlaybooks } from "./options.ts";
import { groupNames, hostPatterns, hostsNamed } from "./play-hosts.ts";
import { openProject, type Project } from "./project.ts";

/** Throws Failures for what is wrong with the playbooks. */
export const listPlaybooks: ListPlaybooks = async (options) => {
  const cwd = process.cwd();
  const around = { cwd, env: process.env, now: () => Date.now(), random: Math.random, warn: () => {} };
  const folders = options.playbooks.map((playbook) =>
    typeof playbook === "string" ? dirname(resolve(cwd, playbook)) : resolve(cwd, playbook.folder),
  );
  const project = await openProject(options, folders, around);
  const loader = loaderFor(project, options, around);
  const selection = { only: tagNames(options.tags), skip: tagNames(options.skipTags) };
  const playbooks: Listing["playbooks"] = options.playbooks.map((source) => {
    const plays = loader.load(source);
    const file = typeof source === "string" ? source : source.name;
    const listed = listPlaybook({ file, plays }, selection, (value, _task, play) => textsOf(project, play, value));
    return {
      playbook: file,
      plays: listed.map(({ play, name, tags, tasks, taskTags }) => {
        const pattern = patternsOf(project, play);
        return {
          name,
          pattern,
          hosts: hostsNamed(project.inventory, pattern, options.limit),
          tags,
          tasks: tasks.map((task) => ({ name: task.name, tags: task.tags, origin: task.task.origin })),
          taskTags,
          origin: play.origin,
        };
      }),
    };
  });
  return { playbooks, warnings: loader.warnings() };
};

/** A value's texts as far as extra vars, the play's vars and the inventory's groups can tell. */
function textsOf(project: Project, play: Play, value: Value): string[] | undefined {
  try {
    return evaluationOf(project, play).texts(value);
  } catch {
    return undefined;
  }
}

function patternsOf(project: Project, play: Play): string[] {
  try {
    return hostPatterns(play, evaluationOf(project, play));
  } catch {
    return [];
  }
}

function evaluationOf(project: Project, play: Play): Evaluation {
  const { engine, store, inventory } = project;
  return new Evaluation(engine, controlScope(store, { playVars: play.keywords.vars }, groupNames(inventory)));
}
