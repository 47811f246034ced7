// Objects of a Kubernetes cluster, through kubectl on the host.

import { Undecided } from "../core/unknown.ts";
import { CLUSTER_PARAMS, Kubectl } from "./kubernetes-client.ts";
import { definitionsOf } from "./kubernetes-objects.ts";
import { observe } from "./kubernetes-observe.ts";
import { planAbsent, planPresent } from "./kubernetes-plan.ts";
import { WAIT_PARAMS } from "./kubernetes-wait.ts";
import { defineModule, type Plan } from "./module.ts";

export const k8s = defineModule({
  name: "k8s",
  aliases: ["kubernetes.core.k8s", "community.kubernetes.k8s"],
  summary: "Manage objects of a Kubernetes cluster",
  params: {
    properties: {
      ...CLUSTER_PARAMS,
      ...WAIT_PARAMS,
      state: {
        type: "string",
        enum: ["present", "absent", "patched"],
        default: "present",
        description: "There, not there, or changed where it is there.",
      },
      resource_definition: {
        type: "raw",
        aliases: ["definition", "inline"],
        description: "The objects: a mapping, a list of them, or YAML text of several documents.",
      },
      src: { type: "string", description: "A file of them, on the host (absolute) or the controller." },
      template: {
        type: "raw",
        description: "A template of them on the controller; path, or mapping with path and marks.",
      },
      api_version: {
        type: "string",
        default: "v1",
        aliases: ["api", "version"],
        description: "API version where the definition has none.",
      },
      kind: { type: "string", description: "Kind where the definition has none." },
      name: { type: "string", description: "Name where the definition has none." },
      generate_name: { type: "string", description: "How a name begins that the server makes." },
      namespace: { type: "string", description: "Namespace where the definition has none." },
      force: { type: "boolean", default: false, description: "Replace an existing object as a whole." },
      apply: {
        type: "boolean",
        default: false,
        description: "As `kubectl apply`: what an earlier definition had and this one has not goes.",
      },
      server_side_apply: {
        type: "object",
        properties: {
          field_manager: { type: "string", description: "Name of who owns the fields." },
          force_conflicts: { type: "boolean", default: false, description: "Take fields that others own." },
        },
        requiredProperties: ["field_manager"],
        description: "With `apply`: the server merges.",
      },
      merge_type: {
        type: "array",
        items: { type: "string", enum: ["merge", "strategic-merge"] },
        description: "How an existing object is patched; strategic-merge, and merge for kinds without it, when absent.",
      },
      delete_options: {
        type: "object",
        properties: {
          propagationPolicy: {
            type: "string",
            enum: ["Foreground", "Background", "Orphan"],
            description: "What becomes of what belongs to it.",
          },
          gracePeriodSeconds: { type: "integer", description: "Seconds that it has to end." },
        },
        description: "How it is deleted.",
      },
      hidden_fields: {
        type: "array",
        items: { type: "string" },
        description: "Fields that are not returned: metadata.managedFields.",
      },
    },
    exclusive: [
      ["resource_definition", "src", "template"],
      ["merge_type", "apply"],
      ["force", "apply"],
    ],
  },
  returns: {
    result: "The object; of several, their results as a list under `results`.",
    method: "What was done: create, patch, apply, replace, delete.",
  },
  check: (given) =>
    given.server_side_apply !== undefined && given.apply !== true
      ? "server_side_apply needs apply: true"
      : given.apply === true && given.state !== undefined && given.state !== "present"
        ? "apply goes with state: present only"
        : undefined,
  async plan(host, params, context): Promise<Plan> {
    const definitions = await definitionsOf(host, params, context);
    const kubectl = new Kubectl(host, params, context);
    const seen = await observe(kubectl, definitions, context);
    const unknown = seen.find(({ undecided }) => undecided !== undefined)?.undecided;
    if (unknown !== undefined) throw new Undecided(unknown);
    return params.state === "absent" ? planAbsent(kubectl, seen, params) : planPresent(kubectl, seen, params);
  },
});
