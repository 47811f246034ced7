// Tasks in the background (`async` with `poll: 0`): what was started, what came of it. `async_status` asks here.

import type { Result } from "../core/result.ts";

export interface Job {
  readonly id: string;
  readonly host: string;
  /** Resolves when it has ended, well or not. */
  readonly done: Promise<void>;
  /** undefined while it runs. */
  result: Result | undefined;
}

export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Starts following `work`, whose failure is a result too. */
  start(host: string, work: Promise<Result>): Job {
    const digits = (count: number): string => String(Math.floor(this.#random() * 10 ** count)).padStart(count, "0");
    let finish: (result: Result) => void = () => {};
    const done = work
      .catch((error: unknown): Result => {
        return { failed: true, changed: false, msg: error instanceof Error ? error.message : String(error) };
      })
      .then((result) => finish(result));
    const job: Job = { id: `j${digits(12)}.${digits(5)}`, host, done, result: undefined };
    finish = (result) => {
      job.result = result;
    };
    this.#jobs.set(job.id, job);
    return job;
  }

  /** Those that still run. */
  unfinished(): readonly Job[] {
    return [...this.#jobs.values()].filter(({ result }) => result === undefined);
  }

  find(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  forget(id: string): void {
    this.#jobs.delete(id);
  }
}
