// Packages of Debian and its relatives. What is installed is read from dpkg's database; apt-get starts only when
// something is to be done, once for all packages of the task.

import type { Result } from "../core/result.ts";
import { isUnknown, Undecided, Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { type CacheState, cacheState, updateChange } from "./apt-cache.ts";
import { planDeb } from "./apt-deb.ts";
import { failApt, type Simulation, simulate } from "./apt-get.ts";
import {
  aptWord,
  expandPatterns,
  isSatisfied,
  type PackageSpec,
  parseSpec,
  removable,
  versionFits,
} from "./apt-names.ts";
import { APT_PARAMS, type AptParams, aptOptions } from "./apt-params.ts";
import { linesOf, transaction } from "./apt-transaction.ts";
import { isPattern } from "./debian-version.ts";
import { type DpkgDatabase, dpkgDatabase, installedOf, isInstalled, withPredictions } from "./dpkg-packages.ts";
import { builtin, type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import { failTask } from "./task-failure.ts";
import { askTool, runTool } from "./tool-run.ts";

export const apt = defineModule({
  name: "apt",
  aliases: builtin("apt"),
  summary: "Manage packages with apt",
  params: APT_PARAMS,
  returns: {
    cache_updated: "Whether the lists of packages were refreshed and are newer.",
    cache_update_time: "When they were last refreshed, in seconds since the epoch.",
    stdout: "Output of apt-get.",
    stderr: "Error output of apt-get.",
  },
  plan: (host, params, context) => new AptPlan(host, params, context).make(),
  touches: (params) => {
    const names = Array.isArray(params.name) ? params.name : [];
    // Files of packages are named after them: NAME_VERSION_ARCHITECTURE.deb.
    const file = typeof params.deb === "string" ? /([^/_]+)_[^/]*\.deb$/.exec(params.deb)?.[1] : undefined;
    if (file !== undefined)
      return [{ kind: "package" as const, name: file, version: new Unknown(`the version in ${params.deb}`) }];
    return names.flatMap((name) => {
      const version = params.state === "absent" ? ("absent" as const) : undefined;
      return typeof name === "string" && version !== undefined ? [{ kind: "package" as const, name, version }] : [];
    });
  },
});

/** The making of one plan: what was read stands in fields, so that the steps stay short. */
class AptPlan {
  readonly #host: Host;
  readonly #params: AptParams;
  readonly #context: PlanContext;
  readonly #changes: Change[] = [];
  #database: DpkgDatabase | undefined;
  /** What a simulation said that found nothing to do. */
  #said: Partial<Result> = {};

  constructor(host: Host, params: AptParams, context: PlanContext) {
    this.#host = host;
    this.#params = params;
    this.#context = context;
  }

  async make(): Promise<Plan> {
    const params = this.#params;
    const asked = params.update_cache ?? params.cache_valid_time > 0;
    const installs = params.name.length > 0 && params.state !== "absent";
    const [real, cache] = await Promise.all([
      dpkgDatabase(this.#host, this.#context.now),
      asked || installs ? cacheState(this.#host, { lists: asked }) : undefined,
    ]);
    this.#database = withPredictions(real, this.#context.predictions);
    const specs = params.name.filter((name) => name.trim() !== "").map((name) => parseSpec(name.trim()));
    const all = specs.length === 1 && specs[0]?.name === "*" && params.state === "latest";
    const hasWork = specs.length > 0 || params.upgrade !== "no" || params.deb !== undefined || params.state === "fixed";
    const isUpdating = asked && cache !== undefined && this.#isStale(cache, real);
    if (isUpdating)
      this.#changes.push(
        updateChange(
          {
            lockTimeout: params.lock_timeout,
            retries: params.update_cache_retries,
            maxDelay: params.update_cache_retry_max_delay,
          },
          cache,
          !hasWork,
        ),
      );
    const result: Partial<Result> = cache ? { cache_updated: false, cache_update_time: cache.time } : {};
    if (params.clean) await this.#clean();
    if (!hasWork) {
      if (params.autoremove) await this.#simple(["autoremove"], "remove packages that nothing needs");
      if (params.autoclean) await this.#simple(["autoclean"], "remove old package files");
      const onlyUpdates = isUpdating && this.#changes.length === 1;
      return {
        changes: this.#changes,
        result: { ...result, ...this.#said },
        ...(onlyUpdates && cache?.present
          ? {
              outcome: {
                reason: "whether there are newer lists of packages",
                keys: ["changed", "cache_updated", "cache_update_time"],
              },
            }
          : {}),
      };
    }
    const before = this.#changes.length;
    if (params.upgrade !== "no" || all) await this.#upgrade(all ? "yes" : params.upgrade, isUpdating);
    else if (params.deb !== undefined) await this.#deb(params.deb);
    else if (params.state === "absent") await this.#remove(specs);
    else if (params.state === "build-dep") await this.#buildDependencies(specs);
    else await this.#install(specs, isUpdating);
    const counted = this.#changes.length > before;
    if (!counted) this.#markManual(specs);
    return { changes: this.#changes, result: counted ? result : { ...result, ...this.#said, changed: false } };
  }

  get #installed(): DpkgDatabase {
    if (!this.#database) throw new Error("the database is read first");
    return this.#database;
  }

  /** Ages are measured on the host: its own clock, as it stood when it last answered, moved on by ours. */
  #isStale(cache: CacheState, database: DpkgDatabase): boolean {
    const predicted = this.#context.predictions.of("apt-cache").at(-1);
    if (this.#params.cache_valid_time <= 0) return true;
    if (predicted?.state === "refreshed") return false;
    return this.#context.now() + database.clockOffset > cache.time + this.#params.cache_valid_time;
  }

  /** Lists that an earlier task or this one refreshes: what is not in them now may be in them then. */
  #listsChange(isUpdating: boolean): boolean {
    return isUpdating || this.#context.predictions.of("apt-cache").length > 0;
  }

  async #install(written: readonly PackageSpec[], isUpdating: boolean): Promise<void> {
    const params = this.#params;
    const { state } = params;
    const specs = await this.#expanded(written);
    for (const spec of specs) this.#checkPredictedVersion(spec);
    const due = specs.filter((spec) => {
      if (params.only_upgrade && !installedOf(this.#installed, spec.name)) return false;
      // What an earlier task of a dry run installs is the newest already.
      if (state === "latest" && spec.version === undefined && this.#isPredicted(spec.name)) return false;
      return state === "latest" || state === "fixed" || !isSatisfied(spec, this.#installed);
    });
    if (due.length === 0 && state !== "fixed") return;
    const args = [
      ...aptOptions(params),
      ...(state === "fixed" ? ["--fix-broken"] : []),
      "install",
      ...due.map(aptWord),
    ];
    const trial = await simulate(this.#host, args);
    const lists = this.#listsChange(isUpdating);
    const absent = due.filter((spec) => !installedOf(this.#installed, spec.name)).map((spec) => spec.name);
    const virtual = trial.stderr.match(/Package '([^']+)' has no installation candidate/)?.[1];
    if (virtual !== undefined && this.#isProvided(virtual)) {
      // A virtual package that something installed provides: there is nothing to do for it.
      const rest = written.filter((spec) => spec.name !== virtual);
      if (rest.length < written.length) return rest.length === 0 ? undefined : this.#install(rest, isUpdating);
    }
    if (trial.code !== 0 && !(lists && isAboutLists(trial))) failApt(`install ${textOf(due)}`, trial);
    const steps = this.#unpredicted(trial);
    this.#checkNewest(due, trial);
    const hasPredicted = due.some((spec) =>
      this.#context.predictions.of("package").some(({ name }) => name === spec.name),
    );
    const certain = steps.length > 0 || trial.code !== 0 || (hasPredicted && absent.length > 0);
    if (!certain) {
      if (!(lists && state === "latest")) return;
      if (this.#context.predictions.of("apt-cache").length > 0)
        throw new Undecided(`whether newer versions of ${textOf(due)} are in the refreshed lists`);
    }
    this.#changes.push(
      transaction({
        what: `install ${textOf(due)}`,
        args: ["-q", ...args],
        lockTimeout: params.lock_timeout,
        steps,
        names: absent,
        policy: params.policy_rc_d,
      }),
    );
  }

  /** A version that only the real run will tell cannot be compared with one that is asked for. */
  #checkPredictedVersion(spec: PackageSpec): void {
    if (spec.version === undefined) return;
    const predicted = this.#context.predictions
      .of("package")
      .filter((one) => one.name === spec.name)
      .at(-1);
    if (predicted && isUnknown(predicted.version)) throw new Undecided(predicted.version);
  }

  #isPredicted(name: string): boolean {
    const version = this.#context.predictions
      .of("package")
      .filter((one) => one.name === name)
      .at(-1)?.version;
    return version !== undefined && version !== "absent";
  }

  #isProvided(name: string): boolean {
    return this.#installed.packages.some((one) => isInstalled(one) && one.provides.includes(name));
  }

  /** Patterns in names, over all that the lists have. */
  async #expanded(specs: readonly PackageSpec[]): Promise<PackageSpec[]> {
    if (!specs.some((spec) => isPattern(spec.name))) return [...specs];
    const { stdout } = await askTool(this.#host, ["apt-cache", "pkgnames"]);
    return expandPatterns(
      specs,
      stdout.split("\n").filter((name) => name !== ""),
    );
  }

  /** `>=` is asked of what apt would take. */
  #checkNewest(due: readonly PackageSpec[], trial: Simulation): void {
    if (trial.code !== 0) return;
    for (const spec of due) {
      if (spec.operator !== ">=") continue;
      const taken =
        trial.steps.find((step) => step.name === spec.name)?.after ?? installedOf(this.#installed, spec.name)?.version;
      if (taken !== undefined && !versionFits(spec, taken))
        failTask("apt-no-version", `no available installation candidate for ${spec.text}`);
    }
  }

  /** Steps that earlier tasks of a dry run have not predicted already. */
  #unpredicted(trial: Simulation): Simulation["steps"] {
    const predicted = new Map(this.#context.predictions.of("package").map((one) => [one.name, one.version] as const));
    return trial.steps.filter((step) => {
      const version = predicted.get(step.name);
      if (version === undefined) return true;
      return step.action === "install" ? version === "absent" : version !== "absent";
    });
  }

  async #remove(specs: readonly PackageSpec[]): Promise<void> {
    const params = this.#params;
    const names = removable(specs, this.#installed, params.purge);
    if (names.length === 0) {
      if (params.autoremove) await this.#simple(["autoremove"], "remove packages that nothing needs");
      return;
    }
    const args = [...aptOptions(params), ...(params.purge ? ["--purge"] : []), "remove", ...names];
    const predicted = this.#context.predictions.of("package").some((one) => names.includes(one.name));
    const trial = await simulate(this.#host, args);
    if (trial.code !== 0 && !predicted) failApt(`remove ${names.join(" ")}`, trial);
    const steps = predicted ? names.map((name) => ({ action: "remove" as const, name })) : trial.steps;
    this.#changes.push(
      transaction({
        what: `remove ${names.join(" ")}`,
        args: ["-q", ...args],
        lockTimeout: params.lock_timeout,
        steps,
      }),
    );
  }

  async #buildDependencies(specs: readonly PackageSpec[]): Promise<void> {
    const names = specs.map(aptWord);
    await this.#simple(["build-dep", ...names], `install what ${names.join(" ")} is built with`);
  }

  async #upgrade(kind: AptParams["upgrade"], isUpdating: boolean): Promise<void> {
    const verb = kind === "dist" || kind === "full" ? ["dist-upgrade"] : ["upgrade", "--with-new-pkgs"];
    await this.#simple(verb, "upgrade all packages", isUpdating);
  }

  /** Does it if a simulation has something to do; `always` when newer lists may bring something. */
  async #simple(verb: readonly string[], what: string, always = false): Promise<void> {
    const args = [...aptOptions(this.#params), ...(this.#params.purge ? ["--purge"] : []), ...verb];
    const trial = await simulate(this.#host, args);
    const lists = this.#listsChange(always);
    if (trial.code !== 0 && !(lists && isAboutLists(trial))) failApt(what, trial);
    const steps = this.#unpredicted(trial);
    const some = steps.length > 0 || /^Del /m.test(trial.stdout);
    if (
      !some &&
      this.#context.predictions.of("apt-cache").length > 0 &&
      verb[0] !== "autoremove" &&
      verb[0] !== "autoclean"
    )
      throw new Undecided("whether there is something to upgrade in the refreshed lists of packages");
    if (!some && !always) {
      this.#said = {
        stdout: trial.stdout,
        stderr: trial.stderr,
        stdout_lines: linesOf(trial.stdout),
        stderr_lines: linesOf(trial.stderr),
      };
      return;
    }
    this.#changes.push(
      transaction({
        what,
        args: ["-q", ...args],
        lockTimeout: this.#params.lock_timeout,
        steps,
        policy: this.#params.policy_rc_d,
      }),
    );
  }

  async #deb(path: string): Promise<void> {
    const change = await planDeb(this.#host, path, this.#installed, aptOptions(this.#params), this.#params);
    if (change) this.#changes.push(change);
  }

  async #clean(): Promise<void> {
    const found = await Promise.all([
      this.#host.glob("/var/cache/apt/archives/*.deb"),
      this.#host.glob("/var/cache/apt/archives/partial/*"),
      this.#host.glob("/var/cache/apt/*.bin"),
    ]);
    if (found.flat().length === 0) return;
    this.#changes.push({
      what: "remove downloaded package files",
      apply: async (host) => {
        const { stdout, stderr } = await runTool(host, ["apt-get", "clean"], "apt-get clean");
        return { changed: true, stdout, stderr };
      },
    });
  }

  /** What a user asks for by name is no longer there only for others' sake; Ansible does not call that a change. */
  #markManual(specs: readonly PackageSpec[]): void {
    if (this.#params.state === "absent" || this.#params.upgrade !== "no") return;
    const names = specs.map((spec) => spec.name).filter((name) => this.#installed.automatic.has(name));
    if (names.length === 0) return;
    this.#changes.push({
      what: `mark ${names.join(" ")} as installed by hand`,
      apply: async (host) => {
        await runTool(host, ["apt-mark", "manual", ...names], "apt-mark manual");
        return { changed: false };
      },
    });
  }
}

function textOf(specs: readonly PackageSpec[]): string {
  return specs.map((spec) => spec.text).join(" ");
}

/** Failures that newer lists may cure. */
function isAboutLists(trial: Simulation): boolean {
  return /Unable to locate package|has no installation candidate|was not found|Couldn't find any package/.test(
    trial.stderr,
  );
}
