// Which tasks are to run: --tags, --skip-tags and --start-at-task.

import type { Value } from "../core/value.ts";
import { roleOf, tagsOf } from "../playbook/inherit.ts";
import type { Task } from "../playbook/model.ts";
import { isSelected, tagNames } from "../playbook/tags.ts";
import { controlScope } from "./control-scope.ts";
import { Evaluation } from "./evaluate.ts";
import type { RunOptions } from "./options.ts";
import type { Selection } from "./plays.ts";
import type { Project } from "./project.ts";

/** Decided once a task; until the task of --start-at-task was met, only what gathers facts and is always run. */
export function taskSelection(options: RunOptions, project: Project): Selection {
  const selection = { only: tagNames(options.tags), skip: tagNames(options.skipTags) };
  const decided = new WeakMap<Task, boolean>();
  let started = options.startAtTask === undefined;
  return (task) => {
    if (task.meta) return started || task.meta.action === "flush_handlers";
    let wanted = decided.get(task);
    if (wanted === undefined) {
      wanted = isSelected(tagNames(finishedTags(task, project)), selection);
      decided.set(task, wanted);
    }
    if (!started) started = isStart(task, options.startAtTask ?? "");
    return wanted && (started || task.id.endsWith("-gather"));
  };
}

function isStart(task: Task, wanted: string): boolean {
  const name = typeof task.name === "string" ? task.name : task.action;
  const role = roleOf(task)?.name;
  const names = role ? [name, `${role} : ${name}`] : [name];
  if (!/[*?[]/.test(wanted)) return names.includes(wanted);
  const pattern = new RegExp(
    `^${wanted
      .replace(/[.+^${}()|\\]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".")}$`,
  );
  return names.some((each) => pattern.test(each));
}

/** Tags as texts; templates may use extra vars and the vars of the play and blocks. */
export function finishedTags(task: Task, project: Project): string[] {
  return tagsOf(task).flatMap((tag: Value) => {
    if (typeof tag === "string") return [tag];
    try {
      return new Evaluation(project.engine, controlScope(project.store)).texts(tag);
    } catch {
      // A tag that needs a host's variables selects nothing, as in Ansible.
      return [];
    }
  });
}
