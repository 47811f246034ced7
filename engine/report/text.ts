// Events as Ansible's familiar text (its default callback), line by line as they come.

import type { HostResult, RunEvent, TaskInfo } from "../core/event.ts";
import type { Problem } from "../core/problem.ts";
import type { Difference, Status } from "../core/result.ts";
import type { PlainObject } from "../core/value.ts";
import { type DiffLimits, diffLines } from "./diff-text.ts";
import type { Printer } from "./printer.ts";
import { type ProblemTextOptions, problemText } from "./problem-text.ts";
import { recapLines } from "./recap.ts";
import type { Reporter } from "./reporter.ts";
import { failureText, jsonText, type ResultFormat, resultText, speaksAlways, speaksNever } from "./result-text.ts";
import type { Meaning } from "./style.ts";
import { undecidedLines } from "./undecided-text.ts";

export interface TextOptions {
  /** 0 to 5. */
  readonly verbosity: number;
  /** `display_skipped_hosts`: false leaves `skipping:` lines out. */
  readonly showSkipped?: boolean;
  /** `display_ok_hosts`: false leaves out what changed nothing. */
  readonly showOk?: boolean;
  /** `show_per_host_start`. */
  readonly showStarts?: boolean;
  /** `show_task_path_on_failure`. */
  readonly pathOnFailure?: boolean;
  readonly format?: ResultFormat;
  readonly diff?: DiffLimits;
  /** `show_custom_stats`: set_stats' data after the recap. */
  readonly showCustomStats?: boolean;
  /** `check_mode_markers`. */
  readonly checkMarkers?: boolean;
  /** `display_failed_stderr`. */
  readonly failuresToStderr?: boolean;
  readonly problems?: ProblemTextOptions;
}

const MEANINGS: Readonly<Record<Status, Meaning>> = {
  ok: "ok",
  changed: "changed",
  failed: "failed",
  skipped: "skipped",
  unreachable: "unreachable",
  undecided: "undecided",
};

type ItemResult = Extract<RunEvent, { type: "item-result" }>;
type Event<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

export class TextReporter implements Reporter {
  readonly #printer: Printer;
  readonly #options: TextOptions;
  #check = false;
  #banner = "";
  /** `task host` pairs whose items were shown. */
  readonly #withItems = new Map<string, { failed: boolean }>();
  readonly #told = new Set<string>();

  constructor(printer: Printer, options: TextOptions) {
    this.#printer = printer;
    this.#options = options;
  }

  event(event: RunEvent): void {
    const handle = this.#handlers[event.type] as ((event: RunEvent) => void) | undefined;
    handle?.(event);
  }

  async finish(): Promise<void> {}

