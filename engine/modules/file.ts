// Makes files, folders and links be there, be gone, or have owner, group, mode and times.

import type { Host } from "../host/host.ts";
import {
  ATTRIBUTE_RETURNS,
  fileAttributes,
  planAttributes,
  stateOf,
  statResult,
  unsafeWrites,
} from "./file-attributes.ts";
import { planDirectory } from "./file-directory.ts";
import { planHardLink, planSymbolicLink } from "./file-links.ts";
import { finish, type Present, stateDifference } from "./file-plan.ts";
import { planTimes, planTouch } from "./file-touch.ts";
import { builtin, defineModule, type Plan } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { failTask } from "./task-failure.ts";
import { touchesPath } from "./touched-paths.ts";

const params = {
  properties: {
    path: { type: "path", aliases: ["dest", "name"], description: "The path." },
    state: {
      type: "string",
      enum: ["absent", "directory", "file", "hard", "link", "touch"],
      description: "What it is to be; by default what it is already.",
    },
    src: { type: "path", relative: true, description: "What a link points to." },
    recurse: { type: "boolean", default: false, description: "Set attributes on everything below a folder." },
    force: { type: "boolean", default: false, description: "Link to what does not exist; replace a file by a link." },
    follow: { type: "boolean", default: true, description: "Act on what a link points to." },
    modification_time: { type: "string", description: "`preserve`, `now` or a time." },
    modification_time_format: { type: "string", default: "%Y%m%d%H%M.%S", description: "Format of that time." },
    access_time: { type: "string", description: "`preserve`, `now` or a time." },
    access_time_format: { type: "string", default: "%Y%m%d%H%M.%S", description: "Format of that time." },
    ...fileAttributes,
    unsafe_writes: { ...unsafeWrites, ignored: "this module writes no content" },
  },
  required: ["path"],
  requiredIf: [["state", "hard", ["src"]]],
} as const;

export type FileParams = ParamsOf<typeof params>;

export const file = defineModule({
  name: "file",
  aliases: builtin("file"),
  summary: "Make files, folders and links be there or be gone",
  params,
  returns: {
    path: "The path (states absent, directory and file).",
    dest: "The path (states touch, hard and link).",
    state: "What it is now.",
    ...ATTRIBUTE_RETURNS,
    src: "What the link points to.",
  },
  check: (given) =>
    given.recurse === true && given.state !== undefined && given.state !== "directory"
      ? "recurse option requires state to be 'directory'"
      : undefined,
  touches: touchesPath("path"),
  async plan(host, given) {
    const path = given.path === "/" ? "/" : given.path.replace(/\/+$/, "");
    const [own, target] = await Promise.all([host.stat(path), host.stat(path, { follow: true })]);
    const present: Present = { path, own, target };
    const state = given.state ?? (own ? stateOf(own) : given.recurse ? "directory" : "file");
    if (given.src !== undefined && state !== "link" && state !== "hard")
      return failTask("file-src", "src option requires state to be 'link' or 'hard'", { path });
    switch (state) {
      case "absent":
        return planAbsent(present);
      case "directory":
        return planDirectory(host, given, present);
      case "link":
        return planSymbolicLink(host, given, present);
      case "hard":
        return given.src === undefined ? planFile(host, given, present) : planHardLink(host, given, present);
      case "touch":
        return planTouch(host, given, present);
      case "file":
        return planFile(host, given, present);
    }
  },
});

function planAbsent({ path, own }: Present): Plan {
  const result = { path, state: "absent" };
  if (!own) return { changes: [], result };
  return {
    result,
    changes: [
      {
        what: `remove ${path}`,
        difference: stateDifference(path, stateOf(own), "absent"),
        predict: [{ kind: "path", path, type: "absent" }],
        async apply(host) {
          await host.remove(path, { recursive: own.type === "directory" });
          return { changed: true };
        },
      },
    ],
  };
}

async function planFile(host: Host, given: FileParams, present: Present): Promise<Plan> {
  const { path } = present;
  const followed = present.own?.type === "link" && given.follow ? present.target : present.own;
  const state = stateOf(followed);
  if (!followed || (state !== "file" && state !== "hard"))
    return failTask("file-state", `file (${path}) is ${state}, cannot continue`, { path, ...statResult(followed) });
  return finish(path, followed, { path }, [
    await planAttributes(host, path, followed, given, { follow: given.follow }),
    await planTimes(host, given, path, followed, "preserve"),
  ]);
}
