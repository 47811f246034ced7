// Loads variables from files of the controller while the play runs.

import { readdirSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { Failure, fail } from "../core/problem.ts";
import { Template } from "../core/value.ts";
import { plainOf } from "./convert.ts";
import { type ActionContext, builtin, defineAction } from "./module.ts";
import { isVariableName } from "./set-fact.ts";
import { failTask } from "./task-failure.ts";

type Values = Map<string, unknown>;

export const includeVars = defineAction({
  name: "include_vars",
  aliases: builtin("include_vars"),
  summary: "Load variables from files",
  freeForm: "file",
  params: {
    properties: {
      file: {
        type: "string",
        aliases: ["free-form"],
        description: "The file, looked for in vars/ and beside the task.",
      },
      dir: { type: "string", description: "A folder whose files are loaded in alphabetical order." },
      name: { type: "string", description: "Put the variables into this one." },
      depth: { type: "integer", default: 0, description: "How deep to go below `dir`; 0 is without limit." },
      files_matching: { type: "string", description: "Load only files whose name matches this pattern." },
      ignore_files: { type: "array", items: { type: "string" }, description: "Patterns of names not to load." },
      extensions: {
        type: "array",
        items: { type: "string" },
        default: ["yaml", "yml", "json"],
        description: "Extensions that may be loaded.",
      },
      ignore_unknown_extensions: {
        type: "boolean",
        default: false,
        description: "Pass over files with other extensions.",
      },
      hash_behaviour: {
        type: "string",
        enum: ["replace", "merge"],
        description: "What becomes of mappings of the same name.",
      },
    },
    exclusive: [["file", "dir"]],
    oneOf: [["file", "dir"]],
  },
  returns: { ansible_facts: "The variables.", ansible_included_var_files: "The files." },
  runsInCheck: true,
  async run(context, params) {
    const files =
      params.dir === undefined
        ? [findFile(context, params.file ?? "")]
        : filesOf(folderFor(context, params.dir), params);
    const loaded = await Promise.all(files.map((file) => context.loadVarsFile(file)));
    let values: Values = new Map();
    for (const file of loaded)
      for (const [name, value] of file.values)
        values.set(name, params.hash_behaviour === "merge" ? merge(values.get(name), value) : value);
    if (params.name !== undefined) {
      if (!isVariableName(params.name)) fail("variable-name", `Invalid variable name '${params.name}'.`);
      values = new Map([[params.name, values]]);
    }
    if (params.hash_behaviour === "merge")
      for (const [name, value] of values) values.set(name, merge(mapOf(context.variable(name)), value));
    context.setVars("include_vars", { file: files[0] ?? "", names: [...values.keys()], values });
    return {
      changed: false,
      ansible_facts: Object.fromEntries([...values].map(([name, value]) => [name, plainOf(shown(value) as never)])),
      ansible_included_var_files: files,
    };
  },
});

interface Choice {
  readonly depth: number;
  readonly files_matching: string | undefined;
  readonly ignore_files: readonly string[] | undefined;
  readonly extensions: readonly string[];
  readonly ignore_unknown_extensions: boolean;
}

function findFile(context: ActionContext, name: string): string {
  try {
    return context.find(name, "vars");
  } catch (error) {
    if (error instanceof Failure)
      failTask(error.problem.code, error.problem.message, {
        ansible_included_var_files: [],
        ansible_facts: {},
        message: error.problem.message,
      });
    throw error;
  }
}

function folderFor(context: ActionContext, dir: string): string {
  const folder = findFile(context, dir);
  if (!statSync(folder).isDirectory()) fail("include-vars-dir", `${dir} is not a directory`);
  return folder;
}

function filesOf(dir: string, choice: Choice): string[] {
  const matching = choice.files_matching === undefined ? undefined : new RegExp(choice.files_matching);
  const ignored = (choice.ignore_files ?? []).map((pattern) => new RegExp(`${pattern}$`));
  const walk = (folder: string, depth: number): string[] => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    const isFolder = (entry: (typeof entries)[number]) => statSync(join(folder, entry.name)).isDirectory();
    const own = entries.filter((entry) => !isFolder(entry)).map((entry) => join(folder, entry.name));
    const below =
      choice.depth === 0 || depth < choice.depth
        ? entries.filter(isFolder).flatMap((entry) => walk(join(folder, entry.name), depth + 1))
        : [];
    return [...own, ...below];
  };
  return walk(dir, 1).filter((file) => {
    const name = basename(file);
    if (ignored.some((pattern) => pattern.test(name)) || (matching && !matching.test(name))) return false;
    if (choice.extensions.includes(extname(name).slice(1))) return true;
    if (choice.ignore_unknown_extensions) return false;
    return fail("include-vars-extension", `${file} does not have a valid extension: ${choice.extensions.join(", ")}`);
  });
}

function mapOf(value: unknown): unknown {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Map)
    ? new Map(Object.entries(value).map(([key, item]) => [key, mapOf(item)]))
    : value;
}

/** Mappings joined at every depth; anything else is replaced. */
function merge(before: unknown, after: unknown): unknown {
  if (!(before instanceof Map) || !(after instanceof Map)) return after;
  const result = new Map<unknown, unknown>(before);
  for (const [key, value] of after) result.set(key, merge(before.get(key), value));
  return result;
}

/** Templates as they are written, for the result that is only looked at. */
function shown(value: unknown): unknown {
  if (value instanceof Template) return value.text;
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, shown(item)]));
  return typeof value === "object" && value !== null && "ciphertext" in value
    ? "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    : value;
}
