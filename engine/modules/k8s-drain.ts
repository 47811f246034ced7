// Keeps pods away from a node, moves them off it, or lets them come again.

import { isPlainObject, type PlainObject } from "../core/value.ts";
import { CLUSTER_PARAMS, Kubectl, objectsOf } from "./kubernetes-client.ts";
import { metadataOf, nameOf } from "./kubernetes-objects.ts";
import { predictObject } from "./kubernetes-observe.ts";
import { type Change, defineModule, type Plan } from "./module.ts";
import { failTask } from "./task-failure.ts";

export const k8sDrain = defineModule({
  name: "k8s_drain",
  aliases: ["kubernetes.core.k8s_drain", "community.kubernetes.k8s_drain"],
  summary: "Drain, cordon or uncordon a node",
  params: {
    properties: {
      ...CLUSTER_PARAMS,
      name: { type: "string", description: "The node." },
      state: {
        type: "string",
        enum: ["cordon", "drain", "uncordon"],
        default: "drain",
        description: "Without new pods; without pods; with pods again.",
      },
      pod_selectors: {
        type: "array",
        items: { type: "string" },
        aliases: ["label_selectors"],
        description: "Only pods with these labels are moved.",
      },
      delete_options: {
        type: "object",
        properties: {
          terminate_grace_period: {
            type: "integer",
            description: "Seconds that pods have to end; their own when absent.",
          },
          force: {
            type: "boolean",
            default: false,
            description: "Delete pods too that nothing would start elsewhere.",
          },
          ignore_daemonsets: {
            type: "boolean",
            default: false,
            description: "Leave pods of DaemonSets, which stay anyway.",
          },
          delete_emptydir_data: {
            type: "boolean",
            default: false,
            description: "Delete pods too that keep data in emptyDir.",
          },
          disable_eviction: {
            type: "boolean",
            default: false,
            description: "Delete, without asking disruption budgets.",
          },
          wait_timeout: { type: "integer", description: "Seconds to wait at most until they are gone." },
          wait_sleep: {
            type: "integer",
            default: 5,
            description: "Seconds between two looks.",
            ignored: "kubectl looks by itself",
          },
        },
        description: "How pods are moved.",
      },
    },
    required: ["name"],
  },
  returns: { result: "What was done." },
  async plan(host, params, context): Promise<Plan> {
    const kubectl = new Kubectl(host, params, context);
    const { name, state } = params;
    const options = (params.delete_options ?? {}) as DrainOptions;
    const [nodes, pods] = await Promise.all([
      kubectl.need(["get", "node", name, "--output=json"], `Failed to get the node ${name}`),
      state === "drain"
        ? kubectl.need(
            [
              "get",
              "pods",
              "--all-namespaces=true",
              `--field-selector=spec.nodeName=${name}`,
              ...selector(params.pod_selectors),
              "--output=json",
            ],
            `Failed to get the pods of the node ${name}`,
          )
        : undefined,
    ]);
    const node = predictedNode(objectsOf(nodes)[0] ?? {}, name, context.predictions.of("kubernetes-object"));
    const spec = isPlainObject(node.spec) ? node.spec : {};
    const isCordoned = spec.unschedulable === true;
    const changes: Change[] = [];
    if (isCordoned !== (state !== "uncordon")) {
      const verb = state === "uncordon" ? "uncordon" : "cordon";
      changes.push({
        what: `${verb} ${name}`,
        difference: {
          before: `unschedulable: ${isCordoned}\n`,
          after: `unschedulable: ${!isCordoned}\n`,
          beforeHeader: `Node ${name}`,
          afterHeader: `Node ${name}`,
        },
        predict: predictObject(node, { ...node, spec: { ...spec, unschedulable: !isCordoned } }),
        async apply(target) {
          await kubectl.on(target).run([verb, name], `Failed to ${verb} the node ${name}`);
          return { changed: true };
        },
      });
    }
    const due = pods ? podsToMove(objectsOf(pods), options, name) : [];
    if (due.length > 0) changes.push(drain(kubectl, due, params, options));
    const done =
      state === "drain"
        ? changes.length === 0
          ? `node ${name} already drained.`
          : `node ${name} marked unschedulable. ${due.length} pod(s) moved.`
        : changes.length === 0
          ? `node ${name} already marked ${state === "cordon" ? "unschedulable" : "schedulable"}.`
          : `node ${name} marked ${state === "cordon" ? "unschedulable" : "schedulable"}.`;
    return { changes, result: { result: done } };
  },
});

