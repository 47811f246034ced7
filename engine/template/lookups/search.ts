// Where lookups find files of the controller, and their content.

import { isAbsolute, join } from "node:path";
import { Failure, fail } from "../../core/problem.ts";
import type { Frame } from "../evaluate/frame.ts";

type Kind = "files" | "templates" | "vars";

/** Where a relative name may be, best first. */
export function candidates(name: string, frame: Frame, kind: Kind): string[] {
  if (isAbsolute(name)) return [name];
  return frame.machine.environment.searchPath(frame.scope, kind).map((folder) => join(folder, name));
}

/** The bytes of the first candidate that exists. */
export function readFound(name: string, frame: Frame, kind: Kind): { readonly path: string; readonly content: Buffer } {
  const tried = candidates(name, frame, kind);
  for (const path of tried) {
    try {
      return { path, content: frame.machine.environment.readFile(path) };
    } catch (error) {
      if (isAbsent(error)) continue;
      throw error;
    }
  }
  fail("lookup-file-missing", `Unable to access the file '${name}': File not found.`, {
    hint: tried.length > 0 ? `searched: ${tried.join(", ")}` : "no folder to search in is known here",
  });
}

function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  if (code === "ENOENT" || code === "ENOTDIR") return true;
  return error instanceof Failure && /not-found|missing/.test(error.problem.code);
}
