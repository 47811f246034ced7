// `tsplay config`: every setting, its value, and where the value comes from.

import { Command } from "commander";
import { type Configured, loadConfig, type ValueSource } from "../../config/config.ts";
import { didYouMean } from "../../core/nearest.ts";
import { fail } from "../../core/problem.ts";
import { MASKED } from "../../core/secret.ts";
import { placeText, problemText } from "../../report/problem-text.ts";
import { EXIT } from "../exit-codes.ts";
import { paintFor, type World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";

interface ConfigFlags {
  readonly changed?: boolean;
  readonly json?: boolean;
}

export const makeCommand: MakeCommand = (world, finish) =>
  new Command("tsplay config")
    .usage("[NAME] [options]")
    .description("Shows every setting, its value and where it comes from: default, ansible.cfg or environment.")
    .argument("[name]", "one setting, with its description and how to set it")
    .option("--changed", "only settings that are not at their default")
    .option("--json", "as JSON")
    .action((name: string | undefined, flags: ConfigFlags) => finish(show(name, flags, world)));

function show(name: string | undefined, flags: ConfigFlags, world: World): number {
  const config = loadConfig({ cwd: world.cwd, env: world.env });
  const paint = paintFor(world);
  for (const problem of config.warnings) world.err(`${problemText(problem, { label: "WARNING", cwd: world.cwd })}\n`);
  const all = config.all();
  if (name !== undefined) {
    const found = all.find(
      (one) => one.name === name || one.setting.ansible === name || one.setting.env.includes(name),
    );
    if (!found)
      fail("option-setting", `no setting '${name}'`, {
        hint: didYouMean(
          name,
          all.flatMap((one) => [one.name, one.setting.ansible]),
        ),
      });
    world.out(describe(found, world));
    return EXIT.fine;
  }
  const shown = flags.changed ? all.filter(({ source }) => source.kind !== "default") : all;
  if (flags.json) {
    const entries = shown.map((one) => [
      one.name,
      { value: settingValue(one), from: sourceText(one.source, world.cwd) },
    ]);
    world.out(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
    return EXIT.fine;
  }
  world.out(`# configuration file: ${config.file ?? "none"}\n`);
  for (const one of shown) {
    const origin = one.source.kind === "default" ? "" : `  # ${sourceText(one.source, world.cwd)}`;
    world.out(paint(one.source.kind === "default" ? "plain" : "changed", `${one.name} = ${valueText(one)}${origin}`));
    world.out("\n");
  }
  return EXIT.fine;
}

function describe(one: Configured, world: World): string {
  const { setting, name, source } = one;
  return [
    `${name} = ${valueText(one)}`,
    `  from         ${sourceText(source, world.cwd)}`,
    `  meaning      ${setting.description}`,
    `  type         ${setting.type}${setting.choices ? ` (${setting.choices.join(", ")})` : ""}`,
    ...(setting.ini.length > 0
      ? [`  ansible.cfg  ${setting.ini.map((key) => `[${key.replace(".", "] ")}`).join(", ")}`]
      : []),
    ...(setting.env.length > 0 ? [`  environment  ${setting.env.join(", ")}`] : []),
    `  in Ansible   ${setting.ansible}`,
    "",
  ].join("\n");
}

function settingValue({ value, setting }: Configured): Configured["value"] | null {
  return setting.secret && value !== undefined ? MASKED : (value ?? null);
}

function valueText(one: Configured): string {
  const value = settingValue(one);
  return value === null ? "(not set)" : typeof value === "string" ? value : JSON.stringify(value);
}

function sourceText(source: ValueSource, cwd: string): string {
  switch (source.kind) {
    case "file":
      return placeText(source.origin, cwd);
    case "environment":
      return source.name;
    case "argument":
      return "command line";
    default:
      return "default";
  }
}
