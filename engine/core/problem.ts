// What can go wrong, as plain data with a place in a file, and the one exception that carries it.
// Turning a problem into text for a person is report/problem-text.ts, nowhere else.

/** A place in a file that a person wrote. Lines and columns count from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something that is wrong with what the user gave us or with what a host answered. Plain data. */
export interface Problem {
  /** Stable, kebab-case, prefixed by its area: `yaml-tab`, `template-undefined`, `host-unreachable`. */
  readonly code: string;
  /** One sentence for a person, without position, without secrets. */
  readonly message: string;
  readonly origin?: Origin;
  /** What to do about it. */
  readonly hint?: string;
  /** Other places that matter: the first of two duplicate keys, the chain of an include cycle. */
  readonly related?: ReadonlyArray<{ readonly message: string; readonly origin?: Origin }>;
  readonly cause?: Problem;
}

/**
 * The exception that carries a problem across layers. Everything that is an expected failure throws this
 * (or a subclass); anything else that is thrown is a bug of ours and ends the run with exit code 250.
 * Why thrown and not returned: most of the engine is asynchronous reading of hosts, where a value that may
 * be a failure at every await hides the work; the runner is the one place that turns failures into results.
 */
export class Failure extends Error {
  readonly problem: Problem;
  constructor(problem: Problem, options?: { cause?: unknown }) {
    super(problem.message, options);
    this.name = "Failure";
    this.problem = problem;
  }
}

/** Several problems found by one look at the input (lint, preflight, parsing), all told at once. */
export class Failures extends Failure {
  readonly problems: readonly Problem[];
  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems[0]);
    this.name = "Failures";
    this.problems = problems;
  }
}

export function fail(code: string, message: string, more: Omit<Problem, "code" | "message"> = {}): never {
  throw new Failure({ code, message, ...more });
}

/** The problem inside anything that was thrown; a bug gets the code `internal-bug` and its stack as cause. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Failure) return error.problem;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    code: "internal-bug",
    message,
    hint: "this is a bug in tsplay, please report it",
    ...(stack ? { cause: { code: "stack", message: stack } } : {}),
  };
}

/** The problem at an origin, if it has none of its own yet. */
export function at(problem: Problem, origin: Origin | undefined): Problem {
  return problem.origin || !origin ? problem : { ...problem, origin };
}
