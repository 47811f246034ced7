// The lookup `sequence`: `start=1 end=10 stride=2 format=web%02d`, `5`, `0-10/2:host%02d`, or options by name.

import type { Value } from "../../core/value.ts";
import { parseInt10 } from "../filters/numbers.ts";
import { formatPercent } from "../python/percent.ts";
import { str } from "../python/text.ts";
import { typeError } from "../python/types.ts";
import { keyValues } from "./terms.ts";

interface Plan {
  start: number;
  end: number | undefined;
  count: number | undefined;
  stride: number;
  format: string;
}

/** Longest sequence; more is a mistake. */
const MOST = 1_000_000;

function whole(name: string, text: string): number {
  const value = parseInt10(text, 0);
  if (value === undefined) typeError(`can't parse ${name}=${text} as integer`);
  return Number(value);
}

const SHORT = /^(?:(0?x?[0-9a-f]+)\s*-)?\s*(0?x?[0-9a-f]+)(?:\s*\/\s*(-?\d+))?(?:\s*:\s*(.+))?$/i;

function plan(term: string, options: ReadonlyMap<string, Value>): Plan {
  const made: Plan = { start: 1, end: undefined, count: undefined, stride: 1, format: "%d" };
  const set = (name: string, value: string) => {
    if (name === "format") made.format = value;
    else if (name === "start" || name === "end" || name === "count" || name === "stride")
      made[name] = whole(name, value);
    else typeError(`unrecognized arguments to with_sequence: ['${name}']`);
  };
  for (const [name, value] of options) set(name, str(value));
  const short = SHORT.exec(term.trim());
  if (short) {
    const [, start, end, stride, format] = short;
    if (start !== undefined) made.start = whole("start", start);
    made.end = whole("end", end ?? "");
    if (stride !== undefined) made.stride = whole("stride", stride);
    if (format !== undefined) made.format = format;
  } else for (const [name, value] of keyValues(term).options) set(name, value);
  return made;
}

function numbers({ start, end, count, stride }: Plan): number[] {
  if (count === undefined && end === undefined) typeError("must specify count or end in with_sequence");
  if (count !== undefined && end !== undefined) typeError("can't specify both count and end in with_sequence");
  const last = count === undefined ? (end ?? start) : count === 0 ? undefined : start + count * stride - stride;
  if (last === undefined || stride === 0) return [];
  if (stride > 0 && last < start) typeError("to count backwards make stride negative");
  if (stride < 0 && last > start) typeError("to count forward don't make stride negative");
  const length = Math.floor((last - start) / stride) + 1;
  if (length > MOST) typeError(`the sequence is too long (${length})`);
  return Array.from({ length }, (_, at) => start + at * stride);
}

/** Runs the lookup; without terms the options say it all. */
export function sequence(terms: readonly Value[], options: ReadonlyMap<string, Value>): Value[] {
  const texts = terms.length === 0 ? [""] : terms.map(str);
  return texts.flatMap((term) => {
    const made = plan(term, options);
    if (made.format.replaceAll("%%", "").split("%").length !== 2) typeError(`bad formatting string: ${made.format}`);
    return numbers(made).map((number) => formatPercent(made.format, number));
  });
}
