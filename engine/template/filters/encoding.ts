// Filters that turn values into text of other forms and back: JSON, YAML, base64, hashes, URLs, UUIDs, vault.

import { createHash } from "node:crypto";
import { textOf } from "../../core/bytes.ts";
import { type Data, OMIT, type Value } from "../../core/value.ts";
import { dumpJson, dumpYaml, loadJson } from "../../text/json.ts";
import { dataOf } from "../../text/templates.ts";
import { loadAllYaml, loadYaml } from "../../text/yaml.ts";
import type { Frame } from "../evaluate/frame.ts";
import { type Bound, type Filter, filter } from "../evaluate/plugin.ts";
import { double, numeric } from "../python/numbers.ts";
import { str } from "../python/text.ts";
import { truth, typeError, typeName } from "../python/types.ts";

function finished(value: Value, frame: Frame): Data {
  const done = frame.machine.finish(value, frame.scope);
  return done === OMIT ? null : done;
}

function int(value: Value | undefined): number | undefined {
  const number = value === undefined || value === null ? undefined : numeric(value);
  return number === undefined ? undefined : double(number);
}

function flag(value: Value | undefined, usual: boolean): boolean {
  return value === undefined || value === null ? usual : truth(value);
}

function toJson(value: Value, { named }: Bound, frame: Frame, nice: boolean): string {
  const indent = int(named.get("indent")) ?? (nice ? 4 : undefined);
  const separators = named.get("separators");
  return dumpJson(finished(value, frame), {
    ...(indent === undefined ? {} : { indent }),
    sortKeys: flag(named.get("sort_keys"), nice),
    ensureAscii: flag(named.get("ensure_ascii"), true),
    ...(Array.isArray(separators)
      ? { separators: [str(separators[0] ?? ", "), str(separators[1] ?? ": ")] as const }
      : {}),
  });
}

function toYaml(value: Value, { named, at }: Bound, frame: Frame, nice: boolean): string {
  const indent = int(named.get("indent") ?? (nice ? at[0] : undefined)) ?? (nice ? 4 : undefined);
  const flow = named.get("default_flow_style");
  const width = int(named.get("width"));
  return dumpYaml(finished(value, frame), {
    defaultFlowStyle: flow === undefined ? (nice ? false : null) : flow === null ? null : truth(flow),
    ...(indent === undefined ? {} : { indent }),
    ...(width === undefined ? {} : { width }),
    sortKeys: flag(named.get("sort_keys"), true),
    allowUnicode: flag(named.get("allow_unicode"), true),
    explicitStart: flag(named.get("explicit_start"), false),
    explicitEnd: flag(named.get("explicit_end"), false),
  });
}

function hashOf(value: Value, algorithm: string): string {
  try {
    return createHash(algorithm.replace(/^sha3_/, "sha3-").replace(/^blake2b$/, "blake2b512"))
      .update(str(value), "utf8")
      .digest("hex");
  } catch {
    typeError(`unsupported hash type ${algorithm}`);
  }
}

function b64decode(text: string, urlSafe: boolean): string {
  const clean = (urlSafe ? text.replaceAll("-", "+").replaceAll("_", "/") : text).replace(/[^A-Za-z0-9+/=]/g, "");
  if (clean.replace(/=+$/, "").length % 4 === 1 || (clean.length % 4 !== 0 && !urlSafe)) typeError("Incorrect padding");
  return textOf(Buffer.from(clean, "base64"));
}

const NAMESPACE = "361e6d51-faec-444a-9079-341386da8e2e";

