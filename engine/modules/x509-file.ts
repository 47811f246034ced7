// What the modules about keys and certificates share: their input files, and the file that they keep.

import { textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import type { Difference, Result } from "../core/result.ts";
import { Undecided, Unknown } from "../core/unknown.ts";
import type { Plain } from "../core/value.ts";
import { type Host, HostError, type Stat } from "../host/host.ts";
import {
  type AttributeParams,
  fileAttributes,
  planAttributes,
  unsafeWrites,
  wantedAttributes,
} from "./file-attributes.ts";
import type { Change, Plan, PlanContext } from "./module.ts";
import type { ParamSchema } from "./params.ts";
import { backUp, backupName, putFile } from "./put-file.ts";
import { folderOf } from "./target-path.ts";
import { failTask } from "./task-failure.ts";

/** Which library of Python would do the work; `ignored` says who does it instead. */
export const cryptoBackend = (ignored: string) =>
  ({
    type: "string",
    enum: ["auto", "cryptography"],
    default: "auto",
    description: "Which library of Python.",
    ignored,
  }) as const satisfies ParamSchema;

/** Parameters of the file that such a module keeps. */
export const KEPT_FILE = {
  path: { type: "path", description: "The file." },
  state: { type: "string", enum: ["present", "absent"], default: "present", description: "Whether it is there." },
  force: { type: "boolean", default: false, description: "Make it anew, whatever is there." },
  backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
  return_content: { type: "boolean", default: false, description: "Return the file's content too." },
  ...fileAttributes,
  unsafe_writes: unsafeWrites,
  select_crypto_backend: cryptoBackend("keys and certificates are made on the controller, without Python"),
} as const satisfies Record<string, ParamSchema>;

interface KeptParams extends AttributeParams {
  readonly path: string;
  readonly backup: boolean;
  readonly unsafe_writes: boolean;
}

/** A file's content, or why it is not known: Unknown in a dry run, undefined if there is none. */
export type Input = Buffer | Unknown | undefined;

/** Reads a file; what a dry run cannot tell is Unknown. */
async function readInput(host: Host, path: string): Promise<Input> {
  try {
    return await host.read(path);
  } catch (error) {
    if (error instanceof Undecided && error.unknown.kind === "dry") return error.unknown;
    if (error instanceof HostError && (error.errno === "ENOENT" || error.errno === "ENOTDIR")) return undefined;
    throw error;
  }
}

/** An input that is given as a file or in the task itself; undefined if it is not given at all. */
export async function readGiven(
  host: Host,
  given: { readonly path: string | undefined; readonly content: string | undefined; readonly what: string },
): Promise<{ readonly text: string | Unknown; readonly where: string } | undefined> {
  if (given.content !== undefined) return { text: given.content, where: "of the task" };
  if (given.path === undefined) return undefined;
  const found = await readInput(host, given.path);
  if (found === undefined) return failTask("input-missing", `The ${given.what} file ${given.path} does not exist`);
  return { text: found instanceof Unknown ? found : textOf(found), where: given.path };
}

/** The file as it is. */
export interface Kept {
  readonly stat: Stat | undefined;
  readonly text: string | Unknown | undefined;
}

/** Looks at the file; its folder must be there. */
export async function readKept(host: Host, path: string, state: "present" | "absent"): Promise<Kept> {
  const [stat, content, folder] = await Promise.all([
    host.stat(path, { follow: true }),
    readInput(host, path).catch((error: unknown) => {
      if (error instanceof HostError && error.errno === "EISDIR") return undefined;
      throw error;
    }),
    host.stat(folderOf(path), { follow: true }),
  ]);
  if (stat?.type === "directory") fail("path-folder", `${path} is a directory`);
  if (state === "present" && folder?.type !== "directory")
    failTask("path-folder", `The directory ${folderOf(path)} does not exist or the file is not a directory`, {
      name: folderOf(path),
    });
  if (!stat) return { stat, text: undefined };
  return { stat, text: Buffer.isBuffer(content) ? textOf(content) : content };
}

/** The text of what is there; undecided where a dry run cannot tell it. */
export function knownText(text: string | Unknown | undefined): string | undefined {
  if (text instanceof Unknown) throw new Undecided(text);
  return text;
}

export interface NewFile {
  readonly what: string;
  /** The content; Unknown where a dry run cannot make it; a function where it is made only when applied. */
  readonly content: string | Unknown | (() => Promise<{ readonly text: string; readonly result: Partial<Result> }>);
  readonly difference: Difference;
  readonly result: Partial<Result>;
  /** Keys of the result that only the real run can tell. */
  readonly unknownKeys?: readonly string[];
}

/** The plan that puts new content in its place. */
export async function planNewFile(
  host: Host,
  kept: Kept,
  file: NewFile,
  params: KeptParams,
  context: PlanContext,
): Promise<Plan> {
  const { path } = params;
  const attributes = await wantedAttributes(host, params, kept.stat, "file");
  const put = (text: string) =>
    putFile(
      { path, content: { bytes: text }, present: kept.stat, attributes, params, difference: file.difference },
      context,
    );
  const { content } = file;
  const model = put(typeof content === "string" ? content : "");
  const unknown = new Unknown(`the content of ${path}`);
  const predict = (model.predict ?? []).map((one) =>
    one.kind === "path" && typeof content !== "string" ? { ...one, content: unknown } : one,
  );
  const change: Change = {
    ...model,
    what: file.what,
    predict,
    async apply(target, progress) {
      if (content instanceof Unknown) throw new Undecided(content);
      const made = typeof content === "string" ? { text: content, result: {} } : await content();
      const { backup_file } = (await put(made.text).apply(target, progress)) ?? {};
      return { changed: true, ...file.result, ...made.result, ...(backup_file === undefined ? {} : { backup_file }) };
    },
  };
  const keys = file.unknownKeys ?? [];
  return {
    changes: [change],
    result: file.result,
    ...(keys.length > 0 ? { outcome: { reason: `what ${path} will hold`, keys } } : {}),
  };
}

/** The plan for a file whose content may stay. */
export async function planKeptFile(host: Host, stat: Stat, params: KeptParams, result: Partial<Result>): Promise<Plan> {
  const change = await planAttributes(host, params.path, stat, params, { follow: true });
  return { changes: change ? [change] : [], result };
}

/** The plan that takes it away. */
export function planNoFile(kept: Kept, params: KeptParams, result: Partial<Result>, context: PlanContext): Plan {
  const { path } = params;
  const { stat } = kept;
  if (!stat) return { changes: [], result };
  const change: Change = {
    what: `remove ${path}`,
    difference: { before: `${path}\n`, after: "", beforeHeader: path, afterHeader: path },
    predict: [{ kind: "path", path, type: "absent" }],
    async apply(host) {
      const backup = backupName(path, context.now());
      if (params.backup) await backUp(host, path, backup, stat);
      await host.remove(path);
      return params.backup ? { backup_file: backup } : undefined;
    },
  };
  return { changes: [change], result };
}

/** A difference of what two files say. */
export function tellDifference(path: string, before: Plain | undefined, after: Plain | undefined): Difference {
  const text = (value: Plain | undefined) =>
    value === undefined
      ? ""
      : `${JSON.stringify(value, (_, one) => (typeof one === "bigint" ? one.toString() : one), 2)}\n`;
  return { before: text(before), after: text(after), beforeHeader: path, afterHeader: path };
}
