// Makes one line be in a text file, or be gone from it.

import { fileAttributes, unsafeWrites } from "./file-attributes.ts";
import { builtin, defineModule } from "./module.ts";
import { expandMatch, pythonRegex, search } from "./python-regex.ts";
import { bare, linesOf, missing, planText, readTextFile } from "./text-edit.ts";
import { touchesPath } from "./touched-paths.ts";

/** What lineinfile does to lines; pure, so that it can be tried without a host. */
export interface LineEdit {
  readonly line?: string | undefined;
  readonly regexp?: string | undefined;
  readonly search_string?: string | undefined;
  readonly backrefs: boolean;
  readonly insertafter?: string | undefined;
  readonly insertbefore?: string | undefined;
  readonly firstmatch: boolean;
}

export const lineinfile = defineModule({
  name: "lineinfile",
  aliases: builtin("lineinfile"),
  summary: "Make a line be in a text file, or be gone",
  params: {
    properties: {
      path: { type: "path", aliases: ["dest", "destfile", "name"], description: "The file." },
      line: { type: "string", aliases: ["value"], description: "The line." },
      regexp: {
        type: "string",
        aliases: ["regex"],
        description: "The line that is replaced or removed; the last that matches.",
      },
      search_string: { type: "string", description: "Plain text in place of `regexp`." },
      state: {
        type: "string",
        enum: ["present", "absent"],
        default: "present",
        description: "Whether the line is to be there.",
      },
      backrefs: {
        type: "boolean",
        default: false,
        description: "Fill in groups of `regexp`; without a match nothing is done.",
      },
      insertafter: { type: "string", description: "EOF, or a pattern of the line to insert behind." },
      insertbefore: { type: "string", description: "BOF, or a pattern of the line to insert in front of." },
      firstmatch: { type: "boolean", default: false, description: "Use the first line that matches, not the last." },
      create: { type: "boolean", default: false, description: "Make the file if it does not exist." },
      backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
      validate: { type: "string", description: "Command that must accept the new file; %s is its path." },
      ...fileAttributes,
      unsafe_writes: unsafeWrites,
    },
    required: ["path"],
    exclusive: [
      ["insertbefore", "insertafter"],
      ["regexp", "search_string"],
      ["backrefs", "search_string"],
    ],
  },
  returns: {
    msg: "What was done.",
    backup: "The old file's new name, or nothing.",
    found: "How many lines were removed.",
  },
  check: (given) => {
    if (given.state === "present" && given.line === undefined) return "line is required with state=present";
    if (given.state === "present" && given.backrefs === true && given.regexp === undefined)
      return "regexp is required with backrefs=true";
    if (
      given.state === "absent" &&
      [given.line, given.regexp, given.search_string].every((value) => value === undefined)
    )
      return "one of line, search_string, or regexp is required with state=absent";
    return undefined;
  },
  touches: touchesPath("path"),
  async plan(host, given, context) {
    const file = await readTextFile(host, given.path);
    if (file.text === undefined && given.state === "absent")
      return { changes: [], result: { msg: "file not present" } };
    if (file.text === undefined && !given.create) missing("Destination", given.path);
    if (given.state === "absent") {
      const { text, found } = removeLines(file.text ?? "", given);
      return planText(
        host,
        file,
        { text, msg: `${found} line(s) removed`, result: { found }, backupKey: "backup" },
        given,
        context,
      );
    }
    const { text, msg } = setLine(file.text ?? "", given);
    return planText(host, file, { text, msg, backupKey: "backup" }, given, context);
  },
});

/** The text with the line in it, and what was done ("" if nothing). */
function setLine(text: string, edit: LineEdit): { readonly text: string; readonly msg: string } {
  const lines = linesOf(text);
  const line = edit.line ?? "";
  const match = matchingLine(lines, edit);
  if (match) {
    const wanted = edit.backrefs && match.groups ? expandMatch(line, match.groups) : line;
    return replaceLine(lines, match.index, wanted, text);
  }
  const { exact, place } = insertionPlace(lines, line, edit);
  if (exact >= 0) return replaceLine(lines, exact, line, text);
  if (edit.backrefs) return { text, msg: "" };
  const index = edit.insertbefore === "BOF" || edit.insertafter === "BOF" ? 0 : place;
  const at = index < 0 ? lines.length : index;
  const before = lines[at - 1];
  if (before !== undefined && !/[\r\n]$/.test(before)) lines[at - 1] = `${before}\n`;
  lines.splice(at, 0, `${line}\n`);
  return { text: lines.join(""), msg: "line added" };
}

/** The text without the lines that match, and how many they were. */
function removeLines(text: string, edit: LineEdit): { readonly text: string; readonly found: number } {
  const regex = edit.regexp === undefined ? undefined : pythonRegex(edit.regexp);
  const lines = linesOf(text);
  const kept = lines.filter((current) => {
    if (regex) return !search(regex, current);
    if (edit.search_string !== undefined) return !current.includes(edit.search_string);
    return bare(current) !== bare(edit.line ?? "");
  });
  return { text: kept.join(""), found: lines.length - kept.length };
}

function matchingLine(
  lines: readonly string[],
  edit: LineEdit,
): { index: number; groups?: RegExpExecArray } | undefined {
  const regex = edit.regexp === undefined ? undefined : pythonRegex(edit.regexp);
  const text = edit.search_string;
  if (!regex && text === undefined) return undefined;
  let found: { index: number; groups?: RegExpExecArray } | undefined;
  for (const [index, current] of lines.entries()) {
    const groups = regex ? (search(regex, current) ?? undefined) : undefined;
    if (!groups && (text === undefined || !current.includes(text))) continue;
    found = groups ? { index, groups } : { index };
    if (edit.firstmatch) break;
  }
  return found;
}

/** Where the line is already, and where it would be inserted; -1 for nowhere. */
function insertionPlace(lines: readonly string[], line: string, edit: LineEdit): { exact: number; place: number } {
  const after = edit.insertafter !== undefined && !["EOF", "BOF"].includes(edit.insertafter);
  const before = edit.insertbefore !== undefined && edit.insertbefore !== "BOF";
  const pattern = after ? edit.insertafter : before ? edit.insertbefore : undefined;
  const regex = pattern === undefined ? undefined : pythonRegex(pattern);
  const wanted = bare(line);
  let exact = -1;
  let place = -1;
  for (const [index, current] of lines.entries()) {
    if (bare(current) === wanted) exact = index;
    else if (regex && search(regex, current) && !(edit.firstmatch && place >= 0)) place = after ? index + 1 : index;
  }
  return { exact, place };
}

function replaceLine(lines: string[], index: number, line: string, text: string): { text: string; msg: string } {
  const wanted = line.endsWith("\n") ? line : `${line}\n`;
  if (lines[index] === wanted) return { text, msg: "" };
  lines[index] = wanted;
  return { text: lines.join(""), msg: "line replaced" };
}
