// `tsplay inventory`: what ansible-inventory shows.

import { Command } from "commander";
import { didYouMean } from "../../core/nearest.ts";
import { fail } from "../../core/problem.ts";
import type { Data, Value } from "../../core/value.ts";
import { baseDirsOf, loadVarsFile, varsFilesFor } from "../../inventory/vars-files.ts";
import type { Project } from "../../run/project.ts";
import { dumpJson } from "../../text/json.ts";
import { dumpYaml } from "../../text/yaml-dump.ts";
import { EXIT } from "../exit-codes.ts";
import { graphLines, type InventoryView, listDocument, yamlDocument } from "../inventory-text.ts";
import { openQuietly } from "../project.ts";
import { sourcesOf } from "../run-options.ts";
import { addSourceOptions, addVaultOptions, type SourceFlags } from "../shared-options.ts";
import { shownVariables } from "../shown-value.ts";
import type { World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";

interface InventoryFlags extends SourceFlags {
  readonly list?: boolean;
  readonly graph?: boolean;
  readonly host?: string;
  readonly vars?: boolean;
  readonly yaml?: boolean;
  readonly export?: boolean;
}

export const makeCommand: MakeCommand = (world, finish) => {
  const command = new Command("tsplay inventory")
    .usage("--list | --graph | --host HOST [options] [GROUP]")
    .description("Shows hosts, groups and variables.")
    .argument("[group]", "group to begin the graph with")
    .option("--list", "everything, as inventory scripts print it")
    .option("--graph", "groups and hosts as a tree")
    .option("--host <host>", "the variables of one host")
    .option("--vars", "with --graph: variables too")
    .option("-y, --yaml", "YAML, not JSON")
    .option("--export", "with --list: variables where they were set, not merged into hosts")
    .option("--playbook-dir <folder>", "read group_vars and host_vars there, too");
  addSourceOptions(command);
  return addVaultOptions(command).action(async (group: string | undefined, flags: InventoryFlags) =>
    finish(await show(group, flags, world)),
  );
};

async function show(group: string | undefined, flags: InventoryFlags, world: World): Promise<number> {
  const chosen = [flags.list, flags.graph, flags.host !== undefined].filter(Boolean).length;
  if (chosen !== 1)
    fail(
      "option-inventory",
      chosen === 0
        ? "say what to show: --list, --graph or --host HOST"
        : "--list, --graph and --host exclude each other",
    );
  const sources = await sourcesOf(flags, world);
  const project = await openQuietly(sources, world);
  const { inventory } = project;
  const format = (data: Data): string =>
    flags.yaml
      ? dumpYaml(data, { defaultFlowStyle: false, width: 1_000_000 })
      : `${dumpJson(data, { indent: 4, sortKeys: true, ensureAscii: false })}\n`;
  const out = (text: string): void => world.out(sources.mask.text(text));
  if (flags.host !== undefined) {
    const host = inventory.match(flags.host)[0];
    if (!host)
      fail("option-host", `no host '${flags.host}' in the inventory`, {
        hint: didYouMean(flags.host, inventory.hosts.keys()),
      });
    out(format(shownVariables(project.store.host(host.name).inventory)));
    return EXIT.fine;
  }
  const view = viewOf(project, flags);
  if (flags.graph) {
    const from = group ?? "all";
    if (!inventory.groups.has(from))
      fail("option-group", `no group '${from}' in the inventory`, { hint: didYouMean(from, inventory.groups.keys()) });
    out(`${graphLines(view, from, flags.vars ?? false).join("\n")}\n`);
  } else out(format(flags.yaml ? yamlDocument(view) : listDocument(view)));
  return EXIT.fine;
}

function viewOf(project: Project, flags: InventoryFlags): InventoryView {
  const { inventory, store } = project;
  const folders = [...new Set([...baseDirsOf(inventory.sources), flags.playbookDir ?? process.cwd()])];
  const own = (kind: "group_vars" | "host_vars", name: string, vars: ReadonlyMap<string, Value> | undefined) => {
    const merged = new Map(vars);
    for (const file of varsFilesFor(folders, kind, name))
      for (const [key, value] of loadVarsFile(file, (content) => content).values) merged.set(key, value);
    return merged;
  };
  return {
    inventory,
    exported: flags.export ?? false,
    hosts: new Set(inventory.match("all", flags.limit).map(({ name }) => name)),
    hostVars: (name) =>
      flags.export ? own("host_vars", name, inventory.hosts.get(name)?.vars) : store.host(name).inventory,
    groupVars: (name) => own("group_vars", name, inventory.groups.get(name)?.vars),
  };
}
