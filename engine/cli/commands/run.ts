// `tsplay run`: playbooks on hosts.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { RunEvent } from "../../core/event.ts";
import { Failures, fail } from "../../core/problem.ts";
import type { RunOptions, RunPlaybooks } from "../../run/options.ts";
import { deviations, PlanRecorder, parsePlan } from "../../run/plan-file.ts";
import { EXIT } from "../exit-codes.ts";
import { watchInterrupts } from "../interrupt.ts";
import { joinLimits, keepFailed, lastFailedFile, retryLimit } from "../last-failed.ts";
import { listingText } from "../listing-text.ts";
import { prompterFor } from "../prompt.ts";
import { OUTPUTS, type OutputKind, type Reporting, reportingFor } from "../reporting.ts";
import { connectingOf, type Sources, sourcesOf, verbosityOf } from "../run-options.ts";
import {
  addConnectOptions,
  addSourceOptions,
  addVaultOptions,
  type ConnectFlags,
  collect,
  positiveNumber,
  type SourceFlags,
} from "../shared-options.ts";
import { askStep } from "../step.ts";
import type { World } from "../surroundings.ts";
import type { MakeCommand } from "../table.ts";

interface RunFlags extends SourceFlags, ConnectFlags {
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly forks?: number;
  readonly step?: boolean;
  readonly startAtTask?: string;
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
  readonly syntaxCheck?: boolean;
  readonly forceHandlers?: boolean;
  readonly flushCache?: boolean;
  readonly output?: OutputKind;
  readonly report?: string;
  readonly retryFailed?: boolean;
  readonly out?: string;
  readonly plan?: string;
}

export const makeCommand: MakeCommand = (world, finish) => {
  const command = new Command("tsplay run")
    .usage("PLAYBOOK… [options]")
    .description("Runs playbooks.")
    .argument("<playbook...>", "playbook files");
  addSourceOptions(command)
    .option("-C, --check", "change nothing, say what would change")
    .option("-D, --diff", "show differences in files")
    .option("--out <file>", "with --check: keep what it foretells")
    .option("--plan <file>", "run only if the hosts are still as planned")
    .option("-t, --tags <tags>", "only tasks with these tags", collect)
    .option("--skip-tags <tags>", "leave out tasks with these tags", collect)
    .option("-f, --forks <number>", "work on so many hosts at once", positiveNumber)
    .addOption(new Option("--output <form>", "text, live, jsonl or json").choices([...OUTPUTS]))
    .option("--report <file>", "also write an HTML page")
    .option("--list-hosts", "only list the hosts")
    .option("--list-tasks", "only list the tasks")
    .option("--list-tags", "only list the tags")
    .option("--syntax-check", "only check the playbooks")
    .option("--step", "ask before each task")
    .option("--start-at-task <name>", "begin with this task")
    .option("--force-handlers", "run handlers even after a failure")
    .option("--flush-cache", "forget cached facts")
    .option("--retry-failed", "only the hosts that failed last time");
  addConnectOptions(command);
  return addVaultOptions(command).action(async (playbooks: string[], flags: RunFlags) =>
    finish(await run(playbooks, flags, world)),
  );
};

