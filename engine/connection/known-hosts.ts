// The known_hosts format: hashed names, ports, wildcards, negation, @revoked, @cert-authority. Pure: texts in, verdict out.
// Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".

import { createHash, createHmac } from "node:crypto";

/** A host key as the server sent it. */
export interface HostKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` … */
  readonly type: string;
  readonly blob: Buffer;
}

export interface KnownHostsFile {
  readonly path: string;
  readonly text: string;
}

export interface KnownLine {
  readonly file: string;
  readonly line: number;
  readonly marker: "" | "@revoked" | "@cert-authority";
  readonly patterns: string;
  readonly type: string;
  readonly key: string;
}

/** What the files say of a key. `at` is the line that decided. */
export type Verdict =
  | { readonly kind: "known" }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed"; readonly at: KnownLine }
  | { readonly kind: "revoked"; readonly at: KnownLine }
  | { readonly kind: "authority"; readonly at: KnownLine };

/** The type name inside a key's wire form. */
export function hostKey(blob: Buffer): HostKey {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return { type: blob.toString("latin1", 4, 4 + length), blob };
}

/** `SHA256:…` as ssh shows it. */
export function fingerprint(key: HostKey): string {
  return `SHA256:${createHash("sha256").update(key.blob).digest("base64").replace(/=+$/, "")}`;
}

/** The name under which a host is looked up: with its port where that is not 22. */
export function knownName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

export function parseKnownHosts(file: KnownHostsFile): KnownLine[] {
  const lines: KnownLine[] = [];
  for (const [index, text] of file.text.split("\n").entries()) {
    const match = /^\s*(?:(@\S+)\s+)?([^\s#]\S*)\s+([A-Za-z][^\s]*)\s+([A-Za-z0-9+/=]+)/.exec(text);
    if (!match) continue;
    const [, marker = "", patterns = "", type = "", key = ""] = match;
    if (marker !== "" && marker !== "@revoked" && marker !== "@cert-authority") continue;
    lines.push({ file: file.path, line: index + 1, marker, patterns, type, key });
  }
  return lines;
}

/** Whether a line's patterns name the host. */
export function namesHost(patterns: string, name: string): boolean {
  if (patterns.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = patterns.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  let matched = false;
  for (const pattern of patterns.split(",")) {
    if (pattern.startsWith("!")) {
      if (wildcard(pattern.slice(1), name)) return false;
    } else if (wildcard(pattern, name)) matched = true;
  }
  return matched;
}

function wildcard(pattern: string, name: string): boolean {
  const lower = pattern.toLowerCase();
  if (!/[*?]/.test(lower)) return lower === name;
  const source = lower
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, "s").test(name);
}

/**
 * Judges a server's key. A host that is known by other types of key only is `changed`, not unknown: a machine in the
 * middle could otherwise offer a type that nobody has seen.
 */
export function judge(key: HostKey, name: string, lines: readonly KnownLine[]): Verdict {
  const encoded = key.blob.toString("base64");
  const about = lines.filter((line) => namesHost(line.patterns, name));
  const revoked = about.find((line) => line.marker === "@revoked" && line.key === encoded);
  if (revoked) return { kind: "revoked", at: revoked };
  const plain = about.filter((line) => line.marker === "");
  if (plain.some((line) => line.key === encoded)) return { kind: "known" };
  const other = plain.find((line) => line.type === key.type) ?? plain[0];
  if (other) return { kind: "changed", at: other };
  const authority = about.find((line) => line.marker === "@cert-authority");
  return authority ? { kind: "authority", at: authority } : { kind: "unknown" };
}

/** The types of key that are known of a host, so that the server is asked for one of those. */
export function knownTypes(name: string, lines: readonly KnownLine[]): string[] {
  return [
    ...new Set(lines.filter((line) => line.marker === "" && namesHost(line.patterns, name)).map((line) => line.type)),
  ];
}

/** A line to add for a host; with a salt (20 bytes) its name is hashed. */
export function knownHostsLine(key: HostKey, name: string, salt?: Buffer): string {
  const shown = salt ? `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}` : name;
  return `${shown} ${key.type} ${key.blob.toString("base64")}\n`;
}
