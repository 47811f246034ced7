// `--report FILE`: one self-contained page: recap, failures, a time line for each host, tasks with results and
// differences, all searchable.

import { writeFileSync } from "node:fs";
import type { HostResult, RunEvent, TaskInfo } from "../core/event.ts";
import type { Counts } from "../core/result.ts";
import type { Mask } from "../core/secret.ts";
import { compareText } from "../text/numbers.ts";
import { duration } from "./board-lines.ts";
import { diffLines } from "./diff-text.ts";
import { escapeHtml, SCRIPT, STYLE } from "./html-page.ts";
import { problemText } from "./problem-text.ts";
import type { Reporter } from "./reporter.ts";
import { jsonText, shownKeys } from "./result-text.ts";
import { safeText } from "./safe-text.ts";

interface TaskResults {
  readonly info: TaskInfo;
  readonly play: string;
  readonly results: HostResult[];
}

const STATUSES = ["ok", "changed", "skipped", "failed", "unreachable", "undecided"] as const;

export class HtmlReporter implements Reporter {
  readonly #file: string;
  readonly #mask: Mask;
  readonly #tasks: TaskResults[] = [];
  readonly #byId = new Map<string, TaskResults>();
  #play = "";
  #title = "";
  #check = false;
  #start = 0;
  #end = 0;
  #counts: { readonly [host: string]: Counts } = {};

  constructor(file: string, mask: Mask) {
    this.#file = file;
    this.#mask = mask;
  }

  event(event: RunEvent): void {
    this.#end = Math.max(this.#end, event.time);
    if (event.type === "run-start") {
      this.#start = event.time;
      this.#check = event.check;
      this.#title = event.playbooks.join(", ");
    } else if (event.type === "play-start") {
      this.#play = event.name;
      this.#byId.clear();
    } else if (event.type === "host-result") {
      let task = this.#byId.get(event.task.id);
      if (!task) {
        task = { info: event.task, play: this.#play, results: [] };
        this.#byId.set(event.task.id, task);
        this.#tasks.push(task);
      }
      task.results.push(event);
    } else if (event.type === "recap") this.#counts = event.counts;
  }

  async finish(): Promise<void> {
    writeFileSync(this.#file, this.page());
  }

  /** The whole page. */
  page(): string {
    const heading = `${this.#title}${this.#check ? " (dry run)" : ""}`;
    const checks = STATUSES.map(
      (status) => `<label class="${status}"><input type="checkbox" value="${status}" checked> ${status}</label>`,
    );
    const body = [
      `<h1>${this.#html(heading)}</h1>`,
      `<p class="faint">${new Date(this.#start).toISOString()}, ${duration((this.#end - this.#start) / 1000)}</p>`,
      this.#recap(),
      `<h2>Time line</h2>`,
      this.#timeLines(),
      `<h2>Tasks</h2>`,
      `<div id="tools"><input id="search" type="search" placeholder="search hosts, tasks, results">${checks.join("")}</div>`,
      ...this.#tasks.map((task) => this.#task(task)),
    ];
    return [
      "<!doctype html>",
      `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${this.#html(heading)}</title><style>${STYLE}</style></head>`,
      `<body>${body.join("\n")}<script>${SCRIPT}</script></body></html>`,
      "",
    ].join("\n");
  }

  #html(text: string): string {
    return escapeHtml(safeText(this.#mask.text(text)));
  }

  #recap(): string {
    const names = ["ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored", "undecided"] as const;
    const rows = Object.entries(this.#counts)
      .sort(([a], [b]) => compareText(a, b))
      .map(([host, counts]) => {
        const cells = names.map(
          (name) => `<td class="n${counts[name] > 0 ? ` ${name}` : " faint"}">${counts[name]}</td>`,
        );
        return `<tr><td>${this.#html(host)}</td>${cells.join("")}</tr>`;
      });
    return `<table><tr><th>host</th>${names.map((name) => `<th>${name}</th>`).join("")}</tr>${rows.join("")}</table>`;
  }

  #timeLines(): string {
    const span = Math.max(1, this.#end - this.#start);
    const lanes = new Map<string, string[]>();
    for (const { info, results } of this.#tasks)
      for (const { host, time, duration: took, status } of results) {
        const left = (((time - took - this.#start) / span) * 100).toFixed(3);
        const width = ((took / span) * 100).toFixed(3);
        const title = this.#html(`${info.name}: ${status}, ${duration(took / 1000)}`);
        const mark = `<i class="${status}" style="left:${left}%;width:${width}%" title="${title}"></i>`;
        lanes.set(host, [...(lanes.get(host) ?? []), mark]);
      }
    return [...lanes]
      .sort(([a], [b]) => compareText(a, b))
      .map(
        ([host, marks]) =>
          `<div class="lane"><span>${this.#html(host)}</span><div class="bar">${marks.join("")}</div></div>`,
      )
      .join("\n");
  }

  #task({ info, play, results }: TaskResults): string {
    const bad = results.some(({ status, ignored }) => !ignored && (status === "failed" || status === "unreachable"));
    const counts = STATUSES.flatMap((status) => {
      const count = results.filter((result) => result.status === status).length;
      return count > 0 ? [`<span class="${status}">${count} ${status}</span>`] : [];
    });
    const place = info.origin ? `${info.origin.file}:${info.origin.line}` : "";
    const took = duration(Math.max(0, ...results.map((result) => result.duration)) / 1000);
    const name = this.#html(info.name);
    return [
      `<details class="task" data-name="${this.#html(`${play} ${info.name} ${info.action}`)}"${bad ? " open" : ""}>`,
      `<summary>${name} <span class="faint">${this.#html(info.action)}</span> ${counts.join(" ")} <span class="faint">${took} ${this.#html(place)}</span></summary>`,
      ...results.map((result) => this.#result(result)),
      "</details>",
    ].join("");
  }

  #result(result: HostResult): string {
    const { host, status, ignored, reason, problem } = result;
    const diff = diffLines(result.diff).map(
      ({ text, meaning }) => `<span class="${meaning}">${this.#html(text)}</span>`,
    );
    const items = Array.isArray(result.result.results) ? { results: result.result.results } : {};
    const text = jsonText({ ...shownKeys(result.result, result.task.action, 0), ...items }, 2);
    return [
      `<details class="result" data-status="${status}"${status === "failed" && !ignored ? " open" : ""}>`,
      `<summary><b>${this.#html(host)}</b> <span class="${status}">${status}</span>${ignored ? " (ignored)" : ""}`,
      `${reason === undefined ? "" : ` ${this.#html(`decided at run time: ${reason}`)}`}</summary>`,
      problem ? `<pre class="failed">${this.#html(problemText(problem))}</pre>` : "",
      diff.length > 0 ? `<pre>${diff.join("\n")}</pre>` : "",
      `<pre>${this.#html(text)}</pre>`,
      "</details>",
    ].join("");
  }
}
