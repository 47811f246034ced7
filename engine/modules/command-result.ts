// What `command`, `shell`, `script` and `raw` share: `creates` and `removes`, and a command's result in Ansible's keys.

import { textOf } from "../core/bytes.ts";
import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import { type Host, HostError, type RunRequest, type RunResult } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import type { Plan } from "./module.ts";
import { shellQuote } from "./shell-words.ts";
import { joinPath } from "./target-path.ts";
import { failTask } from "./task-failure.ts";

/** Keys of a result that only the run can tell. */
export const OUTPUT_KEYS = ["rc", "stdout", "stderr", "stdout_lines", "stderr_lines", "start", "end", "delta"] as const;

/** What a command of any kind returns; for `returns`. */
export const STREAM_RETURNS = {
  rc: "Its exit status.",
  stdout: "Its output.",
  stderr: "Its error output.",
  stdout_lines: "Its output by lines.",
  stderr_lines: "Its error output by lines.",
} as const;

/** The same with what was run, and when. */
export const OUTPUT_RETURNS = {
  cmd: "The command that was run.",
  ...STREAM_RETURNS,
  start: "When it began, by the host's clock (UTC).",
  end: "When it ended.",
  delta: "How long it took.",
} as const;

interface Conditions {
  readonly chdir?: string | undefined;
  readonly creates?: string | undefined;
  readonly removes?: string | undefined;
}

/**
 * Why the command need not run, with the path that decides; checks `chdir` too, in the same tick. Failure `chdir-missing`.
 */
export async function unneeded(
  host: Host,
  conditions: Conditions,
): Promise<{ readonly path: string; readonly reason: "exists" | "does not exist" } | undefined> {
  const { chdir, creates, removes } = conditions;
  const [folder, made, present] = await Promise.all([
    chdir === undefined ? true : host.stat(chdir, { follow: true }),
    creates === undefined ? undefined : matches(host, creates, chdir),
    removes === undefined ? undefined : matches(host, removes, chdir),
  ]);
  if (creates !== undefined && made) return { path: creates, reason: "exists" };
  if (removes !== undefined && present === false) return { path: removes, reason: "does not exist" };
  if (!folder)
    failTask("chdir-missing", `Unable to change directory before execution: ${chdir} does not exist`, NOT_RUN);
  return undefined;
}

/** Result of a command that could not be started. */
const NOT_RUN: Partial<Result> = {
  rc: null,
  stdout: "",
  stderr: "",
  stdout_lines: [],
  stderr_lines: [],
  start: null,
  end: null,
  delta: null,
};

async function matches(host: Host, pattern: string, chdir: string | undefined): Promise<boolean> {
  const path = pattern.startsWith("/") ? pattern : joinPath(chdir ?? (await home(host)), pattern);
  if (/[*?[]/.test(path)) return (await host.glob(path)).length > 0;
  return (await host.stat(path)) !== undefined;
}

async function home(host: Host): Promise<string> {
  return (await host.getent("passwd", host.user))?.[0]?.[5] ?? "/";
}

/** What `creates` and `removes` say of the host after the command ran. */
export function predictedPaths({ chdir, creates, removes }: Conditions): readonly Prediction[] {
  const absolute = (path: string | undefined) => {
    if (path === undefined || /[*?[]/.test(path)) return undefined;
    return path.startsWith("/") ? path : chdir === undefined ? undefined : joinPath(chdir, path);
  };
  const made = absolute(creates);
  const gone = absolute(removes);
  return [
    ...(made === undefined ? [] : [predictMade(made)]),
    ...(gone === undefined
      ? []
      : [{ kind: "path", path: gone, type: new Unknown("a command may remove it") } as const]),
  ];
}

function predictMade(path: string): Prediction {
  if (path.endsWith("/")) return { kind: "path", path, type: "directory", below: new Unknown("made by a command") };
  return { kind: "path", path, type: "file", content: new Unknown("made by a command") };
}

/** Ansible's result of a command that was not needed. */
export function unneededPlan(
  found: { readonly path: string; readonly reason: string },
  cmd: string | readonly string[],
): Plan {
  const stdout = `skipped, since ${found.path} ${found.reason === "exists" ? "exists" : "does not exist"}`;
  return {
    changes: [],
    result: {
      changed: false,
      cmd,
      rc: 0,
      stdout,
      stdout_lines: [stdout],
      stderr: "",
      stderr_lines: [],
      msg: `Did not run command since '${found.path}' ${found.reason}`,
      start: null,
      end: null,
      delta: null,
    },
  };
}

/** Runs it; an exit status other than 0 gives a failed result, as does a program that is not there. */
export async function runCommand(
  host: Host,
  request: RunRequest,
  cmd: string | readonly string[],
  strip: boolean,
): Promise<Partial<Result>> {
  let run: RunResult;
  try {
    run = await host.run(request);
  } catch (error) {
    if (!(error instanceof HostError) || !["ENOENT", "EACCES", "ENOEXEC", "ENOTDIR"].includes(error.errno ?? ""))
      throw error;
    return {
      failed: true,
      changed: false,
      cmd: typeof cmd === "string" ? cmd : cmd.map(shellQuote).join(" "),
      rc: 2,
      stdout: "",
      stderr: "",
      stdout_lines: [],
      stderr_lines: [],
      msg: `Error executing command: ${error.problem.message}`,
    };
  }
  const clean = (bytes: Buffer) => (strip ? textOf(bytes).replace(/[\r\n]+$/, "") : textOf(bytes));
  const stdout = clean(run.stdout);
  const stderr = clean(run.stderr);
  return {
    changed: true,
    cmd,
    rc: run.code,
    stdout,
    stderr,
    stdout_lines: splitLines(stdout),
    stderr_lines: splitLines(stderr),
    start: timeText(run.start),
    end: timeText(run.end),
    delta: durationText(run.end - run.start),
    msg: run.code === 0 ? "" : "non-zero return code",
    ...(run.code === 0 ? {} : { failed: true }),
    ...(run.dropped > 0 ? { warnings: [`${run.dropped} bytes of output did not fit and were dropped`] } : {}),
  };
}

/** Lines as Python's splitlines gives them: no empty one at the end. */
export function splitLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** `2026-01-31 23:59:59.123456`, in UTC. */
export function timeText(seconds: number): string {
  const whole = Math.floor(seconds);
  const micro = Math.floor((seconds - whole) * 1e6);
  return `${new Date(whole * 1000).toISOString().slice(0, 19).replace("T", " ")}.${String(micro).padStart(6, "0")}`;
}

/** `0:00:01.250000`, as Python prints a timedelta. */
export function durationText(seconds: number): string {
  const total = Math.max(0, Math.round(seconds * 1e6));
  const rest = Math.floor(total / 1e6);
  const two = (value: number) => String(value).padStart(2, "0");
  const micro = String(total % 1e6).padStart(6, "0");
  return `${Math.floor(rest / 3600)}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}.${micro}`;
}
