// A setting's text as its value: booleans and numbers as Ansible reads them, paths made absolute.

import { resolve } from "node:path";
import { didYouMean } from "../core/nearest.ts";
import { fail, type Origin } from "../core/problem.ts";
import type { Setting } from "./settings.ts";

export interface ConvertContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths start from: the folder of ansible.cfg, else the current one. */
  readonly folder: string;
  /** The key or variable, for messages. */
  readonly name: string;
  readonly origin?: Origin;
}

const TRUE = ["y", "yes", "on", "1", "true", "t", "1.0"];
const FALSE = ["n", "no", "off", "0", "false", "f", "0.0"];

/** The value that a text means for a setting. Throws Failure `config-value`. */
export function convert(
  setting: Setting,
  source: string,
  context: ConvertContext,
): boolean | number | string | readonly string[] | undefined {
  const text = unquote(source.trim());
  switch (setting.type) {
    case "boolean":
      return booleanOf(text, context);
    case "integer":
    case "number":
      return numberOf(text, setting, context);
    case "path":
      return text === "" || text === "None" ? undefined : expandPath(text, context);
    case "paths":
      return parts(text, /:/).map((path) => expandPath(path, context));
    case "sources":
      return parts(text, /,/).map((path) => expandPath(path, context));
    case "list":
      return parts(text, /[,\n]/);
    case "string":
      return choiceOf(text, setting, context);
  }
}

/** `~`, `$NAME`, `{{CWD}}` and relative paths resolved. */
export function expandPath(path: string, context: Pick<ConvertContext, "cwd" | "env" | "folder">): string {
  const expanded = path
    .replace(/\{\{\s*CWD\s*\}\}/g, context.cwd)
    .replace(/^~(?=\/|$)/, context.env.HOME ?? "~")
    .replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (whole, braced?: string, bare?: string) => context.env[braced ?? bare ?? ""] ?? whole,
    );
  return resolve(context.folder, expanded);
}

function parts(text: string, separator: RegExp): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function booleanOf(text: string, context: ConvertContext): boolean {
  const word = text.toLowerCase();
  if (TRUE.includes(word)) return true;
  // Ansible takes any other text for false; a misspelt 'yes' should not switch something off unseen.
  if (FALSE.includes(word) || word === "" || word === "none") return false;
  return fail("config-value", `'${context.name}' must be yes or no, not '${text}'`, { origin: context.origin });
}

function numberOf(text: string, setting: Setting, context: ConvertContext): number | undefined {
  if (text === "" || text === "None") return typeof setting.default === "number" ? setting.default : undefined;
  const value = Number(text);
  if (Number.isFinite(value) && (setting.type === "number" || Number.isInteger(value))) return value;
  const what = setting.type === "integer" ? "a whole number" : "a number";
  return fail("config-value", `'${context.name}' must be ${what}, not '${text}'`, { origin: context.origin });
}

function choiceOf(text: string, setting: Setting, context: ConvertContext): string {
  const { choices } = setting;
  if (!choices || choices.includes(text)) return text;
  return fail("config-value", `'${context.name}' must be one of ${choices.join(", ")}, not '${text}'`, {
    origin: context.origin,
    hint: didYouMean(text, choices),
  });
}

function unquote(text: string): string {
  const match = /^(["'])(.*)\1$/s.exec(text);
  return match?.[2] ?? text;
}
