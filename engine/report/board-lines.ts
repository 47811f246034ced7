// The live board's lines, made from the view model for a terminal of some size. Pure.

import type { Status } from "../core/result.ts";
import { displayWidth } from "./printer.ts";
import { fittingRecapLine, outcomeOf } from "./recap.ts";
import { safeLine } from "./safe-text.ts";
import type { Meaning, Paint } from "./style.ts";
import { hostList } from "./undecided-text.ts";
import { type FinishedTask, type RunningTask, totals, type ViewModel } from "./view-model.ts";

export interface BoardSize {
  readonly columns: number;
  readonly rows: number;
}

/** A piece of a line and what it means. */
type Piece = readonly [meaning: Meaning, text: string];

/** After so many seconds a task is slow, and it is said whom it waits for. */
const SLOW = 2;
const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/** Recaps of more hosts than this are summed up. */
const MOST_RECAP_HOSTS = 40;
const LONGEST_SHOWN = 5;

/** The board now: running tasks, failed hosts, a closing line. Never more lines than the terminal has, less two. */
export function boardLines(model: ViewModel, now: number, size: BoardSize, paint: Paint): string[] {
  const room = Math.max(3, size.rows - 2);
  const tail = [...failedPieces(model), statePieces(model, now)];
  const tasks = [...model.running.values()];
  const space = Math.max(1, room - tail.length);
  const shown = tasks.length > space ? tasks.slice(0, space - 1) : tasks;
  const lines = shown.map((task) => runningPieces(model, task, now));
  if (shown.length < tasks.length) lines.push([["faint", `  … and ${tasks.length - shown.length} more tasks`]]);
  return [...lines, ...tail].map((pieces) => paintPieces(pieces, size.columns - 1, paint));
}

function runningPieces(model: ViewModel, task: RunningTask, now: number): Piece[] {
  const seconds = Math.max(0, now - task.started) / 1000;
  const frame = SPINNER[Math.floor(now / 100) % SPINNER.length] ?? "";
  const pieces: Piece[] = [
    ["hunk", frame],
    ["plain", ` ${task.info.kind === "handler" ? "handler " : ""}${safeLine(task.info.name)} `],
    ["strong", `${task.done.size}/${task.hosts.size}`],
    ...statusPieces(task.statuses),
  ];
  if (seconds >= 1) pieces.push(["faint", ` ${duration(seconds)}`]);
  const waiting = seconds >= SLOW ? model.waiting(task) : [];
  const told = [...task.progress.entries()].at(-1);
  if (told) {
    const [host, { message, fraction }] = told;
    const percent = fraction === undefined ? "" : ` ${Math.round(fraction * 100)}%`;
    pieces.push(["verbose", ` ${host}: ${safeLine(message)}${percent}`]);
  }
  const others = waiting.filter((host) => host !== told?.[0]);
  if (others.length > 0 && (told !== undefined || task.done.size > 0 || task.hosts.size > 1))
    pieces.push(["faint", ` waiting for ${hostList(others, 3)}`]);
  return pieces;
}

function failedPieces(model: ViewModel): Piece[][] {
  if (model.failed.size === 0) return [];
  const by = (status: string): string[] =>
    [...model.failed.values()].filter((failed) => failed.status === status).map(({ host }) => host);
  const failed = by("failed");
  const unreachable = by("unreachable");
  return [
    ...(failed.length > 0 ? [[["failed", `✖ failed: ${hostList(failed, 4)}`] as const]] : []),
    ...(unreachable.length > 0 ? [[["unreachable", `✖ unreachable: ${hostList(unreachable, 4)}`] as const]] : []),
  ];
}

function statePieces(model: ViewModel, now: number): Piece[] {
  const pieces: Piece[] = [
    ["faint", `${model.check ? "dry run · " : ""}${safeLine(model.play)} · ${counted(model.playHosts, "host")}`],
    ["faint", ` · ${counted(model.tasksDone, "task")} done · ${duration(Math.max(0, now - model.started) / 1000)}`],
  ];
  if (model.lost.size > 0) pieces.push(["warning", ` · connection lost: ${hostList([...model.lost], 3)}`]);
  if (model.interrupted > 0) pieces.push(["failed", " · interrupted, running tasks get to finish"]);
  return pieces;
}

