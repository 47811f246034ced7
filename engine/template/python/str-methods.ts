// Methods of Python's str.

import { Tuple, type Value } from "../../core/value.ts";
import { formatBraces } from "./braces.ts";
import { capitalize, isTitle, swapcase, title } from "./case.ts";
import { type Methods, method } from "./method.ts";
import { double, numeric } from "./numbers.ts";
import { characters, itemsOf, lengthOf, tuple } from "./sequences.ts";
import { str } from "./text.ts";
import { isInt, isMapping, typeError, typeName } from "./types.ts";

function text(value: Value | undefined, what: string): string {
  if (typeof value !== "string") typeError(`${what} must be str, not ${typeName(value)}`);
  return value;
}

function int(value: Value | undefined, usual: number): number {
  if (value === undefined || value === null) return usual;
  if (typeof value !== "boolean" && !isInt(value))
    typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return Number(value);
}

/** One or several affixes, as startswith takes them. */
function affixes(value: Value | undefined, name: string): string[] {
  const list = value instanceof Tuple ? [...value] : [value];
  return list.map((item) => {
    if (typeof item !== "string") typeError(`${name} first arg must be str or a tuple of str, not ${typeName(item)}`);
    return item;
  });
}

function section(self: string, start: Value | undefined, end: Value | undefined): { text: string; from: number } {
  if (start === undefined && end === undefined) return { text: self, from: 0 };
  const { length } = self;
  const place = (value: Value | undefined, usual: number) => {
    const at = int(value, usual);
    return Math.max(0, Math.min(length, at < 0 ? at + length : at));
  };
  const from = place(start, 0);
  return { text: self.slice(from, Math.max(from, place(end, length))), from };
}

const WHITE = /[\s\x1c-\x1f\x85]+/;

