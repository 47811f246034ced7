// Collects what is wrong with playbooks while they load, so that all of it is told at once.

import { Failure, Failures, type Problem } from "../core/problem.ts";

/** Thrown to give up on a part whose problems are in the list already. */
export class AlreadyTold extends Error {}

/** Problems and warnings in the order found; the same one is kept once. */
export class ProblemList {
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[];
  readonly #seen: Set<string>;
  readonly #tell: (problem: Problem) => void;

  /** `warnings` and `seen` may be shared by several lists: a warning is told once in all of them, to `tell` too. */
  constructor(
    warnings: Problem[] = [],
    seen: Set<string> = new Set(),
    tell: (problem: Problem) => void = () => undefined,
  ) {
    this.#tell = tell;
    this.#warnings = warnings;
    this.#seen = seen;
  }

  add(problem: Problem): void {
    const key = identity(problem);
    if (!this.#problems.some((known) => identity(known) === key)) this.#problems.push(problem);
  }

  warn(problem: Problem): void {
    const key = identity(problem);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#warnings.push(problem);
    this.#tell(problem);
  }

  /** Runs `part`; a Failure becomes a problem of this list and the answer is undefined. Bugs pass through. */
  attempt<T>(part: () => T): T | undefined {
    try {
      return part();
    } catch (error) {
      if (error instanceof Failures) for (const problem of error.problems) this.add(problem);
      else if (error instanceof Failure) this.add(error.problem);
      else if (!(error instanceof AlreadyTold)) throw error;
      return undefined;
    }
  }

  /** Throws all problems as one Failures, if there are any. */
  settle(): void {
    const [first, ...rest] = this.#problems;
    if (first) throw new Failures([first, ...rest]);
  }
}

function identity({ code, message, origin }: Problem): string {
  return `${code}\0${message}\0${origin?.file}:${origin?.line}:${origin?.column}`;
}
