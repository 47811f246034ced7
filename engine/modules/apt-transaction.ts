// One call of apt-get that changes the host, as a change: what it will do, what it predicts, and its result.

import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import { describeSteps, failApt, runAptGet, type Step } from "./apt-get.ts";
import type { Change, Progress } from "./module.ts";

const POLICY = "/usr/sbin/policy-rc.d";

export interface Transaction {
  /** For a person: "install nginx". */
  readonly what: string;
  readonly args: readonly string[];
  readonly lockTimeout: number;
  /** What a simulation says it does; undefined if only the real run can tell. */
  readonly steps?: readonly Step[];
  /** Names that will be there, for what no simulation told. */
  readonly names?: readonly string[];
  readonly policy?: number | undefined;
  /** apt's own summary for the difference. */
  readonly summary?: string;
}

export function transaction(work: Transaction): Change {
  const prepared = describeSteps(work.steps ?? []) || (work.names ?? []).map((name) => `+ ${name}\n`).join("");
  return {
    what: work.what,
    difference: { prepared },
    predict: predictionsOf(work),
    async apply(host, progress) {
      const restore = work.policy === undefined ? undefined : await holdServices(host, work.policy);
      try {
        return await run(host, work, progress, prepared);
      } finally {
        await restore?.();
      }
    },
  };
}

async function run(host: Host, work: Transaction, progress: Progress, prepared: string): Promise<Partial<Result>> {
  const answer = await runAptGet(host, { args: work.args, lockTimeout: work.lockTimeout, what: work.what }, progress);
  if (answer.code !== 0) failApt(work.what, { code: answer.code, stdout: answer.out, stderr: answer.errors });
  const counts = answer.out.match(
    /(\d+) upgraded, (\d+) newly installed, (?:(\d+) downgraded, )?(?:(\d+) reinstalled, )?(\d+) to remove/,
  );
  const some = counts === null || counts.slice(1).some((count) => Number(count ?? "0") > 0);
  const changed = some || /^(?:Setting up|Removing|Purging|Del) /m.test(answer.out);
  return {
    changed,
    stdout: answer.out,
    stderr: answer.errors,
    stdout_lines: linesOf(answer.out),
    stderr_lines: linesOf(answer.errors),
    diff: [{ prepared }],
  };
}

/** Text as lines, as Ansible gives them. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r]/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function predictionsOf(work: Transaction): Prediction[] {
  const found = new Map<string, Prediction>();
  for (const name of work.names ?? [])
    found.set(name, { kind: "package", name, version: new Unknown(`the version of ${name} that apt installs`) });
  for (const step of work.steps ?? [])
    found.set(step.name, {
      kind: "package",
      name: step.name.replace(/:(?:amd64|arm64|armhf|i386|all)$/, ""),
      version: step.action === "install" ? (step.after ?? new Unknown(`the version of ${step.name}`)) : "absent",
    });
  return [...found.values()];
}

/** Puts a policy in place that keeps packages from starting services; gives back what takes it away. */
async function holdServices(host: Host, code: number): Promise<() => Promise<void>> {
  const before = await host.stat(POLICY);
  const saved = before ? `${POLICY}.tsplay-saved` : undefined;
  if (saved !== undefined) await host.rename(POLICY, saved);
  await host.write(POLICY, `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
  return async () => {
    if (saved !== undefined) await host.rename(saved, POLICY);
    else await host.remove(POLICY);
  };
}
