// A task's result as Ansible shows it after `=>`: keys sorted, housekeeping left out, Python's JSON.

import { Unknown } from "../core/unknown.ts";
import { type Data, fromPlain, type PlainObject } from "../core/value.ts";
import { dumpJson, dumpYaml } from "../text/json.ts";

/** `callback_result_format` and `callback_format_pretty`. */
export interface ResultFormat {
  readonly form?: "json" | "yaml";
  /** undefined: as the form has it. */
  readonly pretty?: boolean;
}

const NEVER = new Set(["failed", "skipped", "warnings", "deprecations", "diff", "exception", "results", "problems"]);
const DEBUG_HIDES = new Set(["changed", "failed", "skipped", "invocation", "skip_reason", "item", "ansible_loop_var"]);

/** Name of an action without its collection. */
export function shortAction(action: string): string {
  return action.replace(/^ansible\.(builtin|legacy)\./, "");
}

/** Actions whose result is the point of them, shown without -v. */
export function speaksAlways(action: string): boolean {
  const short = shortAction(action);
  return short === "debug" || short === "assert";
}

/** Actions whose result is facts, too long to be shown with -v; Ansible does not show it either. */
export function speaksNever(action: string): boolean {
  return /^(?:setup|gather_facts)$/.test(shortAction(action));
}

/** The keys that are shown of a result at a verbosity. */
export function shownKeys(result: PlainObject, action: string, verbosity: number): PlainObject {
  const debug = shortAction(action) === "debug" && result.failed !== true;
  const alone = debug && "msg" in result;
  return Object.fromEntries(
    Object.entries(result).filter(([key, value]) => {
      if (value === undefined || key.startsWith("_ansible_")) return false;
      if (alone) return key === "msg";
      if (debug && (DEBUG_HIDES.has(key) || key === result.ansible_loop_var)) return false;
      if (key === "msg" && "results" in result && "skipped_reason" in result) return false;
      if (key === "invocation" || key === "diff") return verbosity > 2;
      return !NEVER.has(key);
    }),
  );
}

/** The result as text; over several lines for debug and assert, and from -vvv on. */
export function resultText(result: PlainObject, action: string, verbosity: number, format: ResultFormat = {}): string {
  const keys = shownKeys(result, action, verbosity);
  if (format.form === "yaml") return yamlText(keys, format.pretty !== false);
  // A debug or assert that was skipped, or failed before it had anything to say, is like any other task.
  const quiet =
    (result.failed === true && !("assertion" in result)) || "skipped_reason" in result || "skip_reason" in result;
  const spoke = speaksAlways(action) && !quiet;
  const wide = format.pretty ?? (spoke || verbosity > 2);
  return jsonText(keys, wide ? 4 : undefined);
}

/** Plain data as Ansible prints YAML: below the line, four spaces in; when pretty, lines that repeat a text left out. */
function yamlText(value: PlainObject, pretty: boolean): string {
  const shown = pretty
    ? {
        ...value,
        ...("stdout" in value && "stdout_lines" in value ? { stdout_lines: "<omitted>" } : {}),
        ...("stderr" in value && "stderr_lines" in value ? { stderr_lines: "<omitted>" } : {}),
      }
    : value;
  const text = dumpYaml(known(fromPlain(pretty ? (trimmed(shown) as PlainObject) : shown)), {
    defaultFlowStyle: false,
    blockTexts: true,
    ...(pretty ? { indent: 4 } : {}),
  });
  return `\n${text.replace(/^(?=.)/gm, "    ")}`.trimEnd();
}

/** Texts of several lines without white space at the ends of lines, which a block cannot hold. */
function trimmed(value: unknown): unknown {
  if (typeof value === "string")
    return value.includes("\n")
      ? value
          .trimEnd()
          .replace(/[ \t]+$/gm, "")
          .replaceAll("\t", "    ")
      : value;
  if (Array.isArray(value)) return value.map(trimmed);
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, trimmed(item)]));
}

/** Plain data as Python prints JSON, keys sorted; values that a dry run does not know are said so. */
export function jsonText(value: PlainObject, indent?: number): string {
  return dumpJson(known(fromPlain(value)), { sortKeys: true, ensureAscii: false, ...(indent ? { indent } : {}) });
}

/** The data with every Unknown replaced by a text that says so. */
export function known(value: Data): Data {
  if (value instanceof Unknown) return `<decided at run time: ${value.reason}>`;
  if (Array.isArray(value)) return value.map(known);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [known(key), known(item)]));
  return value;
}

/** Why a task failed, in the module's own words where it has some. */
export function failureText(result: PlainObject): string {
  if (typeof result.msg === "string" && result.msg !== "") return result.msg;
  if (result.censored !== undefined) return "its reason is hidden by no_log";
  return result.failed_when_result === true ? "its failed_when condition holds" : "the module gave no reason";
}
