// Which reporter shows a run: what --output says, else the live board on a terminal and Ansible's text elsewhere.

import { appendFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { Mask } from "../core/secret.ts";
import { Printer } from "../report/printer.ts";
import { type Reporter, together } from "../report/reporter.ts";
import { wantsColour } from "../report/style.ts";
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

/** `log_path`: the text report appended to a file, without colours, whatever the screen shows. */
async function logTo(file: string, options: ReportingOptions, world: World): Promise<Reporter> {
  const { TextReporter } = await import("../report/text.ts");
  const write = (text: string): void => appendFileSync(file, text, { mode: 0o600 });
  const printer = new Printer({ out: write, err: write, mask: options.mask, colour: false });
  return new TextReporter(printer, { verbosity: options.verbosity, problems: { cwd: world.cwd } });
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
  const reporter = new TextReporter(printer, {
    verbosity,
    problems,
    showSkipped: config.get("display_skipped_hosts"),
    showCustomStats: config.get("show_custom_stats"),
    failuresToStderr: config.get("display_failed_stderr"),
    checkMarkers: config.get("check_mode_markers"),
  });
  return { reporter, quietly: direct };
}
