// When an object of a cluster is as it should be: conditions that a task gives, or what readiness means for its kind.

import { setTimeout as sleep } from "node:timers/promises";
import { isPlainObject, type Plain, type PlainObject } from "../core/value.ts";
import type { Progress } from "./module.ts";
import type { ParamSchema } from "./params.ts";
import { failTask } from "./task-failure.ts";

export const WAIT_PARAMS = {
  wait: { type: "boolean", default: false, description: "Wait until it is as asked: ready, or gone." },
  wait_sleep: { type: "integer", default: 5, minimum: 1, description: "Seconds between two looks." },
  wait_timeout: { type: "integer", default: 120, minimum: 0, description: "Seconds to wait at most." },
  wait_condition: {
    type: "object",
    properties: {
      type: { type: "string", description: "Type of the condition: Available, Ready, Established." },
      status: { type: "string", enum: ["True", "False", "Unknown"], default: "True", description: "Its status." },
      reason: { type: "string", description: "Its reason." },
    },
    requiredProperties: ["type"],
    description: "A condition of the object's status to wait for.",
  },
} as const satisfies Record<string, ParamSchema>;

export interface WaitParams {
  readonly wait: boolean;
  readonly wait_sleep: number;
  readonly wait_timeout: number;
  readonly wait_condition: Readonly<Record<string, unknown>> | undefined;
}

/** Whether the object is as asked. */
export function isReady(object: PlainObject, condition: Readonly<Record<string, unknown>> | undefined): boolean {
  if (condition?.type !== undefined) return hasCondition(object, condition);
  return READINESS[String(object.kind)]?.(object) ?? true;
}

function hasCondition(object: PlainObject, wanted: Readonly<Record<string, unknown>>): boolean {
  return conditionsOf(object).some(
    (one) =>
      one.type === wanted.type &&
      one.status === (wanted.status ?? "True") &&
      (wanted.reason === undefined || wanted.reason === null || one.reason === wanted.reason),
  );
}

function conditionsOf(object: PlainObject): PlainObject[] {
  const { conditions } = part(object, "status");
  return Array.isArray(conditions) ? conditions.filter(isPlainObject) : [];
}

function part(object: PlainObject, name: string): PlainObject {
  const found = object[name];
  return isPlainObject(found) ? found : {};
}

function count(value: Plain | undefined): number {
  return typeof value === "number" ? value : 0;
}

/** The controller has seen the object as it is now. */
function isObserved(object: PlainObject): boolean {
  return count(part(object, "status").observedGeneration) >= count(part(object, "metadata").generation);
}

const READINESS: Readonly<Record<string, (object: PlainObject) => boolean>> = {
  Deployment(object) {
    const status = part(object, "status");
    const { replicas = 1 } = part(object, "spec");
    const wanted = count(replicas);
    return (
      isObserved(object) &&
      count(status.updatedReplicas) === wanted &&
      count(status.replicas) === wanted &&
      count(status.availableReplicas) === wanted
    );
  },
  StatefulSet(object) {
    const status = part(object, "status");
    const wanted = count(part(object, "spec").replicas ?? 1);
    return (
      isObserved(object) &&
      count(status.readyReplicas) === wanted &&
      count(status.replicas) === wanted &&
      (status.updateRevision === undefined || status.updateRevision === status.currentRevision || wanted === 0)
    );
  },
  DaemonSet(object) {
    const status = part(object, "status");
    const wanted = count(status.desiredNumberScheduled);
    return (
      isObserved(object) &&
      status.desiredNumberScheduled !== undefined &&
      count(status.updatedNumberScheduled) === wanted &&
      count(status.numberReady) === wanted &&
      count(status.numberUnavailable) === 0
    );
  },
  Pod: (object) => hasCondition(object, { type: "Ready" }) || part(object, "status").phase === "Succeeded",
  Job: (object) => hasCondition(object, { type: "Complete" }),
  CustomResourceDefinition: (object) => hasCondition(object, { type: "Established" }),
  Namespace: (object) => part(object, "status").phase === "Active",
  APIService: (object) => hasCondition(object, { type: "Available" }),
};

/** What its conditions say, for a person who waits in vain. */
export function stateText(object: PlainObject): string {
  const told = conditionsOf(object)
    .filter(({ status }) => status !== "True")
    .map(({ type, reason, message }) =>
      [type, reason, message].filter((one) => typeof one === "string" && one !== "").join(": "),
    );
  const { phase, availableReplicas, readyReplicas } = part(object, "status");
  const { replicas } = part(object, "spec");
  const counts =
    typeof replicas === "number" ? [`${count(availableReplicas ?? readyReplicas)} of ${replicas} ready`] : [];
  return (
    [...(typeof phase === "string" ? [`phase ${phase}`] : []), ...counts, ...told].join("; ") || "it tells no reason"
  );
}

/**
 * Looks until `look` answers undefined; what it answers before is what is still missing. Failure `kubernetes-wait` with it.
 */
export async function waitUntil(
  look: () => Promise<string | undefined>,
  params: WaitParams,
  progress: Progress,
): Promise<void> {
  const end = performance.now() + params.wait_timeout * 1000;
  for (;;) {
    const missing = await look();
    if (missing === undefined) return;
    const left = end - performance.now();
    if (left <= 0) failTask("kubernetes-wait", `Timed out after ${params.wait_timeout} seconds waiting for ${missing}`);
    progress(`waiting for ${missing}`);
    await sleep(Math.min(params.wait_sleep * 1000, left));
  }
}
