// Content to and from a host: small content in one message, large content streamed in constant memory.

import { createHash, randomBytes } from "node:crypto";
import { closeSync, createReadStream, ftruncateSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { Failure, problemOf } from "../core/problem.ts";
import type { AgentLink } from "./agent-link.ts";
import { contentBytes } from "./content.ts";
import type { Attributes, Content, WriteOptions } from "./host.ts";

/** Content up to this size is one request, checked by the agent before it is written. */
const SMALL = 32 * 1024;
/** Larger content travels in pieces of this size. */
const PIECE = 64 * 1024;
/** A transfer that the connection broke is begun again at most this often. */
const MOST_TRANSFERS = 3;

/** Turns an agent's error into one for people. */
export type Explain = (doing: string, error: unknown) => Promise<unknown>;

/** Owner, group and mode as an agent reads them: empty is "as it is". */
export function attributeArguments({ owner, group, mode }: Attributes): [string, string, string] {
  return [
    owner === undefined ? "" : String(owner),
    group === undefined ? "" : String(group),
    mode === undefined ? "" : String(mode),
  ];
}

const sha1 = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("hex");

/** Writes content atomically (or in place), as Host.write describes. */
export async function writeContent(
  link: AgentLink,
  explain: Explain,
  path: string,
  content: Content,
  options: WriteOptions,
): Promise<void> {
  const doing = `write ${path}`;
  try {
    const streamed = typeof content === "object" && "stream" in content;
    const bytes = streamed ? undefined : contentBytes(content);
    if (bytes && bytes.length <= SMALL && !options.validate) {
      await link.request({
        verb: "write",
        args: [path, ...attributeArguments(options), options.inPlace ? "1" : "", sha1(bytes)],
        body: bytes,
        repeat: "repeat",
      });
      return;
    }
    const pieces = bytes ? () => slices(bytes) : streamed ? () => content.stream() : () => slices(new Uint8Array());
    const size = bytes ? bytes.length : streamed ? content.size : 0;
    await again(() => transfer(link, path, pieces, size, options));
  } catch (error) {
    throw await explain(doing, error);
  }
}

export async function uploadContent(
  link: AgentLink,
  explain: Explain,
  localPath: string,
  path: string,
  options: WriteOptions,
): Promise<void> {
  const local = statSync(localPath, { throwIfNoEntry: false });
  if (!local?.isFile())
    throw new Failure({
      code: "upload-source",
      message: `cannot upload ${localPath}: ${local ? "it is not a file" : "no such file"}`,
    });
  const stream = () => createReadStream(localPath, { highWaterMark: PIECE });
  await writeContent(link, explain, path, { stream, size: local.size }, options);
}

async function again(transferOnce: () => Promise<void>): Promise<void> {
  for (let turn = 1; ; turn++) {
    try {
      return await transferOnce();
    } catch (error) {
      if (problemOf(error).code !== "transfer-lost" || turn >= MOST_TRANSFERS) throw error;
    }
  }
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += PIECE) yield bytes.subarray(offset, offset + PIECE);
}

/** begin, put…, seal are sent without waiting for one another; only the writer's own backpressure holds them up. */
async function transfer(
  link: AgentLink,
  path: string,
  pieces: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  size: number,
  options: WriteOptions,
): Promise<void> {
  const handle = randomBytes(8).toString("hex");
  const hash = createHash("sha1");
  const era = link.losses;
  let failed: { readonly error: unknown } | undefined;
  const bound = (verb: string, args: readonly string[], body?: Uint8Array) => {
    if (link.losses !== era)
      throw new Failure({ code: "transfer-lost", message: `cannot write ${path}: the connection broke` });
    const sent = link.send({ verb, args: [handle, ...args], repeat: "bound", ...(body ? { body } : {}) });
    // Only the first failure tells what happened; those after it say that the file is not open.
    sent.answer.catch((error: unknown) => {
      failed ??= { error };
    });
    return sent;
  };
  bound("begin", [path, ...attributeArguments(options), options.inPlace ? "1" : ""]);
  let sent = 0;
  try {
    for await (const piece of pieces()) {
      if (failed) throw failed.error;
      hash.update(piece);
      sent += piece.length;
      await bound("put", [], piece).writable;
    }
    if (sent !== size)
      throw new Failure({
        code: "content-size",
        message: `cannot write ${path}: the content has ${sent} bytes instead of ${size}`,
      });
  } catch (error) {
    if (link.losses === era) await bound("discard", []).answer.catch(() => undefined);
    throw failed ? failed.error : error;
  }
  const commitNow = options.validate === undefined;
  const sealed = bound("seal", [String(size), hash.digest("hex"), commitNow ? "1" : ""]).answer;
  const answer = await sealed.catch((error: unknown) => {
    throw failed ? failed.error : error;
  });
  if (commitNow || !options.validate) return;
  try {
    await options.validate(answer.fields[0] ?? "");
  } catch (error) {
    if (link.losses === era) await bound("discard", []).answer.catch(() => undefined);
    throw error;
  }
  await bound("commit", []).answer;
}

/** Streams a file of the host into a file here; the file appears under its name only when it is complete. */
export async function downloadFile(
  link: AgentLink,
  path: string,
  localPath: string,
): Promise<{ readonly size: number; readonly sha1: string }> {
  const temporary = `${localPath}.tsplay-${randomBytes(6).toString("hex")}`;
  const file = openSync(temporary, "wx", 0o600);
  let hash = createHash("sha1");
  let size = 0;
  try {
    await link.request({
      verb: "read",
      args: [path, ""],
      repeat: "read",
      // Written at once, so that what comes faster than the disk takes it waits on the wire and not in memory.
      onData: (chunk) => {
        for (let offset = 0; offset < chunk.length; ) offset += writeSync(file, chunk, offset);
        hash.update(chunk);
        size += chunk.length;
      },
      onRestart: () => {
        ftruncateSync(file);
        hash = createHash("sha1");
        size = 0;
      },
    });
    closeSync(file);
    renameSync(temporary, localPath);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return { size, sha1: hash.digest("hex") };
}
