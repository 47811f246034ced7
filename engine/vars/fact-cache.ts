// Facts kept between runs (`fact_caching = jsonfile`): a JSON file for each host, as Ansible's plugin of that name.

import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/problem.ts";
import type { PlainObject } from "../core/value.ts";

/** Where facts outlive the run. Names are as modules return them, with their prefix. */
export interface FactCache {
  /** What is kept of the host and not too old. */
  load(host: string): PlainObject | undefined;
  save(host: string, facts: PlainObject): void;
  forget(host: string): void;
}

export interface FactFilesOptions {
  readonly folder: string;
  /** What the files' names start with. */
  readonly prefix: string;
  /** Seconds after which facts are too old; 0 never. */
  readonly timeout: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of files that cannot be read or written. */
  readonly warn: (message: string) => void;
}

/** A cache in files. Failure `fact-cache` if the folder cannot be made. */
export function factFiles(options: FactFilesOptions): FactCache {
  const { folder, prefix, timeout, now, warn } = options;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    fail("fact-cache", `the folder of cached facts ${folder} cannot be made: ${(error as Error).message}`);
  }
  const pathOf = (host: string): string => join(folder, `${prefix}${host}`.replaceAll("/", "_"));
  return {
    load(host) {
      const path = pathOf(host);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (!stat?.isFile() || (timeout > 0 && now() - stat.mtimeMs > timeout * 1000)) return undefined;
      try {
        const facts: unknown = JSON.parse(readFileSync(path, "utf8"));
        if (facts !== null && typeof facts === "object" && !Array.isArray(facts)) return facts as PlainObject;
        warn(`the cached facts in ${path} are no mapping; they are gathered anew`);
      } catch (error) {
        warn(`the cached facts in ${path} cannot be read (${(error as Error).message}); they are gathered anew`);
      }
      return undefined;
    },
    save(host, facts) {
      const path = pathOf(host);
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        writeFileSync(temporary, `${JSON.stringify(facts, null, 4)}\n`, { mode: 0o600 });
        chmodSync(temporary, 0o600);
        renameSync(temporary, path);
      } catch (error) {
        rmSync(temporary, { force: true });
        warn(`facts cannot be kept in ${path}: ${(error as Error).message}`);
      }
    },
    forget(host) {
      rmSync(pathOf(host), { force: true });
    },
  };
}
