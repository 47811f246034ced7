// Differences as unified diffs, headed and ended as Ansible's --diff prints them.

import { createTwoFilesPatch } from "diff";
import type { Difference } from "../core/result.ts";
import type { Meaning } from "./style.ts";

/** A line and what it means, to be painted. */
export interface DiffLine {
  readonly text: string;
  readonly meaning: Meaning;
}

/** `diff_context` and `max_diff_size`. */
export interface DiffLimits {
  /** Lines around a difference. */
  readonly context?: number;
  /** Bytes of one side up to which it is shown; 0 is no limit. */
  readonly most?: number;
}

/** Beyond this a unified diff of two texts says nothing to a person and may take minutes. */
const BIGGEST = 2 * 1024 * 1024;
const MOST_EDITS = 20_000;
const CONTEXT = 3;

/** All lines of some differences, a blank line after each. */
export function diffLines(differences: readonly Difference[], limits: DiffLimits = {}): DiffLine[] {
  return differences.flatMap((difference) => {
    const lines = linesOf(difference, limits);
    return lines.length === 0 ? [] : [...lines, plain("")];
  });
}

function linesOf(difference: Difference, limits: DiffLimits): DiffLine[] {
  if (difference.prepared !== undefined) return difference.prepared.replace(/\n$/, "").split("\n").map(paintLine);
  const before = difference.before ?? "";
  const after = difference.after ?? "";
  const name = difference.afterHeader ?? difference.beforeHeader;
  if (isBinary(before) || isBinary(after))
    return [plain(`diff skipped: ${name ?? "the content"} appears to be binary`)];
  const { most = 0 } = limits;
  const large = [before, after].flatMap((text, index) => (most > 0 && text.length > most ? [index] : []));
  if (large.length > 0)
    return large.map((index) =>
      plain(`diff skipped: ${index === 0 ? "destination" : "source"} file size is greater than ${most}`),
    );
  if (before.length + after.length > BIGGEST)
    return [
      plain(`diff skipped: ${name ?? "the content"} is ${kib(before.length)} before, ${kib(after.length)} after`),
    ];
  if (before === after) return [];
  const patch = createTwoFilesPatch("before", "after", before, after, "", "", {
    context: limits.context ?? CONTEXT,
    maxEditLength: MOST_EDITS,
  });
  if (patch === undefined) return [plain(`diff skipped: ${name ?? "the content"} differs almost everywhere`)];
  const head = (label: string, header: string | undefined): string => (header ? `${label}: ${header}` : label);
  return [
    { text: `--- ${head("before", difference.beforeHeader)}`, meaning: "removed" },
    { text: `+++ ${head("after", difference.afterHeader)}`, meaning: "added" },
    ...hunksOf(patch),
  ];
}

/** The hunks of a patch, whose own headers are dropped, with counts of one left out as Python's difflib does. */
function hunksOf(patch: string): DiffLine[] {
  const lines = patch.replace(/\n$/, "").split("\n");
  const first = lines.findIndex((line) => line.startsWith("@@"));
  return first < 0 ? [] : lines.slice(first).map((line) => paintLine(line.startsWith("@@") ? shortHeader(line) : line));
}

function shortHeader(line: string): string {
  return line.replace(/([-+])(\d+),(\d+)/g, (_, sign: string, start: string, count: string) =>
    count === "1" ? `${sign}${start}` : count === "0" && start === "1" ? `${sign}0,0` : `${sign}${start},${count}`,
  );
}

function paintLine(text: string): DiffLine {
  const meaning: Meaning = text.startsWith("@@")
    ? "hunk"
    : text.startsWith("+")
      ? "added"
      : text.startsWith("-")
        ? "removed"
        : "plain";
  return { text, meaning };
}

function plain(text: string): DiffLine {
  return { text, meaning: "plain" };
}

function isBinary(text: string): boolean {
  return text.includes("\u0000");
}

function kib(length: number): string {
  return length < 1024 ? `${length} bytes` : `${Math.round(length / 1024)} KiB`;
}
