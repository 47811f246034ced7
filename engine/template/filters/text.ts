// Filters of text: case, padding, wrapping, joining of lines, comments, quoting.

import type { Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { capitalize } from "../python/case.ts";
import { double, numeric } from "../python/numbers.ts";
import { formatPercent } from "../python/percent.ts";
import { characters, lengthOf, tuple } from "../python/sequences.ts";
import { center, replace, split, splitlines, strip } from "../python/str-methods.ts";
import { repr, str } from "../python/text.ts";
import { isMapping, truth, typeError } from "../python/types.ts";
import { wordwrap } from "./wordwrap.ts";

function int(value: Value | undefined, usual: number): number {
  const number = value === undefined ? undefined : numeric(value);
  return number === undefined ? usual : Math.trunc(double(number));
}

function flag(value: Value | undefined, usual = false): boolean {
  return value === undefined ? usual : truth(value);
}

/** Jinja's title: every word, also after `-` and brackets, the rest lower. */
function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((part) => capitalize(part))
    .join("");
}

function indent(text: string, width: Value | undefined, first: boolean, blank: boolean): string {
  const margin = typeof width === "string" ? width : " ".repeat(int(width, 4));
  const lines = splitlines(`${text}\n`, false);
  const body = lines.map((line, at) => (at === 0 || (line === "" && !blank) ? line : margin + line)).join("\n");
  return first ? margin + body : body;
}

function truncate(text: string, length: number, kill: boolean, end: string, leeway: number): string {
  const all = characters(text);
  if (all.length <= length + leeway) return text;
  const cut = all.slice(0, Math.max(0, length - lengthOf(end))).join("");
  if (kill) return cut + end;
  const space = cut.lastIndexOf(" ");
  return (space < 0 ? cut : cut.slice(0, space)) + end;
}

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => HTML[character] ?? character);
}

function striptags(text: string): string {
  const plain = text.replace(/<!--[\s\S]*?-->|<[^>]*>/g, "");
  const words = plain.replace(/\s+/g, " ").trim();
  return words.replace(/&(amp|lt|gt|quot|apos|#39|#34|nbsp);/g, (_, name: string) => ENTITIES[name] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  "#39": "'",
  "#34": '"',
  nbsp: "\u00a0",
};

/** Python's quote(): everything but letters, digits and `_.-~` and what is named safe. */
function urlQuote(text: string, safe: string): string {
  return [...Buffer.from(text, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9_.~-]/.test(character) || safe.includes(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

function urlencode(value: Value): string {
  if (typeof value === "string") return urlQuote(value, "/");
  const pairs: [Value, Value][] = isMapping(value)
    ? [...value.keys()].map((key) => [key, value.get(key as string) ?? null])
    : Array.isArray(value)
      ? value.map((pair) => (Array.isArray(pair) ? [pair[0] ?? null, pair[1] ?? null] : typeError("pairs expected")))
      : [];
  if (pairs.length === 0 && !isMapping(value) && !Array.isArray(value)) return urlQuote(str(value), "/");
  const quote = (part: Value) => urlQuote(str(part), "").replaceAll("%20", "+");
  return pairs.map(([key, part]) => `${quote(key)}=${quote(part)}`).join("&");
}

const STYLES: Readonly<
  Record<string, { readonly decoration: string; readonly beginning?: string; readonly end?: string }>
> = {
  plain: { decoration: "# " },
  erlang: { decoration: "% " },
  c: { decoration: "// " },
  cblock: { decoration: " * ", beginning: "/*", end: " */" },
  xml: { decoration: " - ", beginning: "<!--", end: "-->" },
};

const comment: Filter = filter(
  "style newline decoration prefix prefix_count postfix postfix_count beginning end",
  (value, { at }) => {
    const [style, newline, decoration, prefix, prefixCount, postfix, postfixCount, beginning, end] = at;
    const name = style === undefined ? "plain" : str(style);
    const known = STYLES[name];
    if (!known) typeError(`Invalid style '${name}'.`);
    const text = (given: Value | undefined, usual: string) => (given === undefined ? usual : str(given));
    const lineEnd = text(newline, "\n");
    const mark = text(decoration, known.decoration);
    const bare = mark.trimEnd();
    const first = text(beginning, known.beginning ?? "");
    const last = text(end, known.end ?? "");
    const before = (text(prefix, bare) + lineEnd).repeat(int(prefixCount, 1));
    const body = str(value)
      .split(lineEnd)
      .map((line) => `${mark}${line}`.replace(/\s+$/, line === "" ? "" : "$&"))
      .join(lineEnd);
    const after = (lineEnd + text(postfix, bare)).repeat(int(postfixCount, 1));
    return (first === "" ? "" : first + lineEnd) + before + body + after + (last === "" ? "" : lineEnd + last);
  },
);

/** A word for the shell, as Python's shlex.quote. */
function shellQuote(text: string): string {
  if (text === "") return "''";
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

const count: Filter = filter("", (value) => lengthOf(value));

export const TEXT_FILTERS: Readonly<Record<string, Filter>> = {
  upper: filter("", (value) => str(value).toUpperCase()),
  lower: filter("", (value) => str(value).toLowerCase()),
  capitalize: filter("", (value) => capitalize(str(value))),
  title: filter("", (value) => title(str(value))),
  trim: filter("chars", (value, { at: [chars] }) => strip(str(value), chars, true, true)),
  replace: filter("old! new! count", (value, { at: [old = "", made = "", times] }) =>
    replace(str(value), str(old), str(made), times === undefined || times === null ? -1 : int(times, -1)),
  ),
  center: filter("width", (value, { at: [width] }) => center(str(value), int(width, 80))),
  indent: filter("width first blank", (value, { at: [width, first, blank] }) =>
    indent(str(value), width, flag(first), flag(blank)),
  ),
  truncate: filter("length killwords end leeway", (value, { at: [length, kill, end, leeway] }) =>
    truncate(str(value), int(length, 255), flag(kill), str(end ?? "..."), int(leeway, 5)),
  ),
  wordwrap: filter(
    "width break_long_words wrapstring break_on_hyphens",
    (value, { at: [width, long, mark, hyphens] }) =>
      wordwrap(
        str(value),
        int(width, 79),
        flag(long, true),
        mark === undefined || mark === null ? "\n" : str(mark),
        flag(hyphens, true),
      ),
  ),
  wordcount: filter("", (value) => str(value).match(/[\p{L}\p{N}\p{M}_]+/gu)?.length ?? 0),
  format: filter("*values **named", (value, { rest, named }) => {
    if (rest.length > 0 && named.size > 0) typeError("can't handle positional and keyword arguments at the same time");
    return formatPercent(str(value), named.size > 0 ? new Map<Value, Value>(named) : tuple(...rest));
  }),
  string: filter("", (value) => str(value)),
  escape: filter("", (value) => escapeHtml(str(value))),
  e: filter("", (value) => escapeHtml(str(value))),
  forceescape: filter("", (value) => escapeHtml(str(value))),
  safe: filter("", (value) => str(value)),
  striptags: filter("", (value) => striptags(str(value))),
  pprint: filter("", (value) => repr(value)),
  urlencode: filter("", urlencode),
  comment,
  quote: filter("", (value) => shellQuote(value === null ? "" : str(value))),
  split: filter("sep maxsplit", (value, { at: [mark, most] }) => split(str(value), mark, int(most, -1))),
  length: count,
  count,
};
