// Records what the reference makes of the playbook cases: `record.ts playbooks [TOPIC…]`.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { argumentsOf, layOut, loadTopics, type PlaybookCase, recordedFile } from "./cases.ts";
import { filesBelow, type Observed, recapText, TaskLog, withoutPlace } from "./observed.ts";
import { placeInReference, runReference } from "./reference.ts";

const AT_ONCE = 2;

/** Runs all cases (or those of some topics; `--missing`: those without a record) and writes `recorded/TOPIC.json`. */
export async function recordPlaybooks(root: string, args: readonly string[]): Promise<void> {
  const onlyMissing = args.includes("--missing");
  const topics = args.filter((arg) => !arg.startsWith("--"));
  for (const { topic, cases } of loadTopics()) {
    if (topics.length > 0 && !topics.includes(topic)) continue;
    const file = recordedFile(topic);
    const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Observed>) : {};
    const results = new Map<string, Observed>();
    const queue = [...cases];
    const work = async (): Promise<void> => {
      for (let one = queue.shift(); one; one = queue.shift()) {
        const known = onlyMissing ? before[one.name] : undefined;
        const observed = known ?? (await observeReference(root, one));
        if (!known) console.log(`${topic}: ${one.name}: exit ${observed.exit}`);
        results.set(one.name, observed);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    mkdirSync(dirname(file), { recursive: true });
    const entries = cases.map(({ name }) => `${JSON.stringify(name)}: ${compact(results.get(name))}`);
    writeFileSync(file, `{\n${entries.join(",\n")}\n}\n`);
  }
}

/** JSON with a line for each task and file. */
function compact(observed: Observed | undefined): string {
  if (!observed) return "null";
  const { exit, recap, tasks, files } = observed;
  const list = tasks.map((task) => `\n    ${JSON.stringify(task)}`).join(",");
  const paths = Object.entries(files).map(([path, text]) => `\n    ${JSON.stringify(path)}: ${JSON.stringify(text)}`);
  return `{\n  "exit": ${exit}, "recap": ${JSON.stringify(recap)},\n  "tasks": [${list}],\n  "files": {${paths.join(",")}}\n}`;
}

interface Event {
  readonly _event: string;
  readonly task?: { readonly id: string; readonly name: string };
  readonly hosts?: Record<string, Record<string, unknown>>;
  readonly stats?: Record<string, Record<string, number>>;
}

async function observeReference(root: string, one: PlaybookCase): Promise<Observed> {
  const { outside, inside } = placeInReference(root, one.name.replace(/\W+/g, "-"));
  layOut(one, outside);
  const before = new Set(readdirSync(outside, { recursive: true, encoding: "utf8" }));
  const run = await runReference(root, inside, "ansible-playbook", argumentsOf(one), {
    ANSIBLE_STDOUT_CALLBACK: "ansible.posix.jsonl",
    ...one.env,
  });
  const log = new TaskLog();
  let recap: Record<string, string> = {};
  for (const line of run.stdout.split("\n")) {
    if (!line.startsWith("{")) continue;
    const event = JSON.parse(line) as Event;
    const { task } = event;
    const status = /^v2_runner_on_(ok|failed|skipped|unreachable)$/.exec(event._event)?.[1];
    if (event.stats) recap = recapOf(event.stats);
    else if (status && task)
      for (const [host, result] of Object.entries(event.hosts ?? {}))
        log.result(
          task.id,
          host,
          status === "ok" && result.changed ? "changed" : status,
          String(result.action),
          result,
        );
    else if (task) log.start(task.id, task.name, event._event.includes("handler"));
  }
  const tasks = log.tasks(one.unordered ?? false);
  if (process.env.TSPLAY_SHOW) console.log(run.stderr);
  const observed = { exit: run.exit, recap, tasks, files: filesBelow(outside, before) };
  rmSync(outside, { recursive: true, force: true });
  return withoutPlace(observed, inside);
}

function recapOf(stats: Record<string, Record<string, number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(stats)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([host, counts]) => [host, recapText({ ...counts, failed: counts.failures })]),
  );
}
