// The settings in force, each with where its value comes from: command line, environment, ansible.cfg or default.

import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { didYouMean } from "../core/nearest.ts";
import type { Origin, Problem } from "../core/problem.ts";
import { type CfgEntry, readCfg } from "./cfg-file.ts";
import { convert, expandPath } from "./convert.ts";
import { NO_EFFECT_ENV, NO_EFFECT_ENV_PREFIXES, NO_EFFECT_KEYS, NOT_SETTINGS } from "./no-effect.ts";
import { SETTINGS, type Setting, type SettingName, type SettingValue } from "./settings.ts";

export type { SettingName, SettingValue } from "./settings.ts";

/** Where a value comes from. */
export type ValueSource =
  | { readonly kind: "default" }
  | { readonly kind: "argument" }
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "file"; readonly origin: Origin; readonly key: string };

export interface Configured {
  readonly name: SettingName;
  readonly setting: Setting;
  readonly value: boolean | number | string | readonly string[] | undefined;
  readonly source: ValueSource;
}

export interface Config {
  /** The ansible.cfg in use. */
  readonly file: string | undefined;
  /** Unknown and meaningless settings, files that were passed over. */
  readonly warnings: readonly Problem[];
  /** The value of a setting. */
  get<N extends SettingName>(name: N): SettingValue<N>;
  /** The value with its source, for `tsplay config` and messages. */
  explain(name: SettingName): Configured;
  /** All settings, in the order of the table. */
  all(): readonly Configured[];
}

export interface ConfigInput {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values from the command line; they win. */
  readonly args?: { readonly [N in SettingName]?: SettingValue<N> };
}

/** Finds and reads ansible.cfg, the environment and the arguments. Throws Failure `config-…` for wrong values. */
export function loadConfig(input: ConfigInput): Config {
  const warnings: Problem[] = [];
  const file = findFile(input, warnings);
  const entries = file === undefined ? [] : readCfg(readFileSync(file, "utf8"), file);
  warnings.push(...unknownKeys(entries), ...unknownEnvironment(input.env));
  const table = new Map<SettingName, Configured>();
  for (const name of Object.keys(SETTINGS) as SettingName[]) table.set(name, configure(name, input, entries));
  const explain = (name: SettingName): Configured => {
    const found = table.get(name);
    if (!found) throw new Error(`no setting '${name}'`);
    return found;
  };
  return {
    file,
    warnings,
    get: <N extends SettingName>(name: N) => explain(name).value as SettingValue<N>,
    explain,
    all: () => [...table.values()],
  };
}

function configure(name: SettingName, input: ConfigInput, entries: readonly CfgEntry[]): Configured {
  const setting: Setting = SETTINGS[name];
  const argument = input.args?.[name];
  if (argument !== undefined) return { name, setting, value: argument, source: { kind: "argument" } };
  const variable = setting.env.findLast((one) => isSet(one, input.env[one]));
  if (variable !== undefined) {
    const source: ValueSource = { kind: "environment", name: variable };
    const text = input.env[variable] ?? "";
    // https://no-color.org: any value that is not empty means yes.
    const value =
      variable === "NO_COLOR" ? true : convert(setting, text, { ...input, folder: input.cwd, name: variable });
    return { name, setting, value, source };
  }
  const entry = entries.findLast(({ section, key }) => setting.ini.includes(`${section}.${key}`));
  if (entry) {
    const { origin } = entry;
    const context = { ...input, folder: dirname(origin.file), name: entry.key, origin };
    const source: ValueSource = { kind: "file", origin, key: `${entry.section}.${entry.key}` };
    return { name, setting, value: convert(setting, entry.value, context), source };
  }
  return { name, setting, value: defaultOf(setting, input), source: { kind: "default" } };
}

function isSet(name: string, value: string | undefined): boolean {
  return value !== undefined && (name !== "NO_COLOR" || value !== "");
}

