// Events as JSON: one a line while they happen (`--output jsonl`), or one document at the end (`--output json`).

import type { RunEvent } from "../core/event.ts";
import type { Counts } from "../core/result.ts";
import type { Mask } from "../core/secret.ts";
import { Unknown } from "../core/unknown.ts";
import { Float } from "../core/value.ts";
import type { Reporter } from "./reporter.ts";

/** What JSON allows as it is but a terminal takes as orders: C1 controls and marks that reorder text. */
const HARMFUL = /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** JSON of event data: Unknown as `{"unknown": reason}`, whole numbers beyond 2^53 as text; harmless on a terminal. */
export function eventJson(value: unknown, mask: Mask, indent?: number): string {
  const text = JSON.stringify(mask.data(finished(value)), null, indent);
  // They can stand inside JSON's strings only, where the escape means the same.
  return text.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function finished(value: unknown): unknown {
  if (value instanceof Unknown) return { unknown: value.reason };
  if (value instanceof Float) return value.value;
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(finished);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), finished(item)]));
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, finished(item)]));
  return value;
}

export class JsonLinesReporter implements Reporter {
  readonly #write: (text: string) => void;
  readonly #mask: Mask;

  constructor(write: (text: string) => void, mask: Mask) {
    this.#write = write;
    this.#mask = mask;
  }

  event(event: RunEvent): void {
    this.#write(`${eventJson(event, this.#mask)}\n`);
  }

  async finish(): Promise<void> {}
}

interface PlayDocument {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly tasks: TaskDocument[];
}

interface TaskDocument {
  readonly id: string;
  readonly name: string;
  readonly action: string;
  readonly origin?: unknown;
  readonly hosts: Record<string, unknown>;
}

/** Collects plays, tasks and results by host, and writes one document: plays, stats, undecided, warnings. */
export class JsonReporter implements Reporter {
  readonly #write: (text: string) => void;
  readonly #mask: Mask;
  readonly #plays: PlayDocument[] = [];
  readonly #tasks = new Map<string, TaskDocument>();
  readonly #warnings: unknown[] = [];
  #stats: { readonly [host: string]: Counts } = {};
  #undecided: unknown[] = [];
  #custom: unknown = {};
  #check = false;
  #exitCode: number | undefined;

  constructor(write: (text: string) => void, mask: Mask) {
    this.#write = write;
    this.#mask = mask;
  }

  event(event: RunEvent): void {
    switch (event.type) {
      case "run-start":
        this.#check = event.check;
        return;
      case "play-start":
        this.#plays.push({ name: event.name, hosts: event.hosts, tasks: [] });
        this.#tasks.clear();
        return;
      case "host-result": {
        const { status, ignored, result, diff, reason, problem, delegatedTo, duration } = event;
        this.#taskOf(event.task).hosts[event.host] = {
          status,
          duration,
          result,
          ...(ignored ? { ignored } : {}),
          ...(diff.length > 0 ? { diff } : {}),
          ...(reason === undefined ? {} : { reason }),
          ...(problem === undefined ? {} : { problem }),
          ...(delegatedTo === undefined ? {} : { delegatedTo }),
        };
        return;
      }
      case "warning":
        this.#warnings.push(event.problem);
        return;
      case "recap":
        this.#stats = event.counts;
        this.#custom = event.custom ?? {};
        this.#undecided = event.undecided.map(({ host, task, reason }) => ({ host, task: task.name, reason }));
        return;
      case "run-end":
        this.#exitCode = event.exitCode;
        return;
    }
  }

  async finish(): Promise<void> {
    const document = {
      check: this.#check,
      exitCode: this.#exitCode,
      plays: this.#plays,
      stats: this.#stats,
      customStats: this.#custom,
      undecided: this.#undecided,
      warnings: this.#warnings,
    };
    this.#write(`${eventJson(document, this.#mask, 2)}\n`);
  }

  #taskOf(task: {
    readonly id: string;
    readonly name: string;
    readonly action: string;
    readonly origin?: unknown;
  }): TaskDocument {
    let found = this.#tasks.get(task.id);
    if (!found) {
      const { id, name, action, origin } = task;
      found = { id, name, action, ...(origin === undefined ? {} : { origin }), hosts: {} };
      this.#tasks.set(task.id, found);
      this.#plays.at(-1)?.tasks.push(found);
    }
    return found;
  }
}
