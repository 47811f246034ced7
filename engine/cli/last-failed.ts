// The hosts that failed in the last run of the same playbooks, kept for --retry-failed.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RunEvent } from "../core/event.ts";
import { fail } from "../core/problem.ts";
import type { World } from "./surroundings.ts";

/** Where a run of these playbooks keeps its failed hosts. */
export function lastFailedFile(playbooks: readonly string[], world: World): string {
  const base = world.env.XDG_STATE_HOME || join(world.env.HOME ?? world.cwd, ".local", "state");
  const names = playbooks.map((playbook) => resolve(world.cwd, playbook)).join("\n");
  return join(base, "tsplay", "failed", `${createHash("sha256").update(names).digest("hex").slice(0, 20)}.json`);
}

/** The pattern of the hosts that failed last time. Failure `option-retry` when none are known. */
export function retryLimit(file: string): string {
  let hosts: unknown;
  try {
    hosts = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return fail("option-retry", "no run of these playbooks with failed hosts is known", {
      hint: "--retry-failed follows a run in which hosts failed or were unreachable",
    });
  }
  return (hosts as readonly string[]).join(",");
}

/** The limit of a retry: the failed hosts, of those the given limit allows. */
export function joinLimits(limit: string | undefined, retry: string): string {
  if (limit === undefined) return retry;
  return `${limit},&${retry.split(",").join(",&")}`;
}

/** Keeps or forgets after a run; a folder that cannot be written is no reason to fail. */
export function keepFailed(file: string, recap: Extract<RunEvent, { type: "recap" }>): void {
  const failed = Object.entries(recap.counts).filter(([, counts]) => counts.failed > 0 || counts.unreachable > 0);
  try {
    if (failed.length === 0) rmSync(file, { force: true });
    else {
      mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
      writeFileSync(file, JSON.stringify(failed.map(([host]) => host)), { mode: 0o600 });
    }
  } catch {
    // Then --retry-failed says that it knows of no run.
  }
}
