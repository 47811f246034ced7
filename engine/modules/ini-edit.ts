// Sections and options of INI files, edited by lines so that all else stays as it is. Pure.

import { bare, linesOf } from "./text-edit.ts";

/** Options that a section must have to be the one that is meant. */
export interface SectionCondition {
  readonly option: string;
  readonly values: readonly string[];
}

export interface IniEdit {
  /** undefined: in front of the first section. */
  readonly section: string | undefined;
  readonly conditions: readonly SectionCondition[];
  /** undefined: the section itself. */
  readonly option: string | undefined;
  readonly values: readonly string[];
  readonly exclusive: boolean;
  readonly noExtraSpaces: boolean;
  readonly ignoreSpaces: boolean;
  readonly allowNoValue: boolean;
  /** A commented line of the option is taken for it. */
  readonly modifyInactive: boolean;
}

/** The new text, and what was done in Ansible's words ("OK": nothing). */
export interface IniOutcome {
  readonly text: string;
  readonly msg: string;
}

interface Section {
  readonly start: number;
  readonly end: number;
}

/** The text with the option, or at least the section, in it. */
export function setIni(text: string, edit: IniEdit): IniOutcome {
  const lines = text === "" ? ["\n"] : linesOf(text).map(ended);
  const section = findSection(lines, edit);
  if (!section) {
    const added = newSection(edit);
    const msg = edit.option !== undefined && added.length > 1 ? "section and option added" : "only section added";
    return { text: [...lines, ...added].join(""), msg };
  }
  if (edit.option === undefined) return { text, msg: "OK" };
  const body = lines.slice(section.start, section.end);
  const { body: edited, msg } = setOption(body, edit.option, edit);
  if (msg === "OK") return { text, msg };
  return { text: [...lines.slice(0, section.start), ...edited, ...lines.slice(section.end)].join(""), msg };
}

/** The text without the option's lines, or without the section. */
export function removeIni(text: string, edit: IniEdit): IniOutcome {
  const lines = linesOf(text).map(ended);
  const section = findSection(lines, edit);
  if (!section) return { text, msg: "OK" };
  const { option } = edit;
  const head = edit.section === undefined ? 0 : 1;
  const body = lines.slice(section.start, section.end);
  const kept =
    option === undefined
      ? []
      : body.filter((line, index) => {
          const value = index < head ? undefined : optionValue(line, option, false);
          return value === undefined || (!edit.exclusive && !edit.values.includes(value));
        });
  if (kept.length === body.length) return { text, msg: "OK" };
  const msg = option === undefined ? "section removed" : "option changed";
  return { text: [...lines.slice(0, section.start), ...kept, ...lines.slice(section.end)].join(""), msg };
}

/** First the lines that have a wanted value, then other lines of the option, then new lines behind the last that says something. */
function setOption(body: readonly string[], option: string, edit: IniEdit): { body: string[]; msg: string } {
  const left = [...edit.values];
  const head = edit.section === undefined ? 0 : 1;
  const result: (string | undefined)[] = [...body];
  const done = new Set<number>();
  let msg = "OK";
  const put = (index: number, line: string): void => {
    done.add(index);
    const before = body[index] ?? "";
    if (before === line || (edit.ignoreSpaces && squeezed(before) === squeezed(line))) return;
    result[index] = line;
    msg = "option changed";
  };
  const places = body.flatMap((line, index) => {
    const value = index < head ? undefined : optionValue(line, option, edit.modifyInactive);
    return value === undefined ? [] : [{ index, value }];
  });
  const isBare = edit.allowNoValue && left.length === 0;
  for (const { index, value } of places) {
    const at = left.indexOf(value);
    if (at >= 0) {
      put(index, optionLine(option, value, edit));
      left.splice(at, 1);
    } else if (isBare && done.size === 0) put(index, `${option}\n`);
  }
  if (edit.exclusive)
    for (const { index } of places) {
      if (done.has(index)) continue;
      const next = left.shift();
      if (next !== undefined) put(index, optionLine(option, next, edit));
      else if (optionValue(body[index] ?? "", option, false) !== undefined) {
        result[index] = undefined;
        msg = "option changed";
      }
    }
  const added = isBare && done.size === 0 ? [`${option}\n`] : left.map((value) => optionLine(option, value, edit));
  if (added.length > 0) {
    const last = result.findLastIndex((line) => line !== undefined && !/^[ \t]*([#;].*)?[\r\n]*$/.test(line));
    result.splice(last + 1, 0, ...added);
    msg = "option added";
  }
  return { body: result.filter((line) => line !== undefined), msg };
}

/** The first section of the name that meets the conditions; without a name, the lines in front of all sections. */
function findSection(lines: readonly string[], { section, conditions }: IniEdit): Section | undefined {
  const starts = lines.flatMap((line, index) => (line.startsWith("[") ? [index] : []));
  if (section === undefined) return { start: 0, end: starts[0] ?? lines.length };
  for (const [number, start] of starts.entries()) {
    const name = /^\[\s*(.*?)\s*\]/.exec(lines[start] ?? "")?.[1];
    if (name !== section.trim()) continue;
    const end = starts[number + 1] ?? lines.length;
    if (conditions.every((condition) => meets(lines.slice(start + 1, end), condition))) return { start, end };
  }
  return undefined;
}

function meets(lines: readonly string[], { option, values }: SectionCondition): boolean {
  const found = lines.flatMap((line) => optionValue(line, option, false) ?? []);
  return found.length > 0 && values.every((value) => found.includes(value));
}

function newSection(edit: IniEdit): string[] {
  const others = edit.conditions.filter((condition) => condition.option !== edit.option);
  const same = edit.exclusive ? [] : edit.conditions.filter((condition) => condition.option === edit.option);
  const values = [...new Set([...edit.values, ...same.flatMap((condition) => condition.values)])];
  const linesOfOption = (option: string, wanted: readonly string[]): string[] =>
    wanted.length === 0 && edit.allowNoValue ? [`${option}\n`] : wanted.map((value) => optionLine(option, value, edit));
  return [
    `[${edit.section ?? ""}]\n`,
    ...others.flatMap((condition) => linesOfOption(condition.option, condition.values)),
    ...(edit.option === undefined ? [] : linesOfOption(edit.option, values)),
  ];
}

/** The value of the option's line, "" if it has none; undefined for other lines. */
function optionValue(line: string, option: string, alsoCommented: boolean): string | undefined {
  const text = bare(line).replace(alsoCommented ? /^[ \t]*[#;]?[ \t]*/ : /^[ \t]*/, "");
  if (!text.startsWith(option)) return undefined;
  return /^[ \t]*(?:=[ \t]*(.*)|)$/.exec(text.slice(option.length))?.[1] ?? noValue(text, option);
}

function noValue(text: string, option: string): "" | undefined {
  return text.trimEnd() === option ? "" : undefined;
}

function optionLine(option: string, value: string, { noExtraSpaces, allowNoValue }: IniEdit): string {
  if (value === "" && allowNoValue) return `${option}\n`;
  return noExtraSpaces ? `${option}=${value}\n` : `${option} = ${value}\n`;
}

/** Without the spaces in front and around the first `=`. */
function squeezed(line: string): string {
  return bare(line)
    .trimStart()
    .replace(/[ \t]*=[ \t]*/, "=");
}

function ended(line: string): string {
  return line.endsWith("\n") ? line : `${line}\n`;
}
