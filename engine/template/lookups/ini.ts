// The lookup `ini`: a key of a section of an ini or properties file.

import { textOf } from "../../core/bytes.ts";
import type { Value } from "../../core/value.ts";
import type { Frame } from "../evaluate/frame.ts";
import { regex } from "../python/regex.ts";
import { str } from "../python/text.ts";
import { truth, typeError } from "../python/types.ts";
import { readFound } from "./search.ts";
import { keyValues } from "./terms.ts";

type Sections = Map<string, Map<string, string>>;

/** Sections as Python's configparser reads them: `=` or `:`, `#` and `;` comments, indented lines continue. */
function iniSections(text: string, keepCase: boolean): Sections {
  const sections: Sections = new Map();
  let section = new Map<string, string>();
  let last: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*[#;]/.test(line) || line.trim() === "") continue;
    const head = /^\[([^\]]+)\]/.exec(line);
    if (head) {
      section = sections.get(head[1] ?? "") ?? new Map<string, string>();
      sections.set(head[1] ?? "", section);
      last = undefined;
      continue;
    }
    if (/^\s/.test(line) && last !== undefined) {
      section.set(last, `${section.get(last) ?? ""}\n${line.trim()}`);
      continue;
    }
    const [, key = "", , value = ""] = /^(.*?)\s*([=:])\s*(.*)$/.exec(line) ?? [undefined, line.trim()];
    last = keepCase ? key.trim() : key.trim().toLowerCase();
    section.set(last, value.trim());
  }
  return sections;
}

export function ini(terms: readonly Value[], given: ReadonlyMap<string, Value>, frame: Frame): Value[] {
  return terms.flatMap((term): Value[] => {
    const { words, options } = keyValues(str(term));
    const option = (name: string, usual: string) =>
      options.get(name) ?? (given.has(name) ? str(given.get(name) ?? "") : usual);
    const key = words.join(" ");
    const keepCase = given.has("case_sensitive") && truth(given.get("case_sensitive") ?? false);
    const properties = option("type", "ini") === "properties";
    const text = textOf(readFound(option("file", "ansible.ini"), frame, "files").content);
    const sections = iniSections(properties ? `[java_properties]\n${text}` : text, keepCase);
    const name = properties ? "java_properties" : option("section", "global");
    const section = sections.get(name);
    if (options.get("re") === "true" || (given.has("re") && truth(given.get("re") ?? false)))
      return [...(section ?? [])].filter(([entry]) => regex(key).test(entry)).map(([, value]) => value);
    const found = section?.get(keepCase ? key : key.toLowerCase());
    if (found !== undefined) return [found];
    const usual = options.get("default") ?? given.get("default");
    if (usual !== undefined) return [usual];
    if (given.has("allow_none") && truth(given.get("allow_none") ?? false)) return [];
    return section ? [""] : typeError(`No section: '${name}'`);
  });
}
