// Finds files by name, age, size, content and kind.

import { textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import type { Entry, HashName, Host } from "../host/host.ts";
import { HostError } from "../host/host.ts";
import { globRegex } from "./glob-regex.ts";
import { resolveMode } from "./mode.ts";
import { builtin, defineModule } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { pythonRegex, search } from "./python-regex.ts";
import { statKeys } from "./stat-keys.ts";

const params = {
  properties: {
    paths: { type: "array", items: { type: "path" }, aliases: ["name", "path"], description: "Folders to look in." },
    patterns: {
      type: "array",
      items: { type: "string" },
      default: [],
      aliases: ["pattern"],
      description: "Names to find; all if none.",
    },
    excludes: { type: "array", items: { type: "string" }, aliases: ["exclude"], description: "Names to leave out." },
    use_regex: {
      type: "boolean",
      default: false,
      description: "Patterns are regular expressions, matched from the name's beginning.",
    },
    contains: { type: "string", description: "Pattern that a line of the file must match from its beginning." },
    read_whole_file: {
      type: "boolean",
      default: false,
      description: "Search `contains` anywhere in the whole content.",
    },
    file_type: {
      type: "string",
      enum: ["any", "directory", "file", "link"],
      default: "file",
      description: "Kind of what is found.",
    },
    recurse: { type: "boolean", default: false, description: "Look below the folders." },
    depth: { type: "integer", description: "How deep." },
    hidden: { type: "boolean", default: false, description: "Find names that begin with a dot." },
    follow: { type: "boolean", default: false, description: "Follow links." },
    size: { type: "string", description: "At least this size, or with - at most: 10m, -1g." },
    age: { type: "string", description: "At least this old, or with - at most: 2d, -1w." },
    age_stamp: {
      type: "string",
      enum: ["atime", "ctime", "mtime"],
      default: "mtime",
      description: "Which time counts.",
    },
    get_checksum: { type: "boolean", default: false, description: "Return checksums." },
    checksum_algorithm: {
      type: "string",
      enum: ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"],
      default: "sha1",
      aliases: ["checksum", "checksum_algo"],
      description: "Their kind.",
    },
    mode: { type: "mode", description: "Permissions that it must have." },
    exact_mode: { type: "boolean", default: true, description: "Exactly those; otherwise at least those." },
    limit: { type: "integer", description: "Most to find." },
    encoding: {
      type: "string",
      description: "Encoding of the contents.",
      ignored: "contents are searched byte by byte",
    },
  },
  required: ["paths"],
} as const;
type FindParams = ParamsOf<typeof params>;

export const find = defineModule({
  name: "find",
  aliases: builtin("find"),
  summary: "Find files by name, age, size, content and kind",
  params,
  returns: {
    files: "What was found, each as `stat` would tell it.",
    matched: "How many.",
    examined: "How many were looked at.",
    skipped_paths: "Folders that could not be searched, with the reason.",
    msg: "A summary.",
  },
  async plan(host, given, context) {
    const skipped: Record<string, string> = {};
    const [walks, now] = await Promise.all([
      Promise.all(given.paths.map((path) => walk(host, path, given, skipped))),
      given.age === undefined ? 0 : hostTime(host),
    ]);
    const entries = walks.flat();
    const candidates = entries.filter((entry) => accepts(entry, given, now));
    const matches = given.contains === undefined ? candidates : await withContent(host, candidates, given);
    const found = given.limit === undefined ? matches : matches.slice(0, given.limit);
    for (const [path, reason] of Object.entries(skipped))
      context.warn(`Skipped '${path}' path due to this access issue: ${reason}`);
    const complete = Object.keys(skipped).length === 0;
    return {
      changes: [],
      result: {
        changed: false,
        files: found.map(({ path, stat }) => ({
          ...statKeys(path, stat),
          ...(stat.checksum === undefined ? {} : { checksum: stat.checksum }),
        })),
        matched: found.length,
        examined: entries.length,
        skipped_paths: skipped,
        msg: complete ? "All paths examined" : "Not all paths examined, check warnings for details",
      },
    };
  },
});

async function walk(host: Host, path: string, given: FindParams, skipped: Record<string, string>): Promise<Entry[]> {
  const depth = given.recurse ? given.depth : 1;
  const checksum = given.get_checksum ? { checksum: given.checksum_algorithm as HashName } : {};
  try {
    return await host.walk(path, { ...(depth === undefined ? {} : { depth }), follow: given.follow, ...checksum });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    skipped[path] = ["ENOENT", "ENOTDIR"].includes(error.errno ?? "") ? `'${path}' is not a directory` : error.message;
    return [];
  }
}

/** Never the controller's clock: a host's may be years away from it. */
async function hostTime(host: Host): Promise<number> {
  const { stdout } = await host.run({ argv: ["date", "+%s"], reads: true });
  return Number(stdout.toString().trim());
}

function accepts({ name, stat }: Entry, given: FindParams, now: number): boolean {
  if (name.startsWith(".") && !given.hidden) return false;
  if (given.file_type !== "any" && stat.type !== given.file_type) return false;
  if (given.patterns.length > 0 && !given.patterns.some((pattern) => matchesName(name, pattern, given.use_regex)))
    return false;
  if (given.excludes?.some((pattern) => matchesName(name, pattern, given.use_regex))) return false;
  if (given.age !== undefined && !inLimit(now - stat[given.age_stamp], secondsOf(given.age))) return false;
  if (given.size !== undefined && !inLimit(stat.size, sizeOf(given.size))) return false;
  if (given.mode === undefined) return true;
  const wanted = resolveMode(given.mode, { current: 0, directory: stat.type === "directory", umask: 0 });
  return given.exact_mode ? stat.mode === wanted : (stat.mode & wanted) === wanted;
}

function matchesName(name: string, pattern: string, isRegex: boolean): boolean {
  if (!isRegex) return globRegex(pattern).test(name);
  const match = search(pythonRegex(pattern), name);
  return match !== null && match.index === 0;
}

/** Negative limits are upper ones. */
function inLimit(value: number, limit: number): boolean {
  return limit >= 0 ? value >= limit : value <= -limit;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const SIZES: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

function secondsOf(age: string): number {
  const match = /^(-?\d+)([smhdw])?$/.exec(age.toLowerCase());
  return match ? Number(match[1]) * (SECONDS[match[2] ?? "s"] ?? 1) : fail("find-age", `failed to process age: ${age}`);
}

function sizeOf(size: string): number {
  const match = /^(-?\d+)([bkmgt])?$/.exec(size.toLowerCase());
  return match
    ? Number(match[1]) * (SIZES[match[2] ?? "b"] ?? 1)
    : fail("find-size", `failed to process size: ${size}`);
}

async function withContent(host: Host, entries: readonly Entry[], given: FindParams): Promise<Entry[]> {
  const regex = pythonRegex(given.contains ?? "", given.read_whole_file ? { multiline: false } : {});
  const verdicts = await Promise.all(
    entries.map(async ({ path, stat }) => {
      if (stat.type !== "file") return false;
      const text = textOf(await host.read(path));
      if (given.read_whole_file) return search(regex, text) !== null;
      return text.split("\n").some((line) => search(regex, line)?.index === 0);
    }),
  );
  return entries.filter((_, index) => verdicts[index]);
}
