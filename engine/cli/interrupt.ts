// Ctrl-C: the first stops new tasks, the second stops everything at once. SIGTERM and SIGHUP count the same.

import { EXIT } from "./exit-codes.ts";

export interface Interrupts {
  readonly interrupt: AbortSignal;
  readonly kill: AbortSignal;
  /** Gives the signals back to the process. */
  stop(): void;
}

/** After the second signal the run has this long to end by itself, in milliseconds. */
const PATIENCE = 1500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** `told` hears of each signal with its number; `exit` ends the process. */
export function watchInterrupts(
  told: (times: number) => void,
  source: SignalSource = process,
  exit: (code: number) => void = (code) => process.exit(code),
): Interrupts {
  const interrupt = new AbortController();
  const kill = new AbortController();
  let times = 0;
  const listener = (): void => {
    times++;
    if (times > 2) {
      exit(EXIT.interrupted);
      return;
    }
    told(times);
    if (times === 1) interrupt.abort();
    else {
      kill.abort();
      setTimeout(() => exit(EXIT.interrupted), PATIENCE).unref();
    }
  };
  for (const signal of SIGNALS) source.on(signal, listener);
  return {
    interrupt: interrupt.signal,
    kill: kill.signal,
    stop() {
      for (const signal of SIGNALS) source.off(signal, listener);
    },
  };
}
