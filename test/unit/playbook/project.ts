// Small projects for the tests of the playbook loader: files in a temporary folder, modules without effect.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Failures, type Problem } from "../../../engine/core/problem.ts";
import { Template } from "../../../engine/core/value.ts";
import { type AnyModule, builtin, defineAction } from "../../../engine/modules/module.ts";
import type { ObjectSchema, ParamSchema } from "../../../engine/modules/params.ts";
import { checkStatic } from "../../../engine/modules/params-check.ts";
import { createPlaybookLoader, type PlaybookLoaderOptions } from "../../../engine/playbook/loader.ts";
import type { Play, PlaybookLoader, PlayNode, Task } from "../../../engine/playbook/model.ts";

const text: ParamSchema = { type: "raw", description: "" };

function stub(name: string, params: readonly string[], freeForm?: string): AnyModule {
  const schema: ObjectSchema = { properties: Object.fromEntries(params.map((param) => [param, text])) };
  return defineAction({
    name,
    aliases: builtin(name),
    summary: "",
    params: schema,
    returns: {},
    runsInCheck: true,
    ...(freeForm === undefined ? {} : { freeForm }),
    run: () => Promise.resolve({}),
  });
}

const MODULES: readonly AnyModule[] = [
  stub("debug", ["msg", "var", "verbosity"]),
  stub("copy", ["src", "dest", "content", "mode", "owner", "group"]),
  stub("template", ["src", "dest", "mode"]),
  stub("file", ["path", "state", "mode"]),
  stub("apt", ["name", "state", "update_cache", "cache_valid_time"]),
  stub("service", ["name", "state", "enabled"]),
  stub("systemd", ["name", "state", "enabled", "daemon_reload"]),
  stub("user", ["name", "state"]),
  stub("group", ["name", "state"]),
  stub("lineinfile", ["path", "regexp", "line"]),
  stub("stat", ["path"]),
  stub("assert", ["that", "fail_msg"]),
  stub("fail", ["msg"]),
  stub("ping", []),
  stub("uri", ["url", "status_code"]),
  stub("command", ["cmd", "argv", "creates", "chdir"], "cmd"),
  stub("shell", ["cmd", "creates", "chdir", "executable"], "cmd"),
  stub("include_vars", ["file", "dir", "name"], "file"),
  stub("validate_argument_spec", ["argument_spec", "provided_arguments", "validate_args_context"]),
  { ...stub("set_fact", []), params: { properties: {}, open: true } } as AnyModule,
];

function findModule(name: string): AnyModule | undefined {
  return MODULES.find((module) => module.name === name || module.aliases.includes(name));
}

const moduleNames = (): string[] => MODULES.map(({ name }) => name);

export interface Project {
  readonly folder: string;
  readonly loader: PlaybookLoader;
  path(name: string): string;
  remove(): void;
}

/** Writes the files (path → text) and makes a loader for them. */
export function project(
  files: Readonly<Record<string, string>>,
  options: Partial<PlaybookLoaderOptions> = {},
): Project {
  const folder = mkdtempSync(join(tmpdir(), "tsplay-playbook-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return {
    folder,
    loader: loaderIn(folder, options),
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function loaderIn(folder: string, options: Partial<PlaybookLoaderOptions> = {}): PlaybookLoader {
  return createPlaybookLoader({ rolesPath: [], projectRoot: folder, findModule, moduleNames, checkStatic, ...options });
}

/** The plays of `site.yml`. */
export function plays(
  files: Readonly<Record<string, string>>,
  options: Partial<PlaybookLoaderOptions> = {},
): readonly Play[] {
  const made = project(files, options);
  try {
    return made.loader.playbook(made.path("site.yml")).plays;
  } finally {
    made.remove();
  }
}

/** The one play of `site.yml`. */
export function play(
  files: Readonly<Record<string, string>> | string,
  options: Partial<PlaybookLoaderOptions> = {},
): Play {
  const [only] = plays(typeof files === "string" ? { "site.yml": files } : files, options);
  if (!only) throw new Error("no play");
  return only;
}

/** The problems of `site.yml`, each as `CODE LINE:COLUMN message (hint)`, file names without the folder. */
export function problems(
  files: Readonly<Record<string, string>> | string,
  options: Partial<PlaybookLoaderOptions> = {},
): string[] {
  const made = project(typeof files === "string" ? { "site.yml": files } : files, options);
  const shown = ({ code, message, origin, hint }: Problem): string => {
    const file = origin?.file.replace(`${made.folder}/`, "");
    const place = origin ? `${file === "site.yml" ? "" : `${file}:`}${origin.line}:${origin.column}` : "?";
    return `${code} ${place} ${message}${hint ? ` (${hint})` : ""}`
      .replaceAll(`${made.folder}/`, "")
      .replaceAll(made.folder, ".");
  };
  try {
    made.loader.playbook(made.path("site.yml"));
    return [];
  } catch (error) {
    if (error instanceof Failures) return error.problems.map(shown);
    throw error;
  } finally {
    made.remove();
  }
}

/** All tasks of a list, in the order in which they run, without the flushes between a play's sections. */
export function tasksIn(nodes: readonly PlayNode[]): Task[] {
  return nodes.flatMap((node) =>
    node.kind === "task" ? [node] : tasksIn([...node.block, ...node.rescue, ...node.always]),
  );
}

export function tasksOf(from: Play): Task[] {
  return tasksIn(from.body).filter((task) => task.origin !== from.origin);
}

/** The first task. */
export function firstTask(from: Play): Task {
  const [first] = tasksOf(from);
  if (!first) throw new Error("no task");
  return first;
}

/** A value for comparing: Templates as their text in `«»`. */
export function shown(value: unknown): unknown {
  if (value instanceof Template) return `«${value.text}»`;
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), shown(item)]));
  return value;
}
