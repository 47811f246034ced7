// What modules that edit a text file share: reading it in one tick, and the plan that puts the new text in its place.

import { posix } from "node:path";
import { bytesOf, textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { type Attributes, type Host, HostError, type Stat } from "../host/host.ts";
import { type AttributeParams, planAttributes, wantedAttributes } from "./file-attributes.ts";
import { planMakeFolders } from "./file-directory.ts";
import type { Change, Plan, PlanContext } from "./module.ts";
import { differenceOf, putFile } from "./put-file.ts";
import { folderOf } from "./target-path.ts";
import { failTask } from "./task-failure.ts";

/** A text file as it is. */
export interface TextFile {
  /** Links resolved, also one whose target is not there. */
  readonly path: string;
  readonly present: Stat | undefined;
  /** undefined: there is no such file. */
  readonly text: string | undefined;
  readonly hasFolder: boolean;
}

/** Reads it, links followed; a folder in its place is the Failure `path-folder`. */
export async function readTextFile(host: Host, path: string): Promise<TextFile> {
  const [present, real, content, folder] = await Promise.all([
    host.stat(path, { follow: true }),
    host.realpath(path),
    readOrNothing(host, path),
    host.stat(folderOf(path), { follow: true }),
  ]);
  if (present?.type === "directory") failTask("path-folder", `Path ${path} is a directory !`, { rc: 256 });
  if (present && content instanceof HostError) throw content;
  const text = content instanceof HostError ? undefined : textOf(content);
  if (present || real !== undefined || (await host.stat(path)) === undefined)
    return { path: real ?? path, present, text: present ? text : undefined, hasFolder: folder?.type === "directory" };
  // A link to what is not there: its target is made, and the link stays. Debian's /etc/default/locale is one.
  const target = await linkedPath(host, path);
  const targetFolder = await host.stat(folderOf(target), { follow: true });
  return { path: target, present: undefined, text: undefined, hasFolder: targetFolder?.type === "directory" };
}

const MOST_LINKS = 40;

/** Where a link, or a chain of links, leads that ends at no file. */
async function linkedPath(host: Host, path: string): Promise<string> {
  let here = path;
  for (let count = 0; count < MOST_LINKS; count++) {
    const link = await host.stat(here);
    if (link?.type !== "link" || link.target === undefined) return here;
    here = posix.resolve(folderOf(here), link.target);
  }
  return failTask("path-loop", `Too many levels of symbolic links: ${path}`);
}

/** Parameters of such modules. */
export interface TextParams extends AttributeParams {
  readonly backup: boolean;
  readonly validate?: string | undefined;
  readonly unsafe_writes?: boolean | undefined;
}

export interface TextEdit {
  /** The new text. */
  readonly text: string;
  /** What was done, when the text differs. */
  readonly msg: string;
  readonly result?: Partial<Result>;
  /** The result's key for the old file's new name. */
  readonly backupKey: "backup" | "backup_file";
}

/** The plan that makes the file hold `edit.text` with the attributes asked for. */
export async function planText(
  host: Host,
  file: TextFile,
  edit: TextEdit,
  params: TextParams,
  context: PlanContext,
): Promise<Plan> {
  const { path, present } = file;
  const differs = edit.text !== file.text;
  const none = edit.backupKey === "backup" ? { backup: "" } : {};
  if (!differs && present) {
    const attributes = await planAttributes(host, path, present, params, { follow: true });
    const msg = attributes ? ATTRIBUTES_CHANGED : "";
    return { changes: attributes ? [attributes] : [], result: { ...none, msg, ...edit.result } };
  }
  const attributes = await wantedAttributes(host, params, present, "file");
  const alsoAttributes = present
    ? Object.keys(attributes).length > 0 && (await planAttributes(host, path, present, params)) !== undefined
    : (attributes.mode !== undefined && attributes.mode !== NEW_FILE) || !isRoots(attributes);
  const msg = alsoAttributes ? `${edit.msg} and ${ATTRIBUTES_CHANGED}` : edit.msg;
  const changes: Change[] = [];
  if (!file.hasFolder) changes.push(await planMakeFolders(host, folderOf(path), {}));
  const difference = {
    ...differenceOf(path, file.text, edit.text),
    beforeHeader: `${path} (content)`,
    afterHeader: `${path} (content)`,
  };
  const put = putFile(
    { path, content: { bytes: bytesOf(edit.text) }, present, attributes, params, difference },
    context,
  );
  changes.push({
    ...put,
    async apply(target, progress) {
      const { backup_file } = (await put.apply(target, progress)) ?? {};
      return { changed: true, ...(backup_file === undefined ? {} : { [edit.backupKey]: backup_file }) };
    },
  });
  return { changes, result: { ...none, msg, ...edit.result } };
}

/** What a file that is made has before its own mode is set. */
const NEW_FILE = 0o644;

/** Whether it leaves a new file with whom it has as root made it. */
function isRoots({ owner, group }: Attributes): boolean {
  return [owner, group].every((one) => one === undefined || one === "root" || one === 0);
}

const ATTRIBUTES_CHANGED = "ownership, perms or SE linux context changed";

/** Failure `path-missing` with the exit code that Ansible gives for it. */
export function missing(what: "Path" | "Destination", path: string): never {
  return failTask("path-missing", `${what} ${path} does not exist !`, { rc: 257 });
}

/** Lines with their ends. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** A line without its end. */
export function bare(line: string): string {
  return line.replace(/[\r\n]+$/, "");
}

async function readOrNothing(host: Host, path: string): Promise<Buffer | HostError> {
  try {
    return await host.read(path);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
}

/** Refuses encodings that the editing modules do not know. */
export function onlyUtf8(encoding: string): void {
  if (!/^utf-?8$/i.test(encoding)) fail("encoding", `the encoding ${encoding} is not supported, only utf-8 is`);
}
