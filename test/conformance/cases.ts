// Playbook cases as data: what a case file in playbooks/ may say, and how a case becomes a folder to run in.

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";

/** What is compared; `differences` names those that differ on purpose, and why. */
export type Aspect = "exit" | "recap" | "tasks" | "files";

export interface PlaybookCase {
  readonly name: string;
  /** The playbook, as `play.yml`. */
  readonly play?: string;
  /** Other files by path; a path that ends in `.sh` or has no dot below `bin/` is made executable. */
  readonly files?: Readonly<Record<string, string>>;
  /** More arguments; `play.yml` and `-i hosts` are given where the arguments name none. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Hosts are not in lock step: only each host's own order counts. */
  readonly unordered?: boolean;
  readonly differences?: Readonly<Partial<Record<Aspect, string>>>;
}

export interface Topic {
  readonly topic: string;
  readonly cases: readonly PlaybookCase[];
}

const FOLDER = join(import.meta.dirname, "playbooks");

/** Three names for this machine, which most cases are content with. */
const INVENTORY = `[web]
h1
h2

[db]
h3

[all:vars]
ansible_connection=local
ansible_python_interpreter=/usr/bin/python3
out={{ playbook_dir }}/out
`;

/** All case files, by name. */
export function loadTopics(): Topic[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".yml"))
    .sort()
    .map((name) => ({
      topic: name.replace(/\.yml$/, ""),
      cases: parse(readFileSync(join(FOLDER, name), "utf8")) as PlaybookCase[],
    }));
}

/** Where the recorded results of a topic are. */
export function recordedFile(topic: string): string {
  return join(FOLDER, "recorded", `${topic}.json`);
}

/** Writes the case's files below `folder`, and the empty folder `out`. */
export function layOut(one: PlaybookCase, folder: string): void {
  const files: Record<string, string> = {
    hosts: INVENTORY,
    ...(one.play === undefined ? {} : { "play.yml": one.play }),
    ...one.files,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    if (path.endsWith(".sh")) chmodSync(join(folder, path), 0o755);
  }
  mkdirSync(join(folder, "out"), { recursive: true });
}

/** The arguments after `ansible-playbook` or `tsplay run`. */
export function argumentsOf(one: PlaybookCase): string[] {
  const args = [...(one.args ?? [])];
  const inventory = args.includes("-i") ? [] : ["-i", "hosts"];
  const named = args.some((arg, index) => arg.endsWith(".yml") && !(args[index - 1] ?? "").startsWith("-"));
  const playbook = named ? [] : ["play.yml"];
  return [...inventory, ...args, ...playbook];
}
