// The order of a play's hosts and their division into batches (`order`, `serial`). Pure.

import { fail, type Origin } from "../core/problem.ts";

const ORDERS: Readonly<Record<string, (hosts: readonly string[], random: () => number) => string[]>> = {
  inventory: (hosts) => [...hosts],
  reverse_inventory: (hosts) => [...hosts].reverse(),
  sorted: (hosts) => [...hosts].sort(),
  reverse_sorted: (hosts) => [...hosts].sort().reverse(),
  shuffle: (hosts, random) => {
    const shuffled = [...hosts];
    for (let index = shuffled.length - 1; index > 0; index--) {
      const other = Math.floor(random() * (index + 1));
      [shuffled[index], shuffled[other]] = [shuffled[other] ?? "", shuffled[index] ?? ""];
    }
    return shuffled;
  },
};

/** Failure `order-unknown` for a word that is none. */
export function ordered(hosts: readonly string[], order: string, random: () => number, origin?: Origin): string[] {
  const sort = ORDERS[order];
  if (!sort)
    fail("order-unknown", `Invalid 'order' specified for inventory hosts: ${order}`, {
      ...(origin ? { origin } : {}),
      hint: `use one of ${Object.keys(ORDERS).join(", ")}`,
    });
  return sort(hosts, random);
}

/**
 * Batches by `serial`: numbers or percentages, the last of a list repeated until all hosts are in one. 0 and nothing
 * mean all at once; a percentage is at least one host.
 */
export function batches(hosts: readonly string[], serial: readonly string[], origin?: Origin): string[][] {
  if (serial.length === 0 || hosts.length === 0) return [[...hosts]];
  const result: string[][] = [];
  let start = 0;
  for (let index = 0; start < hosts.length; index++) {
    const size = batchSize(serial[Math.min(index, serial.length - 1)] ?? "0", hosts.length, origin);
    result.push(hosts.slice(start, size <= 0 ? undefined : start + size));
    start = size <= 0 ? hosts.length : start + size;
  }
  return result;
}

function batchSize(text: string, total: number, origin: Origin | undefined): number {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text);
  if (!match)
    fail(
      "serial-type",
      `'serial' must be a number or a percentage, not ${JSON.stringify(text)}`,
      origin ? { origin } : {},
    );
  const number = Number(match[1]);
  return match[2] ? Math.max(1, Math.floor((number / 100) * total)) : Math.floor(number);
}
