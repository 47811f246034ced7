// What work in a test must fail with: the error, its message, or the problem it carries. Work that goes well fails the test.

import { Failure, type Problem } from "../engine/core/problem.ts";

/** What the work is rejected with. */
export function errorOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Error) => error,
  );
}

/** The message of what the work is rejected with. */
export async function messageOf(work: Promise<unknown>): Promise<string> {
  return (await errorOf(work)).message;
}

/** The Failure that the work is rejected with; anything else is thrown on. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await errorOf(work);
  if (error instanceof Failure) return error;
  throw error;
}

/** The problem of the Failure that a function throws; anything else is thrown on. */
export function problemIn(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error.problem;
    throw error;
  }
  throw new Error("it did not fail");
}
