// Turns what the YAML parser complains of into a problem that names the likely cause: a tab, a template without
// quotes, a colon in a value, a quote that ends too early. The place is the cause's, not where the parser gave up.

import type { Origin, Problem } from "../core/problem.ts";

/** What the parser reported: its own code and sentence, and where it gave up. */
export interface ParserError {
  readonly code: string;
  readonly message: string;
  readonly origin: Origin;
}

const PREAMBLE = String.raw`^\s*(?:-\s+)*(?:[^\s:#{}'"][^:{}'"]*:\s+)?`;
const QUOTE_HINT = "quote the whole value";

/** The problem to tell for a parser error in this text. */
export function explain(error: ParserError, text: string): Problem {
  const lines = text.split(/\r?\n/);
  for (const line of [error.origin.line, error.origin.line - 1]) {
    const found = line >= 1 ? likelyCause(lines[line - 1] ?? "", line, error) : undefined;
    if (found) return found;
  }
  return (
    indentMistake(lines, error) ?? {
      code: codeOf(error),
      message: sentence(error.message),
      origin: error.origin,
      ...hintOf(error),
    }
  );
}

/** A line whose indentation fits nothing: told at its first character, whatever the parser stumbled over. */
function indentMistake(lines: readonly string[], error: ParserError): Problem | undefined {
  const { file, line } = error.origin;
  const at = (number: number, message: string): Problem => ({
    code: "yaml-indent",
    message,
    origin: { file, line: number, column: indentOf(lines[number - 1] ?? "") + 1 },
    hint: HINTS.BAD_INDENT,
  });
  if (error.code === "BLOCK_AS_IMPLICIT_KEY") {
    const next = lines.findIndex((text, index) => index >= line && !/^\s*(?:#|$)/.test(text));
    const deeper = next > 0 && indentOf(lines[next] ?? "") > indentOf(lines[line - 1] ?? "");
    if (deeper)
      return at(next + 1, "this line is indented as if it belonged to the one above, which has a value already");
  }
  if (error.code === "BAD_INDENT" && /same column/.test(error.message))
    return at(line, "this line is indented unlike the entries that it belongs with");
  if (error.code === "MISSING_CHAR" && /without - indicator/.test(error.message))
    return at(line, "this line is neither a new item (it has no '-') nor indented as the lines of the item above");
  if (error.code === "UNEXPECTED_TOKEN" && /at node end/.test(error.message) && /^\s*[-\w]/.test(lines[line - 1] ?? ""))
    return at(line, "this line is indented as nothing above it");
  return undefined;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function likelyCause(line: string, number: number, error: ParserError): Problem | undefined {
  const place = (index: number): Origin => ({ file: error.origin.file, line: number, column: index + 1 });
  if (/^\s*#/.test(line)) return undefined;
  const tab = line.indexOf("\t");
  if (tab >= 0 && /^\s*$/.test(line.slice(0, tab)))
    return {
      code: "yaml-tab",
      message: "a tab is used for indentation, where YAML allows only spaces",
      origin: place(tab),
      hint: "replace the tab with spaces",
    };
  const template = new RegExp(`${PREAMBLE}(?<value>\\{[{%].*)$`).exec(line)?.groups?.value;
  if (template !== undefined)
    return unquotedTemplate(place(line.length - template.length), template.replace(/\s+#.*$/, "").trim());
  return quoteMistake(line, place) ?? colonMistake(line, place, error);
}

/** `key: {{ x }}` without quotes, which YAML reads as a mapping in a mapping. */
export function unquotedTemplate(origin: Origin, value: string): Problem {
  return {
    code: "yaml-unquoted-template",
    message: `a value that starts with ${value.slice(0, 2)} must be in quotes, or YAML reads it as a mapping`,
    origin,
    hint: `write ${value.includes('"') ? `'${value.replaceAll("'", "''")}'` : `"${value}"`}`,
  };
}

function quoteMistake(line: string, place: (index: number) => Origin): Problem | undefined {
  const value = new RegExp(`${PREAMBLE}(?<value>["'].*)$`).exec(line)?.groups?.value?.trimEnd();
  if (!value) return undefined;
  const quote = value.charAt(0);
  const closing = value.indexOf(quote, 1);
  const rest = closing > 0 ? value.slice(closing + 1).trim() : "";
  if (closing < 0 || rest === "" || /^[:#,\]}]/.test(rest)) return undefined;
  const other = quote === '"' ? "'" : '"';
  return {
    code: "yaml-quotes",
    message: "a value that starts with a quote must end with that quote; there is text after it",
    origin: place(line.lastIndexOf(value)),
    hint: value.includes(other) ? QUOTE_HINT : `quote the whole value: ${other}${value}${other}`,
  };
}

function colonMistake(line: string, place: (index: number) => Origin, error: ParserError): Problem | undefined {
  if (!/BLOCK_AS_IMPLICIT_KEY|MULTILINE_IMPLICIT_KEY|MISSING_CHAR|UNEXPECTED_TOKEN|BAD_INDENT/.test(error.code))
    return undefined;
  const match = /^(?<head>\s*(?:-\s+)*[^\s:#{}'"[\]][^:]*:\s+)(?<value>[^'"{[|>#&*!].*)$/.exec(line)?.groups;
  if (!match?.head || !match.value) return undefined;
  const colon = /:(?:\s|$)/.exec(match.value.replace(/\s#.*$/, ""));
  if (!colon) return undefined;
  const value = match.value.trimEnd();
  return {
    code: "yaml-colon",
    message: "an unquoted value may not contain ': ' (a colon and a space)",
    origin: place(match.head.length + colon.index),
    hint: `${QUOTE_HINT}: ${value.includes('"') ? `'${value.replaceAll("'", "''")}'` : `"${value}"`}`,
  };
}

const CODES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "yaml-tab",
  BAD_INDENT: "yaml-indent",
  MULTIPLE_DOCS: "yaml-documents",
  RESOURCE_EXHAUSTION: "yaml-depth",
  BAD_DQ_ESCAPE: "yaml-escape",
  BAD_ALIAS: "yaml-alias",
};

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "replace the tab with spaces",
  BAD_INDENT:
    "compare its indentation with the lines around it: entries of one mapping or list start in the same column",
  MULTILINE_IMPLICIT_KEY:
    "a key needs ': ' after it, on the same line; look at the indentation of this line and the one before",
  BLOCK_AS_IMPLICIT_KEY: "quote the value if its colon belongs to it, or start the inner mapping on a line of its own",
  BAD_DQ_ESCAPE: "in double quotes write a backslash as \\\\, or use single quotes",
  BAD_SCALAR_START: "put the value in quotes",
};

function codeOf(error: ParserError): string {
  return CODES[error.code] ?? "yaml-syntax";
}

function hintOf(error: ParserError): { hint?: string } {
  const open = /must end with a (.)$|with a (.)$|Missing closing (.)/.exec(error.message);
  const mark = open?.[1] ?? open?.[2] ?? open?.[3];
  const hint = mark
    ? `close it with ${mark}, and indent its lines further than the key or dash that it belongs to`
    : HINTS[error.code];
  return hint === undefined ? {} : { hint };
}

/** The parser's sentence, in the form of ours: one line, no full stop. */
function sentence(message: string): string {
  const text = message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  return `not valid YAML: ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
