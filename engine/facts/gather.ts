// Gathers facts of a host: all reads of the chosen collectors in one tick and one small script, then pure parsing.

import { textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import { Undecided } from "../core/unknown.ts";
import type { PlainObject } from "../core/value.ts";
import type { Stat } from "../host/host.ts";
import type { Collector, Evidence, FactHost, Facts } from "./collector.ts";
import { collectors } from "./collectors.ts";
import { factFilter } from "./filter.ts";
import { chooseGroups } from "./subset.ts";

export interface GatherOptions {
  /** As `gather_subset`; default `["all"]`. */
  readonly subset?: readonly string[];
  /** Gather just these groups (see `groupsFor`), in place of `subset`. */
  readonly groups?: readonly string[];
  /** Shell patterns over fact names, with or without the `ansible_` prefix; empty takes all. */
  readonly filter?: readonly string[];
  /** Seconds for each slow part (mounts, scripts of facts.d …). */
  readonly timeout?: number;
  /** Folder of local facts. */
  readonly factPath?: string;
  readonly warn?: (message: string) => void;
}

const FILE_LIMIT = 4 * 1024 * 1024;

/** The host's facts, names without `ansible_`. Facts of the network's interfaces stand under their own names, as in Ansible. */
export async function gatherFacts(host: FactHost, options: GatherOptions = {}): Promise<PlainObject> {
  const chosen = withNeeds(
    options.groups ?? chooseGroups(options.subset && options.subset.length > 0 ? options.subset : ["all"], collectors),
  );
  const evidence = await readAll(host, chosen, options);
  const facts: Facts = {};
  for (const collector of chosen) Object.assign(facts, collector.collect(evidence, facts));
  if (options.subset && !options.groups) {
    facts.gather_subset = [...options.subset];
    facts.module_setup = true;
  }
  return factFilter(facts, options.filter ?? []);
}

/** The chosen groups and those they need, in the order of the list of collectors. */
function withNeeds(groups: readonly string[]): Collector[] {
  const wanted = new Set<string>();
  const add = (group: string): void => {
    if (wanted.has(group)) return;
    wanted.add(group);
    for (const needed of collectors.find((collector) => collector.group === group)?.needs ?? []) add(needed);
  };
  for (const group of groups) add(group);
  return collectors.filter((collector) => wanted.has(collector.group));
}

async function readAll(host: FactHost, chosen: readonly Collector[], options: GatherOptions): Promise<Evidence> {
  const files = new Map<string, string>();
  const stats = new Map<string, Stat>();
  const entries = new Map<string, readonly string[]>();
  let sections = new Map<string, string>();
  const reads: Promise<void>[] = [];
  for (const path of unique(chosen.flatMap((collector) => collector.files ?? [])))
    reads.push(quietly(async () => files.set(path, textOf(await host.read(path, { limit: FILE_LIMIT })))));
  for (const path of unique(chosen.flatMap((collector) => collector.stats ?? [])))
    reads.push(
      quietly(async () => {
        const stat = await host.stat(path, { follow: true });
        if (stat) stats.set(path, stat);
      }),
    );
  for (const [database, rawKey] of chosen.flatMap((collector) => collector.entries ?? []))
    reads.push(
      quietly(async () => {
        const key = rawKey === "{user}" ? host.user : rawKey;
        const found = (await host.getent(database, key))?.[0];
        if (found) entries.set(`${database}/${rawKey}`, found);
      }),
    );
  const script = scriptOf(chosen, options);
  if (script !== undefined) {
    const limit = (options.timeout ?? 10) * 3 + 30;
    reads.push(
      (async () => {
        const result = await host.run({ script, reads: true, timeout: limit });
        if (result.timedOut)
          fail("facts-timeout", `facts were not gathered within ${limit} seconds on ${host.name}`, {
            hint: "a hung mount or a script in the folder of local facts is the usual cause; raise gather_timeout",
          });
        sections = sectionsOf(textOf(result.stdout));
      })(),
    );
  }
  await Promise.all(reads);
  return {
    host: host.name,
    user: host.user,
    file: (path) => files.get(path),
    stat: (path) => stats.get(path),
    section: (name) => sections.get(name) ?? "",
    entry: (database, key) => entries.get(`${database}/${key}`),
    warn: options.warn ?? (() => undefined),
  };
}

/** Reads what may be missing: only a dry run's "cannot tell" passes through as absence of the fact. */
async function quietly(read: () => Promise<unknown>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (error instanceof Undecided) return;
    if (isHostFailure(error)) return;
    throw error;
  }
}

function isHostFailure(error: unknown): boolean {
  return error instanceof Error && "errno" in error && error.errno !== undefined;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** All sections in one script; each starts with a NUL, a mark, its name and a NUL. */
function scriptOf(chosen: readonly Collector[], options: GatherOptions): string | undefined {
  const partsOf = (collectorsOfPart: readonly Collector[]): string[] =>
    collectorsOfPart.flatMap(({ group, script }) =>
      script === undefined ? [] : [`printf '\\0tsplay:%s\\0' ${group}\n${script.trim()}\n`],
    );
  // The environment is told as the login made it, before anything is set.
  const first = partsOf(chosen.filter(({ group }) => group === "env"));
  const rest = partsOf(chosen.filter(({ group }) => group !== "env"));
  if (first.length + rest.length === 0) return undefined;
  return [
    ...first,
    "LC_ALL=C; export LC_ALL",
    "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin",
    "tab='\t'",
    'say() { line=$1; shift; for word; do line=$line$tab$word; done; printf "%s\\n" "$line"; }',
    'first() { if [ -r "$1" ]; then IFS= read -r value <"$1" || :; else value=; fi; } 2>/dev/null',
    `fact_path=${quoted(options.factPath ?? "/etc/ansible/facts.d")}`,
    `seconds=${Math.max(1, Math.floor(options.timeout ?? 10))}`,
    ...rest,
  ].join("\n");
}

/** A text as one word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function sectionsOf(output: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const piece of output.split("\0tsplay:").slice(1)) {
    const cut = piece.indexOf("\0");
    if (cut >= 0) sections.set(piece.slice(0, cut), piece.slice(cut + 1));
  }
  return sections;
}
