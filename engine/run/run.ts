// The door: runs playbooks to their end and says with which exit code. Wires what the other folders make.

import { hostname, userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { EVENT_VERSION, type EventSink, type Traffic } from "../core/event.ts";
import { Failure, fail, type Problem, problemOf } from "../core/problem.ts";
import type { Counts } from "../core/result.ts";
import type { Value } from "../core/value.ts";
import { gatherFacts } from "../facts/gather.ts";
import { prefixedFacts } from "../facts/prefix.ts";
import { createHost } from "../host/hosts.ts";
import { createPredictedHost, PredictionStore } from "../host/predicted.ts";
import { LOCALHOSTS } from "../inventory/patterns.ts";
import { findModule } from "../modules/registry.ts";
import type { Play, PlaybookLoader } from "../playbook/model.ts";
import type { RunContext } from "./context.ts";
import { Jobs } from "./jobs.ts";
import { loaderFor } from "./loader.ts";
import type { PlaybookSource, RunOptions, RunOutcome, RunPlaybooks } from "./options.ts";
import { Plays } from "./plays.ts";
import { openProject, type Project, type Surroundings } from "./project.ts";
import { taskSelection } from "./selection.ts";
import { RunSettings } from "./settings.ts";
import { RunStatistics } from "./statistics.ts";
import { Targets } from "./targets.ts";

/** Ansible's exit codes. */
const EXIT = { ok: 0, error: 1, failed: 2, unreachable: 4, interrupted: 99 } as const;

/** Runs playbooks. Throws Failures for what is wrong before any host is touched. */
export const runPlaybooks: RunPlaybooks = async (options) => {
  const start = Date.now();
  const emit = maskedSink(options);
  const around = surroundings(emit);
  const folders = options.playbooks.map((playbook) => folderOf(playbook, around.cwd));
  const project = await openProject(options, folders, around);
  const settings = new RunSettings(options, process.env);
  const loader = loaderFor(project, options, around);
  const loaded = options.playbooks.map((playbook) => loader.load(playbook));
  if (options.limit !== undefined && project.inventory.match("all", options.limit).length === 0)
    fail("limit-empty", "Specified inventory, host pattern and/or --limit leaves us with no hosts to target", {
      hint: "tsplay inventory --graph shows the hosts and groups there are",
    });
  if (options.flushCache) for (const name of project.inventory.hosts.keys()) project.store.clearFacts(name);
  if (settings.warnsOfLocalhost && project.inventory.hosts.size === 0 && !loaded.flat().every(isForLocalhost))
    around.warn({
      code: "inventory-empty",
      message:
        "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'",
    });
  const statistics = new RunStatistics();
  const targets = new Targets(
    (connection) =>
      createHost(connection, {
        environment: settings.transport,
        onState: (state, detail) =>
          emit({ type: "connection", time: Date.now(), host: connection.host, state, ...(detail ? { detail } : {}) }),
      }),
    (host) => {
      const store = new PredictionStore();
      return {
        host: createPredictedHost(host, store),
        predictions: store,
        add: (predictions) => store.add(predictions),
      };
    },
  );
  const context = makeContext(project, options, settings, loader.loader, targets, statistics, around, emit);
  const selection = taskSelection(options, project);
  const plays = new Plays(context, {
    limit: options.limit,
    selects: selection.selects,
    random: around.random,
  });
  emit({
    type: "run-start",
    time: start,
    version: EVENT_VERSION,
    check: options.check,
    playbooks: options.playbooks.map((playbook) => (typeof playbook === "string" ? playbook : playbook.name)),
  });
  // The second Ctrl-C: what runs on the hosts is ended at once.
  options.kill.addEventListener("abort", () => void targets.close(), { once: true });
  try {
    await runAll(plays, loaded, options);
    await awaitJobs(context);
    if (!selection.foundStart() && !options.interrupt.aborted)
      around.warn({
        code: "start-at-task-unmatched",
        message: `No matching task "${options.startAtTask}" found.`,
        hint: "--start-at-task can only follow static includes; tsplay run … --list-tasks shows the names",
      });
  } finally {
    await targets.close();
  }
  const outcome = conclude(plays, options, statistics, targets.traffic(), emit, start);
  return outcome;
};

/** Playbooks one after the other; none after one in which hosts failed. */
function isForLocalhost({ hosts }: Play): boolean {
  return typeof hosts === "string" && LOCALHOSTS.includes(hosts);
}

/** Tasks in the background end with the connection, so the run waits for them: `async` bounds how long. */
async function awaitJobs({ jobs, emit, now, interrupted }: RunContext): Promise<void> {
  const left = jobs.unfinished();
  if (left.length === 0 || interrupted.aborted) return;
  const hosts = [...new Set(left.map(({ host }) => host))].join(", ");
  const message = `waiting for ${left.length} background task${left.length === 1 ? "" : "s"} (async, poll: 0) on ${hosts}`;
  emit({ type: "warning", time: now(), problem: { code: "jobs-running", message, hint: "Ctrl-C ends them" } });
  const aborted = new Promise<void>((resolve) =>
    interrupted.addEventListener("abort", () => resolve(), { once: true }),
  );
  await Promise.race([Promise.all(left.map(({ done }) => done)), aborted]);
}

async function runAll(plays: Plays, playbooks: readonly (readonly Play[])[], options: RunOptions): Promise<void> {
  for (const playbook of playbooks) {
    for (const play of playbook) {
      if (options.interrupt.aborted) return;
      if (!(await plays.run(play))) return;
    }
    if (plays.hasFailures) return;
  }
}

function conclude(
  plays: Plays,
  options: RunOptions,
  statistics: RunStatistics,
  traffic: Record<string, Traffic>,
  emit: EventSink,
  start: number,
): RunOutcome {
  const tallies = [...plays.tallies];
  const counts: Record<string, Counts> = Object.fromEntries(
    tallies.flatMap(([host, { counts: each }]) =>
      Object.values(each).some((count) => count > 0) ? [[host, each]] : [],
    ),
  );
  const custom = statistics.custom();
  emit({
    type: "recap",
    time: Date.now(),
    counts,
    ...(custom ? { custom } : {}),
    undecided: statistics.undecided,
  });
  const exitCode = options.interrupt.aborted
    ? EXIT.interrupted
    : tallies.some(([, { unreachable }]) => unreachable)
      ? EXIT.unreachable
      : tallies.some(([, { failed }]) => failed)
        ? EXIT.failed
        : EXIT.ok;
  emit({ type: "run-end", time: Date.now(), exitCode, duration: Date.now() - start, traffic });
  return { exitCode };
}

/** Events as plain data without secrets. */
function maskedSink(options: RunOptions): EventSink {
  return (event) => options.events(options.mask.data(event));
}

function surroundings(emit: EventSink): Surroundings {
  const seen = new Set<string>();
  return {
    cwd: process.cwd(),
    env: process.env,
    now: () => Date.now(),
    random: Math.random,
    warn: (problem: Problem) => {
      const key = JSON.stringify([problem.code, problem.message, problem.origin]);
      if (seen.has(key)) return;
      seen.add(key);
      emit({ type: "warning", time: Date.now(), problem });
    },
  };
}

function folderOf(playbook: PlaybookSource, cwd: string): string {
  return typeof playbook === "string" ? dirname(resolve(cwd, playbook)) : resolve(cwd, playbook.folder);
}

function makeContext(
  project: Project,
  options: RunOptions,
  settings: RunSettings,
  loader: PlaybookLoader,
  targets: Targets,
  statistics: RunStatistics,
  around: Surroundings,
  emit: EventSink,
): RunContext {
  const { confirmStep } = options;
  let confirmAll = false;
  return {
    engine: project.engine,
    inventory: project.inventory,
    store: project.store,
    loader,
    targets,
    defaults: settings.connectionDefaults(),
    mask: options.mask,
    emit: (event) => {
      statistics.see(event);
      emit(event);
    },
    check: options.check,
    diff: options.diff,
    ...settings.play(),
    forceHandlers: options.forceHandlers || settings.forceHandlers,
    verbosity: options.verbosity,
    interrupted: options.interrupt,
    runMagic: runMagic(options, settings),
    findModule,
    gatherFacts: async (host, how) => prefixedFacts(await gatherFacts(host, how)),
    readControllerFile: project.readControllerFile,
    isVaulted: project.isVaulted,
    readTrusted: project.readTrusted,
    prompt: (text, how) => options.prompter.ask(text, how),
    ...(options.step && confirmStep
      ? {
          confirmStep: async (task, hosts) => {
            if (confirmAll) return true;
            const answer = await confirmStep(task, hosts);
            confirmAll = answer === "continue";
            return answer !== "no";
          },
        }
      : {}),
    jobs: new Jobs(around.random),
    setStats: (host, data, how) => statistics.set(host, data, how),
    now: around.now,
    localUser: userInfo().username,
  };
}

/** Magic variables that are the same for all hosts. */
function runMagic(options: RunOptions, settings: RunSettings): Readonly<Record<string, () => Value>> {
  const version = new Map<Value, Value>([
    ["full", "2.19.4"],
    ["major", 2],
    ["minor", 19],
    ["revision", 4],
    ["string", "2.19.4"],
  ]);
  return {
    ansible_version: () => version,
    ansible_check_mode: () => options.check,
    ansible_diff_mode: () => options.diff,
    ansible_forks: () => settings.play().forks,
    ansible_verbosity: () => options.verbosity,
    ansible_run_tags: () => (options.tags.length > 0 ? [...options.tags] : ["all"]),
    ansible_skip_tags: () => [...options.skipTags],
    ansible_limit: () => options.limit as Value,
    ansible_controller_hostname: () => hostname(),
    ansible_config_file: () => settings.configFile ?? null,
  };
}

/** For callers that want a problem instead of an exception. */
export function problemsOf(error: unknown): readonly Problem[] {
  const several = (error as { readonly problems?: readonly Problem[] }).problems;
  return error instanceof Failure && several ? several : [problemOf(error)];
}
