// What a run is asked to do, as finished data and callbacks. The command line makes it (cli/), programs may too.
// Also what the listing functions answer. No behaviour here.

import type { Config } from "../config/config.ts";
import type { EventSink, TaskInfo } from "../core/event.ts";
import type { Origin, Problem } from "../core/problem.ts";
import type { Mask } from "../core/secret.ts";
import type { VaultPassword } from "../text/vault.ts";

/** A playbook file, or plays that stand in no file (`tsplay do`): YAML text, with folder-relative things below `folder`. */
export type PlaybookSource = string | { readonly name: string; readonly text: string; readonly folder: string };

/** Asks the person at the terminal. Without a terminal `ask` answers undefined. */
export interface Prompter {
  ask(text: string, options: { readonly echo: boolean; readonly seconds?: number }): Promise<string | undefined>;
}

/** The answer to `--step` for one task: once, for all that follow, or not. */
export type StepAnswer = "yes" | "no" | "continue";

/** `--become…`: what holds where neither variables nor keywords say otherwise. */
export interface BecomeOptions {
  readonly become?: boolean;
  readonly method?: string;
  readonly user?: string;
}

/** What the inventory and the variables are made from; shared by all commands that read them. */
export interface SourceOptions {
  /** `-i`, in order: paths, or lists with a comma (`a,b`, `host,`). Empty: the configured inventory. */
  readonly inventory: readonly string[];
  readonly limit?: string;
  /** `-e`, in order: `k=v …`, a YAML or JSON mapping, or `@file`. */
  readonly extraVars: readonly string[];
  readonly vaultPasswords: readonly VaultPassword[];
  /** `--playbook-dir` for commands without a playbook; default the current folder. */
  readonly playbookFolder?: string;
  readonly config: Config;
  /** Secrets met on the way are added; reporters print through it. */
  readonly mask: Mask;
}

export interface RunOptions extends SourceOptions {
  readonly playbooks: readonly PlaybookSource[];
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly check: boolean;
  readonly diff: boolean;
  /** undefined here and below: the configuration decides. */
  readonly forks?: number;
  readonly user?: string;
  readonly connection?: string;
  /** Seconds. */
  readonly timeout?: number;
  readonly privateKeyFile?: string;
  readonly sshCommonArgs?: string;
  readonly sshExtraArgs?: string;
  readonly become: BecomeOptions;
  /** Asked for at the terminal (-k, -K) or read from a file. */
  readonly passwords: { readonly connection?: string; readonly become?: string };
  readonly step: boolean;
  readonly startAtTask?: string;
  readonly forceHandlers: boolean;
  readonly flushCache: boolean;
  /** 0 to 5, the number of `-v`. */
  readonly verbosity: number;
  readonly events: EventSink;
  /** First Ctrl-C: no new tasks, running ones may finish. */
  readonly interrupt: AbortSignal;
  /** Second Ctrl-C: at once. */
  readonly kill: AbortSignal;
  readonly prompter: Prompter;
  /** Asked before each task when `step` is set. */
  readonly confirmStep?: (task: TaskInfo, hosts: readonly string[]) => Promise<StepAnswer>;
}

export interface RunOutcome {
  /** As in docs/errors.md: 0, 1, 2, 4, 99 … */
  readonly exitCode: number;
}

export type RunPlaybooks = (options: RunOptions) => Promise<RunOutcome>;

/** What `--list-hosts`, `--list-tasks`, `--list-tags` print and `--syntax-check` verifies. Throws Failures. */
export interface PlaybookListing {
  readonly playbook: string;
  readonly plays: readonly PlayListing[];
}

export interface PlayListing {
  /** Templated where it could be; the pattern when the play has no name. */
  readonly name: string;
  readonly pattern: readonly string[];
  readonly hosts: readonly string[];
  /** The play's own tags. */
  readonly tags: readonly string[];
  /** Tasks that tags select, in order, meta tasks left out; `role` set for tasks in roles. */
  readonly tasks: readonly TaskListing[];
  /** Tags of all selected tasks, sorted, once each. */
  readonly taskTags: readonly string[];
  readonly origin: Origin;
}

export interface TaskListing {
  /** As shown after `TASK`: `role : name`. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly origin: Origin;
}

export interface Listing {
  readonly playbooks: readonly PlaybookListing[];
  readonly warnings: readonly Problem[];
}

export type ListPlaybooks = (options: RunOptions) => Promise<Listing>;
