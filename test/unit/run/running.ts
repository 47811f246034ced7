// Runs a play given as text on the local connection, in a folder of its own, and gives what happened.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig } from "../../../engine/config/config.ts";
import type { HostResult, RunEvent } from "../../../engine/core/event.ts";
import type { Counts } from "../../../engine/core/result.ts";
import { Mask } from "../../../engine/core/secret.ts";
import type { RunOptions } from "../../../engine/run/options.ts";
import { runPlaybooks } from "../../../engine/run/run.ts";

export interface Ran {
  readonly exitCode: number;
  readonly events: readonly RunEvent[];
  readonly results: readonly HostResult[];
  readonly counts: Readonly<Record<string, Counts>>;
  /** Names of tasks in the order of their banners. */
  readonly tasks: readonly string[];
  /** `name: status` of every result on a host. */
  statuses(host?: string): string[];
}

/** Options of a run that asks for nothing special, with the settings of a folder. */
export function runOptions(folder: string, playbook: string, inventory: string): RunOptions {
  return {
    inventory: [inventory],
    extraVars: [],
    vaultPasswords: [],
    config: loadConfig({ cwd: folder, env: {} }),
    mask: new Mask(),
    playbooks: [playbook],
    tags: [],
    skipTags: [],
    check: false,
    diff: false,
    become: {},
    passwords: {},
    step: false,
    forceHandlers: false,
    flushCache: false,
    verbosity: 0,
    interrupt: new AbortController().signal,
    kill: new AbortController().signal,
    prompter: { ask: async () => undefined },
    events: () => {},
  };
}

/** A folder that lives as long as one test. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), "tsplay-run-"));

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), text);
    }
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Options of a run of site.yml on hosts.ini. */
  options(): RunOptions {
    return runOptions(this.folder, this.path("site.yml"), this.path("hosts.ini"));
  }

  /** `playbook` is text; `hosts` are names that all mean this machine. `@` in the text stands for the folder. */
  async play(
    playbook: string,
    options: Partial<RunOptions> & { readonly hosts?: readonly string[]; readonly inventoryText?: string } = {},
  ): Promise<Ran> {
    const { hosts = ["one"], inventoryText, ...more } = options;
    this.write({
      "site.yml": playbook.replaceAll("@", this.folder),
      "hosts.ini": inventoryText ?? `${hosts.join("\n")}\n[all:vars]\nansible_connection=local\n`,
    });
    const events: RunEvent[] = [];
    const { exitCode } = await runPlaybooks({
      ...this.options(),
      ...more,
      events: (event) => {
        events.push(event);
        more.events?.(event);
      },
    });
    const results = events.filter((event): event is HostResult => event.type === "host-result");
    const recap = events.find((event) => event.type === "recap");
    return {
      exitCode,
      events,
      results,
      counts: recap?.type === "recap" ? recap.counts : {},
      tasks: events.flatMap((event) => (event.type === "task-start" ? [event.task.name] : [])),
      statuses: (host = hosts[0]) =>
        results.filter((result) => result.host === host).map(({ task, status }) => `${task.name}: ${status}`),
    };
  }
}
