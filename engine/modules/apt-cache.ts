// The lists of available packages: how old they are, and the change that refreshes them.

import type { Host, Stat } from "../host/host.ts";
import { failApt, runAptGet } from "./apt-get.ts";
import type { Change } from "./module.ts";

const LISTS = "/var/lib/apt/lists";
const STAMP = "/var/lib/apt/periodic/update-success-stamp";

export interface CacheState {
  /** When the lists were refreshed, by the host's clock; 0 if never. */
  readonly time: number;
  /** Whether there are any lists. */
  readonly present: boolean;
}

/** The reads travel with others asked in the same tick. Whether there are lists is looked at only with `lists`. */
export async function cacheState(
  host: Host,
  options: { readonly lists: boolean } = { lists: false },
): Promise<CacheState> {
  const [stamp, lists, files] = await Promise.all([
    host.stat(STAMP),
    host.stat(LISTS),
    options.lists ? host.glob(`${LISTS}/*_Packages*`) : [],
  ]);
  return { time: timeOf(stamp, lists), present: files.length > 0 };
}

function timeOf(stamp: Stat | undefined, lists: Stat | undefined): number {
  return Math.floor((stamp ?? lists)?.mtime ?? 0);
}

export interface UpdateOptions {
  readonly lockTimeout: number;
  readonly retries: number;
  readonly maxDelay: number;
}

/** The change that refreshes the lists. `counts`: newer lists make the task changed. Its result has cache_updated and cache_update_time. */
export function updateChange(options: UpdateOptions, state: CacheState, counts: boolean): Change {
  return {
    what: "refresh the lists of packages",
    predict: [{ kind: "apt-cache", state: "refreshed" }],
    async apply(host, progress) {
      const after = await updateLists(host, options, progress);
      const newer = after.time !== state.time;
      return { ...(counts ? { changed: newer } : {}), cache_updated: newer, cache_update_time: after.time };
    },
  };
}

/** `apt-get update` with retries; the lists' state before they were marked as fresh. */
export async function updateLists(
  host: Host,
  options: UpdateOptions,
  progress: (message: string, fraction?: number) => void,
): Promise<CacheState> {
  for (let attempt = 1; ; attempt++) {
    const what = "Failed to update apt cache";
    const run = await runAptGet(host, { args: ["-q", "update"], lockTimeout: options.lockTimeout, what }, progress);
    const broken =
      run.code !== 0 || /^(?:E:|W: (?:Failed to fetch|Some index files failed|GPG error))/m.test(run.errors);
    if (!broken) break;
    if (attempt > options.retries) failApt(what, { code: run.code, stdout: run.out, stderr: run.errors });
    progress(`refreshing the lists failed, attempt ${attempt} of ${options.retries + 1}`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(2 ** (attempt - 1), options.maxDelay) * 1000));
  }
  const after = await cacheState(host);
  // apt leaves the folder's time alone when no list is newer; marking it keeps cache_valid_time true to its name.
  await host.setAttributes(LISTS, { mtime: "now" });
  return after;
}
