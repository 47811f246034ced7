// The first task of a role that has an argument spec: it checks the role's arguments, as Ansible adds it.

import type { Origin } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { NO_KEYWORDS } from "./keyword-values.ts";
import type { Block, RoleUse, Task } from "./model.ts";
import type { Loading } from "./options.ts";

const MODULE = "ansible.builtin.validate_argument_spec";

/** The task, or none if the role has no spec for the entry point (the name of its tasks file, `main`). */
export function argumentCheck(
  use: RoleUse,
  parent: Block,
  tasksFrom: string | undefined,
  loading: Loading,
  origin: Origin,
): Task[] {
  const entry = (tasksFrom ?? "main").replace(/\.(ya?ml|json)$/, "");
  const spec = use.role.argumentSpecs.get(entry);
  if (!spec) return [];
  const module = loading.options.findModule(MODULE);
  if (!module) {
    loading.problems.warn({
      code: "role-arguments",
      message: `the arguments of the role '${use.role.name}' are not checked`,
      origin,
    });
    return [];
  }
  const summary = spec.get("short_description");
  const args = new Map<string, Value>([
    ["argument_spec", withoutDescriptions(spec.get("options"))],
    ["provided_arguments", new Map(use.params)],
    [
      "validate_args_context",
      new Map<Value, Value>([
        ["type", "role"],
        ["name", use.role.name],
        ["argument_spec_name", entry],
        ["path", use.role.path],
      ]),
    ],
  ]);
  return [
    {
      kind: "task",
      id: loading.nextId("task"),
      origin,
      name: `Validating arguments against arg spec '${entry}'${typeof summary === "string" ? ` - ${summary}` : ""}`,
      keywords: { ...NO_KEYWORDS, tags: ["always"] },
      parent,
      action: MODULE,
      module,
      args,
      argOrigins: new Map(),
      notify: [],
      isHandler: false,
    },
  ];
}

/** Options without their descriptions: prose may hold template marks that are not meant to be evaluated. */
function withoutDescriptions(options: Value | undefined): Value {
  if (!(options instanceof Map)) return new Map();
  return new Map<Value, Value>(
    [...options].map(([name, option]): [Value, Value] => {
      if (!(option instanceof Map)) return [name, option];
      const kept = new Map([...option].filter(([key]) => key !== "description"));
      if (kept.has("options")) kept.set("options", withoutDescriptions(kept.get("options")));
      return [name, kept];
    }),
  );
}
