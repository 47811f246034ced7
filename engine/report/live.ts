// The live board's reporter: finished tasks, failures, differences and messages go above the board as they come,
// what runs is on it, the recap closes.

import type { HostResult, RunEvent, TaskInfo } from "../core/event.ts";
import type { Problem } from "../core/problem.ts";
import type { Difference } from "../core/result.ts";
import { boardLines, closingLines, duration, finishedLine } from "./board-lines.ts";
import type { BoardContent, BoardScreen } from "./board-screen.ts";
import { type DiffLimits, diffLines } from "./diff-text.ts";
import type { Printer } from "./printer.ts";
import { type ProblemTextOptions, problemText } from "./problem-text.ts";
import type { Reporter } from "./reporter.ts";
import { failureText, type ResultFormat, resultText, speaksAlways, speaksNever } from "./result-text.ts";
import type { Meaning } from "./style.ts";
import { hostList, undecidedLines } from "./undecided-text.ts";
import { ViewModel } from "./view-model.ts";

export interface LiveOptions {
  readonly verbosity: number;
  readonly problems?: ProblemTextOptions;
  readonly format?: ResultFormat;
  readonly diff?: DiffLimits;
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly now: () => number;
  /** Puts a board on the screen; board-screen.ts does, tests have their own. */
  readonly open: (content: BoardContent) => BoardScreen;
  /** Writes text when no board is up. */
  readonly write: (text: string) => void;
}

export class LiveReporter implements Reporter {
  readonly #model = new ViewModel();
  readonly #printer: Printer;
  readonly #options: LiveOptions;
  #above = "";
  #screen: BoardScreen | undefined;
  readonly #told = new Set<string>();
  /** By task: texts (differences, what debug says) with the hosts that share them. */
  readonly #shared = new Map<string, Map<string, { readonly title: string; readonly hosts: string[] }>>();

  constructor(printer: Printer, options: LiveOptions) {
    this.#printer = printer;
    this.#options = options;
  }

