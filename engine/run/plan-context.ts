// What a module's plan may use besides the host: the controller's files as Ansible searches them, templates in the
// task's variables, facts, predictions. One for each item of a task on a host.

import { existsSync, statSync } from "node:fs";
import { homedir, hostname, userInfo } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { textOf } from "../core/bytes.ts";
import { fail, type Problem } from "../core/problem.ts";
import { isUnknown, Undecided } from "../core/unknown.ts";
import { type Data, fromPlain, type Plain, toPlain, type Value } from "../core/value.ts";
import type { Predictions } from "../host/prediction.ts";
import type { PlanContext, RenderOptions } from "../modules/module.ts";
import type { Task } from "../playbook/model.ts";
import { searchFolders } from "../playbook/search-folders.ts";
import { formatTime } from "../template/python/strftime.ts";
import { overlay } from "../template/scope.ts";
import type { Evaluation } from "./evaluate.ts";
import type { PlayState } from "./play-state.ts";
import type { TaskOptions } from "./task-options.ts";

const NO_PREDICTIONS: Predictions = { of: () => [] };

/** Warnings of a plan, kept until it is used: one that was made ahead may be thrown away, and what it saw may be gone. */
export class KeptWarnings {
  readonly #emit: (problem: Problem) => void;
  #kept: Problem[] | undefined = [];

  constructor(emit: (problem: Problem) => void) {
    this.#emit = emit;
  }

  add(problem: Problem): void {
    if (this.#kept) this.#kept.push(problem);
    else this.#emit(problem);
  }

  /** Tells them, and further ones at once. */
  tell(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const problem of kept) this.#emit(problem);
  }
}

export function planContext(
  state: PlayState,
  task: Task,
  host: string,
  evaluation: Evaluation,
  options: TaskOptions,
  warn: (problem: Problem) => void = (problem) => state.warn(problem, host),
): PlanContext {
  const { context } = state;
  return {
    facts: factsOf(state, options.delegatedTo ?? host),
    environment: options.environment,
    predictions: options.check ? options.target.dry.predictions : NO_PREDICTIONS,
    check: options.check,
    find: (name, kind) => findControllerFile(task, name, kind),
    render: (path, settings) => render(state, task, path, settings ?? {}, evaluation),
    readController: (path, read) => context.readControllerFile(path, read),
    isVaulted: (path) => context.isVaulted(path),
    warn: (problem) =>
      warn(typeof problem === "string" ? { code: "module-warning", message: problem, origin: task.origin } : problem),
    now: () => context.now() / 1000,
  };
}

/** The host's facts as a plain object, made only if a module looks. */
function factsOf(state: PlayState, host: string): Readonly<Record<string, Plain>> {
  const { facts } = state.context.store.host(host);
  return new Proxy({} as Record<string, Plain>, {
    get: (_target, name) => {
      const value = facts.get(String(name));
      return value === undefined ? undefined : toPlain(value);
    },
    has: (_target, name) => facts.has(String(name)),
    ownKeys: () => [...facts.keys()].map(String),
    getOwnPropertyDescriptor: (_target, name) =>
      facts.has(String(name))
        ? { enumerable: true, configurable: true, value: toPlain(facts.get(String(name)) as Data) }
        : undefined,
  });
}

/** A controller file by Ansible's search path. Failure `file-not-found` that lists where it looked. */
function findControllerFile(task: Task, name: string, kind: "files" | "templates" | "vars"): string {
  const path = name.replace(/^~(?=\/|$)/, homedir());
  if (isAbsolute(path)) {
    if (existsSync(path)) return path;
    fail("file-not-found", `Could not find or access '${name}'`, { origin: task.origin });
  }
  const folders = searchFolders(task, kind);
  for (const folder of folders) {
    const candidate = join(folder, path);
    if (existsSync(candidate)) return name.endsWith("/") ? `${resolve(candidate)}/` : resolve(candidate);
  }
  fail("file-not-found", `Could not find or access '${name}'`, {
    origin: task.origin,
    hint: `searched in:\n${folders.map((folder) => `  ${folder}`).join("\n")}`,
  });
}

/** The setting `ansible_managed` with its places filled in: {file}, {host}, {uid} and the template's time. */
function managedText(pattern: string, path: string, time: Date): string {
  const values: Readonly<Record<string, string>> = { file: path, host: hostname(), uid: userInfo().username };
  const filled = pattern.replace(/\{(file|host|uid)\}/g, (_, name: string) =>
    (values[name] ?? "").replaceAll("%", "%%"),
  );
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return filled.includes("%") ? formatTime(filled, local) : filled;
}

function render(state: PlayState, task: Task, path: string, settings: RenderOptions, evaluation: Evaluation): string {
  const text = textOf(state.context.readTrusted(path));
  const stat = statSync(path);
  const extra = new Map<string, Value>([
    ["template_host", hostname()],
    ["template_uid", userInfo().username],
    ["template_path", path],
    ["template_fullpath", resolve(path)],
    ["template_mtime", stat.mtime.toISOString()],
    ["template_run_date", new Date(state.context.now()).toISOString()],
  ]);
  if (evaluation.scope.get("ansible_managed") === undefined)
    extra.set("ansible_managed", managedText(state.context.ansibleManaged, path, stat.mtime));
  for (const [name, value] of Object.entries(settings.extra ?? {}))
    if (value !== undefined) extra.set(name, fromPlain(value));
  const rendered = state.context.engine.render(text, overlay(extra, evaluation.scope), {
    ...settings,
    trimBlocks: settings.trimBlocks ?? true,
    lstripBlocks: settings.lstripBlocks ?? false,
    newlineSequence: settings.newlineSequence ?? "\n",
    keepTrailingNewline: true,
    file: path,
    searchPath: [dirname(path), ...searchFolders(task, "templates")],
  });
  if (isUnknown(rendered)) throw new Undecided(rendered);
  return rendered;
}
