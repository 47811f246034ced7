// The body that `uri` sends: raw text, JSON, a form, or a form of several parts with files.

import { createHash } from "node:crypto";
import { bytesOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import { isPlainObject } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import type { PlanContext } from "./module.ts";
import { pythonJson } from "./python-json.ts";
import { expandPath, nameOf } from "./target-path.ts";

interface BodyParams {
  readonly body: unknown;
  readonly body_format: string;
  readonly src: string | undefined;
  readonly remote_src: boolean;
}

export interface Body {
  readonly bytes: Uint8Array;
  /** Content-Type, unless a header of the task gives one. */
  readonly type?: string;
}

/** The body, undefined if there is none. Failure `uri-body`. */
export async function requestBody(host: Host, given: BodyParams, context: PlanContext): Promise<Body | undefined> {
  if (given.src !== undefined) {
    const bytes = given.remote_src
      ? await host.read(await expandPath(host, given.src))
      : await context.readController(context.find(given.src, "files"));
    return { bytes };
  }
  const { body } = given;
  if (body === undefined || body === null) return undefined;
  if (given.body_format === "json")
    return { bytes: bytesOf(typeof body === "string" ? body : pythonJson(body)), type: "application/json" };
  if (given.body_format === "form-urlencoded")
    return {
      bytes: bytesOf(typeof body === "string" ? body : encodeForm(body)),
      type: "application/x-www-form-urlencoded",
    };
  if (given.body_format === "form-multipart") return multipart(body, context);
  return { bytes: bytesOf(typeof body === "object" ? pythonJson(body) : String(body)) };
}

/** `a=1&b=x+y`; lists repeat the name, pairs in a list are names and values. */
export function encodeForm(body: unknown): string {
  const pairs: Array<readonly [unknown, unknown]> = Array.isArray(body)
    ? body.map((pair) =>
        Array.isArray(pair) && pair.length === 2
          ? ([pair[0], pair[1]] as const)
          : fail("uri-body", "a form that is a list must hold pairs of name and value"),
      )
    : isPlainObject(body)
      ? Object.entries(body)
      : fail("uri-body", "a form must be a mapping or a list of pairs");
  const form = new URLSearchParams();
  for (const [name, value] of pairs)
    for (const one of Array.isArray(value) ? value : [value])
      form.append(String(name), one === null ? "None" : one === true ? "True" : one === false ? "False" : String(one));
  return form.toString();
}

async function multipart(body: unknown, context: PlanContext): Promise<Body> {
  if (!isPlainObject(body)) return fail("uri-body", "body_format form-multipart needs a mapping");
  const boundary = `===============${createHash("sha256")
    .update(JSON.stringify(Object.keys(body)) + context.now())
    .digest("hex")
    .slice(0, 32)}==`;
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(body)) {
    const part = isPlainObject(value) ? value : { content: value };
    const file = typeof part.filename === "string" ? part.filename : undefined;
    const content =
      part.content === undefined && file !== undefined
        ? await context.readController(context.find(file, "files"))
        : bytesOf(String(part.content ?? ""));
    const type = String(part.mime_type ?? (file === undefined ? "text/plain" : "application/octet-stream"));
    const disposition = `form-data; name="${quoted(name)}"${file === undefined ? "" : `; filename="${quoted(nameOf(file))}"`}`;
    parts.push(
      Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\nContent-Disposition: ${disposition}\r\n\r\n`),
      content,
      Buffer.from("\r\n"),
    );
  }
  return {
    bytes: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
    type: `multipart/form-data; boundary="${boundary}"`,
  };
}

function quoted(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replace(/[\r\n]/g, "");
}
