// The first line `#jinja2: trim_blocks: False, …` of a template file, which overrides the settings it is rendered with.

import { fail } from "../core/problem.ts";
import type { RenderSettings } from "./engine.ts";
import { unescapeText } from "./syntax/literals.ts";

const MARK = "#jinja2:";

const FLAGS: Readonly<Record<string, keyof RenderSettings>> = {
  trim_blocks: "trimBlocks",
  lstrip_blocks: "lstripBlocks",
};

const TEXTS: Readonly<Record<string, keyof RenderSettings>> = {
  block_start_string: "blockStart",
  block_end_string: "blockEnd",
  variable_start_string: "variableStart",
  variable_end_string: "variableEnd",
  comment_start_string: "commentStart",
  comment_end_string: "commentEnd",
  newline_sequence: "newlineSequence",
};

/** What is to be rendered, with which settings, and the number of its first line in the file. */
export interface Headed {
  readonly text: string;
  readonly settings: RenderSettings;
  readonly firstLine: number;
}

/** Takes the header line off, if there is one. Throws Failure `template-header` where it cannot be understood. */
export function withoutHeader(text: string, settings: RenderSettings): Headed {
  if (!text.startsWith(MARK)) return { text, settings, firstLine: 1 };
  const end = text.indexOf("\n");
  if (end < 0) wrong(settings, "there is no line after it");
  const overrides = Object.fromEntries(
    text
      .slice(MARK.length, end)
      .split(",")
      .flatMap((pair) => override(pair, settings)),
  );
  return { text: text.slice(end + 1), settings: { ...settings, ...overrides }, firstLine: 2 };
}

function override(pair: string, settings: RenderSettings): [keyof RenderSettings, string | boolean][] {
  const colon = pair.indexOf(":");
  if (!pair.trim()) wrong(settings, "there is nothing between two commas or after the last one");
  if (colon < 0) wrong(settings, `'${pair.trim()}' has no value`);
  const name = pair.slice(0, colon).trim();
  const written = pair.slice(colon + 1).trim();
  const flag = FLAGS[name];
  const text = TEXTS[name];
  if (flag || name === "keep_trailing_newline") {
    if (written !== "True" && written !== "False") wrong(settings, `${name} must be True or False, not ${written}`);
    // The last newline is kept whatever this says, as the template module does.
    return flag ? [[flag, written === "True"]] : [];
  }
  if (!text) {
    const known = [...Object.keys(FLAGS), "keep_trailing_newline", ...Object.keys(TEXTS)].join(", ");
    return wrong(settings, `there is no option '${name}'`, `known are ${known}`);
  }
  const quoted = /^(["'])((?:\\.|(?!\1)[^\\])+)\1$/.exec(written);
  if (!quoted) return wrong(settings, `${name} must be a text in quotes, not ${written}`);
  return [[text, unescapeText(quoted[2] ?? "")]];
}

function wrong(settings: RenderSettings, what: string, hint?: string): never {
  fail("template-header", `in the line '${MARK}' of the template: ${what}`, {
    ...(settings.file === undefined ? {} : { origin: { file: settings.file, line: 1, column: 1 } }),
    ...(hint ? { hint } : {}),
  });
}
