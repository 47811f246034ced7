// What is looked at after a run, in one shape for both programs: exit code, recap, tasks with what they said, files.

import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";

export interface ObservedTask {
  /** `TASK [name]` or `HANDLER [name]`. */
  readonly task: string;
  /** Host: status, or status and message, or a list of those for the items of a loop. */
  readonly hosts: Record<string, unknown>;
}

export interface Observed {
  readonly exit: number;
  readonly recap: Record<string, string>;
  readonly tasks: ObservedTask[];
  readonly files: Record<string, unknown>;
}

type Result = Record<string, unknown>;

const COUNTS = ["ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored"];

/** What `debug` results hold besides their message. */
const NOISE = new Set(["changed", "failed", "skipped", "action", "results", "exception", "warnings", "deprecations"]);

/** `ok=2 changed=1`: the counts that are not zero. */
export function recapText(counts: Record<string, unknown>): string {
  return COUNTS.filter((name) => Number(counts[name] ?? 0) > 0)
    .map((name) => `${name}=${counts[name]}`)
    .join(" ");
}

/** One host's part in a task: its status, and what `debug` and `fail` said. */
function told(status: string, action: string, result: Result): unknown {
  const items = result.results;
  if (Array.isArray(items) && isLoop(items) && !items.some((item) => "censored" in item))
    return [status, items.map((item) => toldItem(action, item))];
  const words = said(action, status, result);
  return words === undefined ? status : [status, words];
}

function isLoop(items: readonly unknown[]): items is Result[] {
  return items.every((item) => typeof item === "object" && item !== null);
}

function toldItem(action: string, item: Result): unknown {
  const status = item.unreachable
    ? "unreachable"
    : item.failed
      ? "failed"
      : item.skipped
        ? "skipped"
        : item.changed
          ? "changed"
          : "ok";
  const words = said(action, status, item);
  return words === undefined ? status : [status, words];
}

function said(action: string, status: string, result: Result): unknown {
  const name = action.replace(/^ansible\.(?:builtin|legacy)\./, "");
  if (name === "fail" && status === "failed") return result.msg;
  if (name !== "debug" || status === "skipped" || status === "failed") return undefined;
  if ("msg" in result) return result.msg;
  const loopNames = new Set([result.ansible_loop_var, result.ansible_index_var, "ansible_loop"]);
  const rest = Object.entries(result).filter(
    ([key]) => !NOISE.has(key) && !/^_?ansible_/.test(key) && !loopNames.has(key),
  );
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** Puts together task starts and results as they come. */
export class TaskLog {
  readonly #tasks: Array<ObservedTask & { readonly id: string }> = [];

  start(id: string, name: string, handler: boolean): void {
    this.#tasks.push({ id, task: `${handler ? "HANDLER" : "TASK"} [${name}]`, hosts: {} });
  }

  result(id: string, host: string, status: string, action: string, result: Result): void {
    const entry = this.#tasks.findLast((task) => task.id === id && !(host in task.hosts));
    // That an include went well is counted; how it is told differs.
    const includes = /(?:^|\.)(?:include_tasks|include_role|include)$/.test(action);
    // Meta tasks have no results, though the reference tells which were skipped.
    if (!entry || (includes && status === "ok") || /(?:^|\.)meta$/.test(action)) return;
    entry.hosts[host] = told(status, action, result);
  }

  /** Tasks that some host had a result of, hosts by name. */
  tasks(unordered: boolean): ObservedTask[] {
    const seen = this.#tasks
      .filter(({ hosts }) => Object.keys(hosts).length > 0)
      .map(({ task, hosts }) => ({ task, hosts: sorted(hosts) }));
    return unordered ? byHost(seen) : seen;
  }
}

/** Each host's own order, where hosts do not wait for one another. */
function byHost(tasks: readonly ObservedTask[]): ObservedTask[] {
  const hosts = [...new Set(tasks.flatMap((task) => Object.keys(task.hosts)))].sort();
  return hosts.flatMap((host) =>
    tasks
      .filter((task) => host in task.hosts)
      // The reference does not say here which tasks are handlers.
      .map(({ task, hosts: results }) => ({
        task: task.replace(/^HANDLER/, "TASK"),
        hosts: { [host]: results[host] },
      })),
  );
}

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Files below `folder` by path, those in `before` left out: text, or mode and text where it is not 0644. */
export function filesBelow(folder: string, before: ReadonlySet<string> = new Set()): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (before.has(name)) continue;
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0");
    if (stat.isSymbolicLink()) found[name] = `-> ${relative(folder, readlinkSync(path))}`;
    else if (stat.isDirectory()) found[`${name}/`] = mode;
    else {
      const text = readFileSync(path, "utf8");
      found[name] = mode === "0644" ? text : [mode, text];
    }
  }
  return found;
}

/** Replaces the folder's own path, which no two runs share. */
export function withoutPlace<T>(value: T, folder: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll(folder, "HERE")) as T;
}
