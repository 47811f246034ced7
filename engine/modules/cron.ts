// Jobs of cron: in a user's table or in a file of /etc/cron.d.

import type { Result } from "../core/result.ts";
import type { Host } from "../host/host.ts";
import {
  jobLine,
  jobNames,
  tableLines,
  tableText,
  variableNames,
  withJob,
  withoutJob,
  withoutVariable,
  withVariable,
} from "./cron-table.ts";
import { builtin, type Change, defineModule } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { readOwnText, textChange } from "./text-file.ts";
import { askTool, requireTool, runTool } from "./tool-run.ts";

const field = (what: string) => ({ type: "string", default: "*", description: `${what} of the job's time.` }) as const;

export const cron = defineModule({
  name: "cron",
  aliases: builtin("cron"),
  summary: "Manage jobs and variables of cron",
  params: {
    properties: {
      name: { type: "string", description: "Name of the job, kept in a comment; or of the variable, with env." },
      user: { type: "string", default: null, description: "Whose table; whose rights, with cron_file." },
      job: { type: "string", default: null, aliases: ["value"], description: "The command, or the variable's value." },
      state: { type: "string", enum: ["absent", "present"], default: "present", description: "Whether it is there." },
      cron_file: {
        type: "string",
        default: null,
        description: "File in /etc/cron.d (or with its full path) instead of a user's table.",
      },
      backup: { type: "boolean", default: false, description: "Keep the old table in a temporary file." },
      minute: field("Minute"),
      hour: field("Hour"),
      day: { type: "string", default: "*", aliases: ["dom"], description: "Day of the month of the job's time." },
      month: field("Month"),
      weekday: { type: "string", default: "*", aliases: ["dow"], description: "Day of the week of the job's time." },
      special_time: {
        type: "string",
        enum: ["annually", "daily", "hourly", "monthly", "reboot", "weekly", "yearly"],
        default: null,
        description: "A nickname of a time.",
      },
      disabled: { type: "boolean", default: false, description: "Keep the job, but as a comment." },
      env: { type: "boolean", default: false, description: "A variable, not a job." },
      insertafter: { type: "string", default: null, description: "With env: after this variable." },
      insertbefore: { type: "string", default: null, description: "With env: before this variable." },
    },
    required: ["name"],
    requiredIf: [["state", "present", ["job"]]],
    exclusive: [["insertafter", "insertbefore"]],
  },
  returns: {
    jobs: "Names of the jobs in the table.",
    envs: "Names of its variables.",
    cron_file: "As asked.",
    backup_file: "The kept table.",
  },
  check: (params) => {
    const isSet = (name: string): boolean => typeof params[name] === "string" && params[name] !== "*";
    if ((params.special_time ?? null) !== null && ["minute", "hour", "day", "month", "weekday"].some(isSet))
      return "You must specify time and date fields or special time.";
    if (
      (params.cron_file ?? null) !== null &&
      (params.user ?? null) === null &&
      params.state !== "absent" &&
      params.env !== true
    )
      return "To use cron_file=... parameter you must specify user=... as well";
    return undefined;
  },
  async plan(host, params) {
    const path = params.cron_file === undefined ? undefined : filePath(params.cron_file);
    const owner = params.user ?? host.user;
    const before = path === undefined ? await userTable(host, owner) : (await readOwnText(host, path))?.text;
    const lines =
      path === undefined
        ? tableLines(before ?? "")
        : (before ?? "") === ""
          ? []
          : (before ?? "").replace(/\n$/, "").split("\n");
    const after = edited(lines, params, path === undefined ? undefined : (params.user ?? "root"));
    const result: Partial<Result> = {
      jobs: jobNames(after),
      envs: variableNames(after),
      ...(params.cron_file === undefined ? {} : { cron_file: params.cron_file }),
    };
    const old = tableText(lines);
    const text = tableText(after);
    if (old === text) return { changes: [], result };
    if (path === undefined) await requireTool(host, "crontab");
    const isGone = path !== undefined && params.state === "absent" && text.trim() === "";
    const change =
      path === undefined
        ? tableChange(owner, host, old, text)
        : textChange({ path, before, after: isGone ? undefined : text });
    return { changes: [params.backup ? withBackup(change, old) : change], result };
  },
});

interface CronParams {
  readonly name: string;
  readonly job: string | undefined;
  readonly state: "absent" | "present";
  readonly env: boolean;
  readonly disabled: boolean;
  readonly insertafter: string | undefined;
  readonly insertbefore: string | undefined;
  readonly minute: string;
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  readonly weekday: string;
  readonly special_time: string | undefined;
}

function edited(lines: readonly string[], params: CronParams, user: string | undefined): string[] {
  const { name, job = "" } = params;
  if (params.env) {
    if (params.state === "absent") return withoutVariable(lines, name);
    const place = { after: params.insertafter, before: params.insertbefore };
    const found = withVariable(lines, name, job, place);
    return found ?? failTask("cron-no-variable", `Variable named '${place.after ?? place.before}' not found.`);
  }
  if (params.state === "absent") return withoutJob(lines, name);
  if (/[\r\n]/.test(job.trim())) failTask("cron-job", "Job should not contain line breaks");
  return withJob(lines, name, jobLine(params, job.trim(), user, params.disabled));
}

function filePath(name: string): string {
  return name.startsWith("/") ? name : `/etc/cron.d/${name}`;
}

/** A user's table: its file if it may be read, else by crontab. */
async function userTable(host: Host, user: string): Promise<string | undefined> {
  if (host.user === "root") {
    const file = await readOwnText(host, `/var/spool/cron/crontabs/${user}`);
    return file?.text;
  }
  const argv = ["crontab", ...(user === host.user ? [] : ["-u", user]), "-l"];
  const answer = await askTool(host, argv);
  if (answer.code > 1) failTask("cron-table", `Unable to read crontab: ${answer.stderr.trim()}`);
  return answer.code === 0 ? answer.stdout : undefined;
}

function tableChange(user: string, host: Host, before: string, after: string): Change {
  const header = `crontab for user "${user}"`;
  const whose = user === host.user ? [] : ["-u", user];
  return {
    what: `write the crontab of ${user}`,
    difference: { before, after, beforeHeader: header, afterHeader: header },
    predict: [
      {
        kind: "path",
        path: `/var/spool/cron/crontabs/${user}`,
        type: after === "" ? "absent" : "file",
        content: after,
        mode: 0o600,
        owner: user,
        group: "crontab",
      },
    ],
    async apply(target) {
      await runTool(target, ["crontab", ...whose, "-"], "Unable to install the crontab", { stdin: after });
      return undefined;
    },
  };
}

function withBackup(change: Change, before: string): Change {
  return {
    ...change,
    async apply(host, progress) {
      const backup = await host.temporary({ prefix: "crontab" });
      await host.write(backup, before, { mode: 0o600 });
      return { ...(await change.apply(host, progress)), backup_file: backup };
    },
  };
}