  readonly #handlers: { readonly [T in RunEvent["type"]]?: (event: Event<T>) => void } = {
    "run-start": (event) => {
      this.#check = event.check;
      if (this.#options.verbosity > 1)
        for (const playbook of event.playbooks) this.#printer.banner(`PLAYBOOK: ${playbook}`);
    },
    "play-start": (event) => {
      this.#banner = "";
      this.#withItems.clear();
      const name = event.name.trim();
      this.#printer.banner(name === "" ? "PLAY" : `PLAY [${name}]${this.#marker()}`);
      if (this.#options.verbosity > 1 && event.origin) this.#path("play", event.origin);
    },
    "no-hosts": (event) => {
      if (event.reason === "no-match") this.#printer.line("skipping: no hosts matched", "skipped");
      else this.#printer.banner("NO MORE HOSTS LEFT");
    },
    "task-start": (event) => {
      // Where lines are left out, a task without any has no heading either.
      if (this.#options.showSkipped === false || this.#options.showOk === false) this.#banner = "";
      else this.#heading(event.task);
    },
    "host-start": (event) => {
      if (this.#options.showStarts) this.#printer.line(` [started TASK: ${event.task.name} on ${event.host}]`, "ok");
    },
    "item-result": (event) => this.#item(event),
    "host-result": (event) => this.#host(event),
    retry: (event) => {
      this.#headingAgain(event.task);
      const more = this.#options.verbosity > 2 ? `Result was: ${jsonText(event.result, 4)}` : "";
      const line = `FAILED - RETRYING: [${event.host}]: ${event.task.name} (${event.left} retries left).${more}`;
      this.#printer.line(line, "faint");
    },
    progress: (event) => {
      if (this.#options.verbosity > 2) this.#printer.line(`<${event.host}> ${event.message}`, "verbose");
    },
    included: (event) => {
      this.#headingAgain(event.task);
      const label = event.label === undefined ? "" : ` => (item=${event.label})`;
      this.#printer.line(`included: ${event.file} for ${event.hosts.join(", ")}${label}`, "skipped");
    },
    message: (event) => {
      this.#headingAgain(event.task);
      this.#printer.line(event.text);
    },
    connection: (event) => {
      const detail = event.detail ? `: ${event.detail}` : "";
      if (event.state === "lost" || event.state === "reconnected")
        this.#printer.error(`[WARNING]: ${event.host}: connection ${event.state}${detail}`, "warning");
      else if (this.#options.verbosity > 2)
        this.#printer.line(`<${event.host}> connection ${event.state}${detail}`, "verbose");
    },
    warning: (event) => this.#tell(event.problem, "WARNING", "warning"),
    interrupted: (event) =>
      this.#printer.error(
        event.times < 2
          ? "\n[ERROR]: interrupted: running tasks get to finish, no new ones start; press Ctrl-C again to stop at once"
          : "[ERROR]: stopped at once: tasks that were running may be half done",
      ),
    recap: (event) => {
      this.#printer.banner("PLAY RECAP");
      for (const line of recapLines(event.counts, this.#printer.paint))
        this.#printer.painted(this.#printer.mask.text(line));
      this.#printer.line();
      if (this.#options.showCustomStats && event.custom && Object.keys(event.custom).length > 0) {
        this.#printer.banner("CUSTOM STATS: ");
        this.#printer.line(`\tRUN: ${jsonText(event.custom)}`);
        this.#printer.line();
      }
      for (const line of undecidedLines(event.undecided, this.#options.problems?.cwd))
        this.#printer.line(line, "undecided");
    },
  };

  #marker(): string {
    return this.#check && this.#options.checkMarkers ? " [CHECK MODE]" : "";
  }

  #heading(task: TaskInfo): void {
    this.#banner = task.id;
    const kind = task.kind === "handler" ? "RUNNING HANDLER" : "TASK";
    this.#printer.banner(`${kind} [${task.name}]${this.#marker()}`);
    if (this.#options.verbosity > 1 && task.origin) this.#path("task", task.origin);
  }

  /** With the free strategy, results of several tasks come interleaved: each change of task is headed again. */
  #headingAgain(task: TaskInfo): void {
    if (this.#banner !== task.id) this.#heading(task);
  }

  #path(what: string, origin: { readonly file: string; readonly line: number }): void {
    this.#printer.line(`${what} path: ${origin.file}:${origin.line}`, "faint");
  }

  #item(event: ItemResult): void {
    if (event.task.kind === "include" && (event.status === "ok" || event.status === "changed")) return;
    const key = `${event.task.id} ${event.host}`;
    this.#withItems.set(key, { failed: event.status === "failed" || (this.#withItems.get(key)?.failed ?? false) });
    if (this.#isHidden(event.status)) return;
    this.#headingAgain(event.task);
    const where = place(event);
    const item = `(item=${event.label})`;
    const { verbosity } = this.#options;
    switch (event.status) {
      case "skipped":
        this.#printer.line(
          `skipping: [${event.host}] => ${item} ${verbosity > 0 ? `=> ${this.#result(event)}` : ""}`,
          "skipped",
        );
        return;
      case "failed":
        this.#failure(event.task, event.result, undefined);
        this.#bad(`failed: [${where}] ${item} => ${this.#result(event)}`, "failed");
        return;
      case "unreachable":
        this.#failure(event.task, event.result, undefined);
        this.#bad(`fatal: [${where}]: UNREACHABLE! ${item} => ${this.#result(event)}`, "unreachable");
        return;
      case "undecided":
        this.#diff(event.diff);
        this.#printer.line(`undecided: [${where}] => ${item} => ${decidedLater(event.reason)}`, "undecided");
        return;
      default:
        this.#diff(event.diff);
        this.#printer.line(
          `${event.status}: [${where}] => ${item}${this.#verbose(event) ? ` => ${this.#result(event)}` : ""}`,
          MEANINGS[event.status],
        );
    }
  }

  #host(event: HostResult): void {
    const { task, status } = event;
    for (const warning of Array.isArray(event.result.warnings) ? event.result.warnings : [])
      this.#tell({ code: "module-warning", message: String(warning) }, "WARNING", "warning");
    if (task.kind === "include" && (status === "ok" || status === "changed")) return;
    const items = this.#withItems.get(`${task.id} ${event.host}`);
    this.#withItems.delete(`${task.id} ${event.host}`);
    const looped = items !== undefined;
    if (looped && (status === "ok" || status === "changed" || status === "undecided")) return;
    if (this.#isHidden(status)) return;
    this.#headingAgain(task);
    const where = place(event);
    switch (status) {
      case "skipped":
        this.#printer.line(
          `skipping: [${event.host}]${this.#options.verbosity > 0 ? ` => ${this.#result(event)}` : ""}`,
          "skipped",
        );
        return;
      case "failed":
        // An include may fail after its items: what they name cannot be loaded.
        if (!looped || (task.kind === "include" && !items.failed)) {
          this.#failure(task, event.result, event.problem);
          this.#bad(`fatal: [${where}]: FAILED! => ${this.#result(event)}`, "failed");
        }
        break;
      case "unreachable":
        // Of a loop, the items have told why and where.
        if (!looped) this.#failure(task, event.result, event.problem);
        this.#bad(`fatal: [${looped ? event.host : where}]: UNREACHABLE! => ${this.#result(event)}`, "unreachable");
        break;
      case "undecided":
        this.#diff(event.diff);
        this.#printer.line(`undecided: [${where}] => ${decidedLater(event.reason)}`, "undecided");
        return;
      default: {
        this.#diff(event.diff);
        const more = this.#verbose(event) ? ` => ${this.#result(event)}` : "";
        this.#printer.line(`${status}: [${where}]${more}`, MEANINGS[status]);
      }
    }
    if (event.ignored) this.#printer.line("...ignoring", "skipped");
  }

  #isHidden(status: Status): boolean {
    return status === "skipped"
      ? this.#options.showSkipped === false
      : status === "ok" && this.#options.showOk === false;
  }

  /** The line of a failure. */
  #bad(text: string, meaning: Meaning): void {
    if (this.#options.failuresToStderr) this.#printer.error(text, meaning);
    else this.#printer.line(text, meaning);
  }

  #verbose(event: { readonly task: TaskInfo; readonly result: PlainObject }): boolean {
    const { action } = event.task;
    return (this.#options.verbosity > 0 && !speaksNever(action)) || speaksAlways(action);
  }

  #result(event: { readonly task: TaskInfo; readonly result: PlainObject }): string {
    return resultText(event.result, event.task.action, this.#options.verbosity, this.#options.format);
  }

  #diff(differences: readonly Difference[]): void {
    for (const { text, meaning } of diffLines(differences, this.#options.diff)) this.#printer.line(text, meaning);
  }

  /** The place in the playbook and the reason, once for all hosts that fail alike. */
  #failure(task: TaskInfo, result: PlainObject, problem: Problem | undefined): void {
    const told = problem ?? { code: "task-failed", message: `Task failed: ${failureText(result)}` };
    this.#tell(told.origin || !task.origin ? told : { ...told, origin: task.origin }, "ERROR", "failed");
    if (this.#options.pathOnFailure && this.#options.verbosity < 2 && task.origin) this.#path("task", task.origin);
  }

  /** Failures are part of the report, as in Ansible; warnings go to standard error. */
  #tell(problem: Problem, label: string, meaning: Meaning): void {
    const text = problemText(problem, { ...this.#options.problems, label });
    if (this.#told.has(text)) return;
    this.#told.add(text);
    const shown = text.includes("\n") ? `${text}\n` : text;
    if (label === "ERROR" && this.#options.failuresToStderr !== true) this.#printer.line(shown, meaning);
    else this.#printer.error(shown, meaning);
  }
}

function place(event: { readonly host: string; readonly delegatedTo?: string }): string {
  return event.delegatedTo === undefined ? event.host : `${event.host} -> ${event.delegatedTo}`;
}

function decidedLater(reason: string | undefined): string {
  return `decided at run time: ${reason ?? "it depends on a value that only the real run knows"}`;
}
