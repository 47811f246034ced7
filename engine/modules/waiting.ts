// Waiting that ends at once when the run is interrupted.

import { fail } from "../core/problem.ts";

/** Resolves after `seconds`; Failure `interrupted` when the signal is aborted first. */
export function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      try {
        fail("interrupted", "the run was interrupted while waiting");
      } catch (error) {
        reject(error);
      }
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", stop);
        resolve();
      },
      Math.max(0, seconds * 1000),
    );
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
