// The lab's own ssh keys: one for its user, one pair for each host, and the known_hosts file that goes with them.

import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { command } from "./command.ts";

const HOST_KEY_TYPES = ["ed25519", "ecdsa"] as const;

/** Makes the client's key; gives its public half, one line. */
export async function makeClientKey(file: string, comment: string): Promise<string> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await keygen(file, "ed25519", comment);
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

export function writeKnownHosts(file: string, lines: readonly string[]): void {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
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
