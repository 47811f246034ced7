// `file: state=touch` and the times that `file` may set.

import { fail } from "../core/problem.ts";
import type { Host, Stat } from "../host/host.ts";
import type { FileParams } from "./file.ts";
import { planAttributes, wantedAttributes } from "./file-attributes.ts";
import { finish, lookingAgain, type Present, stateDifference } from "./file-plan.ts";
import type { Change, Plan } from "./module.ts";
import { folderOf } from "./target-path.ts";
import { failTask } from "./task-failure.ts";
import { parseTime } from "./time-format.ts";

export async function planTouch(host: Host, given: FileParams, present: Present): Promise<Plan> {
  const { path, own } = present;
  const followed = own?.type === "link" && given.follow ? present.target : own;
  if (!followed) {
    const [attributes, parent] = await Promise.all([
      wantedAttributes(host, given, undefined, "file"),
      host.stat(folderOf(path), { follow: true }),
    ]);
    if (parent?.type !== "directory")
      failTask("touch-parent", `Error, could not touch target: ${folderOf(path)} is not a directory`, { path });
    const make: Change = {
      what: `make the empty file ${path}`,
      difference: stateDifference(path, "absent", "touch"),
      predict: [{ kind: "path", path, type: "file", content: "", ...attributes }],
      async apply(target) {
        await target.write(path, "", attributes);
        return { changed: true };
      },
    };
    return { result: { dest: path, state: "file" }, changes: lookingAgain(path, [make]) };
  }
  return finish(path, followed, { dest: path }, [
    await planAttributes(host, path, followed, given, { follow: given.follow }),
    await planTimes(host, given, path, followed, "now"),
  ]);
}

/** Sets times that are asked for; `otherwise` says what absent parameters mean. */
export async function planTimes(
  host: Host,
  given: FileParams,
  path: string,
  present: Stat,
  otherwise: "preserve" | "now",
): Promise<Change | undefined> {
  const [mtime, atime] = await Promise.all([
    timeOf(host, given.modification_time ?? otherwise, given.modification_time_format),
    timeOf(host, given.access_time ?? otherwise, given.access_time_format),
  ]);
  const due = {
    ...(mtime === undefined || mtime === present.mtime ? {} : { mtime }),
    ...(atime === undefined || atime === present.atime ? {} : { atime }),
  };
  if (Object.keys(due).length === 0) return undefined;
  return {
    what: `set the times of ${path}`,
    difference: stateDifference(path, "file", "touch", {
      before: { mtime: present.mtime, atime: present.atime },
      after: due,
    }),
    predict: [{ kind: "path", path, type: present.type }],
    async apply(target) {
      await target.setAttributes(path, { ...due, follow: given.follow });
      return { changed: true };
    },
  };
}

/** Seconds since the epoch; undefined for `preserve`. The host says what its own local time means. */
async function timeOf(host: Host, text: string, format: string): Promise<number | "now" | undefined> {
  if (text === "preserve") return undefined;
  if (text === "now") return "now";
  const parts = parseTime(text, format);
  if (!parts) return fail("time-format", `Error while obtaining timestamp for time ${text} using format ${format}`);
  const { code, stdout } = await host.run({ argv: ["date", "-d", parts, "+%s"], reads: true });
  if (code !== 0) return fail("time-format", `the host cannot read the time ${parts}`);
  return Number(stdout.toString().trim());
}
