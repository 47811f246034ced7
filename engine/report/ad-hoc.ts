// The results of `tsplay do`, as Ansible's ad hoc command prints them: a block a host, one line a host, or files.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostResult, RunEvent } from "../core/event.ts";
import { Unknown } from "../core/unknown.ts";
import { type DiffLimits, diffLines } from "./diff-text.ts";
import type { Printer } from "./printer.ts";
import { type ProblemTextOptions, problemText } from "./problem-text.ts";
import type { Reporter } from "./reporter.ts";
import { jsonText, shortAction, shownKeys } from "./result-text.ts";
import type { Meaning } from "./style.ts";

export interface AdHocOptions {
  readonly verbosity: number;
  readonly oneLine: boolean;
  /** Folder that gets a file with the result for each host. */
  readonly tree?: string;
  readonly problems?: ProblemTextOptions;
  readonly diff?: DiffLimits;
}

/** Modules whose output is shown as it is, not as JSON. */
const RAW = new Set(["command", "shell", "raw", "script"]);

const WORDS: Readonly<Record<HostResult["status"], readonly [string, Meaning]>> = {
  ok: ["SUCCESS", "ok"],
  changed: ["CHANGED", "changed"],
  failed: ["FAILED", "failed"],
  skipped: ["SKIPPED", "skipped"],
  unreachable: ["UNREACHABLE", "unreachable"],
  undecided: ["UNDECIDED", "undecided"],
};

export class AdHocReporter implements Reporter {
  readonly #printer: Printer;
  readonly #options: AdHocOptions;
  readonly #told = new Set<string>();

  constructor(printer: Printer, options: AdHocOptions) {
    this.#printer = printer;
    this.#options = options;
    if (options.tree !== undefined) mkdirSync(options.tree, { recursive: true });
  }

  event(event: RunEvent): void {
    if (event.type === "warning")
      this.#warn(problemText(event.problem, { ...this.#options.problems, label: "WARNING" }));
    else if (event.type === "no-hosts") this.#warn("[WARNING]: No hosts matched, nothing to do");
    else if (event.type === "message") this.#printer.line(event.text);
    else if (event.type === "interrupted") this.#warn("[ERROR]: interrupted");
    else if (event.type === "host-result" && event.task.kind !== "gather") this.#result(event);
  }

  async finish(): Promise<void> {}

  #warn(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#printer.error(text, "warning");
  }

  #result(event: HostResult): void {
    const { host, status, task, result, reason } = event;
    const [word, meaning] = WORDS[status];
    const keys = shownKeys(result, task.action, this.#options.verbosity);
    if (this.#options.tree !== undefined)
      writeFileSync(join(this.#options.tree, host.replace(/\//g, "_")), this.#printer.mask.text(jsonText(keys)));
    for (const line of diffLines(event.diff, this.#options.diff)) this.#printer.line(line.text, line.meaning);
    if (status === "failed" && event.problem?.hint && !this.#options.oneLine)
      this.#warn(problemText(event.problem, this.#options.problems));
    if (status === "skipped") this.#printer.line(`${host} | SKIPPED`, meaning);
    else if (status === "undecided")
      this.#printer.line(`${host} | ${word} | decided at run time: ${reason ?? ""}`, meaning);
    else if (this.#options.oneLine) this.#printer.line(this.#oneLine(event, word, keys), meaning);
    else if (RAW.has(shortAction(task.action)) && isFinished(result.rc) && status !== "unreachable")
      this.#printer.line(`${host} | ${word} | rc=${String(result.rc)} >>\n${output(result)}`, meaning);
    else {
      const mark = status === "failed" || status === "unreachable" ? "!" : "";
      this.#printer.line(`${host} | ${word}${mark} => ${jsonText(keys, 4)}`, meaning);
    }
  }

  #oneLine({ host, status, task, result }: HostResult, word: string, keys: HostResult["result"]): string {
    if (status === "unreachable") return `${host} | UNREACHABLE!: ${String(result.msg ?? "")}`;
    if (RAW.has(shortAction(task.action)) && isFinished(result.rc)) {
      const text = (value: unknown): string => (typeof value === "string" ? value : "").replace(/\n/g, "\\n");
      const stderr = text(result.stderr) === "" ? "" : ` (stderr) ${text(result.stderr)}`;
      return `${host} | ${word} | rc=${String(result.rc)} | (stdout) ${text(result.stdout)}${stderr}`;
    }
    return `${host} | ${word}${status === "failed" ? "!" : ""} => ${jsonText(keys).replace(/\n/g, "")}`;
  }
}

/** Whether the command ran: in a dry run its exit status is not known. */
function isFinished(rc: unknown): boolean {
  return rc !== undefined && !(rc instanceof Unknown);
}

/** What a command printed, and why it failed. */
function output(result: HostResult["result"]): string {
  const parts = [result.stdout, result.stderr, result.msg].filter(
    (text): text is string => typeof text === "string" && text !== "",
  );
  return `${parts.map((part) => part.replace(/\n$/, "")).join("\n")}`;
}
