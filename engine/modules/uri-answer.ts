// An HTTP answer in the keys that `uri` returns. Pure.

import type { Result } from "../core/result.ts";
import type { HttpAnswer, HttpRequest } from "./http-request.ts";

/** Headers as keys, cookies, status, url, msg. */
export function answerResult(answer: HttpAnswer, request: HttpRequest): Partial<Result> & { readonly msg: string } {
  const headers: Record<string, string> = {};
  const cookies: Record<string, string> = {};
  for (const [name, value] of answer.headers) {
    const key = name.replaceAll("-", "_");
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
    const cookie = name === "set-cookie" ? /^([^=;]+)=([^;]*)/.exec(value) : null;
    if (cookie) cookies[cookie[1] ?? ""] = cookie[2] ?? "";
  }
  const good = answer.status >= 200 && answer.status < 300;
  const msg =
    answer.status < 0
      ? `Request failed: ${answer.error ?? "no answer"}`
      : good
        ? `OK (${answer.headers.find(([name]) => name === "content-length")?.[1] ?? "unknown"} bytes)`
        : `HTTP Error ${answer.status}: ${answer.reason}`;
  return {
    ...headers,
    status: answer.status < 0 ? -1 : answer.status,
    url: answer.url,
    redirected: answer.url !== request.url,
    cookies,
    cookies_string: Object.entries(cookies)
      .map(([name, value]) => `${name}=${value}`)
      .join("; "),
    msg,
  };
}

/** The server says that the body is JSON. */
export function isJson(answer: HttpAnswer): boolean {
  const type = answer.headers.find(([name]) => name === "content-type")?.[1] ?? "";
  return /^\s*(application\/(.+\+)?(json|javascript)|text\/json)\b/i.test(type);
}
