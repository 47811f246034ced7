// Python's range.

import { Opaque, type Value } from "../../core/value.ts";
import { typeError } from "./types.ts";

/** Jinja's sandbox bounds ranges; the same bound here. */
const LONGEST = 100_000;

export class Range extends Opaque {
  readonly typeName = "range";
  readonly length: number;
  readonly #start: number;
  readonly #stop: number;
  readonly #step: number;
  constructor(start: number, stop: number, step: number) {
    super();
    this.#start = start;
    this.#stop = stop;
    this.#step = step;
    this.length = Math.max(0, Math.ceil((stop - start) / step));
    if (this.length > LONGEST)
      typeError(`Range too big. The sandbox blocks ranges larger than MAX_RANGE (${LONGEST}).`);
  }
  item(index: number): Value {
    return this.#start + index * this.#step;
  }
  text(): string {
    const step = this.#step === 1 ? "" : `, ${this.#step}`;
    return `range(${this.#start}, ${this.#stop}${step})`;
  }
}
