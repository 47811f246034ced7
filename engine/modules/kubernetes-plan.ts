// The plan that brings objects of a cluster to what is defined: created, merged, applied, replaced or deleted. What a change
// would make of an existing object, the server itself says (dry run of its own).

import type { PlainObject } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { isUnknownKind, type Kubectl, objectsOf, refuse } from "./kubernetes-client.ts";
import {
  cleaned,
  isAsApplied,
  isSameContent,
  isSameObject,
  isWithin,
  metadataOf,
  nameOf,
  objectDifference,
  resourceArgument,
  streamOf,
  titleOf,
  withoutFields,
} from "./kubernetes-objects.ts";
import { definesKind, predictObject, type Seen } from "./kubernetes-observe.ts";
import { isReady, stateText, type WaitParams, waitUntil } from "./kubernetes-wait.ts";
import type { Change, Plan, Progress } from "./module.ts";

export interface ObjectParams extends WaitParams {
  readonly state: string;
  readonly force: boolean;
  readonly apply: boolean;
  readonly server_side_apply: Readonly<Record<string, unknown>> | undefined;
  readonly merge_type: readonly unknown[] | undefined;
  readonly delete_options: Readonly<Record<string, unknown>> | undefined;
  readonly hidden_fields: readonly unknown[] | undefined;
}

type Method = "create" | "patch" | "apply" | "replace" | "delete";

/** One object's part of the plan. */
interface Step {
  readonly defined: PlainObject;
  readonly method: Method;
  readonly change?: Change;
  /** What is returned of it while nothing is applied. */
  readonly object: PlainObject;
}

export async function planPresent(kubectl: Kubectl, seen: readonly Seen[], params: ObjectParams): Promise<Plan> {
  const wanted = params.state === "patched" ? seen.filter(({ present }) => present !== undefined) : seen;
  const steps: Step[] = [];
  const applied = params.apply ? await wouldApply(kubectl, wanted, params) : undefined;
  for (const one of wanted) steps.push(await stepOf(kubectl, one, params, { all: seen, applied }));
  return finished(kubectl, steps, params);
}

async function stepOf(
  kubectl: Kubectl,
  seen: Seen,
  params: ObjectParams,
  { all, applied }: { readonly all: readonly Seen[]; readonly applied: readonly PlainObject[] | undefined },
): Promise<Step> {
  const { defined, present } = seen;
  if (!present) return creation(kubectl, defined, params, all);
  const method: Method = params.apply ? "apply" : params.force ? "replace" : "patch";
  const after =
    applied && !seen.isPredicted
      ? applied.find((one) => isSameObject(one, defined))
      : await wouldBe(kubectl, seen, present, method, params);
  if (after === undefined || isSameContent(present, after)) return { defined, method, object: present };
  const change: Change = {
    what: `${method} ${titleOf(defined)}`,
    difference: objectDifference(present, after),
    predict: predictObject(defined, after),
    apply: async (host) => ({ result: await written(kubectl.on(host), defined, method, params) }),
  };
  return { defined, method, change, object: after };
}

function creation(kubectl: Kubectl, defined: PlainObject, params: ObjectParams, all: readonly Seen[]): Step {
  const method: Method = params.apply ? "apply" : "create";
  const brings = all.map((one) => one.defined).find((one) => definesKind(one, defined));
  const change: Change = {
    what: `create ${titleOf(defined)}`,
    difference: objectDifference(undefined, defined),
    predict: predictObject(defined, defined),
    async apply(host) {
      const client = kubectl.on(host);
      if (brings)
        await client.run(
          ["wait", "--for=condition=established", "--timeout=60s", `customresourcedefinition/${nameOf(brings)}`],
          `The kind ${String(defined.kind)} did not come up`,
        );
      return { result: await written(client, defined, method, params) };
    },
  };
  return { defined, method, change, object: defined };
}

