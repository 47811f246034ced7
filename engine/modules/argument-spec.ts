// Ansible's argument specs (of roles, and of validate_argument_spec) as parameter schemas. Pure.

import { isPlainObject, type Plain, type PlainObject } from "../core/value.ts";
import type { ObjectSchema, ParamSchema } from "./params.ts";
import { checkSchema } from "./params-check.ts";

const TYPES: Readonly<Record<string, ParamSchema["type"]>> = {
  str: "string",
  string: "string",
  bool: "boolean",
  int: "integer",
  float: "number",
  list: "array",
  dict: "object",
  path: "string",
  raw: "raw",
  bytes: "bytes",
  json: "raw",
  jsonarg: "raw",
};

/** Sentences about arguments that do not fit the spec. `extraAllowed`: arguments that it does not name are fine. */
export function argumentErrors(
  spec: PlainObject,
  given: Readonly<Record<string, Plain | undefined>>,
  extraAllowed = false,
): string[] {
  const schema = schemaOf(spec);
  const { problems } = checkSchema("argument spec", extraAllowed ? { ...schema, open: true } : schema, given);
  return problems.map((problem) =>
    problem.code === "param-unsupported"
      ? problem.message.replace(/^Unsupported parameters for \(argument spec\) module: /, "")
      : problem.message,
  );
}

/** `name: {type, required, choices, elements, options …}` as a schema. */
function schemaOf(spec: PlainObject): ObjectSchema {
  const entries = Object.entries(spec).flatMap(([name, option]) => [
    [name, isPlainObject(option) ? option : {}] as const,
  ]);
  return {
    properties: Object.fromEntries(entries.map(([name, option]) => [name, paramOf(option)])),
    required: entries.filter(([, option]) => option.required === true).map(([name]) => name),
  };
}

function paramOf(option: PlainObject): ParamSchema {
  const type = TYPES[String(option.type ?? "str")] ?? "raw";
  const choices = Array.isArray(option.choices) ? { enum: option.choices as readonly unknown[] } : {};
  const nested = isPlainObject(option.options) ? schemaOf(option.options) : undefined;
  const inner = nested ? { properties: nested.properties, requiredProperties: nested.required ?? [] } : {};
  const base = {
    description: "",
    ...(option.default === undefined ? {} : { default: option.default }),
    ...(Array.isArray(option.aliases) ? { aliases: option.aliases.map(String) } : {}),
  };
  if (type !== "array") return { ...base, type, ...choices, ...inner };
  const elements = TYPES[String(option.elements ?? "raw")] ?? "raw";
  return { ...base, type, items: { type: elements, ...choices, ...inner } };
}
