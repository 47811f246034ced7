// A whole tree to a folder: everything there is looked at in one tick, then folders, files and links that differ.

import type { Host, Stat } from "../host/host.ts";
import type { CopyParams } from "./copy.ts";
import { type Found, planOneFile, type Source } from "./copy-file.ts";
import { planAttributes } from "./file-attributes.ts";
import { planMakeFolders } from "./file-directory.ts";
import type { Change, Plan, PlanContext } from "./module.ts";
import { joinPath } from "./target-path.ts";
import { failTask } from "./task-failure.ts";

/** Something of the source, by its path below it. */
export type TreeSource =
  | { readonly relative: string; readonly type: "directory" | "link"; readonly target?: string | undefined }
  | { readonly relative: string; readonly type: "file"; readonly source: Source };

export async function planTree(
  host: Host,
  root: string,
  sources: readonly TreeSource[],
  given: CopyParams,
  context: PlanContext,
): Promise<Plan> {
  const paths = ["", ...sources.map((source) => source.relative)].map((relative) =>
    relative === "" ? root.replace(/\/+$/, "") : joinPath(root, relative),
  );
  const found = await Promise.all(paths.map((path) => lookInTree(host, path)));
  const folders = sources.map((source) => source.type === "directory");
  const plans = await Promise.all([
    planFolder(host, found[0] as Found, given),
    ...sources.map((source, index) => planEntry(host, found[index + 1] as Found, source, given, context)),
  ]);
  const isFolder = (index: number) => index === 0 || folders[index - 1] === true;
  const first = plans.flatMap((planned, index) => (isFolder(index) ? planned : []));
  const then = plans.flatMap((planned, index) => (isFolder(index) ? [] : planned));
  return { changes: [...first, ...together(then)] };
}

/** How many files are on their way at once. */
const AT_ONCE = 32;

/** The same changes, but the first of each batch starts all of it, so that they share round trips. */
function together(changes: readonly Change[]): Change[] {
  const batches = new Map<number, readonly ReturnType<Change["apply"]>[]>();
  return changes.map((change, index) => ({
    ...change,
    async apply(host, progress) {
      const number = Math.floor(index / AT_ONCE);
      const mine = changes.slice(number * AT_ONCE, (number + 1) * AT_ONCE);
      const batch = batches.get(number) ?? mine.map((one) => one.apply(host, progress));
      batches.set(number, batch);
      // None may still be under way when one has failed.
      await Promise.allSettled(batch);
      return batch[index % AT_ONCE];
    },
  }));
}

async function lookInTree(host: Host, path: string): Promise<Found> {
  const [own, target] = await Promise.all([host.stat(path), host.stat(path, { follow: true, checksum: "sha1" })]);
  return { path, own, target, parent: true };
}

async function planEntry(
  host: Host,
  found: Found,
  source: TreeSource,
  given: CopyParams,
  context: PlanContext,
): Promise<readonly Change[]> {
  if (source.type === "file") return (await planOneFile(host, found, source.source, given, context)).changes;
  if (source.type === "directory") return planFolder(host, found, given);
  return planLink(found, source.target ?? "");
}

async function planFolder(host: Host, found: Found, given: CopyParams): Promise<readonly Change[]> {
  const { path, target } = found;
  const params = { ...given, mode: given.directory_mode };
  if (!target) return [await planMakeFolders(host, path, params)];
  if (target.type !== "directory")
    failTask("not-a-folder", `${path} is a ${target.type}, and a directory is to be copied there`);
  const change = await planAttributes(host, path, target, params, { follow: true });
  return change ? [change] : [];
}

function planLink(
  { path, own }: { readonly path: string; readonly own: Stat | undefined },
  target: string,
): readonly Change[] {
  if (own?.type === "link" && own.target === target) return [];
  if (own?.type === "directory")
    failTask("not-a-link", `${path} is a directory, and a symbolic link is to be copied there`);
  return [
    {
      what: `link ${path} to ${target}`,
      predict: [{ kind: "path", path, type: "link", target }],
      async apply(host) {
        await host.link("symbolic", target, path);
        return { changed: true };
      },
    },
  ];
}
