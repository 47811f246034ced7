// `copy: remote_src=true`: from one place of the host to another, without the content leaving it.

import type { Entry, Host } from "../host/host.ts";
import type { CopyParams } from "./copy.ts";
import { finishFolder, planCopyFile, type Source } from "./copy-file.ts";
import { planTree, type TreeSource } from "./copy-tree.ts";
import { statResult } from "./file-attributes.ts";
import { lookingAgain } from "./file-plan.ts";
import type { Plan, PlanContext } from "./module.ts";
import { checksumsOf, readForDifference } from "./put-file.ts";
import { expandPath, nameOf } from "./target-path.ts";
import { failTask } from "./task-failure.ts";

export async function planRemoteCopy(
  host: Host,
  written: string,
  given: CopyParams,
  context: PlanContext,
): Promise<Plan> {
  const src = await expandPath(host, written);
  const clean = src === "/" ? src : src.replace(/\/+$/, "");
  const [own, stat] = await Promise.all([host.stat(clean), host.stat(clean, { follow: true, checksum: "sha1" })]);
  if (!stat) return failTask("copy-source", `Source ${src} not found`);
  if (stat.type !== "directory") {
    const bytes = await readForDifference(host, clean, stat);
    const source = remoteSource(clean, stat.checksum ?? "", stat.mode, bytes);
    const plan = await planCopyFile(host, source, given, context);
    const { path: _path, ...result } = plan.result ?? {};
    return { ...plan, result: { md5sum: bytes ? checksumsOf(bytes).md5sum : null, ...result, src } };
  }
  if (own?.type === "link" && !given.local_follow && !src.endsWith("/"))
    return failTask("copy-source", `${src} is a symbolic link to a directory, and local_follow is off`);
  const entries = await host.walk(clean, { checksum: "sha1", follow: given.local_follow });
  const root = src.endsWith("/") ? given.dest : `${given.dest.replace(/\/+$/, "")}/${nameOf(src)}`;
  const plan = await planTree(
    host,
    root,
    entries.map((entry) => treeSource(clean, entry)),
    given,
    context,
  );
  const present = await host.stat(root, { follow: true });
  const result = { ...(present ? statResult(present) : {}), dest: root, src, state: "directory" };
  const folder = finishFolder(plan, { ...result, checksum: null, md5sum: null });
  return { ...folder, changes: lookingAgain(root, folder.changes) };
}

function treeSource(folder: string, entry: Entry): TreeSource {
  const relative = entry.path.slice(folder === "/" ? 1 : folder.length + 1);
  const { type, target, checksum, mode } = entry.stat;
  if (type === "directory" || type === "link") return { relative, type, target };
  if (type !== "file") return failTask("copy-source", `${entry.path} is a ${type}, which cannot be copied`);
  return { relative, type: "file", source: remoteSource(entry.path, checksum ?? "", mode, undefined) };
}

function remoteSource(path: string, checksum: string, mode: number, bytes: Buffer | undefined): Source {
  return { content: { remote: path }, checksum, bytes, name: nameOf(path), mode, label: path };
}
