// What all parts of a run share. Made once by run.ts, passed down, never global.

import type { EventSink, TaskInfo } from "../core/event.ts";
import type { Problem } from "../core/problem.ts";
import type { Mask } from "../core/secret.ts";
import type { PlainObject, Value } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { AnyModule } from "../modules/module.ts";
import type { PlaybookLoader } from "../playbook/model.ts";
import type { TemplateEngine } from "../template/engine.ts";
import type { VariableStore } from "../vars/store.ts";
import type { ConnectionDefaults } from "./connection-settings.ts";
import type { Jobs } from "./jobs.ts";
import type { Targets } from "./targets.ts";

export interface RunContext {
  readonly engine: TemplateEngine;
  readonly inventory: Inventory;
  readonly store: VariableStore;
  readonly loader: PlaybookLoader;
  readonly targets: Targets;
  readonly defaults: ConnectionDefaults;
  readonly mask: Mask;
  readonly emit: EventSink;
  readonly check: boolean;
  readonly diff: boolean;
  readonly forks: number;
  readonly forceHandlers: boolean;
  readonly strategy: string;
  readonly anyErrorsFatal: boolean;
  readonly verbosity: number;
  /** `no_log` where no task says otherwise. */
  readonly noLog: boolean;
  readonly gathering: "implicit" | "explicit" | "smart";
  readonly gatherSubset: readonly string[];
  readonly gatherTimeout: number;
  /** Seconds that a task may take where it does not say; 0 no limit. */
  readonly taskTimeout: number;
  /** Seconds between looks at a background task that does not say; 0 does not wait for it. */
  readonly pollInterval: number;
  /** A handler that is notified and does not exist is an error; otherwise a warning. */
  readonly errorOnMissingHandler: boolean;
  /** Variables of roles are seen in the role only. */
  readonly privateRoleVars: boolean;
  /** The shell of `shell` and `raw` where neither parameter nor variable says. */
  readonly executable: string;
  /** Pattern of the variable ansible_managed. */
  readonly ansibleManaged: string;
  /** Aborted at the first Ctrl-C: no new tasks. */
  readonly interrupted: AbortSignal;
  /** Magic variables of the whole run (ansible_version, ansible_forks …). */
  readonly runMagic: Readonly<Record<string, () => Value>>;
  readonly findModule: (name: string) => AnyModule | undefined;
  readonly gatherFacts: (
    host: Host,
    options: {
      readonly subset: readonly string[];
      readonly filter: readonly string[];
      readonly timeout: number;
      readonly factPath: string;
    },
  ) => Promise<PlainObject>;
  readonly readControllerFile: (path: string, options?: { readonly decrypt?: boolean }) => Promise<Buffer>;
  readonly isVaulted: (path: string) => Promise<boolean>;
  /** A controller file for templates and lookups, at once, decrypted when vaulted. */
  readonly readTrusted: (path: string) => Buffer;
  readonly prompt: (
    text: string,
    options: { readonly echo: boolean; readonly seconds?: number },
  ) => Promise<string | undefined>;
  /** Asks whether to run the step (`--step`); undefined: `--step` was not given. */
  readonly confirmStep?: (task: TaskInfo, hosts: readonly string[]) => Promise<boolean>;
  readonly jobs: Jobs;
  readonly setStats: (
    host: string,
    data: PlainObject,
    options: { readonly perHost: boolean; readonly aggregate: boolean },
  ) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The user tsplay runs as: a local connection's login user. */
  readonly localUser: string;
}

/** Tells a warning once a run. */
export function warnOnce(context: RunContext, seen: Set<string>, problem: Problem, host?: string): void {
  const key = `${problem.code} ${problem.message} ${problem.origin?.file}:${problem.origin?.line}`;
  if (seen.has(key)) return;
  seen.add(key);
  context.emit({ type: "warning", time: context.now(), problem, ...(host ? { host } : {}) });
}
