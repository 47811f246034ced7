// What a run adds up besides the hosts' counts: set_stats, and what a dry run could not decide.

import type { RunEvent, TaskInfo } from "../core/event.ts";
import type { Plain, PlainObject } from "../core/value.ts";

export class RunStatistics {
  readonly undecided: { host: string; task: TaskInfo; reason: string }[] = [];
  readonly #all: Record<string, Plain> = {};
  readonly #perHost = new Map<string, Record<string, Plain>>();

  see(event: RunEvent): void {
    if (event.type === "host-result" && event.status === "undecided")
      this.undecided.push({ host: event.host, task: event.task, reason: event.reason ?? "" });
  }

  /** set_stats: with `aggregate` numbers add up, lists join, mappings merge. */
  set(host: string, data: PlainObject, options: { readonly perHost: boolean; readonly aggregate: boolean }): void {
    let into = this.#all;
    if (options.perHost) {
      into = this.#perHost.get(host) ?? {};
      this.#perHost.set(host, into);
    }
    for (const [name, value] of Object.entries(data)) {
      if (value === undefined) continue;
      const before = into[name];
      into[name] = options.aggregate && before !== undefined ? aggregate(before, value) : value;
    }
  }

  /** undefined when no task set any. */
  custom(): PlainObject | undefined {
    const hosts = Object.fromEntries(this.#perHost);
    const run = Object.keys(this.#all).length > 0 ? { _run: this.#all } : {};
    const custom = { ...hosts, ...run };
    return Object.keys(custom).length > 0 ? custom : undefined;
  }
}

function aggregate(before: Plain, value: Plain): Plain {
  if (typeof before === "number" && typeof value === "number") return before + value;
  if (Array.isArray(before) && Array.isArray(value)) return [...(before as Plain[]), ...(value as Plain[])];
  if (typeof before === "string" && typeof value === "string") return before + value;
  if (isMapping(before) && isMapping(value)) return { ...before, ...value };
  return value;
}

function isMapping(value: Plain): value is PlainObject {
  return value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}
