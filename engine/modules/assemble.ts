// Puts the files of a folder together into one file.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/problem.ts";
import type { Host } from "../host/host.ts";
import { planCopyFile } from "./copy-file.ts";
import { fileAttributes, unsafeWrites } from "./file-attributes.ts";
import { builtin, defineModule, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { checksumsOf } from "./put-file.ts";
import { pythonRegex, search } from "./python-regex.ts";
import { expandPath } from "./target-path.ts";
import { touchesPath } from "./touched-paths.ts";

const params = {
  properties: {
    src: { type: "string", description: "Folder of the fragments." },
    dest: { type: "path", description: "The file to make." },
    remote_src: { type: "boolean", default: true, description: "The folder is on the host." },
    delimiter: { type: "string", description: "Line between fragments." },
    regexp: { type: "string", description: "Only fragments whose name matches." },
    ignore_hidden: { type: "boolean", default: false, description: "Leave out names that begin with a dot." },
    backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
    validate: { type: "string", description: "Command that must accept the new file; %s is its path." },
    decrypt: { type: "boolean", default: true, description: "Decrypt vaulted fragments of the controller." },
    ...fileAttributes,
    unsafe_writes: unsafeWrites,
  },
  required: ["src", "dest"],
} as const;
type AssembleParams = ParamsOf<typeof params>;

export const assemble = defineModule({
  name: "assemble",
  aliases: builtin("assemble"),
  summary: "Put the files of a folder together into one",
  params,
  returns: {
    dest: "The file.",
    src: "The folder.",
    checksum: "SHA-1 of the file.",
    md5sum: "MD5 of the file.",
    backup_file: "The old file's new name.",
    msg: "OK",
  },
  touches: touchesPath("dest"),
  async plan(host, given, context) {
    const parts = given.remote_src ? await remoteParts(host, given) : await localParts(given, context);
    const bytes = assembled(parts, given.delimiter);
    const sums = checksumsOf(bytes);
    const source = {
      content: { bytes },
      checksum: sums.checksum,
      bytes,
      name: undefined,
      mode: undefined,
      label: given.src,
    };
    const plan = await planCopyFile(host, source, { ...given, force: true, follow: true }, context);
    return { ...plan, result: { ...plan.result, ...sums, dest: given.dest, src: given.src, msg: "OK" } };
  },
});

async function remoteParts(host: Host, given: AssembleParams): Promise<Buffer[]> {
  const src = await expandPath(host, given.src);
  const folder = await host.stat(src, { follow: true });
  if (!folder) return fail("assemble-source", `Source (${src}) does not exist`);
  if (folder.type !== "directory") return fail("assemble-source", `Source (${src}) is not a directory`);
  const entries = await host.walk(src, { depth: 1, follow: true });
  const chosen = entries.filter((entry) => entry.stat.type === "file" && isChosen(entry.name, given));
  return Promise.all(chosen.sort((a, b) => (a.name < b.name ? -1 : 1)).map((entry) => host.read(entry.path)));
}

async function localParts(given: AssembleParams, context: PlanContext): Promise<Buffer[]> {
  const src = context.find(given.src, "files");
  const entries = readdirSync(src, { withFileTypes: true }).filter(
    (entry) => !entry.isDirectory() && isChosen(entry.name, given),
  );
  const names = entries.map((entry) => entry.name).sort();
  return Promise.all(names.map((name) => context.readController(join(src, name), { decrypt: given.decrypt })));
}

function isChosen(name: string, given: AssembleParams): boolean {
  if (given.ignore_hidden && name.startsWith(".")) return false;
  return given.regexp === undefined || search(pythonRegex(given.regexp), name) !== null;
}

/** Fragments in order: each ends its last line before the next begins, the delimiter on lines of its own between them. */
function assembled(parts: readonly Buffer[], delimiter: string | undefined): Buffer {
  const between = delimiter?.replace(/\\n/g, "\n").replace(/\\t/g, "\t");
  const line = between === undefined ? "" : between.endsWith("\n") ? between : `${between}\n`;
  return Buffer.concat(
    parts.flatMap((part, index) => {
      const before = parts[index - 1];
      if (!before) return [part];
      const newline = before.at(-1) === 0x0a || before.length === 0 ? "" : "\n";
      return [Buffer.from(newline + line), part];
    }),
  );
}
