// Reads ansible.cfg as Python's configparser does: [sections], `key = value` or `key: value`, values that go on in
// indented lines, comments. Written here because every value needs its line, which the ini package does not tell.

import { fail, type Origin } from "../core/problem.ts";

export interface CfgEntry {
  readonly section: string;
  /** In lower case, as configparser has it. */
  readonly key: string;
  readonly value: string;
  readonly origin: Origin;
}

/** All entries in order. Throws Failure `config-syntax`. */
export function readCfg(text: string, file: string): CfgEntry[] {
  const entries: CfgEntry[] = [];
  let section: string | undefined;
  text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .forEach((raw, index) => {
      const origin: Origin = { file, line: index + 1, column: raw.length - raw.trimStart().length + 1 };
      const line = withoutComment(raw);
      if (line.trim() === "") return;
      const header = /^\[(?<name>[^\]]+)\]/.exec(line)?.groups?.name;
      if (header !== undefined) {
        section = header;
        return;
      }
      const last = entries.at(-1);
      if (/^\s/.test(line) && last && last.section === section) {
        entries[entries.length - 1] = { ...last, value: `${last.value}\n${line.trim()}`.trim() };
        return;
      }
      if (section === undefined)
        fail("config-syntax", "a setting stands before the first [section]", { origin, hint: "begin with [defaults]" });
      const match = /^\s*(?<key>[^=:]+?)\s*[=:]\s*(?<value>.*)$/.exec(line)?.groups;
      if (match?.key === undefined)
        fail("config-syntax", `'${line.trim()}' is neither a [section] nor 'key = value'`, { origin });
      entries.push({ section, key: match.key.toLowerCase(), value: (match.value ?? "").trim(), origin });
    });
  return entries;
}

/** Lines that start with # or ; are comments, and so is what follows a space and a ; in a line. */
function withoutComment(line: string): string {
  if (/^\s*[#;]/.test(line)) return "";
  const inline = /(?:^|\s);/.exec(line);
  return inline ? line.slice(0, inline.index) : line;
}
