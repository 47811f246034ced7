// The machines of a run: one connection for each way to reach one, shared by all tasks that go there, with what a
// dry run predicted of it and a counter of the changes made to it.

import type { ConnectionSettings } from "../connection/connection.ts";
import type { Traffic } from "../core/event.ts";
import type { Host } from "../host/host.ts";
import type { Prediction, Predictions } from "../host/prediction.ts";

/** An open machine, as host/ makes it. */
export interface OpenHost {
  readonly host: Host;
  close(): Promise<void>;
  readonly stats: Traffic;
}

export type HostOpener = (settings: ConnectionSettings) => OpenHost;

/** Wraps a real host so that it reads through predictions; one store a target. */
export interface DryTarget {
  readonly host: Host;
  readonly predictions: Predictions;
  add(predictions: readonly Prediction[]): void;
}

/** One machine of the run. */
export class Target {
  readonly settings: ConnectionSettings;
  /** Grows with every change made (or predicted) there: plans made before are void. */
  #generation = 0;
  readonly #onChange: () => void;
  readonly #open: HostOpener;
  readonly #makeDry: (host: Host) => DryTarget;
  #opened: OpenHost | undefined;
  #dry: DryTarget | undefined;
  #used: Traffic = { roundTrips: 0, requests: 0, bytesIn: 0, bytesOut: 0 };

  constructor(
    settings: ConnectionSettings,
    open: HostOpener,
    makeDry: (host: Host) => DryTarget,
    onChange: () => void = () => {},
  ) {
    this.settings = settings;
    this.#onChange = onChange;
    this.#open = open;
    this.#makeDry = makeDry;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Something was changed there. */
  touch(): void {
    this.#generation++;
    this.#onChange();
  }

  /** Something was predicted to change there, which other machines do not see; plans may read the controller's own files, though. */
  foresee(): void {
    this.#generation++;
    if (this.settings.kind === "local") this.#onChange();
  }

  /** The real machine. */
  get host(): Host {
    this.#opened ??= this.#open(this.settings);
    return this.#opened.host;
  }

  /** The machine as the dry run sees it. */
  get dry(): DryTarget {
    this.#dry ??= this.#makeDry(this.host);
    return this.#dry;
  }

  /** Counters of the connection so far, those of closed ones included. */
  get stats(): OpenHost["stats"] {
    const now = this.#opened?.stats;
    return now ? sum(this.#used, now) : this.#used;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    this.#used = { ...this.stats };
    this.#opened = undefined;
    this.#dry = undefined;
    this.touch();
    await opened.close();
  }
}

export class Targets {
  readonly #targets = new Map<string, Target>();
  readonly #open: HostOpener;
  readonly #makeDry: (host: Host) => DryTarget;
  /** Grows with every change made on any machine: another one may see it, as through a share or a service, and delegated tasks do. */
  generation = 0;

  constructor(open: HostOpener, makeDry: (host: Host) => DryTarget) {
    this.#open = open;
    this.#makeDry = makeDry;
  }

  /** The machine for these settings; the same one for equal settings. */
  get(settings: ConnectionSettings): Target {
    const key = JSON.stringify(settings);
    let target = this.#targets.get(key);
    if (!target) {
      const changed = (): void => {
        this.generation++;
      };
      target = new Target(settings, this.#open, this.#makeDry, changed);
      this.#targets.set(key, target);
    }
    return target;
  }

  /** What the connections to each host cost so far. */
  traffic(): Record<string, Traffic> {
    const traffic: Record<string, Traffic> = {};
    for (const { settings, stats } of this.#targets.values()) {
      const before = traffic[settings.host];
      traffic[settings.host] = before ? sum(before, stats) : { ...stats };
    }
    return traffic;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#targets.values()].map((target) => target.close()));
  }
}

function sum(a: Traffic, b: Traffic): Traffic {
  return {
    roundTrips: a.roundTrips + b.roundTrips,
    requests: a.requests + b.requests,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
  };
}
