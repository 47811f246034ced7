// YAML text as nodes with places (node.ts). The `yaml` package finds the structure; what scalars, tags, merge keys
// and duplicate keys mean is decided in compose.ts, as PyYAML with Ansible's constructor decides it.

import {
  isCollection,
  isScalar,
  Lexer,
  LineCounter,
  type Document as Parsed,
  type ParsedNode,
  parseAllDocuments,
  visit,
} from "yaml";
import { Failure, fail, type Origin, type Problem } from "../core/problem.ts";
import { compose } from "./compose.ts";
import { tryJson } from "./json.ts";
import type { Document } from "./node.ts";
import { explain } from "./yaml-problems.ts";
import { reindent } from "./yaml-reindent.ts";

const OPTIONS = {
  version: "1.1",
  schema: "failsafe",
  merge: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: "silent",
  keepSourceTokens: false,
} as const;

/** Deepest nesting of brackets that is looked into. */
const MOST_BRACKETS = 300;

/** How many quotes and brackets of a file may have lines that must be moved. */
const MOST_ROUNDS = 20;

/** Text that libyaml refuses: control characters other than tab and line ends. */
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/;

/**
 * Reads one document. Throws Failure `yaml-…` with the place and the likely cause; more than one document is a
 * failure too, as with Ansible. Duplicate keys are warnings.
 */
export function loadYaml(text: string, file: string): Document {
  const { documents, place } = parse(text, file);
  const second = documents[1];
  if (second)
    fail("yaml-documents", "the file holds more than one YAML document, where one is expected", {
      origin: place(second.range?.[0] ?? 0),
      hint: "remove the second '---' line",
    });
  const [first] = documents;
  return first ? documentOf(first, text, place) : { root: undefined, warnings: [] };
}

/**
 * Reads a file that may be JSON or YAML, as Ansible reads playbooks and files of variables: what is JSON is read as
 * JSON, which differs for numbers such as 1e3.
 */
export function loadJsonOrYaml(text: string, file: string): Document {
  if (!/^\s*[[{]/.test(text) || tryJson(text) === undefined) return loadYaml(text, file);
  const { documents, place } = parse(text, file);
  const [first] = documents;
  return first ? documentOf(first, text, place, true) : { root: undefined, warnings: [] };
}

/** Reads all documents of a stream (filter `from_yaml_all`). */
export function loadAllYaml(text: string, file: string): Document[] {
  const { documents, place } = parse(text, file);
  return documents.map((document) => documentOf(document, text, place));
}

type Place = (offset: number) => Origin;

interface Parse {
  readonly text: string;
  readonly documents: readonly Parsed<ParsedNode>[];
  readonly place: Place;
}

function parse(source: string, file: string): Parse {
  const first = attempt(source.startsWith("\ufeff") ? source.slice(1) : source, file);
  const parsed = first.documents.some(hasErrors) ? (withLinesMoved(first, file) ?? first) : first;
  const { text, place } = parsed;
  for (const document of parsed.documents) throwErrors(document, text, place);
  const odd = UNPRINTABLE.exec(text);
  if (odd)
    fail("yaml-character", `the text holds a control character (${unicodeName(odd[0])}), which YAML does not allow`, {
      origin: place(odd.index),
      hint: 'in a double-quoted value it can be written as an escape such as "\\x07"',
    });
  return parsed;
}

/** The same text with lines moved to where the parser wants them (yaml-reindent.ts), if it is right then. */
function withLinesMoved(first: Parse, file: string): Parse | undefined {
  let parsed = first;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const broken = parsed.documents.find(hasErrors);
    if (!broken) return parsed;
    const error = broken.errors[0];
    if (!error || !/sufficiently indented|closing/i.test(error.message)) return undefined;
    const start = openedBefore(broken, parsed.text, error.pos[0]);
    const moved = start === undefined ? undefined : reindent(parsed.text, start);
    if (moved === undefined) return undefined;
    parsed = attempt(moved, file);
  }
  return undefined;
}

function hasErrors(document: Parsed<ParsedNode>): boolean {
  return document.errors.length > 0;
}

function attempt(text: string, file: string): Parse {
  const lines = new LineCounter();
  const place: Place = (offset) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (nestsTooDeeply(text)) tooDeep(place(0));
  try {
    const parsed = parseAllDocuments(text, { ...OPTIONS, lineCounter: lines });
    return { text, place, documents: Array.isArray(parsed) ? (parsed as Parsed<ParsedNode>[]) : [] };
  } catch (error) {
    if (error instanceof RangeError) tooDeep(place(0));
    throw error;
  }
}

/** Whether brackets or dashes nest so deeply that the parser, which takes time by the square of it, should not try. */
function nestsTooDeeply(text: string): boolean {
  if (/(?:[-?][ \t]+){200}/.test(text)) return true;
  if ((text.match(/[[{]/g)?.length ?? 0) < MOST_BRACKETS) return false;
  let depth = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth = Math.max(0, depth - 1);
    if (depth > MOST_BRACKETS) return true;
  }
  return false;
}

function tooDeep(origin: Origin): never {
  fail("yaml-depth", "the YAML is nested too deeply", { origin });
}

function throwErrors(document: Parsed<ParsedNode>, text: string, place: Place): void {
  const [error] = document.errors;
  if (!error) return;
  const start = /end with a|closing/i.test(error.message) ? openedBefore(document, text, error.pos[0]) : undefined;
  const origin = place(start ?? error.pos[0]);
  const problem: Problem = explain({ code: error.code, message: error.message, origin }, text);
  throw new Failure(problem);
}

/** Where the innermost quote or bracket began that is still open at an offset. */
function openedBefore(document: Parsed<ParsedNode>, text: string, offset: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Node: (_key, node) => {
      const [from, to] = node.range ?? [Number.POSITIVE_INFINITY, 0];
      const opens = isScalar(node) ? /^QUOTE/.test(node.type ?? "") : isCollection(node) && node.flow === true;
      if (opens && from < offset && text.slice(to, offset).trim() === "") start = from;
    },
  });
  return start;
}

function documentOf(document: Parsed<ParsedNode>, text: string, place: Place, json = false): Document {
  const warnings: Problem[] = [];
  if (!document.contents) return { root: undefined, warnings };
  const root = compose(document.contents, { text, place, json, warn: (problem) => warnings.push(problem) });
  const empty = root.kind === "scalar" && !root.quoted && root.source === "" && root.value === null;
  return { root: empty ? undefined : root, warnings };
}

function unicodeName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
