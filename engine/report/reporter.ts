// What every reader of a run's events is.

import type { RunEvent } from "../core/event.ts";

export interface Reporter {
  /** Takes one event. Does not throw, does not wait. */
  event(event: RunEvent): void;
  /** After the last event: writes what is left. */
  finish(): Promise<void>;
}

/** Several reporters as one: the screen and a report file. */
export function together(reporters: readonly Reporter[]): Reporter {
  return {
    event(event) {
      for (const reporter of reporters) reporter.event(event);
    },
    async finish() {
      for (const reporter of reporters) await reporter.finish();
    },
  };
}
