// Taints of a node.

import { isPlainObject, type Plain, type PlainObject } from "../core/value.ts";
import { CLUSTER_PARAMS, Kubectl, objectsOf } from "./kubernetes-client.ts";
import { predictObject } from "./kubernetes-observe.ts";
import { defineModule, type Plan } from "./module.ts";

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect?: string;
}

export const k8sTaint = defineModule({
  name: "k8s_taint",
  aliases: ["kubernetes.core.k8s_taint"],
  summary: "Taint a node",
  params: {
    properties: {
      ...CLUSTER_PARAMS,
      name: { type: "string", description: "The node." },
      state: {
        type: "string",
        enum: ["present", "absent"],
        default: "present",
        description: "Whether it has the taints.",
      },
      taints: {
        type: "array",
        items: {
          type: "object",
          properties: {
            key: { type: "string", description: "Its key." },
            value: { type: "string", description: "Its value." },
            effect: {
              type: "string",
              enum: ["NoSchedule", "NoExecute", "PreferNoSchedule"],
              description: "What it does; absent means all of the key.",
            },
          },
          requiredProperties: ["key"],
        },
        description: "The taints.",
      },
      replace: { type: "boolean", default: false, description: "Other taints go." },
    },
    required: ["name", "taints"],
  },
  returns: { result: "The node." },
  check: (given) =>
    given.state !== "absent" &&
    Array.isArray(given.taints) &&
    given.taints.some((one) => isPlainObject(one) && one.effect === undefined)
      ? "taints need an effect with state: present"
      : undefined,
  async plan(host, params, context): Promise<Plan> {
    const kubectl = new Kubectl(host, params, context);
    const { name } = params;
    const answer = await kubectl.need(["get", "node", name, "--output=json"], `Failed to get the node ${name}`);
    const predicted = context.predictions.of("kubernetes-object").filter((one) => one.name === `Node//${name}`);
    const node = predicted.at(-1)?.content ?? objectsOf(answer)[0] ?? {};
    const spec = isPlainObject(node.spec) ? node.spec : {};
    const has = (Array.isArray(spec.taints) ? spec.taints : []) as unknown as readonly Taint[];
    const given = params.taints as unknown as readonly Taint[];
    const wanted = params.state === "absent" ? withoutTaints(has, given) : withTaints(has, given, params.replace);
    const text = (taints: readonly Taint[]) =>
      taints.map((one) => `${one.key}=${one.value ?? ""}:${one.effect ?? ""}\n`);
    if (text(has).sort().join("") === text(wanted).sort().join("")) return { changes: [], result: { result: node } };
    const after: PlainObject = { ...node, spec: { ...spec, taints: wanted as unknown as Plain } };
    return {
      result: { result: after },
      changes: [
        {
          what: `taint ${name}`,
          difference: {
            before: text(has).join(""),
            after: text(wanted).join(""),
            beforeHeader: `taints of ${name}`,
            afterHeader: `taints of ${name}`,
          },
          predict: predictObject(node, after),
          async apply(target) {
            // null, since an empty list would stay in the object.
            const patch = JSON.stringify({ spec: { taints: wanted.length > 0 ? wanted : null } });
            const words = ["patch", "node", name, "--type=merge", `--patch=${patch}`, "--output=json"];
            const made = await kubectl.on(target).run(words, `Failed to taint the node ${name}`);
            return { changed: true, result: objectsOf(made)[0] ?? {} };
          },
        },
      ],
    };
  },
});

function isSameTaint(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.effect === other.effect;
}

function withTaints(has: readonly Taint[], given: readonly Taint[], replace: boolean): Taint[] {
  const kept = replace ? [] : has.filter((one) => !given.some((other) => isSameTaint(one, other)));
  const clean = given.map(({ key, value, effect }) => ({
    key,
    ...(value === undefined || value === "" ? {} : { value }),
    ...(effect === undefined ? {} : { effect }),
  }));
  // What is there already stays as it is, with the time since when it is.
  return [
    ...kept,
    ...clean.map(
      (one) => has.find((other) => isSameTaint(one, other) && (other.value ?? "") === (one.value ?? "")) ?? one,
    ),
  ];
}

function withoutTaints(has: readonly Taint[], given: readonly Taint[]): Taint[] {
  const isGiven = (one: Taint) =>
    given.some(
      (other) =>
        other.key === one.key &&
        (other.effect === undefined || other.effect === one.effect) &&
        (other.value === undefined || other.value === (one.value ?? "")),
    );
  return has.filter((one) => !isGiven(one));
}
