// `tsplay vars HOST`: the final value of each variable of a host, and every level that set it.

import { Command } from "commander";
import { didYouMean } from "../../core/nearest.ts";
import { fail, type Origin, problemOf } from "../../core/problem.ts";
import { type Data, OMIT, type Value } from "../../core/value.ts";
import { placeText } from "../../report/problem-text.ts";
import { known } from "../../report/result-text.ts";
import { safeText } from "../../report/safe-text.ts";
import type { Project } from "../../run/project.ts";
import type { Scope } from "../../template/scope.ts";
import { dumpJson } from "../../text/json.ts";
import { compareText } from "../../text/numbers.ts";
import { levelTitle } from "../../vars/levels.ts";
import { HostVars, hostMagic, magicLayer } from "../../vars/magic.ts";
import { composeScope, NO_STATIC_LAYERS } from "../../vars/scope.ts";
import { EXIT } from "../exit-codes.ts";
import { openQuietly } from "../project.ts";
import { sourcesOf } from "../run-options.ts";
import { addSourceOptions, addVaultOptions, type SourceFlags } from "../shared-options.ts";
import { shownValue } from "../shown-value.ts";
import { paintFor, type World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";

interface VarsFlags extends SourceFlags {
  readonly explain?: string;
  readonly json?: boolean;
}

export const makeCommand: MakeCommand = (world, finish) => {
  const command = new Command("tsplay vars")
    .usage("HOST [options]")
    .description("Shows a host's variables as a play would see them before it sets any, and where each comes from.")
    .argument("<host>", "a host of the inventory")
    .option("--explain <name>", "every level that sets this variable, highest first")
    .option("--json", "values only, as JSON")
    .option("--playbook-dir <folder>", "read group_vars and host_vars there, too");
  addSourceOptions(command);
  return addVaultOptions(command).action(async (host: string, flags: VarsFlags) =>
    finish(await show(host, flags, world)),
  );
};

/** One level that sets a variable. */
interface Setting {
  readonly level: string;
  readonly value: Value;
  readonly origin: Origin | undefined;
}

async function show(host: string, flags: VarsFlags, world: World): Promise<number> {
  const sources = await sourcesOf(flags, world);
  const project = await openQuietly(sources, world);
  if (!project.inventory.hosts.has(host))
    fail("option-host", `no host '${host}' in the inventory`, {
      hint: didYouMean(host, project.inventory.hosts.keys()),
    });
  const scope = scopeOf(project, host);
  const settings = settingsOf(project, host);
  const out = (text: string): void => world.out(`${sources.mask.text(text)}\n`);
  const paint = paintFor(world);
  if (flags.explain !== undefined) {
    const levels = settings.get(flags.explain);
    if (!levels)
      fail("option-variable", `nothing sets the variable '${flags.explain}' for ${host}`, {
        hint:
          didYouMean(flags.explain, settings.keys()) ??
          "facts, role variables and variables of plays are not known here",
      });
    out(`${flags.explain} = ${valueText(project, levels[0]?.value ?? null, scope)}`);
    for (const [index, { level, value, origin }] of levels.entries()) {
      const place = origin ? `  ${placeText(origin, world.cwd)}` : "";
      const line = `  ${index === 0 ? "→" : " "} ${levelTitle(level as "magic")}: ${safeText(json(shownValue(value)))}`;
      out(paint(index === 0 ? "ok" : "faint", `${line}${place}`));
    }
    return EXIT.fine;
  }
  const names = [...settings.keys()].sort(compareText);
  if (flags.json) {
    const values = new Map<Data, Data>(names.map((name) => [name, finished(project, scope.get(name) ?? null, scope)]));
    out(dumpJson(values, { indent: 4, ensureAscii: false }));
    return EXIT.fine;
  }
  for (const name of names) {
    const top = settings.get(name)?.[0];
    const place = top?.origin ? ` ${placeText(top.origin, world.cwd)}` : "";
    out(
      `${name} = ${valueText(project, top?.value ?? null, scope)}${paint("faint", `  # ${levelTitle(top?.level as "magic")}${place}`)}`,
    );
  }
  return EXIT.fine;
}

/** Every variable with the levels that set it, highest first. */
function settingsOf(project: Project, host: string): Map<string, Setting[]> {
  const found = new Map<string, Setting[]>();
  const add = (name: string, setting: Setting): void => {
    if (name === "inventory_file" || name === "inventory_dir") return;
    found.set(name, [...(found.get(name) ?? []), setting]);
  };
  for (const [name, value] of project.store.extraVars) add(name, { level: "extra_vars", value, origin: undefined });
  for (const { level, values, origins } of [...project.store.host(host).layers].reverse())
    for (const [name, value] of values) add(name, { level, value, origin: origins.get(name) });
  return found;
}

function scopeOf(project: Project, host: string): Scope {
  const { inventory, store, engine } = project;
  const hostvars = new HostVars(
    inventory,
    (name) => scopeOf(project, name),
    (value, scope) => engine.resolve(value, scope),
  );
  return composeScope({
    magic: magicLayer({ hostvars: () => hostvars }, hostMagic(inventory, host)),
    extraVars: store.extraVars,
    combine: store.combine,
    host: store.host(host),
    enclosing: NO_STATIC_LAYERS,
  });
}

function finished(project: Project, value: Value, scope: Scope): Data {
  const data = project.engine.finish(value, scope);
  return data === OMIT ? "<omitted>" : known(data);
}

/** The final value, or why there is none before a run (it may need facts). */
function valueText(project: Project, value: Value, scope: Scope): string {
  try {
    return safeText(json(finished(project, value, scope)));
  } catch (error) {
    return `${safeText(json(shownValue(value)))} (${problemOf(error).message})`;
  }
}

function json(data: Data): string {
  return dumpJson(data, { ensureAscii: false });
}