/** What applying would make of the objects that are there and not yet as they were last applied: one question for all. */
async function wouldApply(
  kubectl: Kubectl,
  seen: readonly Seen[],
  params: ObjectParams,
): Promise<readonly PlainObject[]> {
  const due = seen.filter(({ defined, present, isPredicted }) => {
    if (!present || isPredicted) return false;
    return params.server_side_apply !== undefined || !isAsApplied(defined, present);
  });
  if (due.length === 0) return [];
  const words = ["apply", "--filename=-", "--output=json", "--dry-run=server", ...serverSide(params)];
  const answer = await kubectl.ask(words, { stdin: streamOf(due.map(({ defined }) => defined)) });
  return answer.code === 0 ? objectsOf(answer) : refuse("Failed to apply", answer);
}

/** The object as it would be after the change; undefined: as it is. */
async function wouldBe(
  kubectl: Kubectl,
  { defined, isPredicted }: Seen,
  present: PlainObject,
  method: Method,
  params: ObjectParams,
): Promise<PlainObject | undefined> {
  const isSubset = isWithin(cleaned(defined), present);
  // Nothing to ask about an object that only a dry run knows, or that has all that is merged into it.
  if (isPredicted) return isSubset ? undefined : { ...present, ...defined };
  if (method === "patch" && isSubset) return undefined;
  const answer = await send(kubectl, defined, method, params, true);
  if (answer.code !== 0) return refuse(`Failed to ${method} ${titleOf(defined)}`, answer);
  return objectsOf(answer)[0];
}

async function written(
  kubectl: Kubectl,
  defined: PlainObject,
  method: Method,
  params: ObjectParams,
): Promise<PlainObject> {
  const answer = await send(kubectl, defined, method, params, false);
  if (answer.code !== 0) return refuse(`Failed to ${method} ${titleOf(defined)}`, answer);
  return objectsOf(answer)[0] ?? defined;
}

const PATCH_UNSUPPORTED = /UnsupportedMediaType|strategic merge patch is not supported/i;

async function send(
  kubectl: Kubectl,
  defined: PlainObject,
  method: Method,
  params: ObjectParams,
  isDry: boolean,
): Promise<Awaited<ReturnType<Kubectl["ask"]>>> {
  const stdin = streamOf([defined]);
  const common = ["--filename=-", "--output=json", ...(isDry ? ["--dry-run=server"] : [])];
  const start = (words: readonly string[]) =>
    isDry ? kubectl.ask(words, { stdin }) : kubectl.runAny(words, { stdin });
  if (method === "apply") return start(["apply", ...common, ...serverSide(params)]);
  if (method !== "patch") return start([method, ...common]);
  const types = (params.merge_type ?? ["strategic-merge", "merge"]).map((type) =>
    type === "strategic-merge" ? "strategic" : "merge",
  );
  const { namespace } = metadataOf(defined);
  // The patch goes through stdin: as an argument, everybody on the host could read secrets in it.
  const patch = [
    "patch",
    resourceArgument(defined),
    String(nameOf(defined)),
    ...(typeof namespace === "string" ? [`--namespace=${namespace}`] : []),
    "--patch-file=/dev/stdin",
    "--output=json",
    ...(isDry ? ["--dry-run=server"] : []),
  ];
  let answer = await start([...patch, `--type=${types[0]}`]);
  for (const type of types.slice(1)) {
    if (answer.code === 0 || !PATCH_UNSUPPORTED.test(answer.stderr)) break;
    answer = await start([...patch, `--type=${type}`]);
  }
  return answer;
}

function serverSide({ server_side_apply: given }: ObjectParams): string[] {
  if (!given) return [];
  return [
    "--server-side=true",
    `--field-manager=${String(given.field_manager)}`,
    ...(given.force_conflicts === true ? ["--force-conflicts=true"] : []),
  ];
}

