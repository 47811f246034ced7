// Unpacks an archive of the controller, of the host or of a URL into a folder of the host.

import { fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import { findDownloader, withDownload } from "./download.ts";
import { fileAttributes, statResult } from "./file-attributes.ts";
import { HTTP_PARAMS, requestOf } from "./http-request.ts";
import { builtin, type Change, defineModule, type PlanContext } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { expandPath } from "./target-path.ts";
import { failTask } from "./task-failure.ts";
import { touchesPath } from "./touched-paths.ts";
import { type Comparison, compareLocal, compareRemote, compareUrl } from "./unarchive-compare.ts";
import { extract, setMemberAttributes } from "./unarchive-extract.ts";

const params = {
  properties: {
    src: { type: "string", description: "The archive: on the controller, with remote_src on the host, or a URL." },
    dest: { type: "path", description: "Folder to unpack into; it must exist." },
    remote_src: {
      type: "boolean",
      default: false,
      description: "`src` is on the host, or a URL that the host downloads.",
    },
    copy: { type: "boolean", description: "The opposite of remote_src, its old form." },
    creates: { type: "path", description: "If this exists, nothing is done." },
    include: { type: "array", items: { type: "string" }, default: [], description: "Unpack only these members." },
    exclude: { type: "array", items: { type: "string" }, default: [], description: "Do not unpack these members." },
    extra_opts: {
      type: "array",
      items: { type: "string" },
      default: [],
      description: "More options for tar or unzip.",
    },
    keep_newer: { type: "boolean", default: false, description: "Leave files that are newer than the archive's." },
    list_files: { type: "boolean", default: false, description: "Return the names of the members." },
    decrypt: { type: "boolean", default: true, description: "Decrypt a vaulted archive." },
    io_buffer_size: { type: "integer", description: "Size of a buffer.", ignored: "buffers are not set by hand" },
    ...fileAttributes,
    ...HTTP_PARAMS,
    unsafe_writes: {
      type: "boolean",
      default: false,
      description: "Write in place.",
      ignored: "tar and unzip write the files",
    },
  },
  required: ["src", "dest"],
} as const;
export type UnarchiveParams = ParamsOf<typeof params>;

export const unarchive = defineModule({
  name: "unarchive",
  aliases: builtin("unarchive"),
  summary: "Unpack an archive into a folder",
  params,
  returns: {
    dest: "The folder.",
    src: "The archive.",
    handler: "What kind of archive it is.",
    files: "Its members, with list_files.",
    extract_results: "What tar or unzip said.",
  },
  check: (given) =>
    Array.isArray(given.include) && Array.isArray(given.exclude) && given.include.length > 0 && given.exclude.length > 0
      ? "parameters are mutually exclusive: include|exclude"
      : undefined,
  touches: touchesPath("dest"),
  async plan(host, given, context) {
    const dest = given.dest === "/" ? "/" : given.dest.replace(/\/+$/, "");
    const [folder, made] = await Promise.all([
      host.stat(dest, { follow: true }),
      given.creates === undefined ? undefined : host.stat(given.creates),
    ]);
    if (made) return { changes: [], skipped: `skipped, since ${given.creates} exists` };
    if (folder?.type !== "directory") failTask("unarchive-dest", `dest '${given.dest}' must be an existing dir`);
    const archive = await findArchive(host, given, context);
    const isEmpty = (await host.walk(dest, { depth: 1 })).length === 0;
    const comparison = await compare(host, archive, dest, given, isEmpty);
    const result: Partial<Result> = { dest: given.dest, src: archive.label, ...statResult(folder) };
    const told = {
      ...(comparison.handler === undefined ? {} : { handler: comparison.handler }),
      ...(given.list_files && comparison.names ? { files: comparison.names } : {}),
    };
    const changes: Change[] = [];
    if (comparison.differs) changes.push(unpack(archive, dest, given, comparison, context));
    else if (comparison.attributes.length > 0) changes.push(setMemberAttributes(comparison.attributes));
    return { changes, result: { ...result, ...told } };
  },
});

/** Where the archive is, before it is unpacked. */
export type Archive =
  | { readonly from: "controller"; readonly path: string; readonly label: string; readonly vaulted: boolean }
  | { readonly from: "host"; readonly path: string; readonly label: string }
  | { readonly from: "url"; readonly url: string; readonly label: string };

async function findArchive(host: Host, given: UnarchiveParams, context: PlanContext): Promise<Archive> {
  const remote = given.copy === undefined ? given.remote_src : !given.copy;
  if (/^(https?|ftp):\/\//i.test(given.src))
    return { from: "url", url: given.src, label: requestOf(given.src, given).url };
  if (!remote) {
    const path = context.find(given.src, "files");
    return { from: "controller", path, label: path, vaulted: given.decrypt && (await context.isVaulted(path)) };
  }
  const path = await expandPath(host, given.src);
  const stat = await host.stat(path, { follow: true });
  if (stat?.type !== "file") fail("unarchive-source", `Source '${path}' ${stat ? "is not a file" : "does not exist"}`);
  return { from: "host", path, label: path };
}

async function compare(
  host: Host,
  archive: Archive,
  dest: string,
  given: UnarchiveParams,
  isEmpty: boolean,
): Promise<Comparison> {
  if (archive.from === "controller" && !archive.vaulted) return compareLocal(host, archive.path, dest, given);
  if (isEmpty || archive.from === "controller") return { differs: true, attributes: [] };
  return archive.from === "host"
    ? compareRemote(host, archive.path, dest, given)
    : compareUrl(host, archive.url, dest, given);
}

function unpack(
  archive: Archive,
  dest: string,
  given: UnarchiveParams,
  comparison: Comparison,
  context: PlanContext,
): Change {
  const use = async (host: Host, path: string): Promise<Partial<Result>> => {
    const result = await extract(host, path, dest, given);
    return { changed: true, ...result, ...statResult(await host.stat(dest, { follow: true })), dest: given.dest };
  };
  return {
    what: `unpack ${archive.label} into ${dest}`,
    predict: predictMembers(archive, dest, comparison),
    async apply(host) {
      if (archive.from === "host") return use(host, archive.path);
      if (archive.from === "url") {
        const request = requestOf(archive.url, given);
        return withDownload(host, await findDownloader(host, "host", request), request, {}, (path) => use(host, path));
      }
      const path = await host.temporary({ prefix: "tsplay-archive-" });
      try {
        if (archive.vaulted)
          await host.write(path, await context.readController(archive.path, { decrypt: true }), { mode: 0o600 });
        else await host.upload(archive.path, path, { mode: 0o600 });
        return await use(host, path);
      } finally {
        await host.remove(path);
      }
    },
  };
}

function predictMembers(archive: Archive, dest: string, comparison: Comparison): Prediction[] {
  const source = new Unknown(`unpacked from ${archive.label}`);
  if (!comparison.members || comparison.members.length > 5000)
    return [{ kind: "path", path: dest, type: "directory", below: source }];
  return comparison.members.map(({ path, type, mode, target }) => ({
    kind: "path",
    path,
    type,
    mode,
    ...(type === "file" ? { content: source } : {}),
    ...(target === undefined ? {} : { target }),
  }));
}
