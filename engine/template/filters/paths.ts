// Filters of paths, POSIX and Windows.

import { realpathSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { Value } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { globPaths } from "../lookups/glob.ts";
import { itemsOf, tuple } from "../python/sequences.ts";
import { str } from "../python/text.ts";
import { typeError } from "../python/types.ts";

/** Python's os.path.basename: what is after the last slash, also if that is nothing. */
function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function dirname(path: string): string {
  const head = path.slice(0, path.lastIndexOf("/") + 1);
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, "");
}

function join(parts: readonly string[]): string {
  return parts.reduce((made, part) =>
    part.startsWith("/") ? part : made === "" || made.endsWith("/") ? made + part : `${made}/${part}`,
  );
}

function splitext(path: string): [string, string] {
  const name = basename(path);
  const dot = name.replace(/^\.+/, (dots) => "x".repeat(dots.length)).lastIndexOf(".");
  const cut = dot <= 0 ? path.length : path.length - name.length + dot;
  return [path.slice(0, cut), path.slice(cut)];
}

function commonpath(paths: readonly string[]): string {
  const split = paths.map((path) => path.split("/").filter((part) => part !== "" && part !== "."));
  const absolute = paths.map((path) => path.startsWith("/"));
  if (paths.length === 0) typeError("commonpath() arg is an empty sequence");
  if (new Set(absolute).size > 1) typeError("Can't mix absolute and relative paths");
  const [first = []] = split;
  const same = first.findIndex((part, at) => split.some((parts) => parts[at] !== part));
  return (absolute[0] ? "/" : "") + first.slice(0, same < 0 ? first.length : same).join("/");
}

function normpath(path: string): string {
  const made = posix.normalize(path);
  return made.length > 1 ? made.replace(/\/$/, "") : made;
}

function expanduser(path: string, env: Readonly<Record<string, string | undefined>>): string {
  return /^~(?=\/|$)/.test(path) ? path.replace("~", () => env.HOME ?? "~") : path;
}

function expandvars(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, plain?: string, braced?: string) => env[plain ?? braced ?? ""] ?? whole,
  );
}

function drive(path: string): [string, string] {
  const [, head = "", tail = path] = /^([A-Za-z]:|[\\/]{2}[^\\/]+[\\/][^\\/]+)?(.*)$/s.exec(path) ?? [];
  return [head, tail];
}

export const PATH_FILTERS: Readonly<Record<string, Filter>> = {
  basename: filter("", (value) => basename(str(value))),
  dirname: filter("", (value) => dirname(str(value))),
  splitext: filter("", (value) => tuple(...splitext(str(value)))),
  path_join: filter("", (value) => (typeof value === "string" ? value : join(itemsOf(value).map(str)))),
  relpath: filter("start", (value, { at: [start] }) => {
    const made = posix.relative(start === undefined || start === null ? "." : str(start), str(value));
    return made === "" ? "." : made;
  }),
  normpath: filter("", (value) => normpath(str(value))),
  realpath: filter("", (value) => {
    try {
      return realpathSync(str(value));
    } catch {
      return posix.resolve(str(value));
    }
  }),
  commonpath: filter("", (value) => commonpath(itemsOf(value).map(str))),
  expanduser: filter("", (value, _, frame) => expanduser(str(value), frame.machine.environment.env)),
  expandvars: filter("", (value, _, frame) => expandvars(str(value), frame.machine.environment.env)),
  fileglob: filter("", (value): Value => globPaths(str(value))),
  win_basename: filter("", (value) => win32.basename(str(value))),
  win_dirname: filter("", (value) => {
    const path = str(value);
    const cut = Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/"));
    const head = path.slice(0, cut + 1);
    return /^([A-Za-z]:)?[\\/]*$/.test(head) ? head : head.replace(/[\\/]+$/, "");
  }),
  win_splitdrive: filter("", (value) => tuple(...drive(str(value)))),
};
