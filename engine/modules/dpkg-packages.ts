// What dpkg knows: every package with its state. Asked once and then remembered until dpkg's database changes, so a
// task about packages that are there costs one stat.

import { textOf } from "../core/bytes.ts";
import type { Host } from "../host/host.ts";
import type { Predictions } from "../host/prediction.ts";
import { failTask } from "./task-failure.ts";
import { readText } from "./text-file.ts";

const STATUS = "/var/lib/dpkg/status";
/** Where apt remembers what it installed only for the sake of other packages. */
const MARKS = "/var/lib/apt/extended_states";

export interface DpkgPackage {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  /** dpkg's words: what is wanted (install, hold, deinstall, purge) and what is (installed, config-files, half-installed …). */
  readonly want: string;
  readonly state: string;
  readonly provides: readonly string[];
  readonly source: string;
  readonly origin: string;
  readonly section: string;
  readonly priority: string;
}

export interface DpkgDatabase {
  readonly packages: readonly DpkgPackage[];
  readonly byName: ReadonlyMap<string, readonly DpkgPackage[]>;
  /** Names of packages that are there only because others need them. */
  readonly automatic: ReadonlySet<string>;
  /** The host's clock minus the controller's, in seconds, when it was asked: only for ages on the host. */
  readonly clockOffset: number;
}

interface Known {
  readonly stamp: string;
  readonly database: DpkgDatabase;
}

/** Memory that lives as long as the Host itself. */
const known = new WeakMap<Host, Known>();
const asking = new WeakMap<Host, Promise<DpkgDatabase>>();

const FIELDS =
  "${Package}\\t${Architecture}\\t${Version}\\t${db:Status-Want}\\t${db:Status-Status}\\t${Provides}\\t${source:Package}\\t${Origin}\\t${Section}\\t${Priority}\\n";

/** The database as it is now. Failure `dpkg-missing` on hosts without dpkg. */
export function dpkgDatabase(host: Host, now: () => number): Promise<DpkgDatabase> {
  const running = asking.get(host);
  if (running) return running;
  const asked = current(host, now).finally(() => asking.delete(host));
  asking.set(host, asked);
  return asked;
}

async function current(host: Host, now: () => number): Promise<DpkgDatabase> {
  const before = known.get(host);
  if (before) {
    if ((await stampOf(host)) === before.stamp) return before.database;
  }
  // The stamp is taken first: a change in between is then seen the next time.
  const [stamp, database] = await Promise.all([stampOf(host), ask(host, now)]);
  known.set(host, { stamp, database });
  return database;
}

async function stampOf(host: Host): Promise<string> {
  const stats = await Promise.all([host.stat(STATUS), host.stat(MARKS)]);
  return stats.map((stat) => (stat ? `${stat.inode} ${stat.size} ${stat.mtime} ${stat.ctime}` : "absent")).join();
}

async function ask(host: Host, now: () => number): Promise<DpkgDatabase> {
  const [run, marks] = await Promise.all([
    host.run({ argv: ["dpkg-query", "-W", `-f=${FIELDS}`], reads: true, env: { LC_ALL: "C" } }),
    readText(host, MARKS),
  ]);
  if (run.code !== 0 && run.stdout.length === 0)
    failTask("dpkg-missing", `dpkg-query does not work on this host: ${textOf(run.stderr).trim() || "not found"}`, {
      rc: run.code,
    });
  const packages = parsePackages(textOf(run.stdout));
  const byName = new Map<string, DpkgPackage[]>();
  for (const one of packages) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  return { packages, byName, automatic: automaticOf(marks?.text ?? ""), clockOffset: run.end - now() };
}

function automaticOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const block of text.split("\n\n"))
    if (/^Auto-Installed: 1$/m.test(block)) found.add(block.match(/^Package: (\S+)$/m)?.[1] ?? "");
  return found;
}

function parsePackages(text: string): DpkgPackage[] {
  return text.split("\n").flatMap((line) => {
    const [name, architecture = "", version = "", want = "", state = "", provides = "", source = "", ...rest] =
      line.split("\t");
    if (!name) return [];
    const [origin = "", section = "", priority = ""] = rest;
    const names = provides.split(",").map((one) => one.trim().split(/[ (]/)[0] ?? "");
    return [
      {
        name,
        architecture,
        version,
        want,
        state,
        provides: names.filter((one) => one !== ""),
        source,
        origin,
        section,
        priority,
      },
    ];
  });
}

/** A package's installed version; undefined if it is not installed. `name` may carry `:arch`. */
export function installedVersion(database: DpkgDatabase, name: string): string | undefined {
  return installedOf(database, name)?.version;
}

/** The installed package of this name (`name:arch` for another architecture). */
export function installedOf(database: DpkgDatabase, name: string): DpkgPackage | undefined {
  const [plain = "", architecture] = name.split(":");
  return database.byName
    .get(plain)
    ?.find(
      (one) =>
        isInstalled(one) &&
        (architecture === undefined || one.architecture === architecture || one.architecture === "all"),
    );
}

export function isInstalled(one: DpkgPackage): boolean {
  return one.state === "installed" || one.state.startsWith("triggers-");
}

/** The database as earlier tasks of a dry run leave it. */
export function withPredictions(database: DpkgDatabase, predictions: Predictions): DpkgDatabase {
  const predicted = new Map(predictions.of("package").map((one) => [one.name, one.version] as const));
  if (predicted.size === 0) return database;
  const packages = database.packages.filter((one) => !predicted.has(one.name));
  for (const [name, version] of predicted) {
    if (version === "absent") continue;
    const before = database.byName.get(name)?.[0];
    packages.push({
      name,
      architecture: before?.architecture ?? "all",
      version: typeof version === "string" ? version : (before?.version ?? ""),
      want: "install",
      state: "installed",
      provides: before?.provides ?? [],
      source: before?.source ?? name,
      origin: before?.origin ?? "",
      section: before?.section ?? "",
      priority: before?.priority ?? "",
    });
  }
  const byName = new Map<string, DpkgPackage[]>();
  for (const one of packages) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  return { ...database, packages, byName };
}
