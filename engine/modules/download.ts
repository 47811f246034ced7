// Downloads for get_url and unarchive: by the host's own client, by apt's helper where there is none, or by the controller.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail } from "../core/problem.ts";
import type { HashName, Host, WriteOptions } from "../host/host.ts";
import { sendFromController } from "./http-controller.ts";
import { findHttpClient, type HttpClient, noHttpClient, sendFromHost } from "./http-host.ts";
import type { HttpAnswer, HttpRequest } from "./http-request.ts";
import { failTask } from "./task-failure.ts";

/** Who downloads. */
export type Downloader = HttpClient | "apt-helper" | "controller";

const APT_HELPER = "/usr/lib/apt/apt-helper";

/** The host's best means, or the controller when it is asked for. Failure `http-client`. */
export async function findDownloader(
  host: Host,
  via: "host" | "controller",
  request: HttpRequest,
): Promise<Downloader> {
  if (via === "controller") return "controller";
  const [client, helper] = await Promise.all([findHttpClient(host), host.stat(APT_HELPER)]);
  const isPlain = request.headers.length === 0 && request.user === undefined && request.validateCerts;
  return client ?? (helper && isPlain ? "apt-helper" : noHttpClient());
}

/** Asks for the content without keeping it: its SHA-1, or 304 for nothing newer. undefined: this downloader cannot. */
export async function askContent(
  host: Host,
  downloader: Downloader,
  request: HttpRequest,
): Promise<HttpAnswer | undefined> {
  if (downloader === "apt-helper") return undefined;
  return downloader === "controller"
    ? sendFromController(request, "hash")
    : sendFromHost(host, downloader, request, "hash");
}

/** A small text, such as a list of checksums. */
export async function readText(host: Host, downloader: Downloader, request: HttpRequest): Promise<string> {
  if (downloader === "apt-helper") return readWithApt(host, request);
  const answer = await (downloader === "controller"
    ? sendFromController(request, "text")
    : sendFromHost(host, downloader, request, "text"));
  if (answer.status < 200 || answer.status >= 300) refuseAnswer(request, answer);
  return (answer.body ?? Buffer.alloc(0)).toString();
}

/** What to do with a downloaded file that lies at `path` on the host. */
export type UseDownload<T> = (path: string, answer: HttpAnswer) => Promise<T>;

/** Downloads to a temporary file of the host, uses it, and removes it. Failure `download-failed`. */
export async function withDownload<T>(
  host: Host,
  downloader: Downloader,
  request: HttpRequest,
  options: { readonly folder?: string; readonly suffix?: string },
  use: UseDownload<T>,
): Promise<T> {
  const path = await host.temporary({ prefix: "tsplay-download-", ...options });
  try {
    const answer = await fetchTo(host, downloader, request, path);
    if (answer.status < 200 || answer.status >= 300) refuseAnswer(request, answer);
    return await use(path, answer);
  } finally {
    await host.remove(path);
  }
}

/** The Failure of an answer that is no content. */
export function refuseAnswer(request: HttpRequest, answer: HttpAnswer): never {
  const reason =
    answer.status < 0 ? `: ${answer.error ?? "no answer"}` : `: HTTP Error ${answer.status}: ${answer.reason}`;
  return failTask("download-failed", `Request failed${reason}`, {
    url: request.url,
    status_code: answer.status,
    response: reason.slice(2),
  });
}

async function fetchTo(host: Host, downloader: Downloader, request: HttpRequest, path: string): Promise<HttpAnswer> {
  if (downloader === "apt-helper") return fetchWithApt(host, request, path);
  if (downloader !== "controller") return sendFromHost(host, downloader, request, { file: path });
  const folder = await mkdtemp(join(tmpdir(), "tsplay-"));
  try {
    const local = join(folder, "download");
    const answer = await sendFromController(request, { file: local });
    const options: WriteOptions = { mode: 0o600 };
    if (answer.status >= 200 && answer.status < 300) await host.upload(local, path, options);
    return answer;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The helper knows only files; a dry run may ask as well, so what it made is gone when it ends. */
async function readWithApt(host: Host, request: HttpRequest): Promise<string> {
  const script = `folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && "$HELPER" download-file "$URL" "$folder/text" >&2 && cat "$folder/text"`;
  const { code, stdout, stderr } = await host.run({
    script,
    env: { LC_ALL: "C", HELPER: APT_HELPER, URL: request.url },
    reads: true,
    limit: 16 << 20,
  });
  if (code === 0) return stdout.toString();
  return refuseAnswer(request, aptAnswer(request, stderr.toString()));
}

async function fetchWithApt(host: Host, request: HttpRequest, path: string): Promise<HttpAnswer> {
  await host.remove(path);
  const { code, stdout, stderr } = await host.run({
    argv: [APT_HELPER, "download-file", request.url, path],
    env: { LC_ALL: "C" },
    timeout: 3600,
  });
  const told = `${stdout.toString()}\n${stderr.toString()}`;
  if (code === 0)
    return { status: 200, reason: "OK", headers: [], url: request.url, size: (await host.stat(path))?.size ?? 0 };
  return aptAnswer(request, told);
}

/** What the helper's words on a failure mean. */
function aptAnswer(request: HttpRequest, told: string): HttpAnswer {
  const status = /\b([45]\d\d) {2}(.+?)(?: \[|$)/m.exec(told);
  const error = /^E: (.*)$/m.exec(told)?.[1] ?? told.trim();
  return {
    status: status ? Number(status[1]) : -1,
    reason: status?.[2] ?? "",
    headers: [],
    url: request.url,
    size: 0,
    error,
  };
}

/** `sha256:HEX` or `sha256:URL`, with the URL's list read. */
export async function wantedChecksum(
  written: string,
  name: string,
  readList: (url: string) => Promise<string>,
): Promise<{ readonly algorithm: HashName; readonly digest: string }> {
  const match = /^(md5|sha1|sha224|sha256|sha384|sha512):\s*(\S.*)$/i.exec(written.trim());
  if (!match) return fail("checksum-format", "The checksum parameter has to be in format <algorithm>:<checksum>");
  const algorithm = (match[1] ?? "").toLowerCase() as HashName;
  const value = (match[2] ?? "").trim();
  if (!/^(https?|ftp|file):\/\//i.test(value)) {
    const digest = value.replace(/\W+/g, "").toLowerCase();
    if (!/^[0-9a-f]+$/.test(digest)) fail("checksum-format", "The checksum format is invalid");
    return { algorithm, digest };
  }
  const digest = digestIn(await readList(value), name);
  return digest === undefined
    ? fail("checksum-list", `Unable to find a checksum for file '${name}' in '${value}'`)
    : { algorithm, digest };
}

/** The digest of a file in a list such as sha256sum writes, or the only one there is. */
export function digestIn(list: string, name: string): string | undefined {
  const lines = list
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const only = lines.length === 1 ? /^([0-9a-fA-F]{32,128})$/.exec(lines[0] ?? "") : null;
  if (only) return only[1]?.toLowerCase();
  for (const line of lines) {
    const plain = /^([0-9a-fA-F]{32,128})\s+[*]?(?:\.\/)?(\S.*)$/.exec(line);
    const tagged = /^\w+ \((.+)\) = ([0-9a-fA-F]{32,128})$/.exec(line);
    const [file, digest] = plain ? [plain[2], plain[1]] : [tagged?.[1], tagged?.[2]];
    if (file !== undefined && file.replace(/^.*\//, "") === name) return digest?.toLowerCase();
  }
  return undefined;
}
