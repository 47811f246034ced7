// Sends HTTP requests from the controller, for hosts without a way out (`via: controller`).

import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fail } from "../core/problem.ts";
import { type HttpAnswer, type HttpRequest, httpDate } from "./http-request.ts";

/** Sends it; the body goes to a file of the controller, is only hashed, or comes with the answer. */
export async function sendFromController(
  request: HttpRequest,
  use: { readonly file: string } | "hash" | "text",
): Promise<HttpAnswer> {
  if (
    !request.validateCerts ||
    request.clientCert !== undefined ||
    request.caPath !== undefined ||
    request.unixSocket !== undefined
  )
    fail(
      "http-controller",
      "validate_certs, ca_path, client_cert and unix_socket cannot be used with `via: controller`",
    );
  const headers = new Headers(request.headers.map(([name, value]) => [name, value] as [string, string]));
  headers.set("user-agent", request.agent);
  if (request.since !== undefined) headers.set("if-modified-since", httpDate(request.since));
  if (request.user !== undefined)
    headers.set(
      "authorization",
      `Basic ${Buffer.from(`${request.user}:${request.password ?? ""}`).toString("base64")}`,
    );
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), request.timeout * 1000);
  const hash = createHash("sha1");
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      timer.refresh();
      size += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      redirect: request.redirects ? "follow" : "manual",
      signal: stall.signal,
      ...(request.body === undefined ? {} : { body: Buffer.from(request.body) }),
    });
    const body = response.body
      ? Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
      : Readable.from([]);
    const kept: Buffer[] = [];
    if (typeof use === "string")
      await pipeline(body, meter, async (chunks) => drain(chunks, use === "text" ? kept : undefined));
    else await pipeline(body, meter, createWriteStream(use.file, { mode: 0o600 }));
    return {
      status: response.status,
      reason: response.statusText,
      headers: [...response.headers],
      url: response.url || request.url,
      size,
      sha1: hash.digest("hex"),
      ...(use === "text" ? { body: Buffer.concat(kept) } : {}),
    };
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause ?? error;
    const reason = stall.signal.aborted ? "timed out" : cause instanceof Error ? cause.message : String(cause);
    return { status: -1, reason: "", headers: [], url: request.url, size: 0, error: reason };
  } finally {
    clearTimeout(timer);
  }
}

async function drain(chunks: AsyncIterable<Buffer>, kept: Buffer[] | undefined): Promise<void> {
  for await (const chunk of chunks) kept?.push(chunk);
}
