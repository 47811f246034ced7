// Checks a task's parameters against its module's schema: aliases, conversions, defaults, and the rules between
// parameters, in Ansible's words. Before the run `checkStatic` does what can be done with templates still in them.

import { didYouMean } from "../core/nearest.ts";
import type { Problem } from "../core/problem.ts";
import { findUnknown, Undecided, Unknown } from "../core/unknown.ts";
import { type Data, Float, isPlainObject, type Plain, type PlainObject, type Value } from "../core/value.ts";
import { convert, elementsOf, Inconvertible, plainOf, textOfValue } from "./convert.ts";
import type { AnyModule } from "./module.ts";
import type { ObjectSchema, ParamSchema } from "./params.ts";
import { ruleProblems } from "./params-rules.ts";

export interface Checked {
  /** Ready for `plan` or `run` when there are no problems. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly warnings: readonly Problem[];
  readonly problems: readonly Problem[];
}

/** Where findings go while a schema is walked. */
interface Findings {
  readonly module: string;
  readonly warnings: Problem[];
  readonly problems: Problem[];
}

type Raw = Readonly<Record<string, Data | Plain | undefined>>;

/**
 * Finished parameters as a module gets them. A null counts as not given. Throws Undecided when a value is or holds
 * Unknown, unless `allowUnknown`: then Unknowns stay where they are.
 * `path` values stay as written here; defineModule expands them on the host (target-path.ts).
 */
export function checkParams(module: AnyModule, raw: Raw, options: { readonly allowUnknown?: boolean } = {}): Checked {
  if (options.allowUnknown !== true) {
    const unknown = findUnknown(raw);
    if (unknown) throw new Undecided(unknown);
  }
  return check(module, raw, { required: true, defaults: true });
}

/**
 * What can be told before the run: names, required parameters, exclusive ones and each value that is not a template.
 * `incomplete`: more may come from `module_defaults` or `args: "{{ … }}"`, so nothing is missing yet.
 */
export function checkStatic(
  module: AnyModule,
  args: ReadonlyMap<string, Value>,
  options: { readonly incomplete?: boolean } = {},
): Problem[] {
  const raw = Object.fromEntries([...args].map(([name, value]) => [name, settled(value)]));
  return [
    ...check(module, raw, { required: options.incomplete !== true, defaults: options.incomplete !== true }).problems,
  ];
}

/** Texts of the parameters that are marked secret, for the run's Mask. */
export function secretsOf(module: AnyModule, params: Readonly<Record<string, unknown>>): string[] {
  const found: string[] = [];
  collectSecrets(module.params.properties, params, found);
  return found;
}

/** Resolves aliases only: canonical name of a parameter, or undefined if the module has none of that name. */
function canonicalName(schema: ObjectSchema, name: string): string | undefined {
  if (Object.hasOwn(schema.properties, name)) return name;
  return Object.entries(schema.properties).find(([, param]) => param.aliases?.includes(name))?.[0];
}

/** The same for a schema that is no module's (a role's argument spec). */
export function checkSchema(name: string, schema: ObjectSchema, raw: Raw): Checked {
  const findings: Findings = { module: name, warnings: [], problems: [] };
  const { params } = walkObject(schema, raw, "", findings, true);
  findings.problems.push(...ruleProblems(schema, params, { required: true, path: "" }));
  return { params, warnings: findings.warnings, problems: findings.problems };
}

function check(module: AnyModule, raw: Raw, mode: { required: boolean; defaults: boolean }): Checked {
  const findings: Findings = { module: module.name, warnings: [], problems: [] };
  const given: Record<string, Data | Plain | undefined> = { ...raw };
  const free = given._raw_params;
  if (module.freeForm !== undefined && free !== undefined) {
    delete given._raw_params;
    given[module.freeForm] ??= free;
  }
  const { params, extra } = walkObject(module.params, given, "", findings, mode.defaults);
  findings.problems.push(...ruleProblems(module.params, params, { required: mode.required, path: "" }));
  if (module.params.open === true) params.extra = extra;
  if (findings.problems.length === 0 && mode.required && module.check && !findUnknown(params)) {
    const sentence = module.check(params as PlainObject);
    if (sentence !== undefined) findings.problems.push({ code: "param-rule", message: sentence });
  }
  return { params, warnings: findings.warnings, problems: findings.problems };
}

function walkObject(
  schema: ObjectSchema,
  raw: Raw,
  path: string,
  findings: Findings,
  defaults: boolean,
): { params: Record<string, unknown>; extra: Record<string, unknown> } {
  const params: Record<string, unknown> = {};
  const extra: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    const canonical = canonicalName(schema, name);
    if (canonical === undefined) {
      if (schema.open === true) extra[name] = value;
      else findings.problems.push(unsupported(schema, name, path, findings.module));
      continue;
    }
    if (value === undefined || value === null) continue;
    const param = schema.properties[canonical] as ParamSchema;
    if (canonical !== name && raw[canonical] !== undefined && raw[canonical] !== null)
      findings.warnings.push({
        code: "param-alias",
        message: `Both option ${canonical} and its alias ${name} are set.`,
      });
    if (param.ignored !== undefined)
      findings.warnings.push({
        code: "param-ignored",
        message: `parameter '${canonical}' has no effect: ${param.ignored}`,
      });
    params[canonical] = convertParam(param, value, path + canonical, findings);
  }
  if (defaults)
    for (const [name, param] of Object.entries(schema.properties))
      if (params[name] === undefined && param.default !== undefined && param.default !== null)
        params[name] = param.default;
  return { params, extra };
}

