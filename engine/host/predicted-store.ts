// What a dry run predicted of one machine so far: one store a target, shared by all users that act there.

import { Undecided, type Unknown } from "../core/unknown.ts";
import type { Host } from "./host.ts";
import { RealPaths, resolveLinks } from "./predicted-links.ts";
import { foldersAbove, Overlay, tidy } from "./predicted-overlay.ts";
import type { PathPrediction, Prediction, Predictions } from "./prediction.ts";

type Kind = Prediction["kind"];

export class PredictionStore implements Predictions {
  #byKind = new Map<Kind, Prediction[]>();
  #overlay = new Overlay();
  /** Paths that were predicted but not yet placed: links in them must be asked of the host first. */
  #pending: PathPrediction[] = [];
  #placing: Promise<void> = Promise.resolve();

  /** Remembers predictions; later ones win over earlier ones about the same thing. */
  add(predictions: readonly Prediction[]): void {
    for (const prediction of predictions) {
      const list = this.#byKind.get(prediction.kind);
      if (list) list.push(prediction);
      else this.#byKind.set(prediction.kind, [prediction]);
      if (prediction.kind === "path") this.#pending.push(prediction);
    }
  }

  of<K extends Kind>(kind: K): ReadonlyArray<Extract<Prediction, { kind: K }>> {
    return (this.#byKind.get(kind) ?? []) as Extract<Prediction, { kind: K }>[];
  }

  /** Nothing can be told of this path any more, nor of what is below it. */
  taint(path: string, reason: Unknown): void {
    this.add([{ kind: "path", path, type: reason }]);
  }

  /** A copy to look ahead with. */
  clone(): PredictionStore {
    const copy = new PredictionStore();
    for (const [kind, list] of this.#byKind) copy.#byKind.set(kind, [...list]);
    copy.#overlay = this.#overlay.clone();
    copy.#pending = [...this.#pending];
    return copy;
  }

  /** Forgets everything. */
  reset(): void {
    this.#byKind = new Map();
    this.#overlay = new Overlay();
    this.#pending = [];
  }

  /** Nothing was predicted of any path: reads may go straight to the host. */
  get knowsNoPath(): boolean {
    return this.#pending.length === 0 && this.#overlay.size === 0;
  }

  /** The overlay with all predictions so far in their places. `host` answers for links in real folders. */
  async overlay(host: Host): Promise<Overlay> {
    if (this.#pending.length > 0) {
      const placed = this.#placing.then(() => this.#place(host));
      this.#placing = placed.catch(() => {});
      await placed;
    } else await this.#placing;
    return this.#overlay;
  }

  async #place(host: Host): Promise<void> {
    const overlay = this.#overlay;
    const pending = this.#pending;
    const real = new RealPaths(host);
    await real.ahead(
      new Set(pending.flatMap(({ path }) => foldersAbove(tidy(path)).filter((folder) => folder !== "/"))),
    );
    for (let [prediction] = pending; prediction; [prediction] = pending) {
      const place = await placeOf(prediction, overlay, real);
      overlay.add(place, prediction);
      pending.shift();
    }
  }
}

/** Where a prediction belongs. Attributes of a path that is a link are those of its target; anything else replaces the link. */
async function placeOf({ path, type, content }: PathPrediction, overlay: Overlay, real: RealPaths): Promise<string> {
  const follow = typeof type === "string" && type !== "link" && type !== "absent" && content === undefined;
  try {
    return (await resolveLinks(path, overlay, real, { follow })) ?? tidy(path);
  } catch (error) {
    // A folder above is Unknown: the path keeps its name below it.
    if (error instanceof Undecided) return tidy(path);
    throw error;
  }
}
