// Renders a template of the controller with the task's variables and puts it on the host.

import { bytesOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import { controllerStat } from "./controller-files.ts";
import { planCopyFile } from "./copy-file.ts";
import { ATTRIBUTE_RETURNS, fileAttributes, unsafeWrites } from "./file-attributes.ts";
import { builtin, defineModule } from "./module.ts";
import type { ParamSchema } from "./params.ts";
import { checksumsOf } from "./put-file.ts";
import { nameOf } from "./target-path.ts";
import { touchesPath } from "./touched-paths.ts";

const MARKS = {
  block_start_string: { type: "string", default: "{%", description: "Begins a statement." },
  block_end_string: { type: "string", default: "%}", description: "Ends a statement." },
  variable_start_string: { type: "string", default: "{{", description: "Begins an expression." },
  variable_end_string: { type: "string", default: "}}", description: "Ends an expression." },
  comment_start_string: { type: "string", default: "{#", description: "Begins a comment." },
  comment_end_string: { type: "string", default: "#}", description: "Ends a comment." },
} as const satisfies Record<string, ParamSchema>;

export const template = defineModule({
  name: "template",
  aliases: builtin("template"),
  summary: "Render a template and put it on the host",
  params: {
    properties: {
      src: { type: "string", description: "The template, looked for in templates/." },
      dest: { type: "path", description: "Where to on the host." },
      backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
      force: { type: "boolean", default: true, description: "Replace a file whose content differs." },
      follow: { type: "boolean", default: false, description: "Write through links at the destination." },
      validate: { type: "string", description: "Command that must accept the new file; %s is its path." },
      newline_sequence: {
        type: "string",
        enum: ["\n", "\r", "\r\n", "\\n", "\\r", "\\r\\n"],
        default: "\n",
        description: "How lines end.",
      },
      trim_blocks: { type: "boolean", default: true, description: "Remove the line break behind a statement." },
      lstrip_blocks: { type: "boolean", default: false, description: "Remove spaces in front of a statement." },
      output_encoding: {
        type: "string",
        default: "utf-8",
        enum: ["utf-8", "utf8", "UTF-8", "ascii", "latin-1", "latin1", "iso-8859-1", "utf-16"],
        description: "Encoding of the result.",
      },
      ...MARKS,
      ...fileAttributes,
      unsafe_writes: unsafeWrites,
    },
    required: ["src", "dest"],
  },
  returns: {
    dest: "The destination.",
    src: "The template.",
    checksum: "SHA-1 of the result.",
    md5sum: "MD5 of the result, after a change.",
    backup_file: "The old file's new name.",
    ...ATTRIBUTE_RETURNS,
    state: "What the destination is.",
  },
  touches: touchesPath("dest"),
  async plan(host, given, context) {
    const local = context.find(given.src, "templates");
    if ((await statOrNothing(local))?.isDirectory()) fail("template-folder", `${local} is a directory, not a template`);
    const mode = given.mode === "preserve" ? (await controllerStat(local)).mode & 0o7777 : undefined;
    const text = context.render(local, {
      trimBlocks: given.trim_blocks,
      lstripBlocks: given.lstrip_blocks,
      newlineSequence: newline(given.newline_sequence),
      blockStart: given.block_start_string,
      blockEnd: given.block_end_string,
      variableStart: given.variable_start_string,
      variableEnd: given.variable_end_string,
      commentStart: given.comment_start_string,
      commentEnd: given.comment_end_string,
      extra: { template_destpath: given.dest },
    });
    const bytes = encode(text, given.output_encoding);
    const name = nameOf(given.src);
    return planCopyFile(
      host,
      { content: { bytes }, checksum: checksumsOf(bytes).checksum, bytes, name, mode, label: local },
      given,
      context,
    );
  },
});

async function statOrNothing(path: string) {
  try {
    return await controllerStat(path);
  } catch {
    return undefined;
  }
}

function newline(written: string): "\n" | "\r" | "\r\n" {
  const text = written.replaceAll("\\n", "\n").replaceAll("\\r", "\r");
  return text === "\r" || text === "\r\n" ? text : "\n";
}

function encode(text: string, encoding: string): Buffer {
  if (/^utf-?8$/i.test(encoding)) return bytesOf(text);
  if (encoding === "utf-16") return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
  const limit = encoding === "ascii" ? 0x7f : 0xff;
  const wrong = [...text].find((char) => (char.codePointAt(0) ?? 0) > limit);
  if (wrong !== undefined) fail("template-encoding", `the character ${wrong} cannot be written in ${encoding}`);
  return Buffer.from(text, "latin1");
}
