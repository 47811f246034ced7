// What a cluster has of the objects that a task defines, predictions of a dry run included.

import { isPlainObject, type PlainObject } from "../core/value.ts";
import type { Prediction } from "../host/prediction.ts";
import { isUnknownKind, type Kubectl, objectsOf, refuse } from "./kubernetes-client.ts";
import { groupKind, isSameObject, metadataOf, nameOf, streamOf, titleOf } from "./kubernetes-objects.ts";
import type { PlanContext } from "./module.ts";
import { failTask } from "./task-failure.ts";

/** A definition, and what is there of it. */
export interface Seen {
  readonly defined: PlainObject;
  readonly present: PlainObject | undefined;
  /** It is there only by a prediction: the server cannot be asked about it. */
  readonly isPredicted: boolean;
  /** Why it cannot be told in this dry run. */
  readonly undecided?: string;
}

/** Asks for all at once; where the server does not know a kind, for each alone. */
export async function observe(
  kubectl: Kubectl,
  definitions: readonly PlainObject[],
  context: PlanContext,
): Promise<Seen[]> {
  const named = definitions.filter((one) => nameOf(one) !== undefined);
  const found = await find(kubectl, named, definitions, context);
  return definitions.map((defined) => withPrediction(defined, found, context));
}

async function find(
  kubectl: Kubectl,
  named: readonly PlainObject[],
  all: readonly PlainObject[],
  context: PlanContext,
): Promise<readonly PlainObject[]> {
  if (named.length === 0) return [];
  const answer = await kubectl.ask(["get", "--filename=-", "--ignore-not-found=true", "--output=json"], {
    stdin: streamOf(named.map(reference)),
  });
  if (answer.code === 0) return objectsOf(answer);
  if (!isUnknownKind(answer)) return refuse("Failed to get the objects", answer);
  const [only] = named;
  if (named.length === 1 && only) {
    if (isDefinedKind(only, all, context)) return [];
    return failTask(
      "kubernetes-kind",
      `Failed to find exact match for ${String(only.apiVersion)}.${String(only.kind)}: the cluster does not know this kind; install what defines it (a CustomResourceDefinition) first`,
    );
  }
  const parts: PlainObject[] = [];
  for (const one of named) parts.push(...(await find(kubectl, [one], all, context)));
  return parts;
}

/** What is enough to find an object. */
function reference(object: PlainObject): PlainObject {
  const { name, namespace } = metadataOf(object);
  return {
    apiVersion: object.apiVersion ?? "v1",
    kind: object.kind ?? "",
    metadata: { name: name ?? "", ...(namespace === undefined ? {} : { namespace }) },
  };
}

/** Whether a CustomResourceDefinition of this task, or of an earlier one of a dry run, brings the kind. */
function isDefinedKind(object: PlainObject, all: readonly PlainObject[], context: PlanContext): boolean {
  const predicted = context.predictions.of("kubernetes-object").flatMap(({ content }) => (content ? [content] : []));
  return [...all, ...predicted].some((one) => definesKind(one, object));
}

/** Whether it is the CustomResourceDefinition of the other's kind. */
export function definesKind(definition: PlainObject, object: PlainObject): boolean {
  if (definition.kind !== "CustomResourceDefinition" || !isPlainObject(definition.spec)) return false;
  const { group, names } = definition.spec;
  return isPlainObject(names) && groupKind(object) === `${String(group)}/${String(names.kind)}`;
}

function withPrediction(defined: PlainObject, found: readonly PlainObject[], context: PlanContext): Seen {
  const present = nameOf(defined) === undefined ? undefined : found.find((one) => isSameObject(one, defined));
  const predicted = context.predictions
    .of("kubernetes-object")
    .filter(({ name }) => name === predictedName(defined))
    .at(-1);
  if (!predicted) {
    const namespace = metadataOf(defined).namespace;
    const isGone =
      typeof namespace === "string" &&
      context.predictions
        .of("kubernetes-object")
        .filter(({ name }) => name === `Namespace//${namespace}`)
        .at(-1)?.exists === false;
    return { defined, present: isGone ? undefined : present, isPredicted: false };
  }
  if (!predicted.exists) return { defined, present: undefined, isPredicted: true };
  if (predicted.content) return { defined, present: predicted.content, isPredicted: true };
  return { defined, present, isPredicted: true, undecided: `${titleOf(defined)} is changed by an earlier task` };
}

/** How predictions name an object. */
function predictedName(object: PlainObject): string {
  const { namespace } = metadataOf(object);
  return `${groupKind(object)}/${typeof namespace === "string" ? namespace : ""}/${nameOf(object) ?? ""}`;
}

export function predictObject(defined: PlainObject, content: PlainObject | undefined, exists = true): Prediction[] {
  if (nameOf(defined) === undefined) return [];
  return [{ kind: "kubernetes-object", name: predictedName(defined), exists, ...(content ? { content } : {}) }];
}
