// Drives a module against a host as the runner does: parameters checked, planned, applied, results merged.

import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { Failures, type Problem } from "../../engine/core/problem.ts";
import type { Difference, Result } from "../../engine/core/result.ts";
import type { Plain } from "../../engine/core/value.ts";
import type { Host } from "../../engine/host/host.ts";
import type { Prediction } from "../../engine/host/prediction.ts";
import type { Action, ActionContext, AnyModule, Plan, PlanContext } from "../../engine/modules/module.ts";
import { checkParams } from "../../engine/modules/params-check.ts";
import { SimulatedHost } from "./simulated-host.ts";

export interface DriverOptions extends Partial<PlanContext> {
  /** Controller files by the name that tasks use; found by `find`, read by `readController`, rendered as they are. */
  readonly controllerFiles?: Readonly<Record<string, string | Buffer>>;
}

export interface Outcome {
  readonly changed: boolean;
  readonly result: Result & Record<string, Plain>;
  readonly what: readonly string[];
  readonly diff: readonly Difference[];
  readonly predictions: readonly Prediction[];
  readonly plan: Plan;
  readonly warnings: readonly string[];
}

export type RawParams = Readonly<Record<string, Plain>>;

/** Finished parameters, or the Failures that the runner would show. */
export function finishedParams(module: AnyModule, params: RawParams): Readonly<Record<string, unknown>> {
  const { params: ready, problems } = checkParams(module, params);
  const [first, ...rest] = problems;
  if (first) throw new Failures([first, ...rest]);
  return ready;
}

/** A plan context without a run: `warnings` collects what was warned of. */
export function planContext(options: DriverOptions = {}): PlanContext & { readonly warnings: string[] } {
  const { controllerFiles = {}, ...overrides } = options;
  const warnings: string[] = [];
  const content = (path: string): Buffer => {
    const held = controllerFiles[path];
    return held === undefined ? readFileSync(path) : Buffer.from(held);
  };
  return {
    facts: {},
    environment: {},
    predictions: { of: () => [] },
    check: false,
    find(name) {
      if (controllerFiles[name] !== undefined || existsSync(name)) return name;
      throw new Failures([{ code: "file-not-found", message: `Could not find or access '${name}' on the controller` }]);
    },
    render: (path) => content(path).toString(),
    readController: async (path) => content(path),
    isVaulted: async () => false,
    warn: (problem: Problem | string) => warnings.push(typeof problem === "string" ? problem : problem.message),
    now: () => 1_700_000_000,
    ...overrides,
    warnings,
  };
}

/** What a dry run would say. */
export async function planOnly(
  module: AnyModule,
  params: RawParams,
  host: Host,
  options: DriverOptions = {},
): Promise<Outcome> {
  const { plan, warnings } = await planned(module, params, host, options);
  return outcome(plan, { ...plan.result }, warnings);
}

/** What a real run does. A Failure while applying is thrown, as it is from `apply`. */
export async function planAndApply(
  module: AnyModule,
  params: RawParams,
  host: Host,
  options: DriverOptions = {},
): Promise<Outcome> {
  const { plan, warnings } = await planned(module, params, host, options);
  let result: Partial<Result> = { ...plan.result };
  for (const change of plan.changes) result = { ...result, ...(await change.apply(host, () => {})) };
  if (plan.settle) result = { ...result, ...(await plan.settle(host, () => {})) };
  return outcome(plan, result, warnings);
}

/** How a host must look: after a run in which a verb failed, and after the run that follows. */
interface Looks {
  readonly halfway?: (host: SimulatedHost) => unknown;
  /** If not said: as after a run in which nothing failed. */
  readonly end?: (host: SimulatedHost) => unknown;
}

/** A failure in the middle leaves nothing that another run would not put right: each verb fails in turn, before and after it acts. */
export async function recoversFromFailures(
  make: () => SimulatedHost,
  run: (host: SimulatedHost) => Promise<unknown>,
  looks: Looks = {},
): Promise<void> {
  const wanted = make();
  await run(wanted);
  const { halfway, end = (host) => expect(host.snapshot()).to.deep.equal(wanted.snapshot()) } = looks;
  for (const when of ["before", "after"] as const)
    for (let number = 1; ; number++) {
      const host = make();
      host.failVerb(number, when);
      const failed = await run(host).then(
        () => false,
        () => true,
      );
      host.heal();
      halfway?.(host);
      await run(host);
      await end(host);
      if (!failed) break;
    }
}

async function planned(module: AnyModule, params: RawParams, host: Host, options: DriverOptions) {
  if (module.kind !== "module") throw new Error(`${module.name} is an action`);
  const context = planContext(options);
  return { plan: await module.plan(host, finishedParams(module, params), context), warnings: context.warnings };
}

function outcome(plan: Plan, result: Partial<Result>, warnings: readonly string[]): Outcome {
  const changed = result.changed ?? plan.changes.length > 0;
  return {
    changed,
    result: { ...result, changed, ...(plan.skipped === undefined ? {} : { msg: plan.skipped }) } as Result &
      Record<string, Plain>,
    what: plan.changes.map((change) => change.what),
    diff: plan.changes.flatMap((change) => (change.difference ? [change.difference] : [])),
    predictions: plan.changes.flatMap((change) => change.predict ?? []),
    plan,
    warnings,
  };
}

/** Runs an action with a context whose verbs are given; those that are not throw when used. */
export async function runAction(
  module: AnyModule,
  params: RawParams,
  verbs: Partial<ActionContext> & DriverOptions = {},
): Promise<Result> {
  if (module.kind !== "action") throw new Error(`${module.name} is no action`);
  const host = verbs.host ?? new SimulatedHost();
  const refuse = (name: string) => (): never => {
    throw new Error(`${module.name} used ${name}, which this test does not give`);
  };
  const context: ActionContext = {
    ...planContext(verbs),
    check: false,
    host,
    hostName: host.name,
    become: undefined,
    controller: host,
    progress: () => {},
    signal: new AbortController().signal,
    condition: refuse("condition"),
    evaluate: refuse("evaluate"),
    variable: () => undefined,
    loadVarsFile: refuse("loadVarsFile"),
    setVars: refuse("setVars"),
    addHost: refuse("addHost"),
    addToGroup: refuse("addToGroup"),
    setStats: refuse("setStats"),
    runModule: refuse("runModule"),
    gatherFacts: refuse("gatherFacts"),
    resetConnection: refuse("resetConnection"),
    prompt: refuse("prompt"),
    job: refuse("job"),
    forgetJob: refuse("forgetJob"),
    ...verbs,
  };
  const { params: ready, problems } = checkParams(module, params, { allowUnknown: true });
  const [first, ...rest] = problems;
  if (first) throw new Failures([first, ...rest]);
  return (module as Action).run(context, ready);
}
