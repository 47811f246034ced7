// Where in the user's file a place in a template's text is.

import type { Origin } from "../../core/problem.ts";
import type { Place } from "./tree.ts";

/**
 * The origin advanced by the place. Exact for text that starts at the origin (plain scalars, files); off by the
 * quote or the block's indentation otherwise, which the value no longer tells.
 */
export function originAt(origin: Origin, place: Place): Origin {
  return place.line === 1
    ? { file: origin.file, line: origin.line, column: origin.column + place.column - 1 }
    : { file: origin.file, line: origin.line + place.line - 1, column: place.column };
}