function convertParam(
  param: Omit<ParamSchema, "description">,
  value: Data | Plain,
  path: string,
  findings: Findings,
): unknown {
  if (value instanceof Unknown) return value;
  try {
    const result =
      param.type === "array" ? convertList(param, value, path, findings) : convertOne(param, value, path, findings);
    return checkEnum(param, result, path, findings);
  } catch (error) {
    if (!(error instanceof Inconvertible)) throw error;
    findings.problems.push({ code: "param-type", message: `argument '${path}' ${error.message}` });
    // Given, though not well: it must not be told to be missing as well.
    return new Unknown("a value that is not valid");
  }
}

function convertList(
  param: Omit<ParamSchema, "description">,
  value: Data | Plain,
  path: string,
  findings: Findings,
): unknown[] {
  const items = param.items;
  return elementsOf(value).map((item) => (items ? convertParam(items, item, path, findings) : plainOf(item)));
}

function convertOne(
  param: Omit<ParamSchema, "description">,
  value: Data | Plain,
  path: string,
  findings: Findings,
): unknown {
  if (param.type === "array") return undefined;
  const result = convert(param.type, value);
  if (param.type === "object" && param.properties && isPlainObject(result)) {
    const schema: ObjectSchema = { properties: param.properties, required: param.requiredProperties };
    const inner = walkObject(schema, result, `${path}.`, findings, true).params;
    findings.problems.push(...ruleProblems(schema, inner, { required: true, path }));
    return inner;
  }
  if (typeof result === "number") {
    if (param.minimum !== undefined && result < param.minimum)
      throw new Inconvertible(`is ${result}, but must be at least ${param.minimum}`);
    if (param.maximum !== undefined && result > param.maximum)
      throw new Inconvertible(`is ${result}, but must be at most ${param.maximum}`);
  }
  return result;
}

/** The value if it is allowed. `yes` written for a choice 'yes' arrives as True: Ansible accepts it where it is unambiguous. */
function checkEnum(param: Omit<ParamSchema, "description">, value: unknown, path: string, findings: Findings): unknown {
  if (!param.enum || value instanceof Unknown || value === undefined || param.enum.includes(value)) return value;
  if (value === "True" || value === "False") {
    const words = value === "True" ? ["y", "yes", "on", "1", "true"] : ["n", "no", "off", "0", "false"];
    const matches = param.enum.filter((choice) => words.includes(String(choice)));
    if (matches.length === 1) return matches[0];
  }
  const shown = textOfValue(plainOf(value as Plain));
  findings.problems.push({
    code: "param-value",
    message: `value of ${path} must be one of: ${param.enum.map((choice) => textOfValue(choice as Plain)).join(", ")}, got: ${shown}`,
    hint: didYouMean(shown, param.enum.map(String)),
  });
  return new Unknown("a value that is not valid");
}

function unsupported(schema: ObjectSchema, name: string, path: string, module: string): Problem {
  const names = Object.keys(schema.properties).sort();
  const listed = names.map((known) => {
    const aliases = schema.properties[known]?.aliases;
    return aliases && aliases.length > 0 ? `${known} (${[...aliases].sort().join(", ")})` : known;
  });
  return {
    code: "param-unsupported",
    message: `Unsupported parameters for (${module}) module: ${path}${name}. Supported parameters include: ${listed.join(", ")}.`,
    hint: didYouMean(
      name,
      names.flatMap((known) => [known, ...(schema.properties[known]?.aliases ?? [])]),
    ),
  };
}

function collectSecrets(
  schema: Readonly<Record<string, ParamSchema>>,
  params: Readonly<Record<string, unknown>>,
  found: string[],
): void {
  for (const [name, param] of Object.entries(schema)) {
    const value = params[name];
    if (value === undefined || value === null) continue;
    if (param.secret === true) texts(value, found);
    else if (param.properties && isPlainObject(value)) collectSecrets(param.properties, value, found);
    else if (param.items?.properties && Array.isArray(value))
      for (const item of value) if (isPlainObject(item)) collectSecrets(param.items.properties, item, found);
  }
}

function texts(value: unknown, found: string[]): void {
  if (typeof value === "string" && value !== "") found.push(value);
  else if (typeof value === "number") found.push(String(value));
  else if (Array.isArray(value)) for (const item of value) texts(item, found);
  else if (isPlainObject(value)) for (const item of Object.values(value)) texts(item, found);
}

/** A value with everything that only the run can tell replaced by Unknown. */
function settled(value: Value): Data {
  if (value === null || ["boolean", "number", "bigint", "string"].includes(typeof value)) return value as Data;
  if (value instanceof Float || value instanceof Unknown) return value;
  if (Array.isArray(value)) return value.map(settled);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [settled(key), settled(item)]));
  return new Unknown("decided when the task runs", "pending");
}
