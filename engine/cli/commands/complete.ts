// `tsplay complete -- WORDS…` (hidden): candidates for the last word, one a line. Never fails, never speaks.

import { Command } from "commander";
import { EXIT } from "../exit-codes.ts";
import { sourcesOf } from "../run-options.ts";
import type { World } from "../surroundings.ts";
import type { CommandTable, MakeCommand } from "../table.ts";

export const makeCommand: MakeCommand = (world, finish, commands) =>
  new Command("tsplay complete").argument("[words...]").action(async (words: string[]) => {
    const last = words.at(-1) ?? "";
    const found = await candidates(words, world, commands).catch(() => []);
    world.out(
      [...new Set(found)]
        .filter((candidate) => candidate.startsWith(last))
        .map((candidate) => `${candidate}\n`)
        .join(""),
    );
    finish(EXIT.fine);
  });

/** What may stand where the last word is. Empty: files, which the shell knows better. */
export async function candidates(words: readonly string[], world: World, commands: CommandTable): Promise<string[]> {
  const [name = "", ...rest] = words;
  if (rest.length === 0)
    return [...Object.keys(commands).filter((one) => !commands[one]?.hidden), "--help", "--version"];
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) return [];
  const command = (await entry.load()).makeCommand(world, () => undefined, commands);
  const before = rest.at(-2) ?? "";
  const last = rest.at(-1) ?? "";
  const owner = command.commands.find((one) => rest.slice(0, -1).includes(one.name())) ?? command;
  const option = owner.options.find((one) => one.long === before || one.short === before);
  if (option?.argChoices) return option.argChoices;
  if (option && (option.required || option.optional)) return valuesOf(option.long ?? "", words, world);
  if (last.startsWith("-")) return [...owner.options.flatMap(({ long }) => long ?? []), "--help"];
  if (command.commands.length > 0 && owner === command) return command.commands.map((one) => one.name());
  const argument = owner.registeredArguments[0];
  if (argument?.argChoices) return argument.argChoices;
  return positional(name, words, world);
}

async function valuesOf(option: string, words: readonly string[], world: World): Promise<string[]> {
  switch (option) {
    case "--limit":
    case "--host":
      return hostsAndGroups(words, world);
    case "--module-name":
      return (await import("../../modules/registry.ts")).allModules().map(({ name }) => name);
    case "--start-at-task":
      return (await listed(words, world)).flatMap(({ tasks }) => tasks.map(({ name }) => name));
    case "--tags":
    case "--skip-tags":
      return (await listed(words, world)).flatMap(({ taskTags }) => [...taskTags]);
    case "--connection":
      return ["ssh", "openssh", "local", "docker", "podman", "chroot"];
    case "--become-method":
      return ["sudo", "su"];
    default:
      return [];
  }
}

async function positional(name: string, words: readonly string[], world: World): Promise<string[]> {
  switch (name) {
    case "do":
    case "facts":
    case "vars":
    case "inventory":
      return hostsAndGroups(words, world);
    case "doc": {
      const { allModules } = await import("../../modules/registry.ts");
      return allModules().map((module) => module.name);
    }
    case "config": {
      const { loadConfig } = await import("../../config/config.ts");
      return loadConfig({ cwd: world.cwd, env: world.env })
        .all()
        .map((one) => one.name);
    }
    default:
      return [];
  }
}

/** The `-i` values typed so far. */
function inventories(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    if (word === "-i" || word === "--inventory") return words[index + 1] ?? [];
    return word.startsWith("--inventory=") ? word.slice("--inventory=".length) : [];
  });
}

async function hostsAndGroups(words: readonly string[], world: World): Promise<string[]> {
  const { openQuietly } = await import("../project.ts");
  const sources = await sourcesOf({ verbose: 0, inventory: inventories(words) }, world);
  const { inventory } = await openQuietly(sources, world, true);
  return [...inventory.hosts.keys(), ...inventory.groups.keys()];
}

async function listed(words: readonly string[], world: World) {
  const playbooks = words
    .slice(1, -1)
    .filter((word, index) => /\.ya?ml$/.test(word) && !(words[index] ?? "").startsWith("-"));
  const [{ listPlaybooks }, { adHocOptions }] = await Promise.all([import("../../run/list.ts"), import("./do.ts")]);
  const sources = await sourcesOf({ verbose: 0, inventory: inventories(words) }, world);
  const signal = new AbortController().signal;
  const options = await adHocOptions("all", { verbose: 0 }, sources, world);
  const listing = await listPlaybooks({
    ...options,
    playbooks,
    events: () => undefined,
    interrupt: signal,
    kill: signal,
  });
  return listing.playbooks.flatMap(({ plays }) => plays);
}