/** `split` without a separator: by runs of white space, at most `most` cuts. */
function splitWhite(self: string, most: number): string[] {
  const parts: string[] = [];
  let rest = self.trimStart();
  while (rest !== "") {
    if (most >= 0 && parts.length >= most) {
      parts.push(rest.trimEnd());
      break;
    }
    const cut = rest.search(WHITE);
    if (cut < 0) {
      parts.push(rest);
      break;
    }
    parts.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
  return parts;
}

function reversed(value: string): string {
  return [...value].reverse().join("");
}

/** Python's `str.split`. */
export function split(self: string, separator: Value | undefined, most: number): string[] {
  if (separator === undefined || separator === null) return splitWhite(self, most);
  const mark = text(separator, "must be str or None; separator");
  if (mark === "") typeError("empty separator");
  const parts = self.split(mark);
  if (most < 0 || parts.length <= most + 1) return parts;
  return [...parts.slice(0, most), parts.slice(most).join(mark)];
}

/** Python's `str.rsplit`. */
function rsplit(self: string, separator: Value | undefined, most: number): string[] {
  const mark = separator === undefined || separator === null ? separator : reversed(text(separator, "separator"));
  return split(reversed(self), mark, most).map(reversed).reverse();
}

/** Python's `str.splitlines`. */
export function splitlines(self: string, keep: boolean): string[] {
  const lines =
    self.match(/[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|$)/g) ?? [];
  if (lines.at(-1) === "") lines.pop();
  return keep ? lines : lines.map((line) => line.replace(/(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/, ""));
}

/** Python's `strip` family; `chars` is a set of characters. */
export function strip(self: string, chars: Value | undefined, left: boolean, right: boolean): string {
  if (chars === undefined || chars === null) {
    const once = left ? self.replace(/^[\s\x1c-\x1f\x85]+/, "") : self;
    return right ? once.trimEnd() : once;
  }
  const set = new Set(characters(text(chars, "strip arg")));
  const items = characters(self);
  let [from, to] = [0, items.length];
  while (left && from < to && set.has(items[from] ?? "")) from += 1;
  while (right && to > from && set.has(items[to - 1] ?? "")) to -= 1;
  return items.slice(from, to).join("");
}

/** Python's `str.replace`; a negative count replaces all. */
export function replace(self: string, old: string, made: string, count: number): string {
  if (count < 0) return self.replaceAll(old, () => made);
  let result = "";
  let at = 0;
  for (let done = 0; done < count; done++) {
    const found = self.indexOf(old, at);
    if (found < 0) break;
    result += self.slice(at, found) + made;
    at = found + old.length;
    if (old === "") {
      result += self.slice(at, at + 1);
      at += 1;
    }
  }
  return result + self.slice(at);
}

function pad(self: string, width: Value | undefined, fill: Value | undefined, left: number): string {
  const missing = int(width, 0) - lengthOf(self);
  if (missing <= 0) return self;
  const mark = fill === undefined ? " " : text(fill, "The fill character");
  if (lengthOf(mark) !== 1) typeError("The fill character must be exactly one character long");
  const before = Math.floor(missing * left);
  return mark.repeat(before) + self + mark.repeat(missing - before);
}

/** Python's `str.center`: the odd space goes left or right as CPython has it. */
export function center(self: string, width: number, fill = " "): string {
  const missing = width - lengthOf(self);
  if (missing <= 0) return self;
  const before = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(before) + self + fill.repeat(missing - before);
}

function position(found: number, from: number, strict: boolean): number {
  if (found < 0 && strict) typeError("substring not found");
  return found < 0 ? -1 : found + from;
}

function every(self: string, pattern: RegExp): boolean {
  return self !== "" && pattern.test(self);
}

function partition(self: string, mark: Value | undefined, last: boolean): Value {
  const separator = text(mark, "partition separator");
  if (separator === "") typeError("empty separator");
  const at = last ? self.lastIndexOf(separator) : self.indexOf(separator);
  if (at < 0) return last ? tuple("", "", self) : tuple(self, "", "");
  return tuple(self.slice(0, at), separator, self.slice(at + separator.length));
}

export const STR_METHODS: Methods<string> = {
  upper: method("", (self) => self.toUpperCase()),
  lower: method("", (self) => self.toLowerCase()),
  casefold: method("", (self) => self.toLowerCase().replaceAll("ß", "ss")),
  title: method("", title),
  capitalize: method("", capitalize),
  swapcase: method("", swapcase),
  strip: method("chars", (self, { at: [chars] }) => strip(self, chars, true, true)),
  lstrip: method("chars", (self, { at: [chars] }) => strip(self, chars, true, false)),
  rstrip: method("chars", (self, { at: [chars] }) => strip(self, chars, false, true)),
  split: method("sep maxsplit", (self, { at: [mark, most] }) => split(self, mark, int(most, -1))),
  rsplit: method("sep maxsplit", (self, { at: [mark, most] }) => rsplit(self, mark, int(most, -1))),
  splitlines: method("keepends", (self, { at: [keep] }) => splitlines(self, keep === true)),
  partition: method("sep", (self, { at: [mark] }) => partition(self, mark, false)),
  rpartition: method("sep", (self, { at: [mark] }) => partition(self, mark, true)),
  replace: method("old new count", (self, { at: [old, made, count] }) =>
    replace(self, text(old, "replace() argument 1"), text(made, "replace() argument 2"), int(count, -1)),
  ),
  startswith: method("prefix start end", (self, { at: [prefix, start, end] }) =>
    affixes(prefix, "startswith").some((part) => section(self, start, end).text.startsWith(part)),
  ),
  endswith: method("suffix start end", (self, { at: [suffix, start, end] }) =>
    affixes(suffix, "endswith").some((part) => section(self, start, end).text.endsWith(part)),
  ),
  removeprefix: method("prefix", (self, { at: [prefix] }) => {
    const part = text(prefix, "removeprefix() argument");
    return self.startsWith(part) ? self.slice(part.length) : self;
  }),
  removesuffix: method("suffix", (self, { at: [suffix] }) => {
    const part = text(suffix, "removesuffix() argument");
    return part !== "" && self.endsWith(part) ? self.slice(0, -part.length) : self;
  }),
  join: method("values", (self, { at: [values] }) =>
    itemsOf(values ?? null)
      .map((item, at) => (typeof item === "string" ? item : notText(item, at)))
      .join(self),
  ),
  find: method("sub start end", (self, { at: [part, start, end] }) => {
    const within = section(self, start, end);
    return position(within.text.indexOf(text(part, "must be str; argument")), within.from, false);
  }),
  rfind: method("sub start end", (self, { at: [part, start, end] }) => {
    const within = section(self, start, end);
    return position(within.text.lastIndexOf(text(part, "argument")), within.from, false);
  }),
  index: method("sub start end", (self, { at: [part, start, end] }) => {
    const within = section(self, start, end);
    return position(within.text.indexOf(text(part, "argument")), within.from, true);
  }),
  rindex: method("sub start end", (self, { at: [part, start, end] }) => {
    const within = section(self, start, end);
    return position(within.text.lastIndexOf(text(part, "argument")), within.from, true);
  }),
  count: method("sub start end", (self, { at: [part, start, end] }) => {
    const mark = text(part, "argument");
    const within = section(self, start, end).text;
    return mark === "" ? lengthOf(within) + 1 : within.split(mark).length - 1;
  }),
  center: method("width fillchar", (self, { at: [width, fill] }) =>
    center(self, int(width, 0), fill === undefined ? " " : text(fill, "fill")),
  ),
  ljust: method("width fillchar", (self, { at: [width, fill] }) => pad(self, width, fill, 0)),
  rjust: method("width fillchar", (self, { at: [width, fill] }) => pad(self, width, fill, 1)),
  zfill: method("width", (self, { at: [width] }) => {
    const mark = /^[+-]/.test(self) ? self.slice(0, 1) : "";
    return mark + self.slice(mark.length).padStart(int(width, 0) - mark.length, "0");
  }),
  expandtabs: method("tabsize", (self, { at: [size] }) => expandtabs(self, int(size, 8))),
  format: method("*values **named", (self, { rest, named }, frame) =>
    formatBraces(self, rest, (name) => named.get(name), frame),
  ),
  format_map: method("mapping", (self, { at: [mapping] }, frame) => {
    const names = mapping ?? null;
    if (!isMapping(names)) typeError("format_map() argument must be a mapping");
    return formatBraces(self, [], (name) => names.get(name), frame);
  }),
  encode: method("encoding errors", (self) => self),
  decode: method("encoding errors", (self) => self),
  translate: method("table", (self, { at: [table] }) => {
    const map = table ?? null;
    if (!isMapping(map)) typeError("translate() argument must be a mapping");
    return characters(self)
      .map((character) => {
        const made = map.get((character.codePointAt(0) ?? 0) as never);
        if (made === undefined) return character;
        const number = numeric(made);
        return made === null ? "" : number !== undefined ? String.fromCodePoint(double(number)) : str(made);
      })
      .join("");
  }),
  isdigit: method("", (self) => every(self, /^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u)),
  isdecimal: method("", (self) => every(self, /^\p{Nd}+$/u)),
  isnumeric: method("", (self) => every(self, /^\p{N}+$/u)),
  isalpha: method("", (self) => every(self, /^\p{L}+$/u)),
  isalnum: method("", (self) => every(self, /^[\p{L}\p{N}]+$/u)),
  isspace: method("", (self) => every(self, /^[\s\x1c-\x1f\x85]+$/)),
  isascii: method("", (self) => /^[\x00-\x7f]*$/.test(self)),
  isidentifier: method("", (self) => every(self, /^[\p{L}_\p{Nl}][\p{L}\p{N}\p{M}_]*$/u)),
  isprintable: method("", (self) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(self)),
  isupper: method("", (self) => self !== self.toLowerCase() && self === self.toUpperCase()),
  islower: method("", (self) => self !== self.toUpperCase() && self === self.toLowerCase()),
  istitle: method("", isTitle),
};

function notText(item: Value, at: number): never {
  typeError(`sequence item ${at}: expected str instance, ${typeName(item)} found`);
}

function expandtabs(self: string, size: number): string {
  let column = 0;
  let made = "";
  for (const character of self) {
    if (character === "\t") {
      const spaces = size > 0 ? size - (column % size) : 0;
      made += " ".repeat(spaces);
      column += spaces;
    } else {
      made += character;
      column = character === "\n" || character === "\r" ? 0 : column + 1;
    }
  }
  return made;
}
