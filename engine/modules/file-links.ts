// `file: state=link` and `state=hard`.

import { fail } from "../core/problem.ts";
import type { Host } from "../host/host.ts";
import type { FileParams } from "./file.ts";
import { planAttributes, stateOf, statResult } from "./file-attributes.ts";
import { lookingAgain, type Present, refuseConversion, stateDifference } from "./file-plan.ts";
import type { Change, Plan } from "./module.ts";
import { folderOf, joinPath } from "./target-path.ts";
import { failTask } from "./task-failure.ts";

export async function planSymbolicLink(host: Host, given: FileParams, present: Present): Promise<Plan> {
  const { path, own } = present;
  const src = given.src ?? (own?.type === "link" ? own.target : undefined);
  if (src === undefined) fail("param-missing", "src is required for creating new symlinks");
  const base = own?.type === "directory" ? path : folderOf(path);
  const absolute = src.startsWith("/") ? src : joinPath(base, src);
  const isFolder = own?.type === "directory";
  const [target, entries] = await Promise.all([
    host.stat(absolute, { follow: true }),
    isFolder ? host.walk(path, { depth: 1 }) : [],
  ]);
  if (!given.force && !target && given.src !== undefined)
    failTask(
      "link-target",
      `src file does not exist, use 'force=yes' if you really want to create the link: ${absolute}`,
      { path, src, ...statResult(own) },
    );
  if (own && own.type !== "link") {
    if (!given.force) refuseConversion(present, "symlink");
    if (entries.length > 0)
      failTask("folder-not-empty", `the directory ${path} is not empty, refusing to convert it`, {
        path,
        ...statResult(own),
      });
  }
  const result = { dest: path, src };
  const changes: Change[] = [];
  if (own?.type !== "link" || own.target !== src) changes.push(linkChange("symbolic", src, present));
  if (given.follow && target) {
    const attributes = await planAttributes(host, absolute, target, given, { follow: true });
    if (attributes) changes.push(attributes);
  } else if (!given.follow && own?.type === "link") {
    const attributes = await planAttributes(host, path, own, { ...given, mode: undefined });
    if (attributes) changes.push(attributes);
  }
  return {
    result: { ...result, ...(own ? statResult(own) : {}), state: "link" },
    changes: lookingAgain(path, changes, { follow: false }),
  };
}

export async function planHardLink(host: Host, given: FileParams, present: Present): Promise<Plan> {
  const { path, own } = present;
  const src = given.src ?? "";
  if (!src.startsWith("/")) fail("link-target", "absolute paths are required");
  const source = await host.stat(src);
  if (!source) failTask("link-target", "src does not exist", { dest: path, src });
  const result = { dest: path, src };
  const changes: Change[] = [];
  const same = own !== undefined && own.inode === source.inode && own.device === source.device;
  if (!same) {
    if (own?.type === "directory") refuseConversion(present, "hard");
    if (own && own.type !== "link" && !given.force) {
      const what = stateOf(own) === "hard" ? "different hard link exists" : `${path} exists`;
      failTask("file-state", `Cannot link, ${what} at destination`, { dest: path, src });
    }
    changes.push(linkChange("hard", src, present));
  }
  const attributes = await planAttributes(host, src, source, given);
  if (attributes) changes.push(attributes);
  return {
    result: { ...result, ...statResult(source), state: "hard" },
    changes: lookingAgain(path, changes, { follow: false }),
  };
}

function linkChange(kind: "symbolic" | "hard", src: string, { path, own }: Present): Change {
  const state = kind === "hard" ? "hard" : "link";
  const before = stateOf(own);
  return {
    what: `make ${path} a ${kind === "hard" ? "hard" : "symbolic"} link to ${src}`,
    difference: stateDifference(path, before, state, {
      before: own?.target === undefined ? {} : { src: own.target },
      after: { src },
    }),
    predict: [
      kind === "hard" ? { kind: "path", path, type: "file" } : { kind: "path", path, type: "link", target: src },
    ],
    async apply(host) {
      if (own?.type === "directory") await host.remove(path, { recursive: true });
      await host.link(kind, src, path);
      return { changed: true };
    },
  };
}
