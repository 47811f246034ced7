// Makes a host's key be in a known_hosts file, or be gone from it.

import { createHmac, randomBytes } from "node:crypto";
import { fail } from "../core/problem.ts";
import { statResult } from "./file-attributes.ts";
import { builtin, defineModule } from "./module.ts";
import { bare, linesOf, planText, readTextFile } from "./text-edit.ts";
import { touchesPath } from "./touched-paths.ts";

export const knownHosts = defineModule({
  name: "known_hosts",
  aliases: builtin("known_hosts"),
  summary: "Make a host's key be in known_hosts, or be gone",
  params: {
    properties: {
      name: {
        type: "string",
        aliases: ["host"],
        description: "The host, as ssh would look for it: name, address, or [name]:port.",
      },
      key: { type: "string", description: "The line of the file: names, type and key." },
      path: { type: "path", default: "~/.ssh/known_hosts", description: "The file." },
      state: {
        type: "string",
        enum: ["present", "absent"],
        default: "present",
        description: "Whether the key is to be there.",
      },
      hash_host: { type: "boolean", default: false, description: "Write the name hashed." },
    },
    required: ["name"],
    requiredIf: [["state", "present", ["key"]]],
  },
  returns: {
    name: "The host.",
    key: "The line.",
    path: "The file.",
    hash_host: "Whether the name is hashed.",
    state: "What the file is.",
  },
  touches: touchesPath("path"),
  async plan(host, given, context) {
    const file = await readTextFile(host, given.path);
    const before = linesOf(file.text ?? "");
    const after =
      given.state === "present"
        ? withKey(before, given.name, parseLine(given.key ?? "", given.name), given.hash_host)
        : withoutHost(before, given);
    const text = after.join("");
    const result = { name: given.name, key: given.key ?? null, path: given.path, hash_host: given.hash_host };
    if (text === (file.text ?? ""))
      return { changes: [], result: { ...result, ...(file.present ? statResult(file.present) : {}) } };
    const params = { backup: false, ...(file.present ? {} : { mode: "0644" }) };
    const plan = await planText(host, file, { text, msg: "", backupKey: "backup_file" }, params, context);
    return { ...plan, result };
  },
});

interface Key {
  readonly marker: string;
  readonly names: string;
  readonly type: string;
  readonly key: string;
}

/** A line of the file; names may be absent in a task's key (`ssh-ed25519 AAAA…`). */
function parseLine(line: string, name: string): Key {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") ? `${words.shift()} ` : "";
  if (/^(ssh|ecdsa|sk)-/.test(words[0] ?? "")) words.unshift(name);
  const [names, type, key] = words;
  if (names === undefined || type === undefined || key === undefined || !/^[A-Za-z0-9+/]+=*$/.test(key))
    return fail("known-hosts-key", "the key is no line of known_hosts: names, type and key are needed");
  if (!names.startsWith("|1|") && !names.split(",").includes(name))
    return fail(
      "known-hosts-name",
      `Host parameter does not match hashed host field in supplied key: ${names} does not hold ${name}`,
    );
  return { marker, names, type, key };
}

/** Whether a line's names, hashed or not, are the host's. */
function isForHost(names: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|(.+)$/.exec(names);
  if (!hashed) return names.split(",").includes(name);
  return (
    createHmac("sha1", Buffer.from(hashed[1] ?? "", "base64"))
      .update(name)
      .digest("base64") === hashed[2]
  );
}

function partsOf(line: string): Key | undefined {
  const words = bare(line).trim().split(/\s+/);
  if (words.length < 3 || words[0]?.startsWith("#")) return undefined;
  const marker = words[0]?.startsWith("@") ? `${words.shift()} ` : "";
  const [names = "", type = "", key = ""] = words;
  return { marker, names, type, key };
}

/** The key of that type replaced, or added at the end. */
function withKey(lines: readonly string[], name: string, wanted: Key, hash: boolean): string[] {
  const mine = lines.filter((line) => {
    const parts = partsOf(line);
    return (
      parts !== undefined &&
      parts.marker === wanted.marker &&
      parts.type === wanted.type &&
      isForHost(parts.names, name)
    );
  });
  const fits =
    mine.length > 0 &&
    mine.every((line) => partsOf(line)?.key === wanted.key && (!hash || partsOf(line)?.names.startsWith("|1|")));
  if (fits) return [...lines];
  const kept = lines.filter((line) => !mine.includes(line));
  const last = kept.at(-1);
  if (last !== undefined && !last.endsWith("\n")) kept[kept.length - 1] = `${last}\n`;
  const names = hash && !wanted.names.startsWith("|1|") ? hashed(name) : wanted.names;
  return [...kept, `${wanted.marker}${names} ${wanted.type} ${wanted.key}\n`];
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

/** Without the host's keys, or only without the one that is named. */
function withoutHost(
  lines: readonly string[],
  given: { readonly name: string; readonly key: string | undefined },
): string[] {
  const only = given.key === undefined ? undefined : parseLine(given.key, given.name);
  return lines.filter((line) => {
    const parts = partsOf(line);
    if (!parts || !isForHost(parts.names, given.name)) return true;
    return only !== undefined && (parts.type !== only.type || parts.key !== only.key);
  });
}
