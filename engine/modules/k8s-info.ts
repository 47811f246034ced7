// Objects of a Kubernetes cluster, told.

import { Undecided } from "../core/unknown.ts";
import type { PlainObject } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { CLUSTER_PARAMS, isNotFound, isUnknownKind, Kubectl, objectsOf, refuse } from "./kubernetes-client.ts";
import { resourceArgument, titleOf, withoutFields } from "./kubernetes-objects.ts";
import { isReady, stateText, WAIT_PARAMS, waitUntil } from "./kubernetes-wait.ts";
import { defineModule, type Progress } from "./module.ts";

export const k8sInfo = defineModule({
  name: "k8s_info",
  aliases: ["kubernetes.core.k8s_info", "community.kubernetes.k8s_info", "kubernetes.core.k8s_facts"],
  summary: "Tell about objects of a Kubernetes cluster",
  params: {
    properties: {
      ...CLUSTER_PARAMS,
      ...WAIT_PARAMS,
      kind: { type: "string", description: "Kind of the objects." },
      api_version: { type: "string", default: "v1", aliases: ["api", "version"], description: "Its API version." },
      name: { type: "string", description: "Name of one object." },
      namespace: { type: "string", description: "Its namespace; all, where neither it nor a name is given." },
      label_selectors: {
        type: "array",
        items: { type: "string" },
        description: "Labels that they must have: app=web.",
      },
      field_selectors: {
        type: "array",
        items: { type: "string" },
        description: "Fields that they must have: status.phase=Running.",
      },
      hidden_fields: {
        type: "array",
        items: { type: "string" },
        description: "Fields that are not returned: metadata.managedFields.",
      },
    },
    required: ["kind"],
  },
  returns: { resources: "The objects.", api_found: "Whether the cluster knows the kind." },
  async plan(host, params, context) {
    const kubectl = new Kubectl(host, params, context);
    const predicted = context.predictions.of("kubernetes-object").find(({ name }) => isAbout(name, params));
    if (predicted) throw new Undecided(`${predicted.name} is changed by an earlier task`);
    const words = [
      "get",
      resourceArgument({ apiVersion: params.api_version, kind: params.kind }),
      ...(params.name === undefined ? [] : [params.name]),
      ...(params.namespace !== undefined
        ? [`--namespace=${params.namespace}`]
        : params.name === undefined
          ? ["--all-namespaces=true"]
          : []),
      ...selectors("selector", params.label_selectors),
      ...selectors("field-selector", params.field_selectors),
      "--output=json",
    ];
    const ask = async (from: Kubectl): Promise<{ resources: PlainObject[]; api_found: boolean }> => {
      const answer = await from.ask(words);
      if (isUnknownKind(answer)) return { resources: [], api_found: false };
      if (isNotFound(answer)) return { resources: [], api_found: true };
      if (answer.code !== 0) return refuse(`Failed to get ${params.kind}`, answer);
      return { resources: objectsOf(answer), api_found: true };
    };
    const told = (answer: Awaited<ReturnType<typeof ask>>) => ({
      ...answer,
      resources: answer.resources.map((one) => withoutFields(one, params.hidden_fields)),
    });
    const result = told(await ask(kubectl));
    if (!params.wait) return { changes: [], result };
    return {
      changes: [],
      result,
      async settle(target: Host, progress: Progress) {
        let answer = await ask(kubectl.on(target));
        await waitUntil(
          async () => {
            answer = await ask(kubectl.on(target));
            if (answer.resources.length === 0) return `${params.kind} ${params.name ?? ""} to be there`;
            const late = answer.resources.find((one) => !isReady(one, params.wait_condition));
            return late && `${titleOf(late)} (${stateText(late)})`;
          },
          params,
          progress,
        );
        return told(answer);
      },
    };
  },
});

function selectors(option: string, given: readonly unknown[] | undefined): string[] {
  return given === undefined || given.length === 0 ? [] : [`--${option}=${given.map(String).join(",")}`];
}

/** Whether a prediction (group and kind, namespace, name) is about what is asked for. */
function isAbout(
  predicted: string,
  {
    kind,
    name,
    namespace,
  }: { readonly kind: string; readonly name: string | undefined; readonly namespace: string | undefined },
): boolean {
  const [last = "", space = "", ofKind = ""] = predicted.split("/").reverse();
  return (
    ofKind.toLowerCase() === kind.toLowerCase() &&
    (name === undefined || name === last) &&
    (namespace === undefined || space === "" || namespace === space)
  );
}
