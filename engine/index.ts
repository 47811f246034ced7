// What programs may import from "tsplay": run playbooks and follow their events, declare modules.

export type { RunEvent } from "./core/event.ts";
export { Failure, Failures, type Origin, type Problem } from "./core/problem.ts";
export type { Result } from "./core/result.ts";
export { Mask } from "./core/secret.ts";
export { Undecided, Unknown } from "./core/unknown.ts";
export type { Host } from "./host/host.ts";
export type { Prediction } from "./host/prediction.ts";
export { type Action, type Change, defineAction, defineModule, type Module, type Plan } from "./modules/module.ts";
export type { RunOptions, RunOutcome } from "./run/options.ts";
export { runPlaybooks as run } from "./run/run.ts";