interface DrainOptions {
  readonly terminate_grace_period?: number;
  readonly force?: boolean;
  readonly ignore_daemonsets?: boolean;
  readonly delete_emptydir_data?: boolean;
  readonly disable_eviction?: boolean;
  readonly wait_timeout?: number;
}

function selector(given: readonly unknown[] | undefined): string[] {
  return given === undefined || given.length === 0 ? [] : [`--selector=${given.map(String).join(",")}`];
}

/** The node as earlier tasks of a dry run would leave it. */
function predictedNode(
  node: PlainObject,
  name: string,
  predictions: readonly { readonly name: string; readonly content?: PlainObject }[],
): PlainObject {
  return predictions.filter((one) => one.name === `Node//${name}`).at(-1)?.content ?? node;
}

/** Pods that must go. Failure `drain` with all that stand in the way, by name. */
function podsToMove(pods: readonly PlainObject[], options: DrainOptions, node: string): PlainObject[] {
  const isOwnedBy = (pod: PlainObject, kind: string) => ownersOf(pod).some((owner) => owner.kind === kind);
  const moving = pods.filter((pod) => {
    const { annotations } = metadataOf(pod);
    // Mirrors of static pods cannot be moved.
    return !(isPlainObject(annotations) && "kubernetes.io/config.mirror" in annotations);
  });
  const isOver = (pod: PlainObject) =>
    isPlainObject(pod.status) && /^(Succeeded|Failed)$/.test(String(pod.status.phase));
  const daemons = moving.filter((pod) => isOwnedBy(pod, "DaemonSet") && !isOver(pod));
  const others = moving.filter((pod) => !daemons.includes(pod));
  const unmanaged = others.filter((pod) => ownersOf(pod).length === 0 && !isOver(pod));
  const local = others.filter((pod) => hasLocalData(pod) && !isOver(pod));
  const names = (list: readonly PlainObject[]) =>
    list.map((pod) => `${String(metadataOf(pod).namespace)}/${nameOf(pod)}`).join(", ");
  const reasons = [
    ...(daemons.length > 0 && options.ignore_daemonsets !== true
      ? [`cannot delete DaemonSet-managed Pods (use option ignore_daemonsets): ${names(daemons)}`]
      : []),
    ...(unmanaged.length > 0 && options.force !== true
      ? [`cannot delete Pods that declare no controller (use option force set to yes): ${names(unmanaged)}`]
      : []),
    ...(local.length > 0 && options.delete_emptydir_data !== true
      ? [`cannot delete Pods with local storage (use option delete_emptydir_data): ${names(local)}`]
      : []),
  ];
  if (reasons.length > 0) failTask("drain", `the node ${node} cannot be drained: ${reasons.join("; ")}`);
  return others;
}

function ownersOf(pod: PlainObject): PlainObject[] {
  const { ownerReferences } = metadataOf(pod);
  return Array.isArray(ownerReferences) ? ownerReferences.filter(isPlainObject) : [];
}

function hasLocalData(pod: PlainObject): boolean {
  const volumes = isPlainObject(pod.spec) ? pod.spec.volumes : undefined;
  return Array.isArray(volumes) && volumes.some((one) => isPlainObject(one) && "emptyDir" in one);
}

function drain(
  kubectl: Kubectl,
  due: readonly PlainObject[],
  params: { readonly name: string; readonly pod_selectors: readonly unknown[] | undefined },
  options: DrainOptions,
): Change {
  const { name } = params;
  const list = due.map((pod) => `${String(metadataOf(pod).namespace)}/${nameOf(pod)}\n`).join("");
  return {
    what: `move ${due.length} pod${due.length > 1 ? "s" : ""} off ${name}`,
    difference: { before: list, after: "", beforeHeader: `pods on ${name}`, afterHeader: `pods on ${name}` },
    predict: due.flatMap((pod) => predictObject(pod, undefined, false)),
    async apply(target) {
      const podSelector = selector(params.pod_selectors).map((one) => one.replace("--selector=", "--pod-selector="));
      const words = [
        "drain",
        name,
        ...podSelector,
        ...(options.ignore_daemonsets === true ? ["--ignore-daemonsets=true"] : []),
        ...(options.force === true ? ["--force=true"] : []),
        ...(options.delete_emptydir_data === true ? ["--delete-emptydir-data=true"] : []),
        ...(options.disable_eviction === true ? ["--disable-eviction=true"] : []),
        ...(options.terminate_grace_period === undefined ? [] : [`--grace-period=${options.terminate_grace_period}`]),
        ...(options.wait_timeout === undefined ? [] : [`--timeout=${options.wait_timeout}s`]),
      ];
      await kubectl.on(target).run(words, `Failed to drain the node ${name}`);
      return { changed: true };
    },
  };
}
