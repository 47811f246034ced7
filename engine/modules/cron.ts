// Jobs and variables in a user's crontab, or in a file of /etc/cron.d.

import { fail } from "../core/problem.ts";
import { Unknown } from "../core/unknown.ts";
import type { PlainObject } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { crontabPath, listCrontab, writeCrontab } from "./cron-crontab.ts";
import {
  jobLine,
  jobNames,
  removeJob,
  removeVariable,
  setJob,
  setVariable,
  tableLines,
  tableText,
  variableNames,
} from "./cron-table.ts";
import { planMakeFolders } from "./file-directory.ts";
import { builtin, type Change, defineModule, type Plan } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { folderOf, joinPath } from "./target-path.ts";
import { failTask } from "./task-failure.ts";
import { readTextFile } from "./text-edit.ts";
import { textChange } from "./text-file.ts";

const TIMES = ["minute", "hour", "day", "month", "weekday"] as const;

const PARAMS = {
  properties: {
    name: { type: "string", description: "What the job is called; with env, the variable's name." },
    job: { type: "string", aliases: ["value"], description: "The command; with env, the variable's value." },
    state: {
      type: "string",
      enum: ["present", "absent"],
      default: "present",
      description: "Whether it is to be there.",
    },
    user: { type: "string", description: "Whose crontab; with cron_file, who runs the job." },
    cron_file: {
      type: "path",
      relative: true,
      description: "File in place of a user's crontab, below /etc/cron.d unless absolute.",
    },
    minute: { type: "string", default: "*", description: "0-59, *, */2 …" },
    hour: { type: "string", default: "*", description: "0-23, *, */2 …" },
    day: { type: "string", default: "*", aliases: ["dom"], description: "1-31, *, */2 …" },
    month: { type: "string", default: "*", description: "1-12, JAN-DEC, *, */2 …" },
    weekday: { type: "string", default: "*", aliases: ["dow"], description: "0-6, SUN-SAT, *, */2 …" },
    special_time: {
      type: "string",
      enum: ["reboot", "yearly", "annually", "monthly", "weekly", "daily", "hourly"],
      description: "A nickname in place of the times.",
    },
    disabled: { type: "boolean", default: false, description: "Keep the job, commented out." },
    env: { type: "boolean", default: false, description: "A variable, not a job." },
    insertafter: { type: "string", description: "Put the variable behind this one." },
    insertbefore: { type: "string", description: "Put the variable in front of this one." },
    backup: { type: "boolean", default: false, description: "Keep the old table in a temporary file." },
  },
  required: ["name"],
} as const;

type CronParams = ParamsOf<typeof PARAMS>;

export const cron = defineModule({
  name: "cron",
  aliases: builtin("cron"),
  summary: "Manage jobs and variables of crontabs",
  params: PARAMS,
  returns: {
    jobs: "Names of the jobs in the table.",
    envs: "Names of its variables.",
    cron_file: "The file, as asked.",
    state: "absent, when the file went with its last job.",
    backup_file: "Where the old table is kept.",
  },
  check,
  async plan(host, params, context) {
    const isPresent = params.state === "present";
    if (params.cron_file !== undefined) return planFile(host, params, params.cron_file);
    const { user = host.user } = params;
    const before = await listCrontab(host, user, context.predictions);
    const text = edited(before, params);
    const result = tableResult(text);
    if (text === before) return { changes: [], result };
    const difference = { before, after: text, beforeHeader: "crontab", afterHeader: "crontab" };
    const change: Change = {
      what: `${isPresent ? "set" : "remove"} ${params.env ? "variable" : "job"} ${params.name} in the crontab of ${user}`,
      difference,
      predict: [{ kind: "path", path: crontabPath(user), type: "file", content: text, mode: 0o600 }],
      async apply(target) {
        const kept = params.backup ? await keepOld(target, before) : undefined;
        await writeCrontab(target, user, text);
        return kept === undefined ? {} : { backup_file: kept };
      },
    };
    return { changes: [change], result };
  },
  touches(params) {
    const path =
      typeof params.cron_file === "string"
        ? filePath(params.cron_file)
        : typeof params.user === "string"
          ? crontabPath(params.user)
          : undefined;
    return path === undefined
      ? []
      : [{ kind: "path", path, type: "file", content: new Unknown(`the content of ${path}`) }];
  },
});

