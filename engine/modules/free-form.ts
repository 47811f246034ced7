// Splits `module: a=b c="d e" {{ x }}` and free-form command text into words and parameters, as Ansible does:
// quotes and Jinja blocks stay whole, quotes around a whole value go away. Pure.

import { fail } from "../core/problem.ts";

/** Words of a text. Whitespace inside quotes or {{ }}, {% %}, {# #} does not split; line breaks are kept as words' parts. */
export function splitArgs(text: string): string[] {
  const words: string[] = [];
  let word = "";
  let inWord = false;
  for (let index = 0; index < text.length; ) {
    const char = text.charAt(index);
    const close = JINJA[text.slice(index, index + 2)];
    if (close !== undefined) {
      const end = text.indexOf(close, index + 2);
      if (end < 0)
        fail("args-unbalanced", "failed at splitting arguments, either an unbalanced jinja2 block or quotes");
      word += text.slice(index, end + 2);
      inWord = true;
      index = end + 2;
    } else if (char === "\\" && index + 1 < text.length && text.charAt(index + 1) !== "\n") {
      word += text.slice(index, index + 2);
      inWord = true;
      index += 2;
    } else if (char === "'" || char === '"') {
      const end = closingQuote(text, index);
      word += text.slice(index, end + 1);
      inWord = true;
      index = end + 1;
    } else if (/\s/.test(char)) {
      if (inWord) words.push(word);
      word = "";
      inWord = false;
      index += 1;
    } else {
      word += char;
      inWord = true;
      index += 1;
    }
  }
  if (inWord) words.push(word);
  return words;
}

const JINJA: Readonly<Record<string, string>> = { "{{": "}}", "{%": "%}", "{#": "#}" };

function closingQuote(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let index = start + 1; index < text.length; index++) {
    const close = JINJA[text.slice(index, index + 2)];
    if (close !== undefined) {
      const end = text.indexOf(close, index + 2);
      if (end >= 0) index = end + 1;
    } else if (text.charAt(index) === "\\") index += 1;
    else if (text.charAt(index) === quote) return index;
  }
  return fail("args-unbalanced", "failed at splitting arguments, either an unbalanced jinja2 block or quotes");
}

/** A word without the quotes around all of it. */
function unquote(text: string): string {
  const first = text.charAt(0);
  const whole =
    text.length > 1 && (first === "'" || first === '"') && text.endsWith(first) && !text.endsWith(`\\${first}`);
  return whole ? text.slice(1, -1) : text;
}

export interface KeyValues {
  readonly values: Record<string, string>;
  /** What is no `key=value`, as written, when there is any. */
  readonly rest: string | undefined;
}

/** Parameters that free-form command text may hold in front or behind; everything else belongs to the command. */
const COMMAND_PARAMETERS: readonly string[] = [
  "creates",
  "removes",
  "chdir",
  "executable",
  "warn",
  "stdin",
  "stdin_add_newline",
  "strip_empty_ends",
];

/**
 * `k=v` words as parameters. With `freeForm`, words that are not among `COMMAND_PARAMETERS` are the free text, which comes
 * back under that name; without, words that are no `k=v` come back as `rest`.
 */
export function parseKeyValue(text: string, options: { readonly freeForm?: string } = {}): KeyValues {
  const values: Record<string, string> = {};
  if (options.freeForm !== undefined) {
    const free = takeCommandParameters(text, values);
    if (free !== "") values[options.freeForm] = free;
    return { values, rest: undefined };
  }
  const rest: string[] = [];
  for (const word of splitArgs(text)) {
    const equals = keyEnd(word);
    if (equals < 0) rest.push(word);
    else values[word.slice(0, equals).trim()] = unescaped(unquote(word.slice(equals + 1).trim()));
  }
  return { values, rest: rest.length > 0 ? rest.join(" ") : undefined };
}

/** Index of the first unescaped `=` that ends a key, or -1. */
function keyEnd(word: string): number {
  const match = /^[^=\\'"{}]+(?==)/.exec(word);
  return match ? match[0].length : -1;
}

/** Ansible undoes `\=` and the usual escapes of quotes in values. */
function unescaped(text: string): string {
  return text.replaceAll("\\=", "=").replace(/\\(["'])/g, "$1");
}

/** The text without its `creates=…` words, whitespace and line breaks of the rest untouched. */
function takeCommandParameters(text: string, values: Record<string, string>): string {
  let free = "";
  let position = 0;
  let words: string[];
  try {
    words = splitArgs(text);
  } catch {
    return text.trim();
  }
  for (const word of words) {
    const start = text.indexOf(word, position);
    const equals = keyEnd(word);
    const key = word.slice(0, Math.max(0, equals));
    free += text.slice(position, start);
    if (equals > 0 && COMMAND_PARAMETERS.includes(key)) {
      values[key] = unquote(word.slice(equals + 1));
      free = free.replace(/[ \t]+$/, " ");
    } else free += word;
    position = start + word.length;
  }
  return (free + text.slice(position)).trim();
}
