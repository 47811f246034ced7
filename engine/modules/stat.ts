// Tells what a path is.

import { posix } from "node:path";
import type { Plain } from "../core/value.ts";
import type { HashName, Host, Stat } from "../host/host.ts";
import { readFlags } from "./file-extended.ts";
import { builtin, defineModule } from "./module.ts";
import { statKeys } from "./stat-keys.ts";
import { folderOf } from "./target-path.ts";

const FLAG_NAMES: Readonly<Record<string, string>> = {
  A: "noatime",
  a: "append",
  c: "compressed",
  C: "nocow",
  d: "nodump",
  D: "dirsync",
  e: "extents",
  i: "immutable",
  I: "indexed",
  j: "journalled",
  s: "zero",
  S: "synchronous",
  t: "notail",
  T: "blockroot",
  u: "undelete",
};

export const stat = defineModule({
  name: "stat",
  aliases: builtin("stat"),
  summary: "Tell what a path is",
  params: {
    properties: {
      path: { type: "path", aliases: ["dest", "name"], description: "The path." },
      follow: { type: "boolean", default: false, description: "Tell of what a link leads to." },
      get_checksum: { type: "boolean", default: true, description: "Return a checksum of files." },
      checksum_algorithm: {
        type: "string",
        enum: ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"],
        default: "sha1",
        aliases: ["checksum", "checksum_algo"],
        description: "Its kind.",
      },
      get_mime: {
        type: "boolean",
        aliases: ["mime", "mime_type", "mime-type"],
        description: "Ask `file` for mimetype and charset; done only when it is written, because it starts a program.",
      },
      get_attributes: {
        type: "boolean",
        aliases: ["attr", "attributes"],
        description: "Ask `lsattr` for flags; done only when it is written, because it starts a program.",
      },
      get_selinux_context: { type: "boolean", default: false, description: "Return the SELinux context." },
    },
    required: ["path"],
  },
  returns: { stat: "What the path is: exists, isdir, isreg, islnk, mode, size, checksum, owner, times …" },
  async plan(host, params) {
    const path = params.path === "/" ? "/" : params.path.replace(/\/+$/, "");
    const checksum = params.get_checksum ? { checksum: params.checksum_algorithm as HashName } : {};
    const [found, real, flags, mime, context] = await Promise.all([
      host.stat(path, { follow: params.follow, ...checksum }),
      params.follow ? undefined : host.realpath(path),
      params.get_attributes === true ? readFlags(host, path) : undefined,
      params.get_mime === true ? mimeOf(host, path) : undefined,
      params.get_selinux_context ? contextOf(host, path) : undefined,
    ]);
    if (!found) return { changes: [], result: { stat: { exists: false } } };
    // What one may do with a link is what one may do with what it leads to.
    const reached = found.type === "link" ? await host.stat(path, { follow: true }) : found;
    return {
      changes: [],
      result: {
        stat: {
          exists: true,
          ...statKeys(params.path, found),
          executable: reached?.executable ?? false,
          readable: reached?.readable ?? false,
          writeable: reached?.writable ?? false,
          ...(found.checksum === undefined ? {} : { checksum: found.checksum }),
          ...linkKeys(path, found, real),
          ...(params.get_mime === false ? {} : { mimetype: mime?.[0] ?? "unknown", charset: mime?.[1] ?? "unknown" }),
          ...(params.get_attributes === false ? {} : attributeKeys(flags ?? "")),
          ...(context === undefined ? {} : { selinux_context: context }),
        },
      },
    };
  },
});

function attributeKeys(flags: string): Record<string, Plain> {
  return { attr_flags: flags, attributes: [...flags].map((flag) => FLAG_NAMES[flag] ?? flag), version: null };
}

function linkKeys(path: string, found: Stat, real: string | undefined): Record<string, string> {
  if (found.type !== "link") return {};
  const target = found.target ?? "";
  return { lnk_target: target, lnk_source: real ?? posix.resolve(folderOf(path), target) };
}

async function mimeOf(host: Host, path: string): Promise<[string, string] | undefined> {
  const { code, stdout } = await host.run({
    argv: ["file", "--mime-type", "--mime-encoding", "-b", path],
    reads: true,
    about: [{ kind: "path", path }],
  });
  const match = /^(\S+?);\s*charset=(\S+)/.exec(stdout.toString());
  return code === 0 && match ? [match[1] ?? "", match[2] ?? ""] : undefined;
}

async function contextOf(host: Host, path: string): Promise<string | undefined> {
  const { code, stdout } = await host.run({
    argv: ["stat", "-c", "%C", path],
    reads: true,
    about: [{ kind: "path", path }],
  });
  return code === 0 ? stdout.toString().trim() : undefined;
}
