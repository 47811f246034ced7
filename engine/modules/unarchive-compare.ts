// Whether an archive's members are on the host already. One of the controller is compared member by member, without being
// sent; one of the host or of a URL by tar --diff or unzip's listing.

import { fail } from "../core/problem.ts";
import type { Attributes, FileType, Host, Stat } from "../host/host.ts";
import {
  type ArchiveFormat,
  archiveFormat,
  MAGIC_LENGTH,
  refuseOutside,
  strippedFolders,
  unpackedName,
} from "./archive-format.ts";
import { beginningOf, type Member, tarMembers, zipMembers } from "./archive-list.ts";
import { findDownloader } from "./download.ts";
import { attributesToChange, wantedAttributes } from "./file-attributes.ts";
import { sendFromHost } from "./http-host.ts";
import { requestOf } from "./http-request.ts";
import { shellQuote } from "./shell-words.ts";
import { joinPath } from "./target-path.ts";
import type { UnarchiveParams } from "./unarchive.ts";

/** A member's place on the host. */
export interface Placed {
  readonly path: string;
  readonly type: FileType;
  readonly mode: number;
  readonly target?: string | undefined;
}

export interface Comparison {
  readonly differs: boolean;
  readonly handler?: string;
  /** As in the archive. */
  readonly names?: readonly string[];
  readonly members?: readonly Placed[];
  /** Where only owner, group or mode differ from what is asked. */
  readonly attributes: ReadonlyArray<{ readonly path: string; readonly attributes: Attributes }>;
}

export async function compareLocal(
  host: Host,
  archive: string,
  dest: string,
  given: UnarchiveParams,
): Promise<Comparison> {
  const format = archiveFormat(await beginningOf(archive), archive);
  const strip =
    format.kind === "zip" ? (given.extra_opts.length === 0 ? 0 : undefined) : strippedFolders(given.extra_opts);
  const readable = format.kind === "zip" || format.option === undefined || format.option === "-z";
  if (strip === undefined || !readable) return { differs: true, handler: format.handler, attributes: [] };
  const members = format.kind === "zip" ? await zipMembers(archive) : await tarMembers(archive);
  for (const member of members) refuseOutside(member.name);
  const placed = members.flatMap((member) => {
    const name = unpackedName(member.name, strip, given.include, given.exclude);
    return name === undefined ? [] : [{ member, path: joinPath(dest, name) }];
  });
  const stats = await Promise.all(placed.map(({ path }) => host.stat(path, { checksum: "sha1" })));
  const differs = placed.some(({ member }, index) => !isSame(member, stats[index], host, given));
  return {
    differs,
    handler: format.handler,
    names: placed.map(({ member }) => member.name),
    members: placed.map(({ member, path }) => ({ path, type: member.type, mode: member.mode, target: member.target })),
    attributes: await dueAttributes(
      host,
      placed.map(({ path }, index) => ({ path, stat: stats[index] })),
      given,
    ),
  };
}

function isSame(member: Member, stat: Stat | undefined, host: Host, given: UnarchiveParams): boolean {
  if (!stat || stat.type !== member.type) return false;
  if (given.keep_newer && stat.mtime > member.mtime && member.mtime > 0) return true;
  if (member.target !== undefined && member.target !== stat.target) return false;
  if (member.sha1 !== undefined && member.sha1 !== stat.checksum) return false;
  const modeMatters = host.user === "root" && given.mode === undefined && member.type !== "link" && member.mtime > 0;
  return !modeMatters || (stat.mode & 0o777) === (member.mode & 0o777);
}

async function dueAttributes(
  host: Host,
  found: ReadonlyArray<{ readonly path: string; readonly stat: Stat | undefined }>,
  given: UnarchiveParams,
): Promise<Comparison["attributes"]> {
  if (given.owner === undefined && given.group === undefined && given.mode === undefined) return [];
  const all = await Promise.all(
    found.map(async ({ path, stat }) => {
      if (!stat || stat.type === "link") return [];
      const wanted = await wantedAttributes(host, given, stat, stat.type === "directory" ? "directory" : "file");
      const attributes = attributesToChange(wanted, stat);
      return Object.keys(attributes).length === 0 ? [] : [{ path, attributes }];
    }),
  );
  return all.flat();
}

/** Members of an archive on the host that would be unpacked, by name. Failure `archive-outside`. */
export async function remoteNames(
  host: Host,
  archive: string,
  format: ArchiveFormat,
  given: UnarchiveParams,
): Promise<string[]> {
  const argv =
    format.kind === "zip"
      ? ["unzip", "-Z1", archive]
      : [
          "tar",
          "--list",
          "--quoting-style=literal",
          ...(format.option ? [format.option] : []),
          "--show-transformed-names",
          ...given.extra_opts,
          "-f",
          archive,
          ...given.exclude.map((name) => `--exclude=${name}`),
          ...given.include,
        ];
  const { code, stdout, stderr } = await host.run({ argv, env: { LC_ALL: "C" }, reads: true });
  if (code !== 0) unreadable(format, stderr.toString());
  const names = stdout
    .toString()
    .split("\n")
    .filter((name) => name !== "");
  for (const name of names) refuseOutside(name);
  return format.kind === "tar"
    ? names
    : names.filter((name) => unpackedName(name, 0, given.include, given.exclude) !== undefined);
}

