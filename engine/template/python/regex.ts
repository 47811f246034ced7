// Python's `re` patterns as JavaScript's, and replacement templates. What JavaScript cannot do is an error that says so.

import { Failure, fail } from "../../core/problem.ts";

/** re.I, re.M and re.S. */
export interface RegexFlags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
  readonly dotAll?: boolean;
}

const kept = new Map<string, RegExp>();
const MOST_KEPT = 500;

/** The pattern ready for use, with flag `g` (or `y` for `match`) set by the caller. */
export function regex(pattern: string, flags: RegexFlags = {}, extra = ""): RegExp {
  const key = `${extra}${flags.ignoreCase ? "i" : ""}${flags.multiline ? "m" : ""}${flags.dotAll ? "s" : ""}/${pattern}`;
  const known = kept.get(key);
  if (known) {
    known.lastIndex = 0;
    return known;
  }
  const made = translate(pattern, flags, extra);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, made);
  return made;
}

function unsupported(pattern: string, what: string): never {
  fail("template-regex", `the regular expression '${pattern}' uses ${what}, which is not supported`, {
    hint: "write it another way; possessive and atomic groups and conditions have no counterpart",
  });
}

function translate(pattern: string, flags: RegexFlags, extra: string): RegExp {
  let { ignoreCase = false, multiline = false, dotAll = false } = flags;
  let verbose = false;
  let source = pattern;
  // Python takes global inline flags at the start only.
  for (let leading = /^\(\?([aiLmsux]+)\)/.exec(source); leading; leading = /^\(\?([aiLmsux]+)\)/.exec(source)) {
    const letters = leading[1] ?? "";
    ignoreCase ||= letters.includes("i");
    multiline ||= letters.includes("m");
    dotAll ||= letters.includes("s");
    verbose ||= letters.includes("x");
    source = source.slice(leading[0].length);
  }
  const body = convert(source, pattern, { multiline, dotAll, verbose });
  try {
    return new RegExp(body, `${extra}u${ignoreCase ? "i" : ""}${multiline ? "m" : ""}${dotAll ? "s" : ""}`);
  } catch {
    try {
      return new RegExp(body, `${extra}${ignoreCase ? "i" : ""}${multiline ? "m" : ""}${dotAll ? "s" : ""}`);
    } catch (error) {
      const reason =
        error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : String(error);
      throw new Failure({
        code: "template-regex",
        message: `the regular expression '${pattern}' is not valid: ${reason}`,
      });
    }
  }
}

interface Mode {
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly verbose: boolean;
}

const DIGIT = "\\p{Nd}";
const WORD = "\\p{L}\\p{N}\\p{M}_";

