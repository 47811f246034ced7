// The one place that turns a Problem into text for a person: what, where, the line with a caret, what to do, why.

import { readFileSync, statSync } from "node:fs";
import { relative } from "node:path";
import type { Origin, Problem } from "../core/problem.ts";

export interface ProblemTextOptions {
  /** `ERROR` or `WARNING`. */
  readonly label?: string;
  /** Text of a file, or undefined if it cannot be read. */
  readonly readFile?: (file: string) => string | undefined;
  /** Files below it are named relative to it. */
  readonly cwd?: string;
}

const BIGGEST_SOURCE = 4 * 1024 * 1024;
const WIDEST = 110;
const MOST_CAUSES = 8;
/** Plays that stand in no file: `tsplay do`. */
const NO_FILE = /(^|\/)<(ad hoc|facts)>$/;

/** A source file's text; undefined when it is gone, too big or encrypted. */
function sourceText(file: string): string | undefined {
  try {
    if (statSync(file).size > BIGGEST_SOURCE) return undefined;
    const text = readFileSync(file, "utf8");
    return text.startsWith("$ANSIBLE_VAULT;") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** `file:line:column`, as editors and terminals understand it. */
export function placeText(origin: Origin, cwd?: string): string {
  const below = cwd === undefined ? origin.file : relative(cwd, origin.file);
  const file = below === "" || below.startsWith("..") ? origin.file : below;
  return origin.line > 0 ? `${file}:${origin.line}:${origin.column}` : file;
}

/** The whole problem, several lines, no line end at the end. */
export function problemText(problem: Problem, options: ProblemTextOptions = {}): string {
  const lines = [`[${options.label ?? "ERROR"}]: ${problem.message}`];
  lines.push(...placeLines(problem.origin, options));
  if (problem.hint) lines.push(...indented("hint: ", problem.hint));
  for (const { message, origin } of problem.related ?? [])
    lines.push(...indented("see: ", message), ...placeLines(origin, options));
  let cause = problem.cause;
  let last: Problem = problem;
  for (let depth = 0; cause && depth < MOST_CAUSES; depth++) {
    if (cause.code === "stack") lines.push(...cause.message.split("\n").map((line) => `  ${line}`));
    else {
      if (cause.message !== last.message) lines.push(...indented("caused by: ", cause.message));
      if (cause.origin && !sameplace(cause.origin, last.origin)) lines.push(...placeLines(cause.origin, options));
      if (cause.hint && cause.hint !== last.hint) lines.push(...indented("hint: ", cause.hint));
    }
    last = cause;
    cause = cause.cause;
  }
  return lines.join("\n");
}

/** Several problems, told at once; the count when there are many. */
export function problemsText(problems: readonly Problem[], options: ProblemTextOptions = {}): string {
  const texts = problems.map((problem) => problemText(problem, options));
  if (problems.length > 1) texts.push(`${problems.length} problems found; nothing was run.`);
  return texts.join("\n\n");
}

function indented(head: string, text: string): string[] {
  return text.split("\n").map((line, index) => `  ${index === 0 ? head : " ".repeat(head.length)}${line}`);
}

function sameplace(a: Origin, b: Origin | undefined): boolean {
  return b !== undefined && a.file === b.file && a.line === b.line && a.column === b.column;
}

function placeLines(origin: Origin | undefined, options: ProblemTextOptions): string[] {
  if (!origin || NO_FILE.test(origin.file)) return [];
  return [`  --> ${placeText(origin, options.cwd)}`, ...sourceLines(origin, options.readFile ?? sourceText)];
}

/** The line before (where it helps) and the line itself, numbered, with a caret below the column. */
function sourceLines(origin: Origin, readFile: (file: string) => string | undefined): string[] {
  const text = readFile(origin.file);
  if (text === undefined || origin.line < 1) return [];
  const all = text.split(/\r\n|\n|\r/);
  const source = all[origin.line - 1];
  if (source === undefined) return [];
  const wide = String(origin.line).length + 1;
  const before = all[origin.line - 2];
  const column = Math.max(1, Math.min(origin.column, source.length + 1));
  const caretAt = visible(source.slice(0, column - 1)).length;
  const from = Math.max(0, caretAt - WIDEST + 20);
  const cut = (line: string): string => {
    const shown = visible(line);
    const piece = shown.slice(from, from + WIDEST);
    return `${from > 0 ? "…" : ""}${piece}${shown.length > from + WIDEST ? "…" : ""}`;
  };
  const numbered = (number: number, line: string): string =>
    `  ${String(number).padStart(wide)} | ${cut(line)}`.trimEnd();
  return [
    ...(before !== undefined && before.trim() !== "" ? [numbered(origin.line - 1, before)] : []),
    numbered(origin.line, source),
    `  ${" ".repeat(wide)} | ${" ".repeat(caretAt - from + (from > 0 ? 1 : 0))}^`,
  ];
}

/** Tabs as an arrow, so that they can be seen and the caret stands right. */
function visible(line: string): string {
  return line.replace(/\t/g, "→   ");
}
