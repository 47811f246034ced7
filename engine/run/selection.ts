// Which tasks are to run: --tags, --skip-tags and --start-at-task.

import { shellPattern } from "../core/shell-pattern.ts";
import type { Value } from "../core/value.ts";
import { parentsOf, roleOf, tagsOf } from "../playbook/inherit.ts";
import type { Parent, Task } from "../playbook/model.ts";
import { isSelected, tagNames } from "../playbook/tags.ts";
import { controlScope } from "./control-scope.ts";
import { Evaluation } from "./evaluate.ts";
import type { RunOptions } from "./options.ts";
import type { Selection } from "./plays.ts";
import type { Project } from "./project.ts";

export interface TaskSelection {
  readonly selects: Selection;
  /** Whether the task of --start-at-task was met (true where none is asked for). */
  foundStart(): boolean;
}

/**
 * Decided once a task. Each host of a play begins with the task of --start-at-task (facts are gathered all the same);
 * the plays after the one that has it run as a whole.
 */
export function taskSelection(options: RunOptions, project: Project): TaskSelection {
  const selection = { only: tagNames(options.tags), skip: tagNames(options.skipTags) };
  const decided = new WeakMap<Task, boolean>();
  const { startAtTask } = options;
  const started = new WeakSet<object>();
  let startedIn: Parent | undefined;
  const hasStarted = (task: Task, run: object): boolean => {
    if (startAtTask === undefined || started.has(run)) return true;
    const play = [...parentsOf(task.parent)].at(-1);
    if (startedIn !== undefined && startedIn !== play) return true;
    if (task.meta || !isStart(task, startAtTask)) return false;
    startedIn = play;
    started.add(run);
    return true;
  };
  const selects: Selection = (task, run) => {
    let wanted = decided.get(task);
    if (wanted === undefined) {
      wanted = isSelected(tagNames(finishedTags(task, project)), selection);
      decided.set(task, wanted);
    }
    const flushes = task.meta?.action === "flush_handlers";
    return wanted && (hasStarted(task, run) || flushes || task.id.endsWith("-gather"));
  };
  return { selects, foundStart: () => startAtTask === undefined || startedIn !== undefined };
}

function isStart(task: Task, wanted: string): boolean {
  const name = typeof task.name === "string" ? task.name : task.action;
  const role = roleOf(task)?.name;
  const names = role ? [name, `${role} : ${name}`] : [name];
  if (!/[*?[]/.test(wanted)) return names.includes(wanted);
  const pattern = shellPattern(wanted);
  return names.some((each) => pattern.test(each));
}

/** Tags as texts; templates may use extra vars and the vars of the play and blocks. */
function finishedTags(task: Task, project: Project): string[] {
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
