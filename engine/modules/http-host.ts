// Sends HTTP requests from the host itself, with its curl or wget. What may be secret goes through their input or a
// private file, never through arguments.

import { fail } from "../core/problem.ts";
import type { Host } from "../host/host.ts";
import { type HttpAnswer, type HttpRequest, httpDate, parseHeaders } from "./http-request.ts";
import { shellQuote } from "./shell-words.ts";

export type HttpClient = "curl" | "wget";

const PATHS: ReadonlyArray<readonly [HttpClient, string]> = [
  ["curl", "/usr/bin/curl"],
  ["curl", "/usr/local/bin/curl"],
  ["wget", "/usr/bin/wget"],
];

/** The host's client, undefined if it has none. */
export async function findHttpClient(host: Host): Promise<HttpClient | undefined> {
  const stats = await Promise.all(PATHS.map(([, path]) => host.stat(path, { follow: true })));
  return PATHS.find((_, index) => stats[index] !== undefined)?.[0];
}

export function noHttpClient(): never {
  return fail("http-client", "the host has neither curl nor wget", {
    hint: "install curl, or let the controller download with `via: controller`",
  });
}

/** What becomes of the body: kept in a file of the host, only hashed, brought here, or given to a command whose output is brought. */
export type BodyUse = { readonly file: string } | "hash" | "text" | { readonly pipe: string };

/** Sends it. With `hash` and `text` (GET only) nothing is written on the host, so that it may be asked while planning. */
export async function sendFromHost(
  host: Host,
  client: HttpClient,
  request: HttpRequest,
  use: BodyUse,
): Promise<HttpAnswer> {
  const bodyFile = request.body === undefined ? undefined : await privateFile(host, request.body);
  try {
    return client === "curl"
      ? await sendWithCurl(host, request, use, bodyFile)
      : await sendWithWget(host, request, use, bodyFile);
  } finally {
    if (bodyFile !== undefined) await host.remove(bodyFile);
  }
}

async function sendWithCurl(
  host: Host,
  request: HttpRequest,
  use: BodyUse,
  bodyFile: string | undefined,
): Promise<HttpAnswer> {
  const options: (readonly [string, string] | string)[] = [
    "silent",
    "show-error",
    "globoff",
    ["url", request.url],
    ["user-agent", request.agent],
    ["connect-timeout", String(request.timeout)],
    ["speed-limit", "1"],
    ["speed-time", String(Math.max(1, Math.ceil(request.timeout)))],
    ["output", fileOf(use) ?? "/dev/fd/3"],
    ["dump-header", "-"],
    ["write-out", `\\n${MARK} %{http_code} %{size_download} %{url_effective}\\n`],
    ...(request.method === "HEAD" ? ["head"] : [["request", request.method] as const]),
    ...headersOf(request).map(([name, value]) => ["header", `${name}: ${value}`] as const),
    ...(request.redirects ? ["location", ["max-redirs", "10"] as const] : []),
    ...(request.user === undefined ? [] : [["user", `${request.user}:${request.password ?? ""}`] as const]),
    ...(request.validateCerts ? [] : ["insecure"]),
    ...(request.useProxy ? [] : [["noproxy", "*"] as const]),
    ...(bodyFile === undefined ? [] : [["data-binary", `@${bodyFile}`] as const]),
    ...(request.caPath === undefined ? [] : [["cacert", request.caPath] as const]),
    ...(request.clientCert === undefined ? [] : [["cert", request.clientCert] as const]),
    ...(request.clientKey === undefined ? [] : [["key", request.clientKey] as const]),
    ...(request.unixSocket === undefined ? [] : [["unix-socket", request.unixSocket] as const]),
  ];
  const config = options
    .map((option) => (typeof option === "string" ? option : `${option[0]} = ${quoted(option[1])}`))
    .join("\n");
  const sink = sinkOf(use);
  const run = await host.run({
    script: `curl -q --config - 3>&1 1>&2${sink}`,
    stdin: `${config}\n`,
    env: { LC_ALL: "C" },
    reads: fileOf(use) === undefined,
  });
  const told = run.stderr.toString("latin1");
  const mark = new RegExp(`^${MARK} (\\d+) (\\d+) (.*)$`, "m").exec(told);
  const error = /^curl: \(\d+\) (.*)$/m.exec(told)?.[1] ?? (mark ? undefined : told.trim().split("\n").at(-1));
  const { status, reason, headers } = parseHeaders(mark ? told.slice(0, mark.index) : "");
  return {
    status: error !== undefined && status < 400 ? -1 : status,
    headers,
    reason,
    url: mark?.[3] ?? request.url,
    size: Number(mark?.[2] ?? 0),
    ...bodyOf(use, run.stdout),
    error,
  };
}

