// What the configuration makes of a warning, by its code: told as it is, an error, or nothing.

import { Failure, type Problem } from "./problem.ts";

/** By code: `warn`, `error` or `ignore`; codes without a rule are told. */
export type WarningRules = Readonly<Record<string, string>>;

/** Tells the warning with `warn`, or throws it as a Failure, or drops it. */
export function byRules(rules: WarningRules, warn: (problem: Problem) => void): (problem: Problem) => void {
  return (problem) => {
    const rule = rules[problem.code] ?? "warn";
    if (rule === "error") throw new Failure(problem);
    if (rule !== "ignore") warn(problem);
  };
}
