// A user's crontab through the system's own crontab(1).

import { textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import { isUnknown, Undecided } from "../core/unknown.ts";
import { type Host, HostError } from "../host/host.ts";
import type { PathPrediction, Predictions } from "../host/prediction.ts";
import { expectSuccess } from "./task-failure.ts";
import { readText } from "./text-file.ts";
import { askTool, runTool } from "./tool-run.ts";

/** Packages of Debian that bring crontab. */
const BRINGERS = ["cron", "systemd-cron", "cronie", "bcron", "busybox"];

/** Where Debian's cron keeps a user's table; only crontab itself writes there. */
export function crontabPath(user: string): string {
  return `/var/spool/cron/crontabs/${user}`;
}

/** The user's table, empty if there is none. Failure `cron-missing`, `cron-user`. */
export async function listCrontab(host: Host, user: string, predictions: Predictions): Promise<string> {
  const predicted = predictedTable(user, predictions);
  if (predicted) {
    if (isUnknown(predicted.type)) throw new Undecided(predicted.type);
    if (predicted.type === "absent") return "";
    if (isUnknown(predicted.content)) throw new Undecided(predicted.content);
    if (predicted.content !== undefined)
      return typeof predicted.content === "string" ? predicted.content : textOf(predicted.content);
  }
  const [account, answer] = await Promise.all([host.getent("passwd", user), list(host, user)]);
  if (!account) fail("cron-user", `the host has no user ${user}, whose crontab is to be changed`);
  if (answer === undefined) {
    const comes = predictions.of("package").some((one) => BRINGERS.includes(one.name) && one.version !== "absent");
    if (!comes) refuse();
    return (await readText(host, crontabPath(user)))?.text ?? "";
  }
  // 1: there is no table yet, and a user whom an earlier task of a dry run makes has none.
  if (answer.code === 1) return "";
  expectSuccess(answer.run, `Unable to read crontab of ${user}`);
  return answer.stdout;
}

/** Replaces the user's table. */
export async function writeCrontab(host: Host, user: string, text: string): Promise<void> {
  await runTool(host, ["crontab", ...userOption(host, user), "-"], `Unable to write crontab of ${user}`, {
    stdin: text,
  });
}

/** What an earlier task made of the table. */
function predictedTable(user: string, predictions: Predictions): PathPrediction | undefined {
  const path = crontabPath(user);
  return predictions
    .of("path")
    .filter((one) => one.path === path)
    .at(-1);
}

async function list(host: Host, user: string): Promise<Awaited<ReturnType<typeof askTool>> | undefined> {
  try {
    const answer = await askTool(host, ["crontab", ...userOption(host, user), "-l"]);
    return answer.code === 127 ? undefined : answer;
  } catch (error) {
    if (error instanceof HostError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}

/** Naming oneself would need rights that one does not have. */
function userOption(host: Host, user: string): string[] {
  return user === host.user ? [] : ["-u", user];
}

function refuse(): never {
  return fail("cron-missing", "the host has no crontab, the program that changes users' crontabs", {
    hint: "install the package cron, or write to /etc/cron.d with cron_file",
  });
}
