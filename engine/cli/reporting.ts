// Which reporter shows a run: what --output says, else the live board on a terminal and Ansible's text elsewhere.

import { appendFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { Mask } from "../core/secret.ts";
import type { DiffLimits } from "../report/diff-text.ts";
import { Printer } from "../report/printer.ts";
import { type Reporter, together } from "../report/reporter.ts";
import type { ResultFormat } from "../report/result-text.ts";
import { wantsColour } from "../report/style.ts";
import type { TextOptions } from "../report/text.ts";
import type { World } from "./surroundings.ts";

export type OutputKind = "text" | "live" | "jsonl" | "json";
export const OUTPUTS: readonly OutputKind[] = ["text", "live", "jsonl", "json"];

export interface Reporting {
  readonly reporter: Reporter;
  /** Asks something while nothing else writes to the terminal. */
  readonly quietly: <T>(question: () => Promise<T>) => Promise<T>;
}

export interface ReportingOptions {
  readonly output?: OutputKind;
  /** File of the HTML report. */
  readonly report?: string;
  readonly verbosity: number;
  readonly config: Config;
  readonly mask: Mask;
}

/** The output when none is asked for. */
export function defaultOutput(world: World): OutputKind {
  const plain = !world.terminal || world.env.TERM === "dumb" || (world.env.CI ?? "") !== "";
  return plain ? "text" : "live";
}

export function printerFor(world: World, config: Config, mask: Mask): Printer {
  const colour = config.get("force_color") || (!config.get("nocolor") && wantsColour(world.env, world.terminal));
  return new Printer({
    out: world.out,
    err: world.err,
    mask,
    colour,
    columns: world.terminal ? world.size().columns : 0,
  });
}

export async function reportingFor(options: ReportingOptions, world: World): Promise<Reporting> {
  const shown = await screenFor(options, world);
  const reporters = [shown.reporter];
  if (options.report !== undefined) {
    const { HtmlReporter } = await import("../report/html.ts");
    reporters.push(new HtmlReporter(resolve(world.cwd, options.report), options.mask));
  }
  const log = options.config.get("log_path");
  if (log !== undefined) reporters.push(await logTo(log, options, world));
  return reporters.length === 1 ? shown : { ...shown, reporter: together(reporters) };
}

/** How much of a difference is shown. */
export function diffLimits(config: Config): DiffLimits {
  return { context: config.get("diff_context"), most: config.get("max_diff_size") };
}

function resultFormat(config: Config): ResultFormat {
  const pretty = config.get("callback_format_pretty");
  return {
    form: config.get("callback_result_format") === "yaml" ? "yaml" : "json",
    ...(pretty === undefined ? {} : { pretty }),
  };
}

/** `log_path`: the text report appended to a file, without colours, whatever the screen shows. */
async function logTo(file: string, options: ReportingOptions, world: World): Promise<Reporter> {
  const { TextReporter } = await import("../report/text.ts");
  const write = (text: string): void => appendFileSync(file, text, { mode: 0o600 });
  const printer = new Printer({ out: write, err: write, mask: options.mask, colour: false });
  return new TextReporter(printer, textOptions(options, world));
}

function textOptions({ config, verbosity }: ReportingOptions, world: World): TextOptions {
  return {
    verbosity,
    problems: { cwd: world.cwd },
    format: resultFormat(config),
    diff: diffLimits(config),
    showSkipped: config.get("display_skipped_hosts"),
    showOk: config.get("display_ok_hosts"),
    showStarts: config.get("show_per_host_start"),
    showCustomStats: config.get("show_custom_stats"),
    pathOnFailure: config.get("show_task_path_on_failure"),
    failuresToStderr: config.get("display_failed_stderr"),
    checkMarkers: config.get("check_mode_markers"),
  };
}

async function screenFor(options: ReportingOptions, world: World): Promise<Reporting> {
  const { config, mask, verbosity } = options;
  const problems = { cwd: world.cwd };
  const direct: Reporting["quietly"] = (question) => question();
  const kind = options.output ?? defaultOutput(world);
  if (kind === "jsonl" || kind === "json") {
    const { JsonLinesReporter, JsonReporter } = await import("../report/jsonl.ts");
    const reporter = kind === "jsonl" ? new JsonLinesReporter(world.out, mask) : new JsonReporter(world.out, mask);
    return { reporter, quietly: direct };
  }
  const printer = printerFor(world, config, mask);
  if (kind === "live") {
    const [{ LiveReporter }, { openBoard }] = await Promise.all([
      import("../report/live.ts"),
      import("../report/board-screen.ts"),
    ]);
    const live = new LiveReporter(printer, {
      verbosity,
      problems,
      format: resultFormat(config),
      diff: diffLimits(config),
      size: world.size,
      now: world.now,
      open: openBoard,
      write: world.out,
    });
    return {
      reporter: live,
      async quietly(question) {
        await live.suspend();
        try {
          return await question();
        } finally {
          live.resume();
        }
      },
    };
  }
  const { TextReporter } = await import("../report/text.ts");
  return { reporter: new TextReporter(printer, textOptions(options, world)), quietly: direct };
}
