// The lab's own ssh keys: one for its user, one pair for each host, and the known_hosts file that goes with them.

import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { command } from "./command.ts";

const HOST_KEY_TYPES = ["ed25519", "ecdsa"] as const;

/** Makes the client's key. */
export async function makeClientKey(file: string, comment: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await keygen(file, "ed25519", comment);
}

/** The public half of the client's key, one line. */
export function readClientKey(file: string): string {
  return readFileSync(`${file}.pub`, "utf8").trim();
}

/** Makes a host's keys inside its root; gives lines for known_hosts, under its name and address. */
export async function makeHostKeys(root: string, name: string, address: string): Promise<string[]> {
  return Promise.all(
    HOST_KEY_TYPES.map(async (type) => {
      const file = join(root, `etc/ssh/ssh_host_${type}_key`);
      await keygen(file, type, `root@${name}`);
      const [kind = "", key = ""] = readFileSync(`${file}.pub`, "utf8").split(" ");
      return `${address},${name} ${kind} ${key}`;
    }),
  );
}

/** Writes keys of hosts; earlier ones of the same hosts are forgotten, those of others kept. */
export function writeKnownHosts(file: string, lines: readonly string[]): void {
  const before = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  writeFileSync(`${file}.new`, knownHostsText(before, lines), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Text of known_hosts: these lines, and of the earlier ones those that name other hosts. */
export function knownHostsText(before: readonly string[], lines: readonly string[]): string {
  const names = new Set(lines.map((line) => line.split(" ")[0]));
  const kept = before.filter((line) => line !== "" && !names.has(line.split(" ")[0]));
  return [...kept, ...lines].map((line) => `${line}\n`).join("");
}

/** Lets the key in as a user of a host: the user's home as the host sees it, and numbers of user and group. */
export function authorize(root: string, home: string, uid: number, gid: number, publicKey: string): void {
  const folder = join(root, home, ".ssh");
  const file = join(folder, "authorized_keys");
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  writeFileSync(file, `${publicKey}\n`, { mode: 0o600 });
  for (const path of [folder, file]) chownSync(path, uid, gid);
}

async function keygen(file: string, type: string, comment: string): Promise<void> {
  await command(["ssh-keygen", "-q", "-t", type, "-N", "", "-C", comment, "-f", file]);
}
