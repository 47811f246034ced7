// Where files that tasks name are looked for, as Ansible's search paths have it. Pure: candidates, best first.

import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { Block, Parent, Task } from "./model.ts";
import { parentsOf, playFileOf, rolesAround } from "./parents.ts";

/**
 * Folders for a task's files, best first: for each role around it (nearest first) ROLE/kind, ROLE;
 * then the folder of the task's own file, then the play's, each with and without `kind`.
 */
export function searchFolders(task: Task, kind: "files" | "templates" | "vars" | "tasks"): string[] {
  const folders: string[] = [];
  const add = (folder: string): void => {
    folders.push(join(folder, kind), folder);
  };
  for (const { path } of rolesAround(task.parent)) add(path);
  add(dirname(resolve(task.origin.file)));
  const playFile = playFileOf(task.parent);
  if (playFile !== undefined) add(dirname(resolve(playFile)));
  return [...new Set(folders)];
}

/** Paths to try for a file of tasks named in `file` (include_tasks, import_tasks), best first. */
export function tasksFileCandidates(name: string, file: string, parent: Parent): string[] {
  if (isAbsolute(name)) return [resolve(name)];
  const folders = [dirname(resolve(file))];
  for (const level of parentsOf(parent)) {
    const origin = (level as Partial<Block>).origin;
    if (origin) folders.push(dirname(resolve(origin.file)));
  }
  for (const { path } of rolesAround(parent)) folders.push(join(path, "tasks"), path);
  const playFile = playFileOf(parent);
  if (playFile !== undefined) folders.push(dirname(resolve(playFile)));
  const withTasks = folders.flatMap((folder) =>
    basename(folder) === "tasks" ? [folder] : [folder, join(folder, "tasks")],
  );
  return [...new Set(withTasks.map((folder) => resolve(folder, name)))];
}
