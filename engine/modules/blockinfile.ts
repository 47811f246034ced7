// Makes a block of lines between two marker lines be in a text file, or be gone from it.

import { fileAttributes, unsafeWrites } from "./file-attributes.ts";
import { builtin, defineModule } from "./module.ts";
import { pythonRegex, search } from "./python-regex.ts";
import { bare, linesOf, missing, onlyUtf8, planText, readTextFile } from "./text-edit.ts";
import { touchesPath } from "./touched-paths.ts";

/** What blockinfile does to lines. */
export interface BlockEdit {
  readonly block: string;
  readonly state: "present" | "absent";
  readonly marker: string;
  readonly marker_begin: string;
  readonly marker_end: string;
  readonly insertafter?: string | undefined;
  readonly insertbefore?: string | undefined;
  readonly append_newline: boolean;
  readonly prepend_newline: boolean;
}

export const blockinfile = defineModule({
  name: "blockinfile",
  aliases: builtin("blockinfile"),
  summary: "Make a marked block of lines be in a text file, or be gone",
  params: {
    properties: {
      path: { type: "path", aliases: ["dest", "destfile", "name"], description: "The file." },
      block: { type: "string", default: "", aliases: ["content"], description: "The lines; none removes the block." },
      state: {
        type: "string",
        enum: ["present", "absent"],
        default: "present",
        description: "Whether the block is to be there.",
      },
      marker: {
        type: "string",
        default: "# {mark} ANSIBLE MANAGED BLOCK",
        description: "The marker lines; {mark} is BEGIN or END.",
      },
      marker_begin: { type: "string", default: "BEGIN", description: "What {mark} is in front." },
      marker_end: { type: "string", default: "END", description: "What {mark} is behind." },
      insertafter: { type: "string", description: "EOF, or a pattern of the line to insert behind." },
      insertbefore: { type: "string", description: "BOF, or a pattern of the line to insert in front of." },
      append_newline: { type: "boolean", default: false, description: "An empty line behind the block." },
      prepend_newline: { type: "boolean", default: false, description: "An empty line in front of the block." },
      create: { type: "boolean", default: false, description: "Make the file if it does not exist." },
      backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
      validate: { type: "string", description: "Command that must accept the new file; %s is its path." },
      encoding: { type: "string", default: "utf-8", description: "The file's encoding; only utf-8." },
      ...fileAttributes,
      unsafe_writes: unsafeWrites,
    },
    required: ["path"],
    exclusive: [["insertbefore", "insertafter"]],
  },
  returns: { msg: "What was done.", backup_file: "The old file's new name." },
  touches: touchesPath("path"),
  async plan(host, given, context) {
    onlyUtf8(given.encoding);
    const file = await readTextFile(host, given.path);
    if (file.text === undefined && !given.create) missing("Path", given.path);
    if (file.text === undefined && given.state === "absent")
      return { changes: [], result: { msg: `File ${given.path} not present` } };
    const text = setBlock(file.text ?? "", given);
    const present = given.state === "present" && given.block !== "";
    const msg = file.text === undefined ? "File created" : present ? "Block inserted" : "Block removed";
    return planText(host, file, { text, msg, backupKey: "backup_file" }, given, context);
  },
});

/** The text with the block in its place. */
function setBlock(text: string, edit: BlockEdit): string {
  const lines = linesOf(text);
  const [begin, end] = [edit.marker_begin, edit.marker_end].map((mark) => edit.marker.replaceAll("{mark}", mark)) as [
    string,
    string,
  ];
  const present = edit.state === "present" && edit.block !== "";
  const first = lines.findLastIndex((line) => bare(line) === begin);
  const last = lines.findLastIndex((line) => bare(line) === end);
  let place: number;
  if (first >= 0 && last >= 0) {
    place = Math.min(first, last);
    lines.splice(place, Math.abs(last - first) + 1);
  } else place = insertionPlace(lines, edit);
  if (!present) return lines.join("");
  const before = lines[place - 1];
  if (before !== undefined && !before.endsWith("\n")) lines[place - 1] = `${before}\n`;
  if (edit.prepend_newline && place > 0 && lines[place - 1] !== "\n") {
    lines.splice(place, 0, "\n");
    place += 1;
  }
  const block = [begin, ...linesOf(edit.block).map(bareLine), end].map((line) => `${line}\n`);
  lines.splice(place, 0, ...block);
  const behind = lines[place + block.length];
  if (edit.append_newline && behind !== undefined && behind !== "\n") lines.splice(place + block.length, 0, "\n");
  return lines.join("");
}

/** A line of the block without its end; a carriage return stays. */
function bareLine(line: string): string {
  return line.replace(/\n$/, "");
}

function insertionPlace(lines: readonly string[], edit: BlockEdit): number {
  const { insertafter, insertbefore } = edit;
  if (insertbefore === "BOF") return 0;
  if (insertbefore === undefined && (insertafter === undefined || insertafter === "EOF")) return lines.length;
  const regex = pythonRegex(insertbefore ?? insertafter ?? "");
  const found = lines.findLastIndex((line) => search(regex, line) !== null);
  if (found < 0) return lines.length;
  return insertbefore === undefined ? found + 1 : found;
}
