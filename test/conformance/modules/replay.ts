// Runs a file of module cases with tsplay on a lab host: dry run, run, run again, and looks at the host in between.

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabState } from "../../../engine/lab/lab.ts";
import { labVariables } from "../../lab-hosts.ts";
import { withoutPlace } from "../observed.ts";
import { runTsplay } from "../run-tsplay.ts";
import { argumentsOf, layOut, type ModuleCases, PASSES } from "./cases.ts";
import { fetchedFiles, probe, type Seen, type SeenResult, seenResult } from "./observe.ts";
import { setUp } from "./twin.ts";

export interface Replay extends Seen {
  /** The host after the dry run, which should be as it was before. */
  readonly untouched: readonly string[];
  /** What tsplay said went wrong, for the messages of tests. */
  readonly errors: string;
}

/** Does what the recorder does, with tsplay. */
export async function replay(lab: LabState, cases: ModuleCases): Promise<Replay> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tsplay-modules-")));
  try {
    layOut(cases, folder, {
      ansible_host: lab.hosts[0]?.address,
      ...labVariables(lab),
    });
    await setUp(lab, cases.setup);
    const before = await probe(lab, cases);
    const tasks: Record<string, Record<string, SeenResult>> = {};
    for (const one of cases.tasks) tasks[one.name] = {};
    let untouched = before;
    let errors = "";
    for (const pass of PASSES) {
      const run = await runTsplay(argumentsOf(pass), folder, { LC_ALL: "C.UTF-8" });
      errors += `${pass}: exit ${run.exit}\n${run.errors}`;
      for (const event of run.events) {
        if (event.type !== "host-result") continue;
        const one = cases.tasks.find(({ name }) => name === event.task.name);
        const seen = one && tasks[one.name];
        if (one && seen) seen[pass] ??= seenResult(event.status, event.result, one, cases);
      }
      if (pass === "check") untouched = await probe(lab, cases);
    }
    const after = [...(await probe(lab, cases)), ...fetchedFiles(folder)];
    return withoutPlace({ before, after, tasks, untouched, errors }, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
