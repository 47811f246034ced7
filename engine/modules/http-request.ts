// An HTTP request as modules ask for it, and its answer. Who sends it: http-host.ts (the host's curl or wget) or
// http-controller.ts (this process).

import type { ParamSchema } from "./params.ts";

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: ReadonlyArray<readonly [string, string]>;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Seconds for connecting, and without any progress. */
  readonly timeout: number;
  readonly validateCerts: boolean;
  readonly useProxy: boolean;
  readonly agent: string;
  readonly redirects: boolean;
  /** Ask only for something newer than this (seconds since the epoch). */
  readonly since?: number | undefined;
  readonly body?: Uint8Array | undefined;
  readonly caPath?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly unixSocket?: string | undefined;
}

export interface HttpAnswer {
  /** -1: no answer came. */
  readonly status: number;
  /** Of the last answer, names in lower case. */
  readonly headers: ReadonlyArray<readonly [string, string]>;
  readonly reason: string;
  /** After redirects. */
  readonly url: string;
  readonly size: number;
  /** SHA-1 of the body, where it was not kept. */
  readonly sha1?: string | undefined;
  /** The body, where it was brought here. */
  readonly body?: Buffer | undefined;
  /** Why there was no answer. */
  readonly error?: string | undefined;
}

/** Parameters of get_url and uri that are accepted and have no effect here. */
export const HTTP_WITHOUT_EFFECT = {
  decompress: {
    type: "boolean",
    default: true,
    description: "Unpack gzip answers.",
    ignored: "compressed answers are not asked for",
  },
  ciphers: {
    type: "array",
    items: { type: "string" },
    description: "TLS ciphers.",
    ignored: "the host's client chooses",
  },
  use_gssapi: { type: "boolean", default: false, description: "Kerberos.", ignored: "not supported" },
  use_netrc: { type: "boolean", default: true, description: "Read .netrc.", ignored: "netrc files are not read" },
  unredirected_headers: {
    type: "array",
    items: { type: "string" },
    default: [],
    description: "Headers not sent after a redirect.",
    ignored: "the client's own rule applies",
  },
} as const;

/** Parameters that `get_url`, `uri` and `unarchive` share. */
export const HTTP_PARAMS = {
  validate_certs: { type: "boolean", default: true, description: "Check the server's certificate." },
  use_proxy: { type: "boolean", default: true, description: "Use the proxy that the environment names." },
  url_username: { type: "string", aliases: ["username", "user"], description: "User for the server." },
  url_password: { type: "string", aliases: ["password"], secret: true, description: "Password for the server." },
  force_basic_auth: { type: "boolean", default: false, description: "Send the password at once." },
  http_agent: { type: "string", default: "ansible-httpget", description: "Name that is told to the server." },
  client_cert: { type: "path", description: "Certificate to show to the server." },
  client_key: { type: "path", description: "Its key." },
  ca_path: { type: "path", description: "File of authorities to trust." },
} as const satisfies Record<string, ParamSchema>;

export interface HttpParams {
  readonly validate_certs: boolean;
  readonly use_proxy: boolean;
  readonly url_username?: string | undefined;
  readonly url_password?: string | undefined;
  readonly http_agent: string;
  readonly client_cert?: string | undefined;
  readonly client_key?: string | undefined;
  readonly ca_path?: string | undefined;
}

/** A request from a module's parameters; user and password in the URL are taken out of it. */
export function requestOf(written: string, params: HttpParams, more: Partial<HttpRequest> = {}): HttpRequest {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/@:]*)(?::([^/@]*))?@(.*)$/is.exec(written);
  const url = match ? `${match[1]}${match[4]}` : written;
  return {
    url,
    method: "GET",
    headers: [],
    user: params.url_username ?? (match?.[2] ? decodeURIComponent(match[2]) : undefined),
    password: params.url_password ?? (match?.[3] ? decodeURIComponent(match[3]) : undefined),
    timeout: 10,
    validateCerts: params.validate_certs,
    useProxy: params.use_proxy,
    agent: params.http_agent,
    redirects: true,
    caPath: params.ca_path,
    clientCert: params.client_cert,
    clientKey: params.client_key,
    ...more,
  };
}

/** The headers and status of the last of several answers that a client printed, redirects and `100 Continue` included. */
export function parseHeaders(text: string): {
  readonly status: number;
  readonly reason: string;
  readonly headers: Array<[string, string]>;
} {
  let status = -1;
  let reason = "";
  let headers: Array<[string, string]> = [];
  for (const line of text.split(/\r?\n/)) {
    const first = /^\s*HTTP\/[\d.]+ (\d{3})\s*(.*)$/.exec(line);
    const header = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line);
    if (first) {
      status = Number(first[1]);
      reason = first[2] ?? "";
      headers = [];
    } else if (header && status > 0) headers.push([(header[1] ?? "").toLowerCase(), (header[2] ?? "").trim()]);
  }
  return { status, reason, headers };
}

/** A time as HTTP writes it. */
export function httpDate(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toUTCString();
}
