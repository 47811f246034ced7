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
  const order = (index: number) => (index === 0 || folders[index - 1] ? 0 : 1);
  const changes = plans
    .map((planned, index) => ({ planned, index }))
    .sort((a, b) => order(a.index) - order(b.index) || a.index - b.index)
    .flatMap(({ planned }) => planned);
  return { changes };
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
