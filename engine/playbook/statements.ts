// Statements of the language that stand where a module would: includes, imports and meta. Described as actions so that
// documentation, checks and the runner see them like any other; what they do is done by the loader and the runner.

import { fail, type Origin } from "../core/problem.ts";
import { type AnyModule, builtin, defineAction } from "../modules/module.ts";
import type { ObjectSchema } from "../modules/params.ts";

const TASKS: ObjectSchema = {
  properties: {
    file: { type: "string", description: "The file of tasks." },
    apply: { type: "object", description: "Keywords that the included tasks inherit." },
  },
};
const IMPORTED_TASKS: ObjectSchema = {
  properties: { file: { type: "string", description: "The file of tasks." } },
};

const ROLE = {
  name: { type: "string", description: "The role.", aliases: ["role"] },
  tasks_from: { type: "string", description: "File of the role's tasks to use.", default: "main" },
  vars_from: { type: "string", description: "File of the role's vars to use.", default: "main" },
  defaults_from: { type: "string", description: "File of the role's defaults to use.", default: "main" },
  handlers_from: { type: "string", description: "File of the role's handlers to use.", default: "main" },
  allow_duplicates: { type: "boolean", description: "Run even if the role ran before.", default: true },
  rolespec_validate: { type: "boolean", description: "Check the role's arguments.", default: true },
} as const;

const INCLUDED_ROLE: ObjectSchema = {
  properties: {
    ...ROLE,
    public: {
      type: "boolean",
      description: "Show the role's vars and defaults to the rest of the play.",
      default: false,
    },
    apply: { type: "object", description: "Keywords that the role's tasks inherit." },
  },
};
const IMPORTED_ROLE: ObjectSchema = {
  properties: {
    ...ROLE,
    public: {
      type: "boolean",
      description: "Show the role's vars and defaults to the rest of the play.",
      default: true,
    },
  },
};
const META: ObjectSchema = {
  properties: { free_form: { type: "string", description: "What to do: flush_handlers, end_play, end_host …" } },
};

export type StatementName = "include_tasks" | "import_tasks" | "include_role" | "import_role" | "meta";

function statement(name: StatementName, summary: string, params: ObjectSchema, freeForm?: string): AnyModule {
  return defineAction({
    name,
    aliases: builtin(name),
    summary,
    params,
    returns: {},
    runsInCheck: true,
    ...(freeForm === undefined ? {} : { freeForm }),
    run: () => Promise.reject(new Error(`${name} is done by the runner, not as an action`)),
  });
}

/** The statements by short name. */
export const STATEMENTS: Readonly<Record<StatementName, AnyModule>> = {
  include_tasks: statement("include_tasks", "Bring in a file of tasks while the play runs", TASKS, "file"),
  import_tasks: statement("import_tasks", "Bring in a file of tasks when the playbook is read", IMPORTED_TASKS, "file"),
  include_role: statement("include_role", "Bring in a role while the play runs", INCLUDED_ROLE),
  import_role: statement("import_role", "Bring in a role when the playbook is read", IMPORTED_ROLE),
  meta: statement("meta", "Steer the run itself", META, "free_form"),
};

/** The statement that an action's name means, by short or full name. */
export function statementOf(action: string): StatementName | undefined {
  const name = action.replace(/^ansible\.(builtin|legacy)\./, "");
  return Object.hasOwn(STATEMENTS, name) ? (name as StatementName) : undefined;
}

/** The statement for `include`, which Ansible has removed, and for what may not stand among tasks. */
export function refuseStatement(action: string, origin: Origin): void {
  const name = action.replace(/^ansible\.(builtin|legacy)\./, "");
  if (name === "include")
    fail("module-removed", "'include' no longer exists", { origin, hint: "use include_tasks or import_tasks" });
  if (name === "import_playbook" || name === "include_playbook")
    fail("playbook-shape", `'${name}' may stand only at the top level of a playbook, not among tasks`, {
      origin,
      hint: name === "include_playbook" ? "it is called import_playbook" : undefined,
    });
}
