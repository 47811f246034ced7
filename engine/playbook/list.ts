// What --list-tasks, --list-tags and --list-hosts show, as data. Nothing is run; dynamic includes are listed as tasks.

import { Template, type Value } from "../core/value.ts";
import { roleOf, tagsOf } from "./inherit.ts";
import type { Play, Playbook, PlayNode, Task } from "./model.ts";
import { ALL_TAGS, isSelected, type TagSelection, tagNames } from "./tags.ts";

export interface ListedTask {
  readonly task: Task;
  /** `role : name` as in the output of a run; the action for tasks without a name. Templates stay as they are. */
  readonly name: string;
  /** Sorted. */
  readonly tags: readonly string[];
  /** Rescue and always sections are listed by tsplay, not by Ansible. */
  readonly section: "block" | "rescue" | "always";
}

export interface ListedPlay {
  readonly play: Play;
  /** The play's name, or its hosts. */
  readonly name: string;
  /** Pattern of its hosts. */
  readonly hosts: string;
  readonly tags: readonly string[];
  readonly tasks: readonly ListedTask[];
  /** All tags of the listed tasks, sorted. */
  readonly taskTags: readonly string[];
}

/** `finish`: the texts of a tag, or of a play's name or hosts, which may be templates; undefined if they cannot be told. */
export function listPlaybook(
  playbook: Playbook,
  selection: TagSelection = ALL_TAGS,
  finish: (value: Value, task: Task | undefined, play: Play) => readonly string[] | undefined = () => undefined,
): ListedPlay[] {
  return playbook.plays.map((play) => {
    const names = (values: readonly Value[], task: Task | undefined): string[] =>
      tagNames(values.flatMap((value) => textsOf(value, finish(value, task, play)))).sort();
    const tasks = play.body
      .flatMap((block) => tasksIn(block.block, "block"))
      .map(({ task, section }) => ({ task, section, name: listedName(task), tags: names(tagsOf(task), task) }))
      .filter(({ task, tags }) => !isImplicit(task, play) && isSelected(tags, selection));
    const whole = (value: Value): string => textsOf(value, finish(value, undefined, play)).join(",");
    const hosts = whole(play.hosts);
    return {
      play,
      name: play.name === undefined ? hosts : whole(play.name),
      hosts,
      tags: names(play.keywords.tags, undefined),
      tasks,
      taskTags: [...new Set(tasks.flatMap(({ tags }) => tags))].sort(),
    };
  });
}

function tasksIn(
  nodes: readonly PlayNode[],
  section: ListedTask["section"],
): { task: Task; section: ListedTask["section"] }[] {
  return nodes.flatMap((node) =>
    node.kind === "task"
      ? [{ task: node, section }]
      : [
          ...tasksIn(node.block, section),
          ...tasksIn(node.rescue, section === "block" ? "rescue" : section),
          ...tasksIn(node.always, section === "block" ? "always" : section),
        ],
  );
}

/** The flushes between the sections of a play stand at the play's own place. */
function isImplicit(task: Task, play: Play): boolean {
  return task.meta?.action === "flush_handlers" && task.origin === play.origin;
}

function listedName(task: Task): string {
  if (task.name === undefined) return task.action;
  const role = roleOf(task)?.name;
  const name = textsOf(task.name, undefined).join("");
  return role === undefined ? name : `${role} : ${name}`;
}

function textsOf(value: Value, finished: readonly string[] | undefined): string[] {
  if (finished) return [...finished];
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(item, undefined));
  return [value instanceof Template ? value.text : String(value)];
}
