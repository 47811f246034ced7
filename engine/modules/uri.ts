// Talks to a web service from the host.

import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import type { Plain } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { fileAttributes, planAttributes, statResult, unsafeWrites, wantedAttributes } from "./file-attributes.ts";
import { fileName } from "./get-url.ts";
import { sendFromController } from "./http-controller.ts";
import { findHttpClient, type HttpClient, noHttpClient, sendFromHost } from "./http-host.ts";
import { HTTP_PARAMS, HTTP_WITHOUT_EFFECT, type HttpAnswer, type HttpRequest, requestOf } from "./http-request.ts";
import { builtin, defineModule, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { putFile } from "./put-file.ts";
import { joinPath } from "./target-path.ts";
import { answerResult, isJson } from "./uri-answer.ts";
import { requestBody } from "./uri-body.ts";

const params = {
  properties: {
    url: { type: "string", description: "The address." },
    method: { type: "string", default: "GET", description: "GET, POST, PUT, DELETE …" },
    body: { type: "raw", description: "What is sent." },
    body_format: {
      type: "string",
      enum: ["form-urlencoded", "json", "raw", "form-multipart"],
      default: "raw",
      description: "How the body is written.",
    },
    src: { type: "string", description: "File that is sent." },
    remote_src: { type: "boolean", default: false, description: "`src` is on the host." },
    headers: { type: "object", default: {}, description: "More headers." },
    status_code: { type: "array", items: { type: "integer" }, default: [200], description: "What counts as success." },
    return_content: { type: "boolean", default: false, description: "Return the body even if it is no JSON." },
    dest: { type: "path", description: "File or folder of the host for the body." },
    creates: { type: "path", description: "If this exists, nothing is asked." },
    removes: { type: "path", description: "If this does not exist, nothing is asked." },
    follow_redirects: {
      type: "string",
      enum: ["all", "no", "none", "safe", "urllib2", "yes"],
      default: "safe",
      description: "Whether to follow redirects.",
    },
    timeout: { type: "integer", default: 30, description: "Seconds to wait for the server." },
    force: { type: "boolean", default: false, description: "Ask without regard to what `dest` holds." },
    unix_socket: { type: "path", description: "Socket to use in place of the network." },
    via: { type: "string", enum: ["host", "controller"], default: "host", description: "Who asks (ours)." },
    ...HTTP_PARAMS,
    ...HTTP_WITHOUT_EFFECT,
    ...fileAttributes,
    unsafe_writes: unsafeWrites,
  },
  required: ["url"],
  exclusive: [["body", "src"]],
} as const;
type UriParams = ParamsOf<typeof params>;

export const uri = defineModule({
  name: "uri",
  aliases: builtin("uri"),
  summary: "Talk to a web service",
  params,
  returns: {
    status: "The server's status.",
    url: "The address after redirects.",
    json: "The body, where it is JSON.",
    content: "The body, with return_content or when it failed.",
    msg: "What the server said.",
    redirected: "Whether there was a redirect.",
    cookies: "Cookies that were set.",
    cookies_string: "The same as one header.",
    elapsed: "Seconds it took.",
    path: "Where the body was written.",
  },
  async plan(host, given, context) {
    const [made, present, client] = await Promise.all([
      given.creates === undefined ? undefined : host.stat(given.creates),
      given.removes === undefined ? true : host.stat(given.removes),
      given.via === "controller" ? undefined : findHttpClient(host),
    ]);
    if (made) return { changes: [], result: { changed: false, stdout: `skipped, since '${given.creates}' exists` } };
    if (!present)
      return { changes: [], result: { changed: false, stdout: `skipped, since '${given.removes}' does not exist` } };
    const body = await requestBody(host, given, context);
    const reason = `the answer of ${requestOf(given.url, given).url}`;
    return {
      ...(given.dest === undefined ? { result: { changed: false } } : {}),
      outcome: {
        reason,
        keys: ["status", "json", "content", "msg", "url", "redirected", "elapsed", "cookies", "cookies_string"],
      },
      changes: [
        {
          what: `${given.method} ${requestOf(given.url, given).url}`,
          ...(given.dest === undefined
            ? {}
            : { predict: [{ kind: "path" as const, path: given.dest, type: new Unknown(reason) }] }),
          async apply(target) {
            const start = context.now();
            const sender =
              given.via === "controller" ? "controller" : (client ?? (await findHttpClient(target)) ?? noHttpClient());
            const request = makeRequest(given, body);
            const result = await ask(target, sender, request, given, context);
            return { ...result, elapsed: Math.floor(context.now() - start) };
          },
        },
      ],
    };
  },
});

function makeRequest(
  given: UriParams,
  body: { readonly bytes: Uint8Array; readonly type?: string } | undefined,
): HttpRequest {
  const headers = Object.entries(given.headers).map(([name, value]) => [name, String(value)] as const);
  const hasType = headers.some(([name]) => name.toLowerCase() === "content-type");
  const method = given.method.toUpperCase();
  const redirects =
    ["all", "yes"].includes(given.follow_redirects) ||
    (["safe", "urllib2"].includes(given.follow_redirects) && ["GET", "HEAD"].includes(method));
  return requestOf(given.url, given, {
    method,
    timeout: given.timeout,
    redirects,
    headers: body?.type !== undefined && !hasType ? [...headers, ["Content-Type", body.type]] : headers,
    ...(body ? { body: body.bytes } : {}),
    ...(given.unix_socket === undefined ? {} : { unixSocket: given.unix_socket }),
  });
}

type Sender = HttpClient | "controller";

async function ask(
  host: Host,
  sender: Sender,
  request: HttpRequest,
  given: UriParams,
  context: PlanContext,
): Promise<Partial<Result>> {
  const answer =
    sender === "controller"
      ? await sendFromController(request, "text")
      : await sendFromHost(host, sender, request, "text");
  const told = answerResult(answer, request);
  const status = answer.status < 0 ? -1 : answer.status;
  const good = given.status_code.includes(status);
  const text = (answer.body ?? Buffer.alloc(0)).toString();
  const shown = {
    ...(isJson(answer) ? jsonOf(text) : {}),
    ...(given.return_content || !good ? { content: text } : {}),
  };
  if (!good)
    return {
      changed: false,
      failed: true,
      ...told,
      ...shown,
      msg: `Status code was ${status} and not [${given.status_code.join(", ")}]: ${told.msg}`,
    };
  if (given.dest === undefined) return { changed: false, ...told, ...shown };
  return { ...told, ...shown, ...(await writeBody(host, answer, given, context)) };
}

function jsonOf(text: string): { json?: Plain } {
  try {
    return { json: JSON.parse(text) as Plain };
  } catch {
    return {};
  }
}

/** Puts the body where it belongs; `changed` says whether anything was different. */
async function writeBody(
  host: Host,
  answer: HttpAnswer,
  given: UriParams,
  context: PlanContext,
): Promise<Partial<Result>> {
  const folder = await host.stat(given.dest ?? "", { follow: true });
  const path = folder?.type === "directory" ? joinPath(given.dest ?? "", fileName(answer.url)) : (given.dest ?? "");
  const bytes = answer.body ?? Buffer.alloc(0);
  const present = await host.stat(path, { follow: true });
  const old = present?.type === "file" ? await host.read(path) : undefined;
  if (present && old?.equals(bytes)) {
    const change = await planAttributes(host, path, present, given, { follow: true });
    await change?.apply(host, () => {});
    return { changed: change !== undefined, path, ...statResult(await host.stat(path, { follow: true })) };
  }
  const attributes = await wantedAttributes(host, given, present, "file");
  const put = putFile({ path, content: { bytes }, present, attributes, params: given, result: { path } }, context);
  return (await put.apply(host, () => {})) ?? {};
}