export async function planAbsent(kubectl: Kubectl, seen: readonly Seen[], params: ObjectParams): Promise<Plan> {
  const steps = seen.map(({ defined, present }): Step => {
    if (!present) return { defined, method: "delete", object: {} };
    const change: Change = {
      what: `delete ${titleOf(defined)}`,
      difference: objectDifference(present, undefined),
      predict: predictObject(defined, undefined, false),
      async apply(host) {
        const words = ["delete", "--filename=-", "--ignore-not-found=true", "--wait=false", ...deleteOptions(params)];
        await kubectl.on(host).run(words, `Failed to delete ${titleOf(defined)}`, { stdin: streamOf([defined]) });
        return { result: {} };
      },
    };
    return { defined, method: "delete", change, object: {} };
  });
  return finished(kubectl, steps, params);
}

function deleteOptions({ delete_options: given }: ObjectParams): string[] {
  const policy = given?.propagationPolicy;
  const grace = given?.gracePeriodSeconds;
  return [
    ...(typeof policy === "string" ? [`--cascade=${policy.toLowerCase()}`] : []),
    ...(typeof grace === "number" ? [`--grace-period=${grace}`, ...(grace === 0 ? ["--force=true"] : [])] : []),
  ];
}

/** The steps as a plan whose result is Ansible's: the object itself for one, a list of results for several. */
function finished(kubectl: Kubectl, steps: readonly Step[], params: ObjectParams): Plan {
  const objects = steps.map(({ object }) => object);
  const result = () => {
    const results = steps.map(({ method, change }, index) => ({
      changed: change !== undefined,
      method,
      result: withoutFields(objects[index] ?? {}, params.hidden_fields),
    }));
    const [only] = results;
    if (results.length === 1 && only) return { result: only.result, method: only.method };
    return { result: { results } };
  };
  const changes = steps.flatMap(({ change }, index): Change[] => {
    if (!change) return [];
    return [
      {
        ...change,
        async apply(host, progress) {
          const made = await change.apply(host, progress);
          objects[index] = (made?.result ?? {}) as PlainObject;
          return { changed: true, ...result() };
        },
      },
    ];
  });
  if (!params.wait || steps.length === 0) return { changes, result: result() };
  return {
    changes,
    result: result(),
    async settle(host: Host, progress: Progress) {
      const defined = steps.map((step) => withName(step, objects[steps.indexOf(step)]));
      const found = await settled(kubectl.on(host), defined, params, progress);
      for (const [index, object] of found.entries()) objects[index] = object;
      return result();
    },
  };
}

/** Objects whose name the server made are waited for under it. */
function withName({ defined }: Step, made: PlainObject | undefined): PlainObject {
  return nameOf(defined) === undefined && made ? made : defined;
}

/** Waits until all are ready, or gone; the objects as they then are. */
async function settled(
  kubectl: Kubectl,
  defined: readonly PlainObject[],
  params: ObjectParams,
  progress: Progress,
): Promise<PlainObject[]> {
  const isAbsent = params.state === "absent";
  let found: PlainObject[] = [];
  await waitUntil(
    async () => {
      const answer = await kubectl.ask(["get", "--filename=-", "--ignore-not-found=true", "--output=json"], {
        stdin: streamOf(defined),
      });
      if (answer.code !== 0)
        return isAbsent && isUnknownKind(answer) ? undefined : refuse("Failed to look at the objects", answer);
      found = objectsOf(answer);
      return defined.map((one) => missing(one, found, isAbsent, params)).find((one) => one !== undefined);
    },
    params,
    progress,
  );
  return defined.map((one) => found.find((other) => isSameObject(other, one)) ?? {});
}

function missing(
  defined: PlainObject,
  found: readonly PlainObject[],
  isAbsent: boolean,
  params: ObjectParams,
): string | undefined {
  const object = found.find((one) => isSameObject(one, defined));
  if (isAbsent) return object ? `${titleOf(defined)} to go` : undefined;
  if (!object) return `${titleOf(defined)} to be there`;
  return isReady(object, params.wait_condition) ? undefined : `${titleOf(defined)} (${stateText(object)})`;
}
