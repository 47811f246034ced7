// Copies files and folders of the controller, content written in the task, or paths of the host itself.

import { createHash } from "node:crypto";
import { bytesOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import type { Host } from "../host/host.ts";
import { controllerChecksum, controllerStat, controllerTree, type TreeEntry } from "./controller-files.ts";
import { finishFolder, planCopyFile } from "./copy-file.ts";
import { planRemoteCopy } from "./copy-remote.ts";
import { planTree } from "./copy-tree.ts";
import { ATTRIBUTE_RETURNS, fileAttributes, unsafeWrites } from "./file-attributes.ts";
import { builtin, defineModule, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { pythonJson } from "./python-json.ts";
import { nameOf } from "./target-path.ts";
import { touchesPath } from "./touched-paths.ts";

const params = {
  properties: {
    src: {
      type: "string",
      description:
        "File or folder on the controller (or on the host, with remote_src); a folder with a slash at its end means its content.",
    },
    content: { type: "raw", description: "The content itself; mappings and lists become JSON." },
    dest: { type: "path", description: "Where to on the host." },
    remote_src: { type: "boolean", default: false, description: "`src` is on the host." },
    backup: { type: "boolean", default: false, description: "Keep the old file under a name with the time." },
    force: {
      type: "boolean",
      default: true,
      aliases: ["thirsty"],
      description: "Replace a file whose content differs.",
    },
    validate: { type: "string", description: "Command that must accept the new file; %s is its path." },
    directory_mode: { type: "mode", description: "Permissions of folders that are made." },
    follow: { type: "boolean", default: false, description: "Write through links at the destination." },
    local_follow: { type: "boolean", default: true, description: "Copy what links of the source lead to." },
    checksum: { type: "string", description: "SHA-1 that the source must have." },
    decrypt: { type: "boolean", default: true, description: "Decrypt vaulted sources." },
    ...fileAttributes,
    unsafe_writes: unsafeWrites,
  },
  required: ["dest"],
} as const;

export type CopyParams = ParamsOf<typeof params>;

export const copy = defineModule({
  name: "copy",
  aliases: builtin("copy"),
  summary: "Copy files, folders or content to the host",
  params,
  returns: {
    dest: "The destination.",
    src: "The source.",
    checksum: "SHA-1 of the file.",
    md5sum: "MD5 of the file, after a change.",
    backup_file: "The old file's new name.",
    ...ATTRIBUTE_RETURNS,
    state: "What the destination is.",
  },
  check: (given) => {
    if (given.src === undefined && given.content === undefined) return "src (or content) is required";
    if (given.src !== undefined && given.content !== undefined) return "src and content are mutually exclusive";
    if (given.content !== undefined && String(given.dest).endsWith("/"))
      return "can not use content with a dir as dest";
    return undefined;
  },
  touches: touchesPath("dest"),
  async plan(host, given, context) {
    if (given.content !== undefined) return planContent(host, given, context);
    const src = given.src ?? "";
    if (given.remote_src) return planRemoteCopy(host, src, given, context);
    const local = context.find(src, "files");
    const stat = await controllerStat(local);
    if (!stat.isDirectory())
      return planCopyFile(
        host,
        await localSource(local, nameOf(src), stat.mode & 0o7777, given, context),
        given,
        context,
      );
    const inside = src.endsWith("/");
    const root = inside ? given.dest : `${given.dest.replace(/\/+$/, "")}/${nameOf(src)}`;
    const entries = await controllerTree(local, { follow: given.local_follow });
    const sources = await Promise.all(entries.map((entry) => treeSource(entry, given, context)));
    const plan = await planTree(host, root, sources, given, context);
    return finishFolder(plan, { dest: given.dest.endsWith("/") ? given.dest : `${given.dest}/`, src: local });
  },
});

function planContent(host: Host, given: CopyParams, context: PlanContext) {
  const { content } = given;
  const text =
    typeof content === "string"
      ? content
      : typeof content === "object" && content !== null
        ? pythonJson(content)
        : String(content);
  const bytes = bytesOf(text);
  const checksum = createHash("sha1").update(bytes).digest("hex");
  return planCopyFile(
    host,
    { content: { bytes }, checksum, bytes, name: undefined, mode: undefined, label: given.dest },
    given,
    context,
  );
}

/** A controller file as the source of a copy: streamed unless it is vaulted or small. */
async function localSource(path: string, name: string, mode: number, given: CopyParams, context: PlanContext) {
  const stat = await controllerStat(path);
  const label = path;
  if (stat.size > 256 * 1024 && !(given.decrypt && (await context.isVaulted(path))))
    return { content: { local: path }, checksum: await controllerChecksum(path), bytes: undefined, name, mode, label };
  const bytes = await context.readController(path, { decrypt: given.decrypt });
  return { content: { bytes }, checksum: createHash("sha1").update(bytes).digest("hex"), bytes, name, mode, label };
}

async function treeSource(entry: TreeEntry, given: CopyParams, context: PlanContext) {
  if (entry.type !== "file") return { relative: entry.relative, type: entry.type, target: entry.target };
  if (entry.path === "") fail("file-not-found", `cannot read ${entry.relative}`);
  return {
    relative: entry.relative,
    type: "file" as const,
    source: await localSource(entry.path, nameOf(entry.path), entry.mode, given, context),
  };
}
