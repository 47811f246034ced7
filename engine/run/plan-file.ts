// What a dry run foretold, kept in a file, so that a later run can make sure that the hosts are still as they were
// looked at. Holds statuses and fingerprints, no contents: a plan may be kept where secrets may not.

import { createHash } from "node:crypto";
import type { RunEvent } from "../core/event.ts";
import { fail, type Problem } from "../core/problem.ts";
import type { Status } from "../core/result.ts";

const FORMAT = 1;

/** One result that was foretold. */
export interface PlannedStep {
  readonly host: string;
  readonly task: string;
  /** File and line of the task. */
  readonly place: string;
  /** The loop item's label. */
  readonly item?: string;
  readonly status: Status;
  /** Of the differences that the step would make; only for those that change something. */
  readonly fingerprint?: string;
}

export interface PlanFile {
  readonly format: typeof FORMAT;
  readonly playbooks: readonly string[];
  readonly steps: readonly PlannedStep[];
}

/** Follows a dry run (with differences) and keeps what it tells. */
export class PlanRecorder {
  readonly #steps: PlannedStep[] = [];
  readonly #looped = new Set<string>();
  #playbooks: readonly string[] = [];

  event(event: RunEvent): void {
    if (event.type === "run-start") this.#playbooks = event.playbooks;
    if (event.type !== "host-result" && event.type !== "item-result") return;
    const { host, task, status, diff } = event;
    const pair = `${task.id} ${host}`;
    if (event.type === "item-result") this.#looped.add(pair);
    else if (this.#looped.delete(pair)) return;
    const { origin } = task;
    this.#steps.push({
      host,
      task: task.name,
      place: origin ? `${origin.file}:${origin.line}` : "",
      ...(event.type === "item-result" ? { item: event.label } : {}),
      status,
      ...(status === "changed" ? { fingerprint: fingerprint(diff) } : {}),
    });
  }

  plan(): PlanFile {
    return { format: FORMAT, playbooks: this.#playbooks, steps: this.#steps };
  }
}

function fingerprint(data: unknown): string {
  return createHash("sha256").update(JSON.stringify(data)).digest("hex").slice(0, 32);
}

/** Failure `plan-format` if the text is no plan of ours. */
export function parsePlan(text: string, file: string): PlanFile {
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    fail("plan-format", `${file} is no plan: ${error instanceof Error ? error.message : String(error)}`);
  }
  if ((plan as PlanFile | null)?.format !== FORMAT || !Array.isArray((plan as PlanFile).steps))
    fail("plan-format", `${file} is no plan that this version of tsplay made`, {
      hint: "make one with tsplay run … --check --out FILE",
    });
  return plan as PlanFile;
}

/** What is not as planned any more, a problem for each step; empty if everything is. */
export function deviations(planned: PlanFile, now: PlanFile): Problem[] {
  const before = keyed(planned.steps);
  const after = keyed(now.steps);
  const problems: Problem[] = [];
  for (const [key, step] of before) {
    const other = after.get(key);
    if (!other) problems.push(deviation(step, `planned as ${step.status}, is not reached any more`));
    else if (other.status !== step.status)
      problems.push(deviation(step, `planned as ${step.status}, would now be ${other.status}`));
    else if (other.fingerprint !== step.fingerprint)
      problems.push(deviation(step, "would change something else than was planned"));
  }
  for (const [key, step] of after)
    if (!before.has(key) && step.status !== "skipped" && step.status !== "ok")
      problems.push(deviation(step, `was not planned, would now be ${step.status}`));
  return problems;
}

function deviation({ host, task, item, place }: PlannedStep, what: string): Problem {
  const name = item === undefined ? task : `${task} (item=${item})`;
  return { code: "plan-deviation", message: `${host}: '${name}' ${what}${place ? ` (${place})` : ""}` };
}

/** By host, place and item; the n-th of several equal ones counts as such. */
function keyed(steps: readonly PlannedStep[]): Map<string, PlannedStep> {
  const seen = new Map<string, number>();
  const map = new Map<string, PlannedStep>();
  for (const step of steps) {
    const base = JSON.stringify([step.host, step.place, step.task, step.item]);
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    map.set(`${base} ${count}`, step);
  }
  return map;
}