function unreadable(format: ArchiveFormat, stderr: string): never {
  const lacks = /(\S+): Cannot exec|not found/.test(stderr) && format.needs !== undefined;
  return fail(
    "archive-list",
    `Unable to list files in the archive: ${stderr.trim()}`,
    lacks ? { hint: `install ${format.needs} on the host` } : {},
  );
}

export async function compareRemote(
  host: Host,
  archive: string,
  dest: string,
  given: UnarchiveParams,
): Promise<Comparison> {
  const format = await remoteFormat(host, archive);
  const names = await remoteNames(host, archive, format, given);
  const paths = names.map((name) => joinPath(dest, name.replace(/\/+$/, "")));
  const stats = await Promise.all(paths.map((path) => host.stat(path)));
  const attributes = await dueAttributes(
    host,
    paths.map((path, index) => ({ path, stat: stats[index] })),
    given,
  );
  const base = { handler: format.handler, names, attributes };
  if (stats.some((stat) => stat === undefined)) return { ...base, differs: true };
  const about = [{ kind: "path", path: dest } as const];
  if (format.kind === "zip") return { ...base, differs: await zipDiffers(host, archive, names, dest) };
  const argv = ["tar", ...diffArguments(format, dest, given), "-f", archive, ...filters(given)];
  const { stdout, stderr } = await host.run({ argv, env: { LC_ALL: "C" }, reads: true, about });
  return { ...base, differs: tellsDifference(`${stdout.toString()}${stderr.toString()}`, given) };
}

/** Streams the archive through tar on the host, so that nothing is written while planning. */
export async function compareUrl(host: Host, url: string, dest: string, given: UnarchiveParams): Promise<Comparison> {
  const request = requestOf(url, given);
  const downloader = await findDownloader(host, "host", request);
  const option = /\.(tgz|tar\.gz)$/i.test(url)
    ? "-z"
    : /\.(tbz2?|tar\.bz2)$/i.test(url)
      ? "-j"
      : /\.(txz|tar\.xz)$/i.test(url)
        ? "-J"
        : /\.tar\.zst$/i.test(url)
          ? "--zstd"
          : /\.tar$/i.test(url)
            ? ""
            : undefined;
  if (option === undefined || (downloader !== "curl" && downloader !== "wget"))
    return { differs: true, attributes: [] };
  const format = { handler: "TarArchive", kind: "tar", option: option === "" ? undefined : option } as const;
  const command = ["tar", ...diffArguments(format, dest, given), "-f", "-", ...filters(given)]
    .map(shellQuote)
    .join(" ");
  const answer = await sendFromHost(host, downloader, request, { pipe: `${command} 2>&1; cat > /dev/null` });
  if (answer.status < 200 || answer.status >= 300) return { differs: true, attributes: [] };
  const attributesAsked = given.owner !== undefined || given.group !== undefined || given.mode !== undefined;
  return { differs: attributesAsked || tellsDifference(answer.body?.toString() ?? "", given), attributes: [] };
}

export async function remoteFormat(host: Host, archive: string): Promise<ArchiveFormat> {
  const { stdout } = await host.run({ argv: ["head", "-c", String(MAGIC_LENGTH), archive], reads: true });
  return archiveFormat(stdout, archive);
}

function diffArguments(
  format: { readonly option?: string | undefined },
  dest: string,
  given: UnarchiveParams,
): string[] {
  return [
    "--diff",
    "-C",
    dest,
    ...(format.option ? [format.option] : []),
    "--show-transformed-names",
    ...given.extra_opts,
  ];
}

function filters(given: UnarchiveParams): string[] {
  return [...given.exclude.map((name) => `--exclude=${name}`), ...given.include];
}

/** What tar --diff says of owner, group and mode does not count where the task asks for its own. */
function tellsDifference(output: string, given: UnarchiveParams): boolean {
  return output.split("\n").some((line) => {
    // With --strip-components the folders that are stripped altogether have no name.
    if (/^tar: : /.test(line) || /: (Uid|Gid) differs$/.test(line)) return false;
    if (/: Mode differs$/.test(line)) return given.mode === undefined;
    if (/: Mod time differs$/.test(line)) return !given.keep_newer;
    return /differs?$|No such file|Cannot (stat|open)|Not linked to|Symlink differs/.test(line);
  });
}

/** By sizes: a zip archive has no other sums that a host could make without unpacking. */
async function zipDiffers(host: Host, archive: string, names: readonly string[], dest: string): Promise<boolean> {
  const { stdout } = await host.run({ argv: ["unzip", "-Zl", archive], env: { LC_ALL: "C" }, reads: true });
  const sizes = new Map(
    [...stdout.toString().matchAll(/^\S{10}\s+\S+\s+\S+\s+(\d+)\s+\S+\s+\d+\s+\S+\s+\S+\s+\S+\s(.*)$/gm)].map(
      (match) => [match[2] ?? "", Number(match[1])],
    ),
  );
  const files = names.filter((name) => !name.endsWith("/"));
  const stats = await Promise.all(files.map((name) => host.stat(joinPath(dest, name))));
  return files.some((name, index) => stats[index]?.size !== sizes.get(name));
}