const MARKS: ReadonlyArray<readonly [Status, Meaning, string]> = [
  ["unreachable", "unreachable", "✖"],
  ["failed", "failed", "✖"],
  ["undecided", "undecided", "?"],
  ["changed", "changed", "●"],
  ["ok", "ok", "✔"],
  ["skipped", "skipped", "○"],
];

/** A finished task on one line: mark, name, numbers, time when it was noticeable. */
export function finishedLine(task: FinishedTask, columns: number, paint: Paint): string {
  const worst = MARKS.find(([status]) => task.statuses[status] > 0) ?? (["ok", "faint", "·"] as const);
  const [status, meaning, mark] = worst;
  const total = Object.values(task.statuses).reduce((sum, count) => sum + count, 0);
  const alone = total === task.statuses[status];
  const pieces: Piece[] = [
    [meaning, mark],
    ["plain", ` ${task.info.kind === "handler" ? "handler " : ""}${safeLine(task.info.name)}`],
    ...(alone ? [[meaning, total > 1 ? ` ${status} ×${total}` : ` ${status}`] as const] : statusPieces(task.statuses)),
  ];
  if (task.ignored > 0) pieces.push(["faint", ` (${task.ignored} ignored)`]);
  if (task.seconds >= 1) pieces.push(["faint", ` ${duration(task.seconds)}`]);
  return paintPieces(pieces, columns - 1, paint);
}

function statusPieces(statuses: Readonly<Record<Status, number>>): Piece[] {
  return MARKS.filter(([status]) => status !== "ok" || statuses.ok > 0)
    .filter(([status]) => statuses[status] > 0)
    .map(([status, meaning]) => [meaning, ` ${statuses[status]} ${status}`] as const);
}

/** The recap for a person: every host, or with very many those that need a look and the sum of the rest. */
export function closingLines(model: ViewModel, columns: number, paint: Paint): string[] {
  const counts = model.counts ?? {};
  const hosts = Object.keys(counts).sort();
  const line = (host: string): string[] => {
    const numbers = counts[host];
    return numbers ? [fittingRecapLine(host, numbers, columns, paint)] : [];
  };
  const lines: string[] = [];
  if (hosts.length <= MOST_RECAP_HOSTS) lines.push(...hosts.flatMap(line));
  else {
    const bad = hosts.filter((host) => outcomeOf(counts[host] ?? totals({})) === "failed");
    lines.push(...bad.slice(0, MOST_RECAP_HOSTS).flatMap(line));
    if (bad.length > MOST_RECAP_HOSTS)
      lines.push(paint("failed", `… and ${bad.length - MOST_RECAP_HOSTS} more that failed`));
    lines.push(fittingRecapLine(`all ${hosts.length} hosts`, totals(counts), columns, paint));
  }
  const slow = model.slowest.filter(({ seconds }) => seconds >= 1).slice(0, LONGEST_SHOWN);
  if (slow.length > 0)
    lines.push(
      "",
      paint("faint", "took longest:"),
      ...slow.map(({ info, seconds }) => paint("faint", `  ${duration(seconds).padStart(7)}  ${safeLine(info.name)}`)),
    );
  return lines;
}

/** `0.4 s`, `12 s`, `3:05`, `1:02:03`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The pieces painted, cut to a width so that the line never wraps. */
function paintPieces(pieces: readonly Piece[], columns: number, paint: Paint): string {
  let left = columns;
  let line = "";
  for (const [meaning, text] of pieces) {
    if (left <= 0) break;
    const width = displayWidth(text);
    const shown = width <= left ? text : `${cut(text, left - 1)}…`;
    line += paint(meaning, shown);
    left -= width;
  }
  return line;
}

function cut(text: string, columns: number): string {
  let width = 0;
  let shown = "";
  for (const character of text) {
    width += displayWidth(character);
    if (width > columns) break;
    shown += character;
  }
  return shown;
}
