// `hostvars` for plans that are made ahead: other hosts are still at earlier tasks, so what was read of them is
// remembered, and the plan holds as long as it reads the same.

import { LazyMap, Undefined, type Value } from "../core/value.ts";
import { equals } from "../template/python/compare.ts";

export class HostVarReads extends LazyMap {
  readonly #real: LazyMap;
  readonly #hosts = new Map<string, WatchedMap>();

  constructor(real: LazyMap) {
    super();
    this.#real = real;
  }

  override get(host: string): Value | undefined {
    const known = this.#hosts.get(host);
    if (known) return known;
    const real = this.#real.get(host);
    if (!(real instanceof LazyMap)) return real;
    const watched = new WatchedMap(real);
    this.#hosts.set(host, watched);
    return watched;
  }

  /** Hosts themselves come and go with the play's membership only. */
  override keys(): Iterable<string> {
    return this.#real.keys();
  }

  override has(host: string): boolean {
    return this.#real.has(host);
  }

  /** Would everything be read as it was? */
  unchanged(): boolean {
    return [...this.#hosts.values()].every((map) => map.unchanged());
  }
}

/** One host's variables, with those that were asked for. */
class WatchedMap extends LazyMap {
  readonly #real: LazyMap;
  readonly #seen = new Map<string, Value | undefined>();
  #names: string | undefined;

  constructor(real: LazyMap) {
    super();
    this.#real = real;
  }

  override get(name: string): Value | undefined {
    const value = this.#real.get(name);
    if (!this.#seen.has(name)) this.#seen.set(name, value);
    return value;
  }

  override has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  override keys(): Iterable<string> {
    this.#names ??= this.#list();
    return this.#real.keys();
  }

  unchanged(): boolean {
    if (this.#names !== undefined && this.#names !== this.#list()) return false;
    return [...this.#seen].every(([name, value]) => same(this.#real.get(name), value));
  }

  #list(): string {
    return [...this.#real.keys()].join("\n");
  }
}

/** What cannot be compared (undefined parts, what a dry run does not know) is not the same unless it is one thing. */
function same(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a instanceof Undefined || b instanceof Undefined) return false;
  try {
    return equals(a, b);
  } catch {
    return false;
  }
}