/** A UUID of version 5. */
function uuid5(text: string, namespace: string): string {
  const space = Buffer.from(namespace.replaceAll("-", ""), "hex");
  if (space.length !== 16) typeError(`Invalid value '${namespace}' for 'namespace'. Expected a valid UUID`);
  const digest = createHash("sha1").update(space).update(text, "utf8").digest().subarray(0, 16);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return digest.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const URL_PARTS = ["fragment", "hostname", "netloc", "password", "path", "port", "query", "scheme", "username"];

function urlsplit(text: string): Map<Value, Value> {
  const [, scheme = "", , netloc = "", path = "", , query = "", , fragment = ""] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?$/s.exec(text) ?? [];
  const at = netloc.lastIndexOf("@");
  const [user, password] = at < 0 ? [null, null] : splitOnce(netloc.slice(0, at));
  const host = netloc.slice(at + 1);
  const [, name = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(host) ?? [];
  const hostname = name.replace(/^\[|\]$/g, "").toLowerCase();
  const parts: Readonly<Record<string, Value>> = {
    fragment,
    hostname: hostname === "" ? null : hostname,
    netloc,
    password,
    path,
    port: port ? Number(port) : null,
    query,
    scheme: scheme.toLowerCase(),
    username: user,
  };
  return new Map<Value, Value>(URL_PARTS.map((part) => [part, parts[part] ?? null]));
}

function splitOnce(text: string): [string, string | null] {
  const at = text.indexOf(":");
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

export const ENCODING_FILTERS: Readonly<Record<string, Filter>> = {
  to_json: filter("**named", (value, bound, frame) => toJson(value, bound, frame, false)),
  to_nice_json: filter("**named", (value, bound, frame) => toJson(value, bound, frame, true)),
  to_yaml: filter("**named", (value, bound, frame) => toYaml(value, bound, frame, false)),
  to_nice_yaml: filter("indent **named", (value, bound, frame) => toYaml(value, bound, frame, true)),
  tojson: filter("indent", (value, { at: [indent] }, frame) => {
    const text = dumpJson(finished(value, frame), {
      sortKeys: true,
      ...(int(indent) === undefined ? {} : { indent: int(indent) }),
    });
    return text.replace(/[<>&']/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }),
  from_json: filter("**named", (value) => {
    if (typeof value !== "string") typeError(`the JSON object must be str, bytes or bytearray, not ${typeName(value)}`);
    return loadJson(value, "<from_json>");
  }),
  from_yaml: filter("", (value) => {
    if (value === null) return null;
    if (typeof value !== "string") return value;
    const { root } = loadYaml(value, "<from_yaml>");
    return root ? dataOf(root) : null;
  }),
  from_yaml_all: filter("", (value) => {
    if (value === null) return [];
    if (typeof value !== "string") return value;
    return loadAllYaml(value, "<from_yaml_all>").map(({ root }) => (root ? dataOf(root) : null));
  }),
  b64encode: filter("encoding urlsafe", (value, { at: [, urlSafe] }) => {
    const text = Buffer.from(str(value), "utf8").toString("base64");
    return flag(urlSafe, false) ? text.replaceAll("+", "-").replaceAll("/", "_") : text;
  }),
  b64decode: filter("encoding urlsafe", (value, { at: [, urlSafe] }) => b64decode(str(value), flag(urlSafe, false))),
  hash: filter("hashtype", (value, { at: [kind = "sha1"] }) => hashOf(value, str(kind))),
  md5: filter("", (value) => hashOf(value, "md5")),
  sha1: filter("", (value) => hashOf(value, "sha1")),
  checksum: filter("", (value) => hashOf(value, "sha1")),
  to_uuid: filter("namespace", (value, { at: [namespace = NAMESPACE] }) => uuid5(str(value), str(namespace))),
  urldecode: filter("", (value) => {
    const bytes = str(value)
      .replaceAll("+", " ")
      .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => `\u0000${hex}`);
    return textOf(
      Buffer.concat(
        bytes
          .split(/(\u0000[0-9a-fA-F]{2})/)
          .map((part) => (part.startsWith("\u0000") ? Buffer.from(part.slice(1), "hex") : Buffer.from(part, "utf8"))),
      ),
    );
  }),
  urlsplit: filter("query", (value, { at: [part] }) => {
    const parts = urlsplit(str(value));
    if (part === undefined || part === "") return parts;
    const found = parts.get(part);
    if (found === undefined) typeError(`urlsplit: unknown URL component: ${str(part)}`);
    return found;
  }),
  unvault: filter("secret vault_id", (value, _, frame) => {
    const { decrypt } = frame.machine.environment;
    if (!decrypt) typeError("no vault password was given");
    return decrypt(str(value), undefined);
  }),
};
