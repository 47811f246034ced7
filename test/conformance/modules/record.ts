// Records what the reference makes of module cases on a lab host with Python: `record.ts modules [MODULE…]`.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sshOptions } from "../../../engine/lab/inventory.ts";
import { type LabState, labDown, labStatus, labUp } from "../../../engine/lab/lab.ts";
import { withoutPlace } from "../observed.ts";
import { placeInReference, runReference } from "../reference.ts";
import { argumentsOf, layOut, loadCases, type ModuleCases, moduleNames, PASSES, recordedFile } from "./cases.ts";
import { fetchedFiles, probe, type Seen, type SeenResult, seenResult } from "./observe.ts";
import { REFERENCE_PACKAGES, setUp } from "./twin.ts";

const NAME = "twin-py";

/** Records all modules, or some; `--missing`: those that were not recorded yet. */
export async function recordModules(root: string, args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const wanted = moduleNames().filter(
    (name) =>
      (names.length === 0 || names.includes(name)) && !(args.includes("--missing") && existsSync(recordedFile(name))),
  );
  if (wanted.length === 0) return;
  const wasUp = (await labStatus()).some(({ name, health }) => name === NAME && health === "up");
  const projectDir = mkdtempSync(join(tmpdir(), "tsplay-twin-"));
  const lab = await labUp({ name: NAME, count: 1, python: true, extraPackages: REFERENCE_PACKAGES, projectDir });
  try {
    for (const name of wanted) {
      const seen = await observeReference(root, lab, name, loadCases(name));
      mkdirSync(dirname(recordedFile(name)), { recursive: true });
      writeFileSync(recordedFile(name), compact(seen));
      console.log(`${name}: ${Object.keys(seen.tasks).length} tasks`);
    }
  } finally {
    if (!wasUp && process.env.TSPLAY_KEEP_LAB !== "1") await labDown({ name: NAME });
  }
}

/** JSON with a line for each pass of a task and for each line of a probe. */
function compact({ before, after, tasks }: Seen): string {
  const lines = (list: readonly string[]): string => list.map((line) => `\n    ${JSON.stringify(line)}`).join(",");
  const passes = (of: Seen["tasks"][string]): string =>
    Object.entries(of)
      .map(([pass, result]) => `\n      "${pass}": ${JSON.stringify(result)}`)
      .join(",");
  const listed = Object.entries(tasks).map(([name, of]) => `\n    ${JSON.stringify(name)}: {${passes(of)}}`);
  return `{\n  "before": [${lines(before)}],\n  "after": [${lines(after)}],\n  "tasks": {${listed.join(",")}}\n}\n`;
}

interface Event {
  readonly _event: string;
  readonly task?: { readonly id: string; readonly name: string };
  readonly hosts?: Record<string, Record<string, unknown>>;
}

async function observeReference(root: string, lab: LabState, name: string, cases: ModuleCases): Promise<Seen> {
  const { outside, inside } = placeInReference(root, `module-${name}`);
  copyFileSync(lab.privateKeyFile, join(outside, "key"));
  copyFileSync(lab.knownHostsFile, join(outside, "known_hosts"));
  layOut(cases, outside, {
    ansible_host: lab.hosts[0]?.address,
    ansible_user: "root",
    ansible_ssh_private_key_file: `${inside}/key`,
    ansible_ssh_common_args: sshOptions({ knownHostsFile: `${inside}/known_hosts` }).join(" "),
    ansible_python_interpreter: "/usr/bin/python3",
  });
  await setUp(lab, cases.setup);
  const before = await probe(lab, cases);
  const tasks: Record<string, Record<string, SeenResult>> = Object.fromEntries(
    cases.tasks.map((one) => [one.name, {}]),
  );
  for (const pass of PASSES) {
    const run = await runReference(root, inside, "ansible-playbook", argumentsOf(pass), {
      ANSIBLE_STDOUT_CALLBACK: "ansible.posix.jsonl",
      ANSIBLE_PIPELINING: "1",
      // A terminal would mix errors into the output of `raw` and `script`.
      ANSIBLE_SSH_USETTY: "0",
    });
    if (process.env.TSPLAY_SHOW) console.log(run.stdout, run.stderr);
    for (const line of run.stdout.split("\n")) {
      if (!line.startsWith("{")) continue;
      const event = JSON.parse(line) as Event;
      const status = /^v2_runner_on_(ok|failed|skipped|unreachable)$/.exec(event._event)?.[1];
      const one = cases.tasks.find((task) => task.name === event.task?.name);
      const result = Object.values(event.hosts ?? {})[0];
      const seen = one && tasks[one.name];
      if (!status || !one || !seen || !result) continue;
      seen[pass] ??= seenResult(status === "ok" && result.changed ? "changed" : status, result, one, cases);
    }
    const missing = cases.tasks.filter((one) => !tasks[one.name]?.[pass]).map((one) => one.name);
    if (missing.length > 0)
      console.log(`${name}: ${pass}: no result of ${missing.join(", ")}\n${run.stdout.slice(-3000)}${run.stderr}`);
    const now = await probe(lab, cases);
    if (pass === "check" && now.join("\n") !== before.join("\n"))
      console.log(
        `${name}: the reference's dry run changed the host:\n${now.filter((line) => !before.includes(line)).join("\n")}`,
      );
  }
  const after = [...(await probe(lab, cases)), ...fetchedFiles(outside)];
  rmSync(outside, { recursive: true, force: true });
  return withoutPlace({ before, after, tasks }, inside);
}
