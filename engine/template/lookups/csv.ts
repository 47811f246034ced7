// The lookup `csvfile`: the row whose first column is the term.

import { textOf } from "../../core/bytes.ts";
import type { Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import { str } from "../python/text.ts";
import { typeError } from "../python/types.ts";
import { readFound } from "./search.ts";
import { keyValues } from "./terms.ts";

/** Rows of comma-separated text; a field in double quotes may hold the delimiter, line ends and doubled quotes. */
function csvRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && field === "") quoted = true;
    else if (character === delimiter) {
      row.push(field);
      field = "";
    } else if (character === "\n") {
      rows.push([...row, field]);
      row = [];
      field = "";
    } else if (character !== "\r") field += character;
  }
  if (field !== "" || row.length > 0) rows.push([...row, field]);
  return rows;
}

export function csvfile(terms: readonly Value[], given: ReadonlyMap<string, Value>, frame: Frame): Value[] {
  return terms.flatMap((term) => {
    const { words, options } = keyValues(str(term));
    const option = (name: string, usual: string) =>
      options.get(name) ?? (given.has(name) ? str(given.get(name) ?? "") : usual);
    const key = words[0];
    if (key === undefined) typeError("Search key is required but was not found");
    const mark = option("delimiter", "TAB");
    const delimiter = mark === "TAB" || mark === "\\t" ? "\t" : mark;
    const { content } = readFound(option("file", "ansible.csv"), frame, "files");
    const column = Number(option("col", "1"));
    const keyColumn = Number(option("keycol", "0"));
    const found = csvRows(textOf(content), delimiter).find((row) => row[keyColumn] === key);
    if (!found) {
      const usual = options.get("default") ?? given.get("default");
      return usual === undefined || usual === null ? [] : [usual];
    }
    const value = found[column];
    if (value === undefined) typeError(`csvfile: the row of '${key}' has no column ${column}`);
    return [value];
  });
}
