// Regular expressions as Python writes them, made into JavaScript's; and Python's replacement texts. Pure.

import { fail } from "../core/problem.ts";

/** Python's flags that modules use. */
export interface RegexFlags {
  readonly multiline?: boolean;
  readonly dotAll?: boolean;
  readonly ignoreCase?: boolean;
}

/**
 * The pattern as a JavaScript expression (global). Failure `regex-invalid` with Python's or JavaScript's reason, and for what has
 * no counterpart (verbose mode, flags inside a group, conditionals).
 */
export function pythonRegex(pattern: string, flags: RegexFlags = {}): RegExp {
  let { multiline = false, dotAll = false, ignoreCase = false } = flags;
  const leading = /^\(\?([aimsuLx]+)\)/.exec(pattern);
  const body = leading ? pattern.slice(leading[0].length) : pattern;
  for (const letter of leading?.[1] ?? "") {
    if (letter === "m") multiline = true;
    else if (letter === "s") dotAll = true;
    else if (letter === "i") ignoreCase = true;
    else if (letter === "x") unsupported(pattern, "verbose mode (?x)");
  }
  const source = translate(body, pattern, multiline);
  try {
    return new RegExp(source, `g${multiline ? "m" : ""}${dotAll ? "s" : ""}${ignoreCase ? "i" : ""}`);
  } catch (error) {
    return fail(
      "regex-invalid",
      `invalid regular expression ${pattern}: ${String((error as Error).message).replace(/^.*\/: /, "")}`,
    );
  }
}

/** The first match, or null. */
export function search(regex: RegExp, text: string): RegExpExecArray | null {
  regex.lastIndex = 0;
  return regex.exec(text);
}

/** A replacement text with `\1`, `\g<1>`, `\g<name>` and escapes such as `\n` filled in from a match. */
export function expandMatch(template: string, match: RegExpExecArray | RegExpMatchArray): string {
  return template.replace(/\\(g<(\w+)>|\d{1,2}|[\s\S])/g, (whole, what: string, name: string | undefined) => {
    if (name !== undefined) return groupOf(match, name);
    if (/^[1-9]\d?$/.test(what)) return groupOf(match, what);
    return ESCAPES[what] ?? whole;
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "0": "\0",
  f: "\f",
  v: "\v",
  a: "\x07",
};

function groupOf(match: RegExpExecArray | RegExpMatchArray, name: string): string {
  if (!/^\d+$/.test(name)) return match.groups?.[name] ?? "";
  if (Number(name) >= match.length) fail("regex-group", `invalid group reference ${name}`);
  return match[Number(name)] ?? "";
}

function unsupported(pattern: string, what: string): never {
  return fail("regex-unsupported", `the regular expression ${pattern} uses ${what}, which is not supported`);
}

function translate(body: string, whole: string, multiline: boolean): string {
  let source = "";
  for (let index = 0; index < body.length; index++) {
    const char = body.charAt(index);
    const rest = body.slice(index);
    const group = /^\(\?(P<(\w+)>|P=(\w+)\)|#[^)]*\)|[aimsuLx-]+[:)]|\(|>)/.exec(rest);
    if (char === "\\") {
      const next = body.charAt(index + 1);
      source += next === "A" ? "(?<![\\s\\S])" : next === "Z" ? "(?![\\s\\S])" : `\\${next}`;
      index += 1;
    } else if (group) {
      if (group[2] !== undefined) source += `(?<${group[2]}>`;
      else if (group[3] !== undefined) source += `\\k<${group[3]}>`;
      else if (!group[0].startsWith("(?#")) unsupported(whole, `the group ${group[0]}…`);
      index += group[0].length - 1;
    } else if (char === "[") {
      const [text, length] = characterClass(rest);
      source += text;
      index += length - 1;
    } else if (char === "$" && !multiline) source += "(?=\\n?(?![\\s\\S]))";
    else if (/^\{,\d+\}/.test(rest)) source += "{0";
    else source += char;
  }
  return source;
}

/** A class with a leading `]` and inner `[` escaped; its text and the length it had. */
function characterClass(rest: string): [string, number] {
  let index = 1;
  let text = "[";
  if (rest.charAt(index) === "^") {
    text += "^";
    index += 1;
  }
  if (rest.charAt(index) === "]") {
    text += "\\]";
    index += 1;
  }
  for (; index < rest.length && rest.charAt(index) !== "]"; index++) {
    text += rest.charAt(index);
    if (rest.charAt(index) === "\\") {
      index += 1;
      text += rest.charAt(index);
    }
  }
  return [`${text}]`, index + 1];
}
