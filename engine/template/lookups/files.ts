// Lookups of files on the controller: file, unvault, fileglob, first_found, template, lines, pipe, ini, csvfile, password.

import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { textOf } from "../../core/bytes.ts";
import { fail } from "../../core/problem.ts";
import { Undecided, Unknown } from "../../core/unknown.ts";
import type { Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import type { Lookup } from "../evaluate/plugin.ts";
import { itemsOf } from "../python/sequences.ts";
import { splitlines } from "../python/str-methods.ts";
import { str } from "../python/text.ts";
import { isMapping, truth, typeError } from "../python/types.ts";
import { overlay } from "../scope.ts";
import { csvfile } from "./csv.ts";
import { globPaths } from "./glob.ts";
import { ini } from "./ini.ts";
import { password } from "./password.ts";
import { candidates, readFound } from "./search.ts";
import { shell } from "./shell.ts";

type Options = ReadonlyMap<string, Value>;
function flag(options: Options, name: string, usual: boolean): boolean {
  const value = options.get(name);
  return value === undefined || value === null ? usual : truth(value);
}

const file: Lookup = {
  run: (terms, options, frame) =>
    terms.map((term) => {
      let text = textOf(readFound(str(term), frame, "files").content);
      if (flag(options, "lstrip", false)) text = text.trimStart();
      return flag(options, "rstrip", true) ? text.trimEnd() : text;
    }),
};

/** Names of first_found: texts, lists, or mappings with `files` and `paths`. */
function firstFound(terms: readonly Value[], options: Options, frame: Frame): Value[] {
  let skip = flag(options, "skip", false);
  const asList = (value: Value | undefined): string[] => {
    if (value === undefined || value === null) return [];
    return typeof value === "string" ? value.split(/[,;]/).map((part) => part.trim()) : itemsOf(value).map(str);
  };
  const names: string[] = [];
  const add = (files: string[], paths: string[]) => {
    if (paths.length === 0) names.push(...files);
    else for (const path of paths) names.push(...files.map((one) => (isAbsolute(one) ? one : join(path, one))));
  };
  const walk = (list: readonly Value[]) => {
    for (const term of list) {
      if (Array.isArray(term)) walk(term);
      else if (isMapping(term)) {
        const own = term.get("skip");
        if (own !== undefined) skip = truth(own);
        add(asList(term.get("files")), asList(term.get("paths")));
      } else add([str(term)], asList(options.get("paths")));
    }
  };
  walk(terms);
  if (options.has("files")) add(asList(options.get("files")), asList(options.get("paths")));
  for (const name of names) {
    for (const kind of ["files", "templates", "vars"] as const)
      for (const path of candidates(name, frame, kind)) if (existsSync(path)) return [path];
  }
  if (skip) return [];
  fail("lookup-file-missing", "No file was found when using first_found.", { hint: `tried: ${names.join(", ")}` });
}

function template(terms: readonly Value[], options: Options, frame: Frame): Value[] {
  const machine = frame.machine;
  const extra = options.get("template_vars");
  const names = new Map<string, Value>();
  if (extra !== undefined && isMapping(extra))
    for (const key of extra.keys()) names.set(str(key), extra.get(key as string) ?? null);
  const text = (name: string) => {
    const value = options.get(name);
    return value === undefined || value === null ? undefined : str(value);
  };
  return terms.map((term) => {
    const { path, content } = readFound(str(term), frame, "templates");
    const scope = overlay(new Map([...names, ["template_path", path]]), frame.scope);
    const made = machine.render(textOf(content), scope, {
      file: path,
      trimBlocks: flag(options, "trim_blocks", true),
      lstripBlocks: flag(options, "lstrip_blocks", false),
      ...(text("variable_start_string") && { variableStart: text("variable_start_string") }),
      ...(text("variable_end_string") && { variableEnd: text("variable_end_string") }),
      ...(text("comment_start_string") && { commentStart: text("comment_start_string") }),
      ...(text("comment_end_string") && { commentEnd: text("comment_end_string") }),
    });
    if (made instanceof Unknown) throw new Undecided(made);
    return made;
  });
}

/** A command of a lookup failed; the last line that it printed on stderr is the hint. */
function ended(message: string, errors: string): never {
  const last = errors.trimEnd().split("\n").at(-1) ?? "";
  fail("lookup-command", message, last === "" ? {} : { hint: `it said: ${last}` });
}

export const FILE_LOOKUPS: Readonly<Record<string, Lookup>> = {
  file,
  unvault: { run: (terms, _, frame) => terms.map((term) => textOf(readFound(str(term), frame, "files").content)) },
  fileglob: {
    run: (terms, _, frame) =>
      terms.flatMap((term) => {
        for (const pattern of candidates(str(term), frame, "files")) {
          const found = globPaths(pattern);
          if (found.length > 0) return found;
        }
        return [];
      }),
  },
  first_found: { run: firstFound },
  template: { run: template },
  pipe: {
    run: (terms, _, frame) =>
      terms.map((term) => {
        const { status, output, errors } = shell(str(term), frame.machine.environment.env);
        if (status !== 0) ended(`lookup_plugin.pipe(${str(term)}) returned ${status}`, errors);
        return output.trimEnd();
      }),
  },
  lines: {
    run: (terms, _, frame) =>
      terms.flatMap((term) => {
        const { status, output, errors } = shell(str(term), frame.machine.environment.env);
        if (status !== 0) ended(`lookup_plugin.lines(${str(term)}) returned ${status}`, errors);
        return splitlines(output, false);
      }),
  },
  ini: { run: ini },
  csvfile: { run: csvfile },
  password: { run: password },
  url: {
    run: (terms, options, frame) =>
      terms.flatMap((term) => {
        const argv = ["curl", "-fsSL", "--max-time", str(options.get("timeout") ?? 10)];
        if (!flag(options, "validate_certs", true)) argv.push("-k");
        const headers = options.get("headers");
        if (headers !== undefined && isMapping(headers))
          for (const key of headers.keys()) argv.push("-H", `${str(key)}: ${str(headers.get(key as string) ?? "")}`);
        const { status, output } = shell([...argv, "--", str(term)], frame.machine.environment.env);
        if (status === 127)
          fail("lookup-url", "the lookup 'url' needs curl on the controller", { hint: "apt install curl" });
        if (status !== 0) typeError(`Failed lookup url for ${str(term)} : curl ended with ${status}`);
        return flag(options, "split_lines", true) ? splitlines(output, false) : [output];
      }),
  },
};
