// Replaces every match of a pattern in a text file.

import { fileAttributes, unsafeWrites } from "./file-attributes.ts";
import { builtin, defineModule } from "./module.ts";
import { expandMatch, pythonRegex, search } from "./python-regex.ts";
import { missing, onlyUtf8, planText, readTextFile } from "./text-edit.ts";
import { touchesPath } from "./touched-paths.ts";

export const replace = defineModule({
  name: "replace",
  aliases: builtin("replace"),
  summary: "Replace every match of a pattern in a text file",
  params: {
    properties: {
      path: { type: "path", aliases: ["dest", "destfile", "name"], description: "The file." },
      regexp: { type: "string", description: "The pattern; ^ and $ match at every line." },
      replace: { type: "string", default: "", description: "What to put there; \\1 and \\g<name> are groups." },
      after: { type: "string", description: "Only behind this pattern." },
      before: { type: "string", description: "Only in front of this pattern." },
      backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
      validate: { type: "string", description: "Command that must accept the new file; %s is its path." },
      encoding: { type: "string", default: "utf-8", description: "The file's encoding; only utf-8." },
      ...fileAttributes,
      unsafe_writes: unsafeWrites,
    },
    required: ["path", "regexp"],
  },
  returns: {
    msg: "How many replacements were made.",
    rc: "0, or 257 if there is no such file.",
    backup_file: "The old file's new name.",
  },
  touches: touchesPath("path"),
  async plan(host, given, context) {
    onlyUtf8(given.encoding);
    const file = await readTextFile(host, given.path);
    if (file.text === undefined) missing("Path", given.path);
    const section = sectionOf(file.text, given.after, given.before);
    if ("unmatched" in section)
      return {
        changes: [],
        result: { rc: 0, msg: `Pattern for before/after params did not match the given file: ${section.unmatched}` },
      };
    const { text, count } = replaceAll(section.text, given.regexp, given.replace);
    const whole = file.text.slice(0, section.start) + text + file.text.slice(section.start + section.text.length);
    return planText(
      host,
      file,
      { text: whole, msg: `${count} replacements made`, result: { rc: 0 }, backupKey: "backup_file" },
      given,
      context,
    );
  },
});

/** Every match replaced, and how many there were. */
function replaceAll(
  text: string,
  pattern: string,
  replacement: string,
): { readonly text: string; readonly count: number } {
  let count = 0;
  let end = 0;
  let result = "";
  for (const match of text.matchAll(pythonRegex(pattern, { multiline: true }))) {
    count += 1;
    result += text.slice(end, match.index) + expandMatch(replacement, match);
    end = match.index + match[0].length;
  }
  return { text: result + text.slice(end), count };
}

/** The part of the text that may be changed; `unmatched` is the pattern that found none. */
function sectionOf(
  text: string,
  after: string | undefined,
  before: string | undefined,
): { readonly start: number; readonly text: string } | { readonly unmatched: string } {
  if (after === undefined && before === undefined) return { start: 0, text };
  const lazy = after !== undefined && before !== undefined ? "?" : "";
  const pattern = `${after ?? ""}(?P<subsection>.*${lazy})${before ?? ""}`;
  const regex = pythonRegex(pattern, { dotAll: true });
  const match = search(new RegExp(regex.source, `${regex.flags}d`), text);
  const place = match?.indices?.groups?.subsection;
  return place ? { start: place[0], text: text.slice(place[0], place[1]) } : { unmatched: pattern };
}
