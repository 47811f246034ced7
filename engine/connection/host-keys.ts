// Decides whether a server's key is accepted, by the known_hosts files and the checking that is wanted.

import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Problem } from "../core/problem.ts";
import {
  fingerprint,
  type HostKey,
  judge,
  type KnownHostsFile,
  type KnownLine,
  knownHostsLine,
  knownTypes,
  parseKnownHosts,
} from "./known-hosts.ts";

export interface HostKeyPolicy {
  readonly checking: "yes" | "accept-new" | "no";
  /** The first is the one that `accept-new` adds to. */
  readonly userFiles: readonly string[];
  readonly globalFiles: readonly string[];
  readonly hashNames: boolean;
}

export class HostKeys {
  readonly #policy: HostKeyPolicy;
  /** For messages: `web1 (10.0.0.7)`. */
  readonly #host: string;
  readonly #name: string;

  /** `name` as `knownName` gives it. */
  constructor(policy: HostKeyPolicy, host: string, name: string) {
    this.#policy = policy;
    this.#host = host;
    this.#name = name;
  }

  /** Types of key to ask the server for first. */
  types(): string[] {
    return this.#policy.checking === "no" ? [] : knownTypes(this.#name, this.#lines());
  }

  /** Undefined: accepted. Adds the key to the first user file under `accept-new`. */
  check(key: HostKey): Problem | undefined {
    if (this.#policy.checking === "no") return undefined;
    const verdict = judge(key, this.#name, this.#lines());
    const shown = `${key.type} ${fingerprint(key)}`;
    const place = (at: KnownLine): string => `${at.file}:${at.line}`;
    switch (verdict.kind) {
      case "known":
        return undefined;
      case "revoked":
        return this.#problem(
          "host-key-changed",
          `offers a host key that is revoked in ${place(verdict.at)} (${shown})`,
          {
            hint: "do not connect until you know why",
          },
        );
      case "changed":
        return this.#problem(
          "host-key-changed",
          `HAS ANOTHER HOST KEY than ${place(verdict.at)} says: it offers ${shown}, known is ${knownShown(verdict.at)}`,
          {
            hint: `someone may be in between, or the host was set up anew; if you know that it was: ssh-keygen -R '${this.#name}' -f ${verdict.at.file}`,
          },
        );
      case "authority":
        return this.#problem(
          "host-key-unknown",
          `is known by a certificate authority only (${place(verdict.at)}), which this ssh client cannot check`,
          { hint: "set ansible_connection: openssh for it" },
        );
      case "unknown":
        if (this.#policy.checking === "accept-new") return this.#remember(key);
        return this.#problem("host-key-unknown", `has a host key that is not known: ${shown}`, {
          hint: "compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then connect once with ssh, or allow new keys with -o StrictHostKeyChecking=accept-new",
        });
    }
  }

  #remember(key: HostKey): Problem | undefined {
    const file = this.#policy.userFiles[0];
    if (file === undefined || file === "/dev/null") return undefined;
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const text = read(file).text;
      // One write of a whole line at the end: another run that does the same at this moment cannot mix with it.
      const salt = this.#policy.hashNames ? randomBytes(20) : undefined;
      const line = knownHostsLine(key, this.#name, salt);
      appendFileSync(file, text === "" || text.endsWith("\n") ? line : `\n${line}`, { mode: 0o600 });
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#problem("host-key-unknown", `has a new host key that could not be written to ${file}: ${reason}`);
    }
  }

  #lines(): KnownLine[] {
    return [...this.#policy.userFiles, ...this.#policy.globalFiles].flatMap((path) => parseKnownHosts(read(path)));
  }

  #problem(code: string, message: string, more: { hint?: string } = {}): Problem {
    return { code, message: `${this.#host} ${message}`, ...more };
  }
}

function read(path: string): KnownHostsFile {
  try {
    return { path, text: readFileSync(path, "utf8") };
  } catch {
    return { path, text: "" };
  }
}

function knownShown(line: KnownLine): string {
  return `${line.type} ${fingerprint({ type: line.type, blob: Buffer.from(line.key, "base64") })}`;
}
