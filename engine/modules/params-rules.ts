// Rules between the parameters of one schema: required, mutually exclusive, together, one of, required if.
// The sentences are Ansible's.

import type { Problem } from "../core/problem.ts";
import { Unknown } from "../core/unknown.ts";
import { textOfValue } from "./convert.ts";
import type { ObjectSchema } from "./params.ts";

type Params = Readonly<Record<string, unknown>>;

/**
 * Problems of converted parameters. An Unknown value counts as given where something is required, and as
 * nothing where something is forbidden: it may turn out to be `omit`.
 */
export function ruleProblems(
  schema: ObjectSchema,
  params: Params,
  options: { readonly required: boolean; readonly path: string },
): Problem[] {
  const found: Problem[] = [];
  const place = options.path === "" ? "" : ` found in ${options.path}`;
  const say = (code: string, message: string) => found.push({ code, message: message + place });
  const given = (name: string) => params[name] !== undefined;
  const surely = (name: string) => given(name) && !(params[name] instanceof Unknown);

  for (const names of schema.exclusive ?? []) {
    const clash = names.filter((name) => surely(name) && !isDefault(schema, params, name));
    if (clash.length > 1) say("param-exclusive", `parameters are mutually exclusive: ${names.join("|")}`);
  }
  if (!options.required) return found;

  const missing = (schema.required ?? []).filter((name) => !given(name));
  if (missing.length > 0) say("param-missing", `missing required arguments: ${missing.join(", ")}`);
  for (const names of schema.oneOf ?? [])
    if (!names.some(given)) say("param-missing", `one of the following is required: ${names.join(", ")}`);
  for (const names of schema.together ?? [])
    if (names.some(surely) && !names.every(given))
      say("param-missing", `parameters are required together: ${names.join(", ")}`);
  for (const [name, value, needed] of schema.requiredIf ?? []) {
    const absent = params[name] === value ? needed.filter((other) => !given(other)) : [];
    if (absent.length > 0)
      say(
        "param-missing",
        `${name} is ${textOfValue(value as string)} but all of the following are missing: ${absent.join(", ")}`,
      );
  }
  return found;
}

/** Filled in, not written: a default does not exclude another parameter. */
function isDefault(schema: ObjectSchema, params: Params, name: string): boolean {
  const value = schema.properties[name]?.default;
  return value !== undefined && value !== null && params[name] === value;
}
