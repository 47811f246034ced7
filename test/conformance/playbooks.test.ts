// Replays what ansible-core 2.19 made of the playbook cases (playbooks/*.yml, results in playbooks/recorded/) with
// tsplay's own command line, and compares exit code, recap, tasks with their messages, and files.

import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { RunEvent } from "../../engine/core/event.ts";
import { type Aspect, argumentsOf, layOut, loadTopics, type PlaybookCase, recordedFile } from "./cases.ts";
import { filesBelow, type Observed, recapText, TaskLog, withoutPlace } from "./observed.ts";
import { runTsplay } from "./run-tsplay.ts";

const ASPECTS: readonly Aspect[] = ["exit", "recap", "tasks", "files"];

describe("playbooks as ansible-core runs them", () => {
  for (const { topic, cases } of loadTopics())
    describe(topic, () => {
      const file = recordedFile(topic);
      const recorded = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Observed>) : {};
      for (const one of cases)
        it(one.name, async () => {
          const wanted = recorded[one.name];
          if (!wanted) throw new Error("never recorded: npm run conformance:record -- playbooks --missing");
          const { observed, errors } = await observe(one);
          compare(observed, wanted, one, errors);
        });
    });
});

function compare(observed: Observed, wanted: Observed, one: PlaybookCase, errors: string): void {
  const differences = one.differences ?? {};
  try {
    const alike = (from: Observed): Partial<Observed> =>
      Object.fromEntries(ASPECTS.filter((aspect) => !(aspect in differences)).map((aspect) => [aspect, from[aspect]]));
    expect(alike(observed)).to.deep.equal(alike(wanted));
    for (const aspect of ASPECTS)
      if (aspect in differences)
        expect(observed[aspect], `${aspect} should differ: ${differences[aspect]}`).to.not.deep.equal(wanted[aspect]);
  } catch (error) {
    if (error instanceof Error && errors) error.message += `\n${errors}`;
    throw error;
  }
}

/** Runs the case with tsplay in a fresh folder. */
async function observe(one: PlaybookCase): Promise<{ observed: Observed; errors: string }> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tsplay-conformance-")));
  try {
    layOut(one, folder);
    const before = new Set(readdirSync(folder, { recursive: true, encoding: "utf8" }));
    const { exit, events, errors } = await runTsplay(argumentsOf(one), folder, { ...one.env, LC_ALL: "C.UTF-8" });
    const observed = { exit, ...gathered(events, one.unordered ?? false), files: filesBelow(folder, before) };
    return { observed: withoutPlace(observed, folder), errors };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function gathered(events: readonly RunEvent[], unordered: boolean): Pick<Observed, "recap" | "tasks"> {
  const log = new TaskLog();
  let recap: Record<string, string> = {};
  for (const event of events) {
    if (event.type === "task-start") log.start(event.task.id, event.task.name, event.task.kind === "handler");
    else if (event.type === "host-result")
      log.result(event.task.id, event.host, event.status, event.task.action, event.result as Record<string, unknown>);
    else if (event.type === "recap")
      recap = Object.fromEntries(
        Object.entries(event.counts)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([host, counts]) => [host, recapText({ ...counts })]),
      );
  }
  return { recap, tasks: log.tasks(unordered) };
}
