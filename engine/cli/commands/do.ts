// `tsplay do`: one module on many hosts, a play of one task made in memory.

import { Command } from "commander";
import { fail } from "../../core/problem.ts";
import { AdHocReporter } from "../../report/ad-hoc.ts";
import type { RunOptions } from "../../run/options.ts";
import { EXIT } from "../exit-codes.ts";
import { watchInterrupts } from "../interrupt.ts";
import { prompterFor } from "../prompt.ts";
import { diffLimits, printerFor } from "../reporting.ts";
import { connectingOf, type Sources, sourcesOf, verbosityOf } from "../run-options.ts";
import {
  addConnectOptions,
  addSourceOptions,
  addVaultOptions,
  type ConnectFlags,
  positiveNumber,
  type SourceFlags,
  wholeNumber,
} from "../shared-options.ts";
import type { World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";

interface DoFlags extends SourceFlags, ConnectFlags {
  readonly moduleName?: string;
  readonly args?: string;
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly forks?: number;
  readonly background?: number;
  readonly poll?: number;
  readonly taskTimeout?: number;
  readonly oneLine?: boolean;
  readonly tree?: string;
  readonly listHosts?: boolean;
}

/** Modules that only make sense inside a playbook. */
const NOT_ALONE =
  /^(ansible\.(builtin|legacy)\.)?(include|include_tasks|include_role|import_tasks|import_role|import_playbook|meta)$/;

export const makeCommand: MakeCommand = (world, finish) => {
  const command = new Command("tsplay do")
    .usage("PATTERN [options]")
    .description("Runs one module on the hosts of a pattern.")
    .argument("<pattern>", "which hosts")
    .option("-m, --module-name <name>", "module (command)")
    .option("-a, --args <args>", "its arguments: k=v …, JSON, or a command")
    .option("-B, --background <seconds>", "run in the background, for so long at most", wholeNumber)
    .option("-P, --poll <seconds>", "look so often whether it is done; 0 does not wait (15)", wholeNumber)
    .option("-o, --one-line", "one line a host")
    .option("--tree <folder>", "write each host's result into a file there")
    .option("--task-timeout <seconds>", "end the task after so long", positiveNumber)
    .option("--list-hosts", "only list the hosts")
    .option("-C, --check", "change nothing, say what would change")
    .option("-D, --diff", "show differences in files")
    .option("-f, --forks <number>", "work on so many hosts at once", positiveNumber)
    .option("--playbook-dir <folder>", "where group_vars and roles are looked for");
  addSourceOptions(command);
  addConnectOptions(command);
  return addVaultOptions(command).action(async (pattern: string, flags: DoFlags) =>
    finish(await perform(pattern, flags, world)),
  );
};

async function perform(pattern: string, flags: DoFlags, world: World): Promise<number> {
  const sources = await sourcesOf(flags, world);
  if (flags.listHosts) return listHosts(pattern, flags, sources, world);
  const module = flags.moduleName ?? sources.config.get("module_name");
  if (NOT_ALONE.test(module)) fail("option-module", `'${module}' works on a play and cannot be run by itself`);
  if (/^(ansible\.(builtin|legacy)\.)?(command|shell|script|raw)$/.test(module) && (flags.args ?? "").trim() === "")
    fail("option-args", `No argument passed to ${module} module`, { hint: "give the command with -a" });
  const verbosity = verbosityOf(flags, sources.config);
  const reporter = new AdHocReporter(printerFor(world, sources.config, sources.mask), {
    verbosity,
    oneLine: flags.oneLine ?? false,
    tree: flags.tree,
    problems: { cwd: world.cwd },
    diff: diffLimits(sources.config),
  });
  for (const problem of sources.config.warnings) reporter.event({ type: "warning", time: world.now(), problem });
  const interrupts = watchInterrupts((times) => reporter.event({ type: "interrupted", time: world.now(), times }));
  try {
    const { runPlaybooks } = await import("../../run/run.ts");
    const options: RunOptions = {
      ...(await adHocOptions(pattern, flags, sources, world)),
      playbooks: [
        {
          name: "<ad hoc>",
          folder: sources.options.playbookFolder ?? world.cwd,
          text: adHocPlay(pattern, module, flags),
        },
      ],
      verbosity,
      events: (event) => reporter.event(event),
      interrupt: interrupts.interrupt,
      kill: interrupts.kill,
    };
    return (await runPlaybooks(options)).exitCode;
  } finally {
    await reporter.finish();
    interrupts.stop();
  }
}

/** All options of a run but what is run and who listens; `facts` uses it too. */
export async function adHocOptions(
  _pattern: string,
  flags: SourceFlags & ConnectFlags & Pick<DoFlags, "check" | "diff" | "forks">,
  sources: Sources,
  world: World,
): Promise<Omit<RunOptions, "playbooks" | "events" | "interrupt" | "kill">> {
  return {
    ...sources.options,
    ...(await connectingOf(flags, sources, world)),
    tags: [],
    skipTags: [],
    check: flags.check ?? false,
    diff: flags.diff ?? sources.config.get("diff_always"),
    forks: flags.forks,
    step: false,
    forceHandlers: false,
    flushCache: false,
    verbosity: 0,
    prompter: prompterFor(world),
  };
}

/** The play as YAML (JSON is YAML). Arguments that are a JSON mapping are parameters, other text is split by the module. */
export function adHocPlay(
  pattern: string,
  module: string,
  flags: Pick<DoFlags, "args" | "background" | "poll" | "taskTimeout">,
): string {
  const task: Record<string, unknown> = { name: module, [module]: argumentsOf(flags.args) };
  if (flags.background !== undefined) {
    task.async = flags.background;
    if (flags.poll !== undefined) task.poll = flags.poll;
  }
  if (flags.taskTimeout !== undefined) task.timeout = flags.taskTimeout;
  return JSON.stringify([{ name: "Ansible Ad-Hoc", hosts: pattern, gather_facts: false, tasks: [task] }]);
}

function argumentsOf(text: string | undefined): unknown {
  if (text === undefined || text.trim() === "") return null;
  if (!text.trim().startsWith("{")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function listHosts(pattern: string, flags: DoFlags, sources: Sources, world: World): Promise<number> {
  const { openQuietly } = await import("../project.ts");
  const { inventory } = await openQuietly(sources, world);
  const hosts = inventory.match(pattern, flags.limit);
  world.out(`  hosts (${hosts.length}):\n${hosts.map(({ name }) => `    ${name}\n`).join("")}`);
  return EXIT.fine;
}
