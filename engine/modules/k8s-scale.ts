// How many replicas a Deployment, ReplicaSet or StatefulSet has, or how parallel a Job is.

import { isPlainObject, type PlainObject } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { CLUSTER_PARAMS, Kubectl, objectsOf } from "./kubernetes-client.ts";
import { metadataOf, resourceArgument } from "./kubernetes-objects.ts";
import { predictObject } from "./kubernetes-observe.ts";
import { isReady, stateText, WAIT_PARAMS, waitUntil } from "./kubernetes-wait.ts";
import { defineModule, type Plan, type Progress } from "./module.ts";

export const k8sScale = defineModule({
  name: "k8s_scale",
  aliases: ["kubernetes.core.k8s_scale", "community.kubernetes.k8s_scale"],
  summary: "Set the number of replicas",
  params: {
    properties: {
      ...CLUSTER_PARAMS,
      kind: { type: "string", description: "Deployment, ReplicaSet, ReplicationController, StatefulSet or Job." },
      api_version: { type: "string", default: "apps/v1", aliases: ["api", "version"], description: "Its API version." },
      name: { type: "string", description: "Its name." },
      namespace: { type: "string", description: "Its namespace." },
      replicas: { type: "integer", minimum: 0, description: "How many." },
      current_replicas: { type: "integer", description: "Only if there are so many now." },
      resource_version: { type: "string", description: "Only if the object is of this version." },
      wait: { ...WAIT_PARAMS.wait, default: true },
      wait_timeout: { ...WAIT_PARAMS.wait_timeout, default: 20 },
      wait_sleep: WAIT_PARAMS.wait_sleep,
    },
    required: ["kind", "name", "namespace", "replicas"],
  },
  returns: { result: "The object." },
  async plan(host, params, context): Promise<Plan> {
    const kubectl = new Kubectl(host, params, context);
    const apiVersion = params.kind === "Job" && params.api_version === "apps/v1" ? "batch/v1" : params.api_version;
    const place = [resourceArgument({ apiVersion, kind: params.kind }), params.name, `--namespace=${params.namespace}`];
    const get = async (from: Kubectl): Promise<PlainObject> => {
      const answer = await from.need(["get", ...place, "--output=json"], `Failed to get ${params.kind} ${params.name}`);
      return objectsOf(answer)[0] ?? {};
    };
    const field = params.kind === "Job" ? "parallelism" : "replicas";
    const present = await get(kubectl);
    const spec = isPlainObject(present.spec) ? present.spec : {};
    const now = typeof spec[field] === "number" ? spec[field] : 1;
    const result = { result: present };
    const version = metadataOf(present).resourceVersion;
    if (params.resource_version !== undefined && params.resource_version !== version) return { changes: [], result };
    if (params.current_replicas !== undefined && params.current_replicas !== now) return { changes: [], result };
    const after = { ...present, spec: { ...spec, [field]: params.replicas } };
    const settle = async (target: Host, progress: Progress) => {
      let object = present;
      await waitUntil(
        async () => {
          object = await get(kubectl.on(target));
          const isThere = params.kind === "Job" || isReady(object, undefined);
          return isThere ? undefined : `${params.kind} ${params.name} (${stateText(object)})`;
        },
        { ...params, wait_condition: undefined },
        progress,
      );
      return { result: object };
    };
    if (now === params.replicas) return { changes: [], result, ...(params.wait ? { settle } : {}) };
    const what = `scale ${params.kind} ${params.name} from ${now} to ${params.replicas}`;
    return {
      result: { result: after },
      ...(params.wait ? { settle } : {}),
      changes: [
        {
          what,
          difference: {
            before: `${field}: ${now}\n`,
            after: `${field}: ${params.replicas}\n`,
            beforeHeader: `${params.kind} ${params.name}`,
            afterHeader: `${params.kind} ${params.name}`,
          },
          predict: predictObject(present, after),
          async apply(target) {
            const patch = JSON.stringify({ spec: { [field]: params.replicas } });
            const words = ["patch", ...place, "--type=merge", `--patch=${patch}`, "--output=json"];
            const answer = await kubectl.on(target).run(words, `could not ${what}`);
            return { changed: true, result: objectsOf(answer)[0] ?? {} };
          },
        },
      ],
    };
  },
});
