// The door to JSON Schema: compiles a schema once and tells what is wrong with a value in sentences for a person.
// Keywords of our own (aliases, secret, ignored, description …) are allowed in schemas and mean nothing here.

import { Ajv, type ErrorObject } from "ajv";
import { didYouMean } from "../core/nearest.ts";
import type { Problem } from "../core/problem.ts";

/** Everything that is wrong with a value; empty if nothing is. */
export type Check = (value: unknown) => Problem[];

/** A checker for values of this JSON Schema (draft 7). Throws an Error if the schema itself is wrong: that is a bug. */
export function compileSchema(schema: object): Check {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, allowUnionTypes: true, logger: false });
  const validate = ajv.compile(schema);
  return (value) => {
    if (validate(value)) return [];
    const errors = validate.errors ?? [];
    // `anyOf` and its like report every branch and then themselves; the branches alone say enough.
    const told = errors.length > 1 ? errors.filter((error) => !SUMMARIES.has(error.keyword)) : errors;
    return unique(told.map(problemFor));
  };
}

const SUMMARIES = new Set(["anyOf", "oneOf", "if"]);

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  null: "null",
};

function problemFor(error: ErrorObject): Problem {
  const what = pathOf(error.instancePath);
  const parent = (error.parentSchema ?? {}) as Record<string, unknown>;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "additionalProperties":
    case "unevaluatedProperties":
    case "propertyNames":
      return unknownProperty(error, parent, params);
    case "enum":
      return wrongChoice(what, error.data, error.schema as unknown[], parent.secret === true);
    case "const":
      return problem("schema-const", `${what} must be ${show(params.allowedValue)}`);
    case "type":
      return problem("schema-type", `${what} must be ${typeNames(error.schema)}, not ${kindOf(error.data)}`);
    case "required":
      return problem("schema-required", `${what} lacks '${String(params.missingProperty)}'`);
    default:
      return problem(`schema-${kebab(error.keyword)}`, `${what} ${error.message ?? "is not valid"}`);
  }
}

function unknownProperty(
  error: ErrorObject,
  parent: Record<string, unknown>,
  params: Record<string, unknown>,
): Problem {
  const name = String(params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName);
  const known = Object.keys((parent.properties as object | undefined) ?? {});
  const hint =
    didYouMean(name, known) ?? (known.length > 0 && known.length <= 20 ? `known are: ${known.join(", ")}` : undefined);
  const where = error.instancePath === "" ? "" : ` in ${pathOf(error.instancePath)}`;
  return problem("schema-unknown", `'${name}' is not known${where}`, hint);
}

function wrongChoice(what: string, data: unknown, choices: readonly unknown[], secret: boolean): Problem {
  const names = choices.map((choice) => (typeof choice === "string" ? choice : show(choice)));
  const given = secret ? "" : `, not ${show(data)}`;
  const hint = typeof data === "string" && !secret ? didYouMean(data, names) : undefined;
  return problem("schema-choice", `${what} must be one of ${names.join(", ")}${given}`, hint);
}

function problem(code: string, message: string, hint?: string): Problem {
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

/** `/rules/0/name` as `'rules[0].name'`; the root as `the value`. */
function pathOf(pointer: string): string {
  if (pointer === "") return "the value";
  const path = pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`), "");
  return `'${path}'`;
}

function typeNames(types: unknown): string {
  const list = Array.isArray(types) ? types : [types];
  return list.map((type) => TYPE_NAMES[String(type)] ?? String(type)).join(" or ");
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" || typeof value === "bigint") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" ? "text" : "a mapping";
}

function show(value: unknown): string {
  const text = typeof value === "string" ? `'${value}'` : String(JSON.stringify(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function kebab(keyword: string): string {
  return keyword.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((one) => [`${one.code} ${one.message}`, one])).values()];
}