/** Escapes that mean something else in JavaScript's unicode mode, outside and inside a class. */
function escapeOf(character: string, inClass: boolean, pattern: string): string | undefined {
  switch (character) {
    case "A":
      return "(?<![\\s\\S])";
    case "Z":
      return "(?![\\s\\S])";
    case "d":
      return DIGIT;
    case "w":
      return inClass ? WORD : `[${WORD}]`;
    case "W":
      if (inClass) unsupported(pattern, "\\W inside brackets");
      return `[^${WORD}]`;
    case "b":
      return inClass ? "\\x08" : `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
    case "B":
      return `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`;
    case "D":
      return "\\P{Nd}";
    case "a":
      return "\\x07";
    default:
      // In unicode mode only syntax characters may be escaped.
      if (/[\^$\\.*+?()[\]{}|/]/.test(character) || (inClass && character === "-")) return `\\${character}`;
      return /[a-zA-Z0-9]/.test(character) ? undefined : character;
  }
}

function convert(source: string, pattern: string, mode: Mode): string {
  let made = "";
  let at = 0;
  while (at < source.length) {
    const character = source[at] ?? "";
    const rest = source.slice(at);
    if (character === "\\") {
      const next = source[at + 1] ?? "";
      made += escapeOf(next, false, pattern) ?? `\\${next}`;
      at += 2;
    } else if (character === "[") {
      const end = classEnd(source, at);
      made += classOf(source.slice(at, end), pattern);
      at = end;
    } else if (character === "(" && source[at + 1] === "?") {
      const [text, length] = groupOf(rest, pattern);
      made += text;
      at += length;
    } else if (character === "$" && !mode.multiline) {
      // Python's $ also matches before a last newline.
      made += "(?=\\n?(?![\\s\\S]))";
      at += 1;
    } else if (mode.verbose && /\s/.test(character)) at += 1;
    else if (mode.verbose && character === "#") at += /^[^\n]*/.exec(rest)?.[0].length ?? 1;
    else if (/[*+?}]/.test(character) && source[at + 1] === "+") unsupported(pattern, "a possessive quantifier");
    else if (character === "{" && !/^\{\d*,?\d*\}/.test(rest)) {
      made += "\\{";
      at += 1;
    } else if (character === "{" && /^\{,\d+\}/.test(rest)) {
      made += "{0";
      at += 1;
    } else if (character === "{" && /^\{,?\}/.test(rest)) {
      made += "\\{";
      at += 1;
    } else if (character === "}" && !/\{\d*,?\d*$/.test(source.slice(0, at))) {
      made += "\\}";
      at += 1;
    } else if (character === "]") {
      made += "\\]";
      at += 1;
    } else {
      made += character;
      at += 1;
    }
  }
  return made;
}

function classEnd(source: string, open: number): number {
  let at = open + 1;
  if (source[at] === "^") at += 1;
  if (source[at] === "]") at += 1;
  while (at < source.length && source[at] !== "]") at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}

function classOf(text: string, pattern: string): string {
  const negated = text[1] === "^";
  const body = text.slice(negated ? 2 : 1, -1);
  let made = negated ? "[^" : "[";
  for (let at = 0; at < body.length; at++) {
    const character = body[at] ?? "";
    if (character === "\\") {
      at += 1;
      const next = body[at] ?? "";
      made += escapeOf(next, true, pattern) ?? `\\${next}`;
    } else if (character === "]" || character === "[") made += `\\${character}`;
    else if (character === "-" && (at === 0 || at === body.length - 1 || /\\[dwsDWS]$/.test(body.slice(0, at))))
      made += "\\-";
    else made += character;
  }
  return `${made}]`;
}

/** A group that begins with `(?`: its translation, and how many characters of the source that was. */
function groupOf(rest: string, pattern: string): [string, number] {
  const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(rest);
  if (named) return [`(?<${named[1]}>`, named[0].length];
  const back = /^\(\?P=([A-Za-z_]\w*)\)/.exec(rest);
  if (back) return [`\\k<${back[1]}>`, back[0].length];
  const comment = /^\(\?#[^)]*\)/.exec(rest);
  if (comment) return ["", comment[0].length];
  const plain = /^\(\?(?::|=|!|<=|<!)/.exec(rest);
  if (plain) return [plain[0], plain[0].length];
  if (rest.startsWith("(?>")) unsupported(pattern, "an atomic group");
  if (rest.startsWith("(?(")) unsupported(pattern, "a condition");
  const scoped = /^\(\?[aiLmsux-]+[:)]/.exec(rest);
  if (scoped) unsupported(pattern, "inline flags inside the pattern");
  unsupported(pattern, `the group '${rest.slice(0, 4)}…'`);
}

/** A replacement template of Python (`\1`, `\g<1>`, `\g<name>`, `\n`) applied to a match. */
export function expand(template: string, match: RegExpExecArray): string {
  return template.replace(
    /\\(?:g<([^>]+)>|([1-9]\d?)|([\s\S]))/g,
    (whole, name?: string, digits?: string, other?: string) => {
      const key = name ?? digits;
      if (key !== undefined) {
        const index = /^\d+$/.test(key) ? Number(key) : undefined;
        const known = index === undefined ? Object.hasOwn(match.groups ?? {}, key) : index < match.length;
        if (!known)
          fail(
            "template-regex",
            index === undefined ? `unknown group name '${key}'` : `invalid group reference ${key}`,
          );
        return (index === undefined ? match.groups?.[key] : match[index]) ?? "";
      }
      const simple: Readonly<Record<string, string>> = {
        n: "\n",
        t: "\t",
        r: "\r",
        "\\": "\\",
        a: "\x07",
        f: "\f",
        v: "\v",
        "0": "\0",
      };
      if (other !== undefined && simple[other] !== undefined) return simple[other] ?? "";
      if (other !== undefined && /[a-zA-Z]/.test(other)) fail("template-regex", `bad escape \\${other}`);
      return whole;
    },
  );
}

/** All matches in order, empty ones once. */
export function* matches(pattern: RegExp, text: string): Generator<RegExpExecArray> {
  const own = new RegExp(pattern.source, pattern.flags.includes("g") ? pattern.flags : `${pattern.flags}g`);
  for (let found = own.exec(text); found; found = own.exec(text)) {
    yield found;
    if (found[0] === "") own.lastIndex += 1;
  }
}