function check(given: PlainObject): string | undefined {
  const isPresent = given.state !== "absent";
  if (isPresent && given.cron_file !== undefined && given.user === undefined)
    return "To use cron_file=... parameter you must specify user=... as well";
  if (isPresent && given.job === undefined) return "You must specify 'job' to install a new cron job or variable";
  if (given.special_time !== undefined && TIMES.some((name) => given[name] !== undefined && given[name] !== "*"))
    return "You cannot combine special_time with any of the time or day/date parameters.";
  if (isPresent && given.env !== true && (given.insertafter !== undefined || given.insertbefore !== undefined))
    return "Insertafter and insertbefore parameters are valid only with env=yes";
  if (given.env === true && typeof given.name === "string" && given.name.includes(" "))
    return "Invalid name for environment variable";
  if (isPresent && typeof given.job === "string" && /[\r\n]/.test(given.job.replace(/^[\r\n]+|[\r\n]+$/g, "")))
    return "Job should not contain line breaks";
  if (typeof given.name === "string" && /[\r\n]/.test(given.name)) return "name should not contain line breaks";
  return undefined;
}

async function planFile(host: Host, params: CronParams, name: string): Promise<Plan> {
  const file = await readTextFile(host, filePath(name));
  const before = file.text ?? "";
  const text = edited(before, params);
  const result = { ...tableResult(text), cron_file: name };
  if (text === before) return { changes: [], result };
  const isGone = params.state === "absent" && text.trim() === "";
  const path = isGone ? filePath(name) : file.path;
  const write = textChange({
    path,
    before: file.text,
    after: isGone ? undefined : text,
    mode: 0o644,
    present: file.present,
  });
  const changes: Change[] = [];
  if (!file.hasFolder) {
    if (folderOf(path) !== "/etc/cron.d") fail("path-missing", `the folder ${folderOf(path)} does not exist`);
    changes.push(await planMakeFolders(host, "/etc/cron.d", {}));
  }
  changes.push({
    ...write,
    async apply(target, progress) {
      const kept = params.backup ? await keepOld(target, before) : undefined;
      await write.apply(target, progress);
      return kept === undefined ? {} : { backup_file: kept };
    },
  });
  return { changes, result: isGone ? { cron_file: name, state: "absent" } : result };
}

/** The table as it is to be; the same text if nothing is to be done. */
function edited(before: string, params: CronParams): string {
  const lines = tableLines(before);
  const after = editedLines(lines, params);
  const changed = after.length !== lines.length || after.some((line, index) => line !== lines[index]);
  // A table that does not end with a line break would lose its last line to cron.
  return changed || (before !== "" && !/[\r\n]$/.test(before)) ? tableText(after) : before;
}

function editedLines(lines: readonly string[], params: CronParams): string[] {
  const { name, job = "" } = params;
  if (params.state === "absent") return params.env ? removeVariable(lines, name) : removeJob(lines, name);
  if (!params.env) {
    const user = params.cron_file === undefined ? undefined : params.user;
    return setJob(lines, name, jobLine(job, params, params.disabled, user));
  }
  const place = { after: params.insertafter, before: params.insertbefore };
  return (
    setVariable(lines, name, job, place) ??
    failTask("cron-variable", `Variable named '${place.after ?? place.before}' not found.`)
  );
}

function tableResult(text: string): { readonly jobs: string[]; readonly envs: string[] } {
  const lines = tableLines(text);
  return { jobs: jobNames(lines), envs: variableNames(lines) };
}

function filePath(name: string): string {
  return name.startsWith("/") ? name : joinPath("/etc/cron.d", name);
}

async function keepOld(host: Host, text: string): Promise<string> {
  const path = await host.temporary({ prefix: "crontab" });
  await host.write(path, text, { mode: 0o600 });
  return path;
}
