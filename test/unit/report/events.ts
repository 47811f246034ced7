// Events for the tests of reporters, with the parts that do not matter filled in, and a printer that remembers.

import type { HostResult, RunEvent, TaskInfo } from "../../../engine/core/event.ts";
import { type Counts, noCounts } from "../../../engine/core/result.ts";
import { Mask } from "../../../engine/core/secret.ts";
import { Printer } from "../../../engine/report/printer.ts";

type Without<T> = T extends RunEvent ? Omit<T, "time"> : never;

/** The event at a time. */
export function at(time: number, event: Without<RunEvent>): RunEvent {
  return { time, ...event } as RunEvent;
}

export function task(name: string, more: Partial<TaskInfo> = {}): TaskInfo {
  return { id: name, name, action: "command", kind: "task", tags: [], ...more };
}

export function started(info: TaskInfo, hosts: readonly string[] = ["h1"], time = 0): RunEvent {
  return { type: "task-start", time, task: info, hosts };
}

export function ended(info: TaskInfo, more: Partial<HostResult> = {}): HostResult {
  return {
    type: "host-result",
    time: 0,
    task: info,
    host: "h1",
    status: "ok",
    ignored: false,
    result: { changed: false },
    diff: [],
    duration: 1,
    ...more,
  };
}

export function item(info: TaskInfo, label: string, more: object = {}): RunEvent {
  return {
    type: "item-result",
    time: 0,
    task: info,
    host: "h1",
    status: "ok",
    label,
    result: { changed: false, item: label, ansible_loop_var: "item" },
    diff: [],
    ignored: false,
    ...more,
  } as RunEvent;
}

export function counts(more: Partial<Counts>): Counts {
  return { ...noCounts(), ...more };
}

export function stars(head: string): string {
  return `${head} ${"*".repeat(Math.max(3, 79 - head.length))}`;
}

/** A printer without terminal, and what was written through it. */
export function memory(options: { readonly colour?: boolean; readonly columns?: number; readonly mask?: Mask } = {}): {
  readonly printer: Printer;
  readonly out: () => string;
  readonly err: () => string;
} {
  let out = "";
  let err = "";
  const printer = new Printer({
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    mask: options.mask ?? new Mask(),
    colour: options.colour ?? false,
    columns: options.columns,
  });
  return { printer, out: () => out, err: () => err };
}
