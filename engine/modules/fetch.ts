// Brings a file of the host to the controller.

import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { controllerChecksum } from "./controller-files.ts";
import { type ActionContext, builtin, defineAction } from "./module.ts";
import { expandPath } from "./target-path.ts";

export const fetchModule = defineAction({
  name: "fetch",
  aliases: builtin("fetch"),
  summary: "Bring a file of the host to the controller",
  params: {
    properties: {
      src: { type: "string", description: "The file on the host." },
      dest: { type: "string", description: "Folder on the controller; the file goes to DEST/HOST/PATH." },
      flat: {
        type: "boolean",
        default: false,
        description: "`dest` is the file itself, or with a slash at its end its folder.",
      },
      fail_on_missing: { type: "boolean", default: true, description: "Fail if there is no such file." },
      validate_checksum: { type: "boolean", default: true, description: "Compare checksums after the transfer." },
    },
    required: ["src", "dest"],
  },
  returns: {
    dest: "The file on the controller.",
    checksum: "Its SHA-1.",
    remote_checksum: "SHA-1 on the host.",
    md5sum: "Its MD5.",
    remote_md5sum: "Nothing.",
    file: "The file on the host, when nothing was transferred.",
  },
  runsInCheck: true,
  async run(context, params): Promise<Result> {
    const src = await expandPath(context.host, params.src);
    const remote = await context.host.stat(src, { follow: true, checksum: "sha1" });
    if (!remote) {
      const msg = "the remote file does not exist, not transferring, ignored";
      return params.fail_on_missing
        ? fail("fetch-missing", `the remote file does not exist: ${src}`)
        : { changed: false, file: src, msg };
    }
    if (remote.type === "directory")
      fail("fetch-folder", "remote file is a directory, fetch cannot work on directories");
    const dest = destination(context, src, params.dest, params.flat);
    const present = existsSync(dest) ? await controllerChecksum(dest) : undefined;
    if (present !== undefined && present === remote.checksum)
      return { changed: false, dest, file: src, checksum: present, md5sum: await controllerChecksum(dest, "md5") };
    if (context.check)
      return {
        changed: true,
        dest,
        checksum: remote.checksum ?? null,
        remote_checksum: remote.checksum ?? null,
        remote_md5sum: null,
      };
    mkdirSync(dirname(dest), { recursive: true });
    const mode = existsSync(dest) ? statSync(dest).mode & 0o7777 : 0o666 & ~process.umask();
    const { sha1 } = await context.host.download(src, dest);
    chmodSync(dest, mode);
    if (params.validate_checksum && remote.checksum !== undefined && sha1 !== remote.checksum)
      fail("fetch-checksum", `checksum mismatch: ${src} changed while it was transferred`);
    return {
      changed: true,
      dest,
      checksum: sha1,
      md5sum: await controllerChecksum(dest, "md5"),
      remote_checksum: remote.checksum ?? null,
      remote_md5sum: null,
    };
  },
});

/** Where on the controller; the host's path can never lead out of the folder. */
function destination(context: ActionContext, src: string, dest: string, flat: boolean): string {
  const base = resolve(String(context.variable("playbook_dir") ?? "."), dest.replace(/^~(?=\/|$)/, homedir()));
  if (flat) {
    const isFolder = dest.endsWith("/");
    if (!isFolder && existsSync(base) && statSync(base).isDirectory())
      fail(
        "fetch-folder",
        "dest is an existing directory, use a trailing slash if you want to fetch src into that directory",
      );
    return isFolder ? join(base, basename(src)) : base;
  }
  const host = String(context.variable("inventory_hostname") ?? context.hostName);
  return join(base, host.replaceAll("/", "_"), join("/", src));
}
