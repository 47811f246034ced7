// Unpacks an archive that lies on the host, and sets owner, group and mode of what came out.

import type { Result } from "../core/result.ts";
import type { Attributes, Host } from "../host/host.ts";
import { attributesToChange, wantedAttributes } from "./file-attributes.ts";
import type { Change } from "./module.ts";
import { joinPath } from "./target-path.ts";
import { failTask } from "./task-failure.ts";
import type { UnarchiveParams } from "./unarchive.ts";
import { remoteFormat, remoteNames } from "./unarchive-compare.ts";

/** Failure `archive-extract`, `archive-outside`. */
export async function extract(
  host: Host,
  archive: string,
  dest: string,
  given: UnarchiveParams,
): Promise<Partial<Result>> {
  const format = await remoteFormat(host, archive);
  const names = await remoteNames(host, archive, format, given);
  const argv =
    format.kind === "zip"
      ? [
          "unzip",
          given.keep_newer ? "-uo" : "-o",
          ...given.extra_opts,
          archive,
          ...given.include,
          ...(given.exclude.length > 0 ? ["-x", ...given.exclude] : []),
          "-d",
          dest,
        ]
      : [
          "tar",
          "--extract",
          "-C",
          dest,
          ...(format.option ? [format.option] : []),
          ...(given.extra_opts.length > 0 ? ["--show-transformed-names", ...given.extra_opts] : []),
          ...(given.keep_newer ? ["--keep-newer-files"] : []),
          ...(given.owner === undefined ? [] : [`--owner=${given.owner}`]),
          ...(given.group === undefined ? [] : [`--group=${given.group}`]),
          ...given.exclude.map((name) => `--exclude=${name}`),
          "-f",
          archive,
          ...given.include,
        ];
  const { code, stdout, stderr } = await host.run({ argv, env: { LC_ALL: "C" } });
  const told = { cmd: argv, rc: code, out: stdout.toString(), err: stderr.toString() };
  if (code !== 0)
    failTask("archive-extract", `failed to unpack ${archive} to ${dest}: ${told.err.trim()}`, {
      extract_results: told,
    });
  await setAttributes(host, dest, names, given);
  return { handler: format.handler, extract_results: told, ...(given.list_files ? { files: names } : {}) };
}

async function setAttributes(
  host: Host,
  dest: string,
  names: readonly string[],
  given: UnarchiveParams,
): Promise<void> {
  if (given.owner === undefined && given.group === undefined && given.mode === undefined) return;
  await Promise.all(
    names.map(async (name) => {
      const path = joinPath(dest, name.replace(/\/+$/, ""));
      const stat = await host.stat(path);
      if (!stat || stat.type === "link") return;
      const wanted = await wantedAttributes(host, given, stat, stat.type === "directory" ? "directory" : "file");
      const due = attributesToChange(wanted, stat);
      if (Object.keys(due).length > 0) await host.setAttributes(path, due);
    }),
  );
}

/** The change where everything is unpacked already, but with other owners or modes. */
export function setMemberAttributes(
  due: ReadonlyArray<{ readonly path: string; readonly attributes: Attributes }>,
): Change {
  return {
    what: `set attributes of ${due.length} unpacked paths`,
    predict: due.map(({ path, attributes }) => ({ kind: "path", path, type: "file", ...attributes })),
    async apply(host) {
      await Promise.all(due.map(({ path, attributes }) => host.setAttributes(path, attributes)));
      return { changed: true };
    },
  };
}