function bodyOf(use: BodyUse, stdout: Buffer): { readonly sha1?: string; readonly body?: Buffer } {
  if (use === "hash") return { sha1: stdout.toString("latin1").slice(0, 40) };
  return fileOf(use) === undefined ? { body: stdout } : {};
}

function fileOf(use: BodyUse): string | undefined {
  return typeof use === "object" && "file" in use ? use.file : undefined;
}

/** A pipe behind the client even for plain text: what stands behind /dev/fd may be a socket, which cannot be opened again. */
function sinkOf(use: BodyUse): string {
  if (use === "hash") return " | sha1sum";
  if (use === "text") return " | cat";
  return "pipe" in use ? ` | { ${use.pipe}; }` : "";
}

const CONFIG = '--config="$f"';

const MARK = "tsplay-http-end";

async function sendWithWget(
  host: Host,
  request: HttpRequest,
  use: BodyUse,
  bodyFile: string | undefined,
): Promise<HttpAnswer> {
  if (request.unixSocket !== undefined)
    fail("http-client", "wget cannot use a unix_socket", { hint: "install curl on the host" });
  const settings = [
    ...headersOf(request).map(([name, value]) => `header = ${name}: ${value}`),
    ...(request.user === undefined
      ? []
      : [`user = ${request.user}`, `password = ${request.password ?? ""}`, "auth_no_challenge = on"]),
  ];
  const argv = [
    "wget",
    "--no-verbose",
    "--server-response",
    "--content-on-error",
    "--tries=1",
    "--no-hsts",
    `--timeout=${request.timeout}`,
    `--user-agent=${request.agent}`,
    `--max-redirect=${request.redirects ? 10 : 0}`,
    `--method=${request.method}`,
    ...(settings.length === 0 ? [] : [CONFIG]),
    ...(request.validateCerts ? [] : ["--no-check-certificate"]),
    ...(request.useProxy ? [] : ["--no-proxy"]),
    ...(bodyFile === undefined ? [] : [`--body-file=${bodyFile}`]),
    ...(request.caPath === undefined ? [] : [`--ca-certificate=${request.caPath}`]),
    ...(request.clientCert === undefined ? [] : [`--certificate=${request.clientCert}`]),
    ...(request.clientKey === undefined ? [] : [`--private-key=${request.clientKey}`]),
    `--output-document=${fileOf(use) ?? "-"}`,
    "--input-file=-",
  ].map((word) => (word === CONFIG ? word : shellQuote(word)));
  const sink = sinkOf(use);
  // wget reads settings from regular files only; mktemp makes one that nobody else can read.
  const settle = settings.length === 0 ? "" : `f=$(mktemp) || exit 1; trap 'rm -f "$f"' EXIT; cat > "$f"; `;
  const script = `IFS= read -r url; ${settle}printf '%s\\n' "$url" | ${argv.join(" ")}${sink}`;
  const stdin = `${[request.url, ...settings].join("\n")}\n`;
  const { stdout, stderr } = await host.run({ script, stdin, env: { LC_ALL: "C" }, reads: fileOf(use) === undefined });
  const told = stderr.toString("latin1");
  const { status, reason, headers } = parseHeaders(told.replace(/^(?!\s+(HTTP\/|[\w-]+:)).*$/gm, ""));
  const url = /URL:\s*(\S+)\s+\[/.exec(told)?.[1] ?? request.url;
  const error = status < 0 ? told.trim().split("\n").at(-1) : undefined;
  const size = Number(headers.find(([name]) => name === "content-length")?.[1] ?? 0);
  return { status, reason, headers, url, size, ...bodyOf(use, stdout), error };
}

function headersOf(request: HttpRequest): ReadonlyArray<readonly [string, string]> {
  const all = [
    ...request.headers,
    ...(request.since === undefined ? [] : [["If-Modified-Since", httpDate(request.since)] as const]),
  ];
  for (const [name, value] of all)
    if (/[\r\n]/.test(name + value)) fail("http-header", `the header ${name.trim()} holds a line break`);
  return all;
}

/** A value as curl's config files want it. */
function quoted(value: string): string {
  const escaped = value
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `"${escaped.replaceAll("\\\\n", "\\n")}"`;
}

async function privateFile(host: Host, content: Uint8Array | string): Promise<string> {
  const path = await host.temporary({ prefix: "tsplay-http-" });
  await host.write(path, content, { mode: 0o600 });
  return path;
}
