// The recap: one line a host, byte for byte as Ansible prints it, for scripts that read it.

import type { Counts } from "../core/result.ts";
import { compareText } from "../text/numbers.ts";
import type { Meaning, Paint } from "./style.ts";

const COLUMNS: ReadonlyArray<readonly [keyof Counts, Meaning]> = [
  ["ok", "ok"],
  ["changed", "changed"],
  ["unreachable", "unreachable"],
  ["failed", "failed"],
  ["skipped", "skipped"],
  ["rescued", "ok"],
  ["ignored", "warning"],
];

/** Width of the host's column. */
const HOST_WIDTH = 26;

/** How a host did over all. */
export function outcomeOf(counts: Counts): Meaning {
  if (counts.failed > 0 || counts.unreachable > 0) return "failed";
  if (counts.changed > 0) return "changed";
  return "ok";
}

/** One host's line. `undecided` is ours and stands only where there is one. */
function recapLine(host: string, counts: Counts, paint: Paint): string {
  const columns: Array<readonly [keyof Counts, Meaning]> = [...COLUMNS];
  if (counts.undecided > 0) columns.push(["undecided", "undecided"]);
  const cells = columns.map(([name, meaning]) => {
    const cell = `${name}=${String(counts[name]).padEnd(4)}`;
    return counts[name] > 0 ? paint(meaning, cell) : cell;
  });
  return `${paint(outcomeOf(counts), host)}${" ".repeat(Math.max(0, HOST_WIDTH - host.length))} : ${cells.join(" ")}`;
}

/** Columns that the full line takes. */
const FULL_WIDTH = 122;

/** A line for a person's terminal: the full one where it fits, else only the counts that are not zero. */
export function fittingRecapLine(host: string, counts: Counts, columns: number, paint: Paint): string {
  if (columns >= FULL_WIDTH) return recapLine(host, counts, paint);
  const shown = [...COLUMNS, ["undecided", "undecided"] as const].filter(([name]) => name === "ok" || counts[name] > 0);
  const cells = shown.map(([name, meaning]) => paint(meaning, `${name}=${counts[name]}`));
  return `${paint(outcomeOf(counts), host)}${" ".repeat(Math.max(0, HOST_WIDTH - host.length))} : ${cells.join("  ")}`;
}

/** All lines, hosts in Python's order. */
export function recapLines(counts: { readonly [host: string]: Counts }, paint: Paint): string[] {
  return Object.entries(counts)
    .sort(([a], [b]) => compareText(a, b))
    .map(([host, numbers]) => recapLine(host, numbers, paint));
}
