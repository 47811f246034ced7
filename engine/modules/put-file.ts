// Puts new content in the place of a file: the one change behind copy, template, lineinfile and all others that write
// files. Backup, validation, attributes and the difference are made here.

import { createHash } from "node:crypto";
import { bytesOf, textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import type { Difference, Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import { type Attributes, type Host, HostError, type Stat, type WriteOptions } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import { type AttributeParams, statResult } from "./file-attributes.ts";
import { applyExtended } from "./file-extended.ts";
import type { Change, PlanContext } from "./module.ts";
import { shellWords } from "./shell-words.ts";
import { TaskFailure } from "./task-failure.ts";

/** Files up to this size are read for differences. */
const DIFF_LIMIT = 256 * 1024;

/** Where new content comes from. */
export type NewContent =
  | { readonly bytes: Uint8Array | string }
  /** A file of the controller, streamed. */
  | { readonly local: string }
  /** A file of the host. */
  | { readonly remote: string };

export interface Put {
  readonly path: string;
  readonly content: NewContent;
  /** What is there now (the file itself, links followed), if anything. */
  readonly present: Stat | undefined;
  readonly attributes: Attributes;
  readonly params: AttributeParams & {
    readonly backup?: boolean | undefined;
    readonly validate?: string | undefined;
    readonly unsafe_writes?: boolean | undefined;
  };
  readonly difference?: Difference | undefined;
  /** Keys to add to the result. */
  readonly result?: Partial<Result>;
  /** A check of the temporary file that the module itself makes. */
  readonly verify?: (host: Host, temporaryPath: string) => Promise<void>;
}

/** The change that puts it there. Failure `validate-pattern` when `validate` lacks its %s. */
export function putFile(put: Put, context: PlanContext): Change {
  const { path, params } = put;
  if (params.validate !== undefined && !params.validate.includes("%s"))
    fail("validate-pattern", `validate must contain %s: ${params.validate}`);
  return {
    what: `write ${path}`,
    ...(put.difference ? { difference: put.difference } : {}),
    predict: [predictFile(put)],
    async apply(host) {
      let backup: string | undefined;
      if (params.backup === true && put.present) {
        backup = backupName(path, context.now());
        await backUp(host, path, backup, put.present);
      }
      await writeContent(host, put);
      await applyExtended(host, path, params);
      const stat = await host.stat(path, { follow: true });
      return {
        changed: true,
        ...put.result,
        ...statResult(stat),
        ...(backup === undefined ? {} : { backup_file: backup }),
      };
    },
  };
}

/** Ansible's name for the old version of a file. */
export function backupName(path: string, now: number, pid: number = process.pid): string {
  const local = new Date(now * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`;
  return `${path}.${pid}.${day}@${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}~`;
}

/** A copy of `path` with its owner and mode. */
export async function backUp(host: Host, path: string, backup: string, present: Stat): Promise<void> {
  await host.copy(path, backup, { mode: present.mode, owner: present.uid, group: present.gid });
}

/** Text of a difference; undefined for content that is no text or too long to show. */
export function differenceOf(
  path: string,
  before: Uint8Array | string | undefined,
  after: Uint8Array | string | undefined,
  source: string = path,
): Difference | undefined {
  const old = before === undefined ? "" : shownText(before);
  const now = after === undefined ? undefined : shownText(after);
  const headers = { ...(before === undefined ? {} : { beforeHeader: path }), afterHeader: source };
  if (old === undefined || now === undefined)
    return { ...headers, prepared: `${path}: content is binary or too long to show\n` };
  return { ...headers, before: old, after: now };
}

/** Content of a small file for a difference, undefined if it is too long. */
export async function readForDifference(
  host: Host,
  path: string,
  present: Stat | undefined,
): Promise<Buffer | undefined> {
  if (present?.type !== "file" || present.size > DIFF_LIMIT) return undefined;
  try {
    return await host.read(path, { limit: DIFF_LIMIT });
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

/** SHA-1 and MD5, as Ansible returns them for files it wrote. */
export function checksumsOf(content: Uint8Array | string): { readonly checksum: string; readonly md5sum: string } {
  const bytes = typeof content === "string" ? bytesOf(content) : content;
  const hash = (name: string) => createHash(name).update(bytes).digest("hex");
  return { checksum: hash("sha1"), md5sum: hash("md5") };
}

function shownText(content: Uint8Array | string): string | undefined {
  if (content.length > DIFF_LIMIT) return undefined;
  const text = typeof content === "string" ? content : textOf(content);
  return text.includes("\0") ? undefined : text;
}

async function writeContent(host: Host, put: Put): Promise<void> {
  const options: WriteOptions = {
    ...put.attributes,
    ...(put.params.validate !== undefined || put.verify
      ? {
          async validate(temporary: string) {
            await put.verify?.(host, temporary);
            if (put.params.validate !== undefined) await validate(host, put.params.validate, temporary);
          },
        }
      : {}),
  };
  try {
    await write(host, put, options);
  } catch (error) {
    const stuck =
      error instanceof HostError && ["EBUSY", "EXDEV", "ETXTBSY", "EPERM", "EACCES"].includes(error.errno ?? "");
    if (put.params.unsafe_writes !== true || !stuck) throw error;
    await write(host, put, { ...options, inPlace: true });
  }
}

function write(host: Host, put: Put, options: WriteOptions): Promise<void> {
  if ("bytes" in put.content) return host.write(put.path, put.content.bytes, options);
  if ("local" in put.content) return host.upload(put.content.local, put.path, options);
  return host.copy(put.content.remote, put.path, options);
}

async function validate(host: Host, command: string, temporary: string): Promise<void> {
  const argv = shellWords(command).map((word) => word.replaceAll("%s", temporary));
  const { code, stdout, stderr } = await host.run({ argv });
  if (code === 0) return;
  const result = { exit_status: code, stdout: textOf(stdout), stderr: textOf(stderr) };
  const reason = (result.stderr || result.stdout).trim();
  throw new TaskFailure(
    { code: "validate-failed", message: `failed to validate${reason === "" ? "" : `: ${reason}`}` },
    result,
  );
}

function predictFile({ path, content, present, attributes }: Put): Prediction {
  const bytes =
    "bytes" in content && content.bytes.length <= DIFF_LIMIT ? content.bytes : new Unknown(`the content of ${path}`);
  const kept =
    present?.type === "file"
      ? { mode: present.mode, owner: present.owner ?? present.uid, group: present.group ?? present.gid }
      : {};
  return { kind: "path", path, type: "file", content: bytes, ...kept, ...attributes };
}
