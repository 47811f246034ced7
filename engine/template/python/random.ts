// Python's random.Random: Mersenne Twister, seeded by text or int, so that `random(seed=inventory_hostname)` gives the
// same minute as Ansible did. Published algorithm (Matsumoto, Nishimura 1998).

import { createHash } from "node:crypto";

const N = 624;
const M = 397;

export class PythonRandom {
  readonly #state = new Uint32Array(N);
  #at = N;

  constructor(seed: string | number | bigint) {
    let key: bigint;
    if (typeof seed === "string") {
      const text = Buffer.from(seed, "utf8");
      key = BigInt(`0x${Buffer.concat([text, createHash("sha512").update(text).digest()]).toString("hex")}`);
    } else key = BigInt(seed) < 0n ? -BigInt(seed) : BigInt(seed);
    const words: number[] = [];
    for (; key > 0n; key >>= 32n) words.push(Number(key & 0xffffffffn));
    this.#seed(words.length > 0 ? words : [0]);
  }

  #seed(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < N; i++) {
      const previous = state[i - 1] ?? 0;
      state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
    let i = 1;
    let j = 0;
    const wrap = () => {
      if (i < N) return;
      state[0] = state[N - 1] ?? 0;
      i = 1;
    };
    for (let k = Math.max(N, key.length); k > 0; k--) {
      const previous = state[i - 1] ?? 0;
      state[i] = ((state[i] ?? 0) ^ Math.imul(previous ^ (previous >>> 30), 1664525)) + (key[j] ?? 0) + j;
      i += 1;
      j = (j + 1) % key.length;
      wrap();
    }
    for (let k = N - 1; k > 0; k--) {
      const previous = state[i - 1] ?? 0;
      state[i] = ((state[i] ?? 0) ^ Math.imul(previous ^ (previous >>> 30), 1566083941)) - i;
      i += 1;
      wrap();
    }
    state[0] = 0x80000000;
  }

  #word(): number {
    const state = this.#state;
    if (this.#at >= N) {
      for (let k = 0; k < N; k++) {
        const y = ((state[k] ?? 0) & 0x80000000) | ((state[(k + 1) % N] ?? 0) & 0x7fffffff);
        state[k] = (state[(k + M) % N] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.#at = 0;
    }
    let y = state[this.#at++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  #bits(count: number): bigint {
    let value = 0n;
    let shift = 0n;
    for (let left = count; left > 0; left -= 32) {
      const word = this.#word() >>> (left < 32 ? 32 - left : 0);
      value |= BigInt(word) << shift;
      shift += 32n;
    }
    return value;
  }

  /** A whole number from 0 to below the bound, as Python's randrange draws it. */
  below(bound: number): number {
    const limit = BigInt(bound);
    const width = limit.toString(2).length;
    let drawn = this.#bits(width);
    while (drawn >= limit) drawn = this.#bits(width);
    return Number(drawn);
  }
}
