// One file to one place: compared by checksum, written where it differs, otherwise only its attributes set.

import { fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import type { Host, Stat } from "../host/host.ts";
import { type AttributeParams, planAttributes, statResult, wantedAttributes } from "./file-attributes.ts";
import { planMakeFolders } from "./file-directory.ts";
import { lookingAgain } from "./file-plan.ts";
import type { Change, Plan, PlanContext } from "./module.ts";
import { checksumsOf, differenceOf, type NewContent, putFile, readForDifference } from "./put-file.ts";
import { folderOf, joinPath } from "./target-path.ts";
import { failTask } from "./task-failure.ts";

/** A file to be copied. */
export interface Source {
  readonly content: NewContent;
  /** SHA-1. */
  readonly checksum: string;
  /** The content, where it is at hand, for differences. */
  readonly bytes: Uint8Array | undefined;
  /** Its name, for destinations that are folders; undefined for content without one. */
  readonly name: string | undefined;
  /** Its permissions, for `mode: preserve`. */
  readonly mode: number | undefined;
  /** Path to show as the source. */
  readonly label: string;
}

/** What `copy` and `template` share. */
export interface CopyFileParams extends AttributeParams {
  readonly dest: string;
  readonly force: boolean;
  readonly backup: boolean;
  readonly follow: boolean;
  readonly validate?: string | undefined;
  readonly directory_mode?: string | number | undefined;
  readonly checksum?: string | undefined;
  readonly unsafe_writes?: boolean | undefined;
}

/** Plans a file to `dest`, which may be a folder to put it in. */
export async function planCopyFile(
  host: Host,
  source: Source,
  given: CopyFileParams,
  context: PlanContext,
): Promise<Plan> {
  const { name } = source;
  const asFolder = given.dest.endsWith("/");
  const inside = name === undefined ? undefined : joinPath(given.dest, name);
  const [direct, nested] = await Promise.all([
    look(host, given.dest),
    inside === undefined ? undefined : look(host, inside),
  ]);
  if (direct.target?.type === "directory" && inside === undefined)
    fail("copy-content-folder", "can not use content with a dir as dest");
  const goesInside = inside !== undefined && (asFolder || direct.target?.type === "directory");
  const found = goesInside ? (nested ?? direct) : direct;
  const changes: Change[] = [];
  const folder = folderOf(found.path);
  if (goesInside && !direct.target)
    changes.push(await planMakeFolders(host, folder, { ...given, mode: given.directory_mode }));
  else if (!found.own && !goesInside && !found.parent)
    failTask("copy-parent", `Destination directory ${folder} does not exist`, { checksum: source.checksum });
  return planOneFile(host, found, source, given, context, changes);
}

/** What is at a place, itself and through links, with its checksum. */
export interface Found {
  readonly path: string;
  readonly own: Stat | undefined;
  readonly target: Stat | undefined;
  readonly parent: boolean;
}

/** All that a copy must know of a place, in one tick. */
export async function look(host: Host, path: string): Promise<Found> {
  const clean = path === "/" ? path : path.replace(/\/+$/, "");
  const [own, target, parent] = await Promise.all([
    host.stat(clean),
    host.stat(clean, { follow: true, checksum: "sha1" }),
    host.stat(folderOf(clean), { follow: true }),
  ]);
  return { path: clean, own, target, parent: parent?.type === "directory" };
}

/** The plan for a file whose exact place is known; `before` are changes that must come first. */
export async function planOneFile(
  host: Host,
  found: Found,
  source: Source,
  given: CopyFileParams,
  context: PlanContext,
  before: readonly Change[] = [],
): Promise<Plan> {
  const { own, target } = found;
  const params = { ...given, mode: given.mode === "preserve" ? source.mode : given.mode };
  const through = own?.type === "link" && given.follow && target !== undefined;
  const path = through ? ((await host.realpath(found.path)) ?? found.path) : found.path;
  const present = through || own?.type !== "link" ? target : undefined;
  if (given.checksum !== undefined && given.checksum !== source.checksum)
    failTask("copy-checksum", "Copied file does not match the expected checksum. Transfer failed.", {
      checksum: source.checksum,
      expected_checksum: given.checksum,
    });
  if (own && !given.force) return { changes: [], result: { dest: path, src: source.label } };
  const known: Partial<Result> = { dest: path, src: source.label, checksum: source.checksum };
  if (present?.type === "file" && present.checksum === source.checksum) {
    const attributes = await planAttributes(host, path, present, params, { follow: true });
    const changes = lookingAgain(path, attributes ? [...before, attributes] : before);
    return { changes, result: { dest: path, checksum: source.checksum, path, ...statResult(present) } };
  }
  if (present?.type === "directory") fail("copy-folder", `${path} is a directory, and would be replaced by a file`);
  const [attributes, old] = await Promise.all([
    wantedAttributes(host, params, present, "file"),
    readForDifference(host, path, target),
  ]);
  const sums = source.bytes ? checksumsOf(source.bytes) : {};
  const put = putFile(
    {
      path,
      content: source.content,
      present,
      attributes,
      params,
      difference: differenceOf(path, old ?? (target ? new Uint8Array(0) : undefined), source.bytes, source.label),
      result: { ...known, ...sums },
    },
    context,
  );
  return { changes: [...before, put], result: { ...known, ...sums, state: "file" } };
}

/** The plan of many copies with a result of its own. */
export function finishFolder(plan: Plan, result: Partial<Result>): Plan {
  return { changes: plan.changes.map((change) => ({ ...change, apply: silently(change) })), result };
}

/** Applies a change without letting its keys into the result of the whole. */
function silently(change: Change): Change["apply"] {
  return async (host, progress) => {
    await change.apply(host, progress);
    return { changed: true };
  };
}