  event(event: RunEvent): void {
    const finished = this.#model.take(event);
    switch (event.type) {
      case "run-start":
        this.#open();
        break;
      case "play-start":
        this.#line(`\nPLAY [${event.name}]`, "strong");
        break;
      case "no-hosts":
        this.#line(event.reason === "no-match" ? "no hosts matched" : "no more hosts left", "skipped");
        break;
      case "item-result":
        if (event.status === "failed")
          this.#line(`✖ ${event.host} (item=${event.label}): ${failureText(event.result)}`, "failed");
        this.#differ(event.task, event.host, event.diff, ` (item=${event.label})`);
        if (event.status !== "skipped") this.#speak(event, ` (item=${event.label})`);
        break;
      case "host-result":
        this.#result(event);
        break;
      case "message":
        this.#line(event.text);
        break;
      case "warning":
        this.#tell(event.problem, "WARNING", "warning");
        break;
      case "interrupted":
        this.#line(
          event.times < 2
            ? "interrupted: running tasks get to finish; press Ctrl-C again to stop at once"
            : "stopped at once: tasks that were running may be half done",
          "failed",
        );
        break;
      case "recap":
        for (const task of this.#shared.keys()) this.#flushShared(task);
        break;
      case "run-end":
        this.#closing(event.duration);
        break;
    }
    if (finished) {
      this.#put(finishedLine(finished, this.#options.size().columns, this.#printer.paint));
      this.#flushShared(finished.info.id);
    }
    if (!this.#screen && this.#above !== "") this.#options.write(this.#takeAbove());
  }

  async finish(): Promise<void> {
    await this.suspend();
  }

  /** Takes the board off the screen, for a question to the person. `resume` puts it back. */
  async suspend(): Promise<void> {
    const screen = this.#screen;
    this.#screen = undefined;
    await screen?.end();
    if (this.#above !== "") this.#options.write(this.#takeAbove());
  }

  resume(): void {
    if (!this.#model.counts) this.#open();
  }

  #open(): void {
    this.#screen ??= this.#options.open({
      lines: () => {
        const lines = boardLines(this.#model, this.#options.now(), this.#options.size(), this.#printer.paint);
        return this.#model.counts ? [] : lines.map((line) => this.#printer.mask.text(line));
      },
      takeAbove: () => this.#takeAbove(),
    });
  }

  #result(event: HostResult): void {
    const { task, host, status } = event;
    if (status === "failed" || status === "unreachable") {
      const problem: Problem = event.problem ?? { code: "task-failed", message: failureText(event.result) };
      const where = event.delegatedTo === undefined ? host : `${host} -> ${event.delegatedTo}`;
      const meaning = event.ignored ? "faint" : status;
      this.#line(
        `✖ ${where}: ${task.name}: ${event.ignored ? "failed, ignored" : status}: ${failureText(event.result)}`,
        meaning,
      );
      if (!event.ignored) {
        const origin = problem.origin ?? task.origin;
        this.#tell(origin ? { ...problem, origin } : problem, "ERROR", "failed");
        for (const name of ["stderr", "stdout"] as const) this.#output(name, event.result[name]);
      }
    }
    this.#differ(task, host, event.diff, "");
    if (status !== "skipped" && status !== "failed" && !("results" in event.result)) this.#speak(event, "");
  }

  /** The end of what a failed command printed. */
  #output(name: string, text: unknown): void {
    if (typeof text !== "string" || text.trim() === "") return;
    const lines = text.trimEnd().split("\n");
    const shown = lines.slice(-10);
    if (shown.length < lines.length) this.#line(`  ${name}: (${lines.length - shown.length} lines before)`, "faint");
    for (const line of shown) this.#line(`  ${name}: ${line}`, "faint");
  }

  #speak(event: { task: TaskInfo; host: string; result: HostResult["result"] }, item: string): void {
    const { task, host } = event;
    if (!speaksAlways(task.action) && (this.#options.verbosity === 0 || speaksNever(task.action))) return;
    if (task.action.endsWith("assert") && this.#options.verbosity === 0) return;
    const text = resultText(event.result, task.action, this.#options.verbosity, this.#options.format);
    this.#share(task, host, this.#printer.text(text), item);
  }

  #differ(task: TaskInfo, host: string, differences: readonly Difference[], item: string): void {
    const lines = diffLines(differences, this.#options.diff);
    if (lines.length === 0) return;
    this.#share(task, host, lines.map(({ text, meaning }) => this.#printer.text(text, meaning)).join("\n"), item);
  }

  #share(task: TaskInfo, host: string, text: string, title: string): void {
    let texts = this.#shared.get(task.id);
    if (!texts) {
      texts = new Map();
      this.#shared.set(task.id, texts);
    }
    const key = `${title}\n${text}`;
    const entry = texts.get(key);
    if (entry) entry.hosts.push(host);
    else texts.set(key, { title, hosts: [host] });
  }

  #flushShared(task: string): void {
    for (const [key, { title, hosts }] of this.#shared.get(task) ?? []) {
      this.#line(`  ${hostList(hosts)}${title}:`, "faint");
      this.#put(key.slice(title.length + 1));
    }
    this.#shared.delete(task);
  }

  #closing(milliseconds: number): void {
    const { paint } = this.#printer;
    this.#line("\nPLAY RECAP", "strong");
    for (const line of closingLines(this.#model, this.#options.size().columns, paint)) this.#put(line);
    const undecided = undecidedLines(this.#model.undecided, this.#options.problems?.cwd);
    if (undecided.length > 0) this.#put("");
    for (const line of undecided) this.#line(line, "undecided");
    this.#line(
      `\n${duration(milliseconds / 1000)}${this.#model.check ? ", nothing was changed (dry run)" : ""}`,
      "faint",
    );
  }

  #tell(problem: Problem, label: string, meaning: Meaning): void {
    const text = problemText(problem, { ...this.#options.problems, label });
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#line(text, meaning);
  }

  /** Text that is to be masked and made harmless. */
  #line(text: string, meaning: Meaning = "plain"): void {
    this.#above += `${this.#printer.text(text, meaning)}\n`;
  }

  /** Text that is painted already. */
  #put(text: string): void {
    this.#above += `${this.#printer.mask.text(text)}\n`;
  }

  #takeAbove(): string {
    const text = this.#above;
    this.#above = "";
    return text;
  }
}
