// Documentation of a module, made from the schema that also validates its parameters. Pure.

import type { AnyModule } from "../modules/module.ts";
import type { ParamSchema } from "../modules/params.ts";

/** One parameter, flattened: sub-options carry their path. */
export interface ParamDoc {
  readonly name: string;
  readonly depth: number;
  readonly type: string;
  readonly required: boolean;
  readonly default: string | undefined;
  readonly choices: readonly string[];
  readonly aliases: readonly string[];
  readonly description: string;
}

/** All parameters, required ones first, sub-options below theirs. */
export function paramDocs(module: AnyModule): ParamDoc[] {
  return flatten(module.params.properties, module.params.required ?? [], 0);
}

type Properties = Readonly<Record<string, ParamSchema>>;

function flatten(properties: Properties, required: readonly string[], depth: number): ParamDoc[] {
  const names = Object.keys(properties).sort((a, b) => {
    const first = Number(required.includes(b)) - Number(required.includes(a));
    return first !== 0 ? first : a < b ? -1 : 1;
  });
  return names.flatMap((name) => {
    const schema = properties[name];
    if (!schema) return [];
    const items = schema.items?.properties;
    return [
      {
        name,
        depth,
        type: typeText(schema),
        required: required.includes(name),
        default: schema.default === undefined || schema.default === null ? undefined : valueText(schema.default),
        choices: (schema.enum ?? schema.items?.enum ?? []).map(valueText),
        aliases: schema.aliases ?? [],
        description: schema.ignored ? `${schema.description} No effect here: ${schema.ignored}.` : schema.description,
      },
      ...flatten(schema.properties ?? items ?? {}, schema.requiredProperties ?? [], depth + 1),
    ];
  });
}

function typeText(schema: ParamSchema): string {
  return schema.type === "array" ? `list of ${schema.items?.type ?? "anything"}` : schema.type;
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Rules between parameters, one sentence each. */
export function ruleTexts(module: AnyModule): string[] {
  const { exclusive = [], oneOf = [], together = [], requiredIf = [] } = module.params;
  return [
    ...exclusive.map((names) => `at most one of ${names.join(", ")}`),
    ...oneOf.map((names) => `at least one of ${names.join(", ")}`),
    ...together.map((names) => `${names.join(", ")} only together`),
    ...requiredIf.map(([name, value, names]) => `with ${name}=${valueText(value)}: ${names.join(", ")}`),
  ];
}

/** For the terminal. */
export function docText(module: AnyModule): string {
  const lines = [`${module.name}: ${module.summary}`, `  also called ${module.aliases.join(", ")}`, "", "parameters:"];
  for (const param of paramDocs(module)) {
    const pad = "  ".repeat(param.depth + 1);
    const facts = [
      param.type,
      ...(param.required ? ["required"] : []),
      ...(param.default === undefined ? [] : [`default ${param.default}`]),
      ...(param.aliases.length > 0 ? [`or ${param.aliases.join(", ")}`] : []),
    ];
    lines.push(`${pad}${param.name} (${facts.join("; ")})`, `${pad}    ${param.description}`);
    if (param.choices.length > 0) lines.push(`${pad}    one of: ${param.choices.join(", ")}`);
  }
  if (module.freeForm) lines.push("", `free text goes to ${module.freeForm}`);
  const rules = ruleTexts(module);
  if (rules.length > 0) lines.push("", "rules:", ...rules.map((rule) => `  ${rule}`));
  const returns = Object.entries(module.returns);
  if (returns.length > 0) lines.push("", "returns:", ...returns.map(([name, text]) => `  ${name}: ${text}`));
  if (module.examples)
    lines.push(
      "",
      "examples:",
      ...module.examples
        .trim()
        .split("\n")
        .map((line) => `  ${line}`),
    );
  return `${lines.join("\n")}\n`;
}

/** For docs/modules/NAME.md. */
export function docMarkdown(module: AnyModule): string {
  const cell = (text: string): string => text.replace(/\|/g, "\\|").replace(/\n/g, " ");
  const rows = paramDocs(module).map((param) => {
    const name = `${"&nbsp;&nbsp;".repeat(param.depth)}\`${param.name}\`${param.required ? " (required)" : ""}`;
    const choices =
      param.choices.length > 0 ? ` One of ${param.choices.map((choice) => `\`${choice}\``).join(", ")}.` : "";
    const aliases = param.aliases.length > 0 ? ` Also ${param.aliases.map((alias) => `\`${alias}\``).join(", ")}.` : "";
    const standard = param.default === undefined ? "" : `\`${cell(param.default)}\``;
    return `| ${name} | ${param.type} | ${standard} | ${cell(`${param.description}${choices}${aliases}`)} |`;
  });
  const parts = [`# ${module.name}`, `${module.summary}.`.replace(/\.\.$/, ".")];
  if (module.aliases.length > 0) parts.push(`Also called ${module.aliases.map((alias) => `\`${alias}\``).join(", ")}.`);
  parts.push(["| parameter | type | default | meaning |", "|---|---|---|---|", ...rows].join("\n"));
  if (module.freeForm) parts.push(`Free text goes to \`${module.freeForm}\`.`);
  const rules = ruleTexts(module);
  if (rules.length > 0) parts.push(`Rules:\n${rules.map((rule) => `- ${rule}`).join("\n")}`);
  const returns = Object.entries(module.returns);
  if (returns.length > 0) parts.push(`Returns:\n${returns.map(([name, text]) => `- \`${name}\`: ${text}`).join("\n")}`);
  if (module.examples) parts.push(`\`\`\`yaml\n${module.examples.trim()}\n\`\`\``);
  return `${parts.join("\n\n")}\n`;
}