async function run(playbooks: readonly string[], flags: RunFlags, world: World): Promise<number> {
  for (const playbook of playbooks)
    if (!existsSync(resolve(world.cwd, playbook)))
      fail("playbook-missing", `the playbook ${playbook} could not be found`);
  if (flags.out !== undefined && !flags.check)
    fail("option-combination", "--out keeps what a dry run foretells: give --check as well");
  if (flags.plan !== undefined && flags.check)
    fail("option-combination", "--plan is for a run that changes something: leave --check out");
  const sources = await sourcesOf(flags, world);
  if (flags.listHosts || flags.listTasks || flags.listTags || flags.syntaxCheck)
    return list(playbooks, flags, sources, world);
  const failedFile = lastFailedFile(playbooks, world);
  const limit = flags.retryFailed ? joinLimits(flags.limit, retryLimit(failedFile)) : flags.limit;
  const verbosity = verbosityOf(flags, sources.config);
  const connecting = await connectingOf(flags, sources, world);
  const reporting = await reportingFor({ ...flags, verbosity, config: sources.config, mask: sources.mask }, world);
  const { reporter } = reporting;
  for (const problem of sources.config.warnings) reporter.event({ type: "warning", time: world.now(), problem });
  const interrupts = watchInterrupts((times) => reporter.event({ type: "interrupted", time: world.now(), times }));
  const recorder = new PlanRecorder();
  const events = (event: RunEvent): void => {
    recorder.event(event);
    if (event.type === "recap") keepFailed(failedFile, event);
    if (event.type !== "interrupted") reporter.event(event);
  };
  try {
    const { runPlaybooks } = await import("../../run/run.ts");
    const options: RunOptions = {
      ...baseOptions(playbooks, flags, sources, world, reporting),
      ...connecting,
      limit,
      verbosity,
      events,
      interrupt: interrupts.interrupt,
      kill: interrupts.kill,
    };
    if (flags.plan !== undefined) await mustBeAsPlanned(resolve(world.cwd, flags.plan), options, runPlaybooks);
    const { exitCode } = await runPlaybooks(options);
    if (flags.out !== undefined)
      writeFileSync(resolve(world.cwd, flags.out), `${JSON.stringify(recorder.plan(), null, 1)}\n`);
    return exitCode;
  } finally {
    await reporter.finish();
    interrupts.stop();
  }
}

/** Looks at the hosts once more and compares with the plan. Throws Failures that tell every deviation. */
async function mustBeAsPlanned(file: string, options: RunOptions, runPlaybooks: RunPlaybooks): Promise<void> {
  if (!existsSync(file)) fail("plan-missing", `there is no plan ${file}`);
  const planned = parsePlan(readFileSync(file, "utf8"), file);
  const recorder = new PlanRecorder();
  await runPlaybooks({ ...options, check: true, diff: true, events: (event) => recorder.event(event) });
  const [first, ...more] = deviations(planned, recorder.plan());
  if (first) throw new Failures([first, ...more]);
}

/** The part of the options that is the same for running and for listing. */
function baseOptions(
  playbooks: readonly string[],
  flags: RunFlags,
  sources: Sources,
  world: World,
  reporting?: Reporting,
): RunOptions {
  const { config } = sources;
  const prompter = prompterFor(world, reporting?.quietly);
  return {
    ...sources.options,
    playbooks,
    tags: split(flags.tags ?? config.get("tags_run")),
    skipTags: split(flags.skipTags ?? config.get("tags_skip")),
    check: flags.check ?? false,
    // A plan knows its steps by their differences.
    diff: flags.diff ?? (flags.out !== undefined || config.get("diff_always")),
    forks: flags.forks,
    become: {},
    passwords: {},
    step: flags.step ?? false,
    startAtTask: flags.startAtTask,
    forceHandlers: flags.forceHandlers ?? config.get("force_handlers"),
    flushCache: flags.flushCache ?? false,
    verbosity: verbosityOf(flags, config),
    events: () => undefined,
    interrupt: new AbortController().signal,
    kill: new AbortController().signal,
    prompter,
    confirmStep: (task) => askStep(prompter, task),
  };
}

function split(tags: readonly string[]): string[] {
  return tags.flatMap((text) => text.split(",").map((tag) => tag.trim())).filter((tag) => tag !== "");
}

async function list(playbooks: readonly string[], flags: RunFlags, sources: Sources, world: World): Promise<number> {
  const [{ listPlaybooks }, { problemText }] = await Promise.all([
    import("../../run/list.ts"),
    import("../../report/problem-text.ts"),
  ]);
  const listing = await listPlaybooks(baseOptions(playbooks, flags, sources, world));
  for (const problem of [...sources.config.warnings, ...listing.warnings])
    world.err(`${problemText(problem, { label: "WARNING", cwd: world.cwd })}\n`);
  const parts = { hosts: flags.listHosts ?? false, tasks: flags.listTasks ?? false, tags: flags.listTags ?? false };
  if (parts.hosts || parts.tasks || parts.tags) world.out(sources.mask.text(listingText(listing, parts)));
  else world.out(playbooks.map((playbook) => `\nplaybook: ${playbook}\n`).join(""));
  return EXIT.fine;
}
