// What is compared of module cases: results without what no two runs share, and the state of a host.

import { join } from "node:path";
import { tryCommand } from "../../../engine/lab/command.ts";
import type { LabState } from "../../../engine/lab/lab.ts";
import { sshTo } from "../../lab-hosts.ts";
import { filesBelow } from "../observed.ts";
import type { ModuleCases, Pass, TaskCase } from "./cases.ts";

/** How a task ended, and what it returned: `ok`, `changed`, `failed` or `skipped`. */
export type SeenResult = readonly [status: string, result: unknown];

/** All that was seen of a file of cases. */
export interface Seen {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly tasks: Readonly<Record<string, Readonly<Partial<Record<Pass, SeenResult>>>>>;
}

/** Not part of what a module returns. */
const DROPPED = new Set([
  "invocation",
  "warnings",
  "deprecations",
  "exception",
  "action",
  "diff",
  "failed",
  "changed",
  "skipped",
  "ignored",
  "failed_when_suppressed_exception",
]);

/** Of these, wherever they are, only the type counts. */
const VOLATILE = new Set([
  ...["atime", "mtime", "ctime", "inode", "dev", "start", "end", "delta", "elapsed", "version", "birthtime"],
  ...["cache_update_time", "pid", "attributes", "attr_flags", "ansible_job_id", "device_type", "blocks", "nlink"],
]);

/** A result in the form that is recorded and compared. */
export function seenResult(
  status: string,
  result: Readonly<Record<string, unknown>>,
  one: TaskCase,
  cases: ModuleCases,
): SeenResult {
  const volatile = new Set([...VOLATILE, ...(cases.volatile ?? []), ...(one.volatile ?? [])]);
  const sorted = new Set(cases.anyOrder ?? []);
  // Words of failures are each program's own.
  if (status === "failed") volatile.add("msg").add("message");
  if (one.only)
    return [
      status,
      Object.fromEntries(
        one.only.map((path) => [path, stable(at(result, path), path.split("/").at(-1) ?? "", volatile, sorted) ?? "-"]),
      ),
    ];
  return [status, stable(result, "", volatile, sorted)];
}

function at(value: unknown, path: string): unknown {
  let here = value;
  for (const part of path.split("/"))
    here = typeof here === "object" && here !== null ? (here as Record<string, unknown>)[part] : undefined;
  return here;
}

function stable(value: unknown, key: string, volatile: ReadonlySet<string>, sorted: ReadonlySet<string>): unknown {
  if (volatile.has(key)) return `<${Array.isArray(value) ? "list" : value === null ? "null" : typeof value}>`;
  if (typeof value === "string") return withoutBackupName(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => stable(item, "", volatile, sorted));
    return sorted.has(key) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(
      ([name, item]) => !DROPPED.has(name) && !/^_?ansible_(?!facts|\w)|^_ansible_/.test(name) && item !== undefined,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, item]) => [name, stable(item, name, volatile, sorted)]));
}

/** Backups are named after a process and a moment. */
function withoutBackupName(text: string): string {
  return text.replace(/\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~/g, ".BACKUP~");
}

/** Runs a script on the lab's first host, by the system's ssh: neither program has a part in it. */
export async function onHost(lab: LabState, script: string): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(sshTo(lab, 1, "LC_ALL=C sh -eu"), { input: script });
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}${stdout}\n${script}`);
  return stdout;
}

/** Prints type, mode, owner and content of everything below the paths. */
const WALK = `
sub walk { my ($p) = @_; my @s = lstat $p or return;
  my $head = sprintf "%04o %s:%s", $s[2] & 07777, (getpwuid $s[4])[0] // $s[4], (getgrgid $s[5])[0] // $s[5];
  if (-l $p) { print "$p -> ", readlink $p, "\\n" }
  elsif (-d _) { print "$p/ $head\\n"; opendir my $d, $p or return; walk("$p/$_") for sort grep { !/^\\.\\.?$/ } readdir $d }
  elsif (-f _) { local $/; open my $f, "<", $p or return; my $t = <$f> // ""; $t = $s[7] . " bytes" if $s[7] > 400;
    $t =~ s/([^\\x20-\\x7e]|\\\\)/$1 eq "\\n" ? "\\\\n" : sprintf "\\\\x%02x", ord $1/ge; print "$p $head $t\\n" }
  else { print "$p special $head\\n" } }
walk($_) for @ARGV;`;

/** What the host is like, a line for each thing. */
export async function probe(lab: LabState, cases: ModuleCases): Promise<string[]> {
  const paths = cases.probe?.paths ?? [];
  const commands = cases.probe?.commands ?? [];
  const script = [
    ...(paths.length > 0 ? [`perl -e ${quoted(WALK)} -- ${paths.map(quoted).join(" ")}`] : []),
    ...commands.map((command) => `echo ${quoted(`$ ${command}`)}\n{ ${command}\n} 2>&1 || echo "exit $?"`),
  ].join("\n");
  if (script === "") return [];
  return withoutBackupName(await onHost(lab, script))
    .split("\n")
    .filter((line) => line !== "");
}

/** What was brought to the controller: files below the folder `out`. */
export function fetchedFiles(folder: string): string[] {
  return Object.entries(filesBelow(join(folder, "out"))).map(([path, text]) => `out/${path} ${JSON.stringify(text)}`);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
