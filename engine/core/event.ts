// Everything that happens in a run, as plain data. Reporters (report/) are the only readers; `--output jsonl`
// prints one of these a line, so a field that is here is a promise: add, do not rename.

import type { Origin, Problem } from "./problem.ts";
import type { Counts, Difference, Status } from "./result.ts";
import type { PlainObject } from "./value.ts";

export const EVENT_VERSION = 1;

/** A task as events name it. `id` is unique in the run and the same for all hosts. */
export interface TaskInfo {
  readonly id: string;
  /** As shown in `TASK [role : name]`, already templated where it could be. */
  readonly name: string;
  readonly action: string;
  readonly kind: "task" | "handler" | "gather" | "include" | "meta";
  readonly origin?: Origin;
  readonly tags: readonly string[];
}

interface Base {
  /** Milliseconds since the epoch on the controller. */
  readonly time: number;
}

export interface HostResult extends Base {
  readonly type: "host-result";
  readonly task: TaskInfo;
  readonly host: string;
  /** Set when the task was delegated: the host it acted on. */
  readonly delegatedTo?: string;
  readonly status: Status;
  /** The task failed, and `ignore_errors` (or ignore_unreachable) let the play go on. */
  readonly ignored: boolean;
  /** As registered, censored already under `no_log`. */
  readonly result: PlainObject;
  readonly diff: readonly Difference[];
  /** Why the dry run cannot tell (status undecided). */
  readonly reason?: string;
  readonly problem?: Problem;
  /** Milliseconds from start to end on this host. */
  readonly duration: number;
}

export type RunEvent =
  | (Base & {
      readonly type: "run-start";
      readonly version: number;
      readonly check: boolean;
      readonly playbooks: readonly string[];
    })
  | (Base & {
      readonly type: "play-start";
      readonly name: string;
      readonly hosts: readonly string[];
      readonly origin?: Origin;
    })
  | (Base & { readonly type: "no-hosts"; readonly reason: "no-match" | "none-left" })
  | (Base & { readonly type: "task-start"; readonly task: TaskInfo; readonly hosts: readonly string[] })
  | (Base & { readonly type: "host-start"; readonly task: TaskInfo; readonly host: string })
  | (Base & {
      readonly type: "item-result";
      readonly task: TaskInfo;
      readonly host: string;
      readonly delegatedTo?: string;
      readonly status: Status;
      readonly label: string;
      readonly result: PlainObject;
      readonly diff: readonly Difference[];
      readonly reason?: string;
      readonly ignored: boolean;
    })
  | HostResult
  | (Base & {
      readonly type: "retry";
      readonly task: TaskInfo;
      readonly host: string;
      readonly left: number;
      readonly result: PlainObject;
    })
  | (Base & {
      readonly type: "progress";
      readonly task: TaskInfo;
      readonly host: string;
      readonly message: string;
      readonly fraction?: number;
    })
  | (Base & {
      readonly type: "included";
      readonly file: string;
      readonly hosts: readonly string[];
      readonly label?: string;
      readonly task: TaskInfo;
    })
  | (Base & { readonly type: "handlers-start" })
  | (Base & { readonly type: "rescued"; readonly host: string; readonly task: TaskInfo })
  | (Base & { readonly type: "message"; readonly task: TaskInfo; readonly host: string; readonly text: string })
  | (Base & {
      readonly type: "connection";
      readonly host: string;
      readonly state: "opening" | "open" | "lost" | "reconnected" | "closed";
      readonly detail?: string;
    })
  | (Base & { readonly type: "warning"; readonly problem: Problem; readonly host?: string })
  | (Base & { readonly type: "interrupted"; readonly times: number })
  | (Base & {
      readonly type: "recap";
      readonly counts: { readonly [host: string]: Counts };
      readonly custom?: PlainObject;
      readonly undecided: ReadonlyArray<{ host: string; task: TaskInfo; reason: string }>;
    })
  | (Base & {
      readonly type: "run-end";
      readonly exitCode: number;
      readonly duration: number;
      /** What the connections to each host cost. */
      readonly traffic?: { readonly [host: string]: Traffic };
    });

/** A round trip is a wait for an answer with nothing else on its way. */
export interface Traffic {
  readonly roundTrips: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Where the run sends its events. Must not throw and must not block. */
export type EventSink = (event: RunEvent) => void;
