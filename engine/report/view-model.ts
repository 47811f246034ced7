// What the live board knows of a run: fed by events, each at constant cost, read a few times a second.
// Holds the tasks that run and numbers of what is over; knows nothing of terminals.

import type { HostResult, RunEvent, TaskInfo } from "../core/event.ts";
import { type Counts, noCounts, type Status } from "../core/result.ts";
import type { Undecided } from "./undecided-text.ts";

/** A task that some hosts have not finished. */
export interface RunningTask {
  readonly info: TaskInfo;
  readonly started: number;
  /** Hosts it is for, at first those of its start; more with the free strategy. */
  readonly hosts: Set<string>;
  readonly done: Set<string>;
  readonly statuses: Record<Status, number>;
  ignored: number;
  /** The last thing a host said about a long step. */
  readonly progress: Map<string, { readonly message: string; readonly fraction?: number }>;
}

/** A task that is over. `seconds` is from its start to its last host's end. */
export interface FinishedTask {
  readonly info: TaskInfo;
  readonly play: string;
  readonly seconds: number;
  readonly statuses: Readonly<Record<Status, number>>;
  readonly ignored: number;
}

export interface FailedHost {
  readonly host: string;
  readonly task: string;
  readonly status: "failed" | "unreachable";
}

/** Number of slowest tasks that are remembered. */
const SLOWEST = 8;

export class ViewModel {
  check = false;
  started = 0;
  play = "";
  playHosts = 0;
  tasksDone = 0;
  interrupted = 0;
  counts: { readonly [host: string]: Counts } | undefined;
  undecided: readonly Undecided[] = [];
  readonly running = new Map<string, RunningTask>();
  /** By host: the failure that took it out of the play. Rescued ones are removed. */
  readonly failed = new Map<string, FailedHost>();
  readonly lost = new Set<string>();
  /** Slowest first. */
  readonly slowest: FinishedTask[] = [];

  /** Takes an event in; the task that it ended, if it did. */
  take(event: RunEvent): FinishedTask | undefined {
    switch (event.type) {
      case "run-start":
        this.check = event.check;
        this.started = event.time;
        return undefined;
      case "play-start":
        this.play = event.name;
        this.playHosts = event.hosts.length;
        return undefined;
      case "task-start":
        this.#start(event.task, event.hosts, event.time);
        return undefined;
      case "host-start":
        this.#start(event.task, [event.host], event.time);
        return undefined;
      case "progress":
        this.running.get(event.task.id)?.progress.set(event.host, event);
        return undefined;
      case "retry":
        this.running
          .get(event.task.id)
          ?.progress.set(event.host, { message: `failed, trying again, ${event.left} tries left` });
        return undefined;
      case "host-result":
        return this.#end(event);
      case "rescued":
        this.failed.delete(event.host);
        return undefined;
      case "connection":
        if (event.state === "lost") this.lost.add(event.host);
        else this.lost.delete(event.host);
        return undefined;
      case "interrupted":
        this.interrupted = event.times;
        return undefined;
      case "recap":
        this.counts = event.counts;
        this.undecided = event.undecided;
        this.running.clear();
        return undefined;
      default:
        return undefined;
    }
  }

  /** Hosts that a task still waits for. */
  waiting(task: RunningTask): string[] {
    return [...task.hosts].filter((host) => !task.done.has(host));
  }

  #start(info: TaskInfo, hosts: readonly string[], time: number): void {
    const running = this.running.get(info.id);
    if (running) for (const host of hosts) running.hosts.add(host);
    else
      this.running.set(info.id, {
        info,
        started: time,
        hosts: new Set(hosts),
        done: new Set(),
        statuses: noStatuses(),
        ignored: 0,
        progress: new Map(),
      });
  }

  #end(event: HostResult): FinishedTask | undefined {
    const { task, host, status } = event;
    if (!event.ignored && (status === "failed" || status === "unreachable"))
      this.failed.set(host, { host, task: task.name, status });
    const running = this.running.get(task.id);
    if (!running) return undefined;
    running.hosts.add(host);
    running.done.add(host);
    running.progress.delete(host);
    running.statuses[status]++;
    if (event.ignored) running.ignored++;
    if (running.done.size < running.hosts.size) return undefined;
    this.running.delete(task.id);
    this.tasksDone++;
    const finished: FinishedTask = {
      info: task,
      play: this.play,
      seconds: Math.max(0, event.time - running.started) / 1000,
      statuses: running.statuses,
      ignored: running.ignored,
    };
    this.#remember(finished);
    return finished;
  }

  #remember(finished: FinishedTask): void {
    const place = this.slowest.findIndex(({ seconds }) => seconds < finished.seconds);
    this.slowest.splice(place < 0 ? this.slowest.length : place, 0, finished);
    if (this.slowest.length > SLOWEST) this.slowest.pop();
  }
}

function noStatuses(): Record<Status, number> {
  return { ok: 0, changed: 0, failed: 0, skipped: 0, unreachable: 0, undecided: 0 };
}

/** All hosts' counts added up. */
export function totals(counts: { readonly [host: string]: Counts }): Counts {
  const sum = noCounts();
  for (const one of Object.values(counts))
    for (const key of Object.keys(sum) as Array<keyof Counts>) sum[key] += one[key];
  return sum;
}