function defaultOf(setting: Setting, input: ConfigInput): Configured["value"] {
  const value = setting.default;
  const expand = (path: string): string => expandPath(path, { ...input, folder: input.cwd });
  if (setting.type === "path" && typeof value === "string") return expand(value);
  if (setting.type === "paths" && Array.isArray(value)) return value.map(expand);
  return value;
}

/** The first that exists of ANSIBLE_CONFIG, ./ansible.cfg, ~/.ansible.cfg and /etc/ansible/ansible.cfg. */
function findFile({ cwd, env }: ConfigInput, warnings: Problem[]): string | undefined {
  const named = env.ANSIBLE_CONFIG;
  if (named) {
    const path = resolve(cwd, expandPath(named, { env, cwd, folder: cwd }));
    const file = isFolder(path) ? join(path, "ansible.cfg") : path;
    if (isReadable(file)) return file;
    warnings.push({
      code: "config-file",
      message: `ANSIBLE_CONFIG names ${file}, which cannot be read; it is passed over`,
    });
  }
  const local = join(cwd, "ansible.cfg");
  if (isReadable(local)) {
    if (((statSync(cwd, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) === 0) return local;
    warnings.push({
      code: "config-world-writable",
      message: `${local} is passed over, because everybody may write to its folder`,
      hint: "chmod o-w the folder, or name the file in ANSIBLE_CONFIG",
    });
  }
  const others = [...(env.HOME ? [join(env.HOME, ".ansible.cfg")] : []), "/etc/ansible/ansible.cfg"];
  return others.find(isReadable);
}

function unknownKeys(entries: readonly CfgEntry[]): Problem[] {
  const known = Object.values(SETTINGS).flatMap((setting) => [...setting.ini]);
  const all = [...known, ...Object.keys(NO_EFFECT_KEYS)];
  return entries.flatMap(({ section, key, origin }): Problem[] => {
    const name = `${section}.${key}`;
    if (known.includes(name)) return [];
    const reason = NO_EFFECT_KEYS[name] ?? NO_EFFECT_KEYS[`${section}.*`];
    if (reason !== undefined) return [noEffect(`'${key}' in [${section}]`, reason, origin)];
    // Variables of plugins and sections of other programs may stand there too: a warning, not an error.
    const inSection = all.filter((one) => one.startsWith(`${section}.`)).map((one) => one.slice(section.length + 1));
    const elsewhere = all.find((one) => one.endsWith(`.${key}`));
    const hint =
      didYouMean(key, inSection) ??
      (elsewhere ? `it belongs in the section [${elsewhere.slice(0, -key.length - 1)}]` : undefined);
    const message = `the setting '${key}' in [${section}] is not known and has no effect`;
    return [{ code: "config-unknown", message, origin, ...(hint === undefined ? {} : { hint }) }];
  });
}

function unknownEnvironment(env: ConfigInput["env"]): Problem[] {
  const known = Object.values(SETTINGS).flatMap((setting) => [...setting.env]);
  return Object.keys(env).flatMap((name): Problem[] => {
    if (!name.startsWith("ANSIBLE_") || env[name] === undefined) return [];
    if (known.includes(name) || NOT_SETTINGS.includes(name)) return [];
    const reason = reasonFor(name);
    if (reason !== undefined) return [noEffect(name, reason)];
    const hint = didYouMean(name, known);
    const message = `the environment variable ${name} is not known and has no effect`;
    return [{ code: "config-unknown", message, ...(hint === undefined ? {} : { hint }) }];
  });
}

function reasonFor(name: string): string | undefined {
  const direct = NO_EFFECT_ENV[name] ?? NO_EFFECT_KEYS[`defaults.${name.slice("ANSIBLE_".length).toLowerCase()}`];
  if (direct !== undefined) return direct;
  return Object.entries(NO_EFFECT_ENV_PREFIXES).find(([prefix]) => name.startsWith(prefix))?.[1];
}

function noEffect(what: string, reason: string, origin?: Origin): Problem {
  return { code: "config-no-effect", message: `${what} has no effect here: ${reason}`, ...(origin ? { origin } : {}) };
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return !isFolder(path);
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
