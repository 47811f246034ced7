// Values as YAML, laid out as PyYAML's safe dumper over libyaml does, which the filters to_yaml and to_nice_yaml
// print with: when a text is quoted and how, where long lines fold, which collections stay on one line.

import { Undecided, Unknown } from "../core/unknown.ts";
import { type Data, Float } from "../core/value.ts";
import { compareText, floatText } from "./numbers.ts";
import { looksSpecial } from "./scalars.ts";
import { analyze, escapeDouble, type ScalarTraits } from "./yaml-scalar-style.ts";

/** How `dumpYaml` prints; names as Python's yaml.dump has them. */
export interface YamlStyle {
  /** null: collections of scalars on one line (to_yaml); false: never (to_nice_yaml); true: always. Default null. */
  readonly defaultFlowStyle?: boolean | null;
  /** Spaces a level, 2 to 9; default 2. */
  readonly indent?: number;
  /** Column after which a text folds at the next space; default 80. */
  readonly width?: number;
  /** Default true. */
  readonly sortKeys?: boolean;
  /** Characters beyond ASCII as they are; default true. */
  readonly allowUnicode?: boolean;
  /** `---` first. */
  readonly explicitStart?: boolean;
  /** `...` last. */
  readonly explicitEnd?: boolean;
  /** A style for every scalar: `"`, `'`, `|` or `>`. */
  readonly defaultStyle?: '"' | "'" | "|" | ">";
  /** Texts of several lines as `|` blocks where they can be. */
  readonly blockTexts?: boolean;
}

/** The value as YAML text with a line end. Throws Undecided for a value that is Unknown. */
export function dumpYaml(value: Data, style: YamlStyle = {}): string {
  return new Emitter(style).document(value);
}

type Context = "root" | "sequence" | "mapping" | "key";

class Emitter {
  readonly #style: YamlStyle;
  readonly #step: number;
  readonly #width: number;
  readonly #unicode: boolean;
  #out = "";
  #column = 0;
  #indent = -1;
  #flowLevel = 0;
  #whitespace = true;
  #indention = true;

  constructor(style: YamlStyle) {
    this.#style = style;
    const indent = style.indent ?? 2;
    this.#step = indent < 2 || indent > 9 ? 2 : indent;
    const width = style.width ?? 80;
    this.#width = width < 0 ? Number.POSITIVE_INFINITY : width <= this.#step * 2 ? 80 : width;
    this.#unicode = style.allowUnicode !== false;
  }

  document(value: Data): string {
    if (this.#style.explicitStart) this.#indicator("---", true);
    this.#node(value, "root");
    this.#newLine();
    if (this.#style.explicitEnd) this.#out += "...\n";
    return this.#out;
  }

  #node(value: Data, context: Context): void {
    if (value instanceof Unknown) throw new Undecided(value);
    if (Array.isArray(value)) this.#sequence(value, context);
    else if (value instanceof Map) this.#mapping(value);
    else this.#scalar(value, context === "key");
  }

  #sequence(items: readonly Data[], context: Context): void {
    if (this.#flowLevel > 0 || items.length === 0 || this.#onOneLine(items)) {
      this.#flow("[", items, "]");
      return;
    }
    const outer = this.#indent;
    this.#deeper(false, context === "mapping" && !this.#indention);
    for (const item of items) {
      this.#writeIndent();
      this.#indicator("-", true, false, true);
      this.#node(item, "sequence");
    }
    this.#indent = outer;
  }

  #mapping(map: ReadonlyMap<Data, Data>): void {
    const entries = this.#sorted([...map]);
    if (this.#flowLevel > 0 || entries.length === 0 || this.#onOneLine(entries.flat())) {
      this.#flow("{", entries, "}");
      return;
    }
    const outer = this.#indent;
    this.#deeper(false, false);
    for (const [key, item] of entries) {
      this.#writeIndent();
      if (this.#simpleKey(key)) {
        this.#node(key, "key");
        this.#indicator(":", false);
      } else {
        this.#indicator("?", true, false, true);
        this.#node(key, "mapping");
        this.#writeIndent();
        this.#indicator(":", true, false, true);
      }
      this.#node(item, "mapping");
    }
    this.#indent = outer;
  }

  #flow(open: "[" | "{", items: readonly Data[] | ReadonlyArray<readonly [Data, Data]>, close: string): void {
    const outer = this.#indent;
    this.#indicator(open, true, true);
    this.#deeper(true, false);
    this.#flowLevel++;
    items.forEach((item, index) => {
      if (index > 0) this.#indicator(",", false);
      if (this.#column > this.#width) this.#writeIndent();
      if (open === "[") this.#node(item as Data, "sequence");
      else this.#flowEntry(item as readonly [Data, Data]);
    });
    this.#flowLevel--;
    this.#indent = outer;
    this.#indicator(close, false);
  }

  #flowEntry([key, item]: readonly [Data, Data]): void {
    if (this.#simpleKey(key)) {
      this.#node(key, "key");
      this.#indicator(":", false);
    } else {
      this.#indicator("?", true);
      this.#node(key, "mapping");
      if (this.#column > this.#width) this.#writeIndent();
      this.#indicator(":", true);
    }
    this.#node(item, "mapping");
  }

  /** Whether a collection prints in flow style outside of another flow collection. */
  #onOneLine(parts: readonly Data[]): boolean {
    const flow = this.#style.defaultFlowStyle;
    if (flow === true || flow === false) return flow;
    return !parts.some((part) => Array.isArray(part) || part instanceof Map) && this.#style.defaultStyle === undefined;
  }

  #sorted(entries: [Data, Data][]): [Data, Data][] {
    if (this.#style.sortKeys === false) return entries;
    if (entries.every(([key]) => typeof key === "string"))
      return entries.sort(([a], [b]) => compareText(String(a), String(b)));
    const numbers = entries.map(([key]) => numberOf(key));
    // Python cannot order keys of mixed types; PyYAML then leaves them as they are.
    if (numbers.includes(undefined)) return entries;
    return entries.sort(([a], [b]) => (numberOf(a) ?? 0) - (numberOf(b) ?? 0));
  }

  #simpleKey(key: Data): boolean {
    if (Array.isArray(key)) return key.length === 0;
    if (key instanceof Map) return key.size === 0;
    if (typeof key !== "string") return true;
    return !key.includes("\n") && !/[\r\u0085\u2028\u2029]/.test(key) && Buffer.byteLength(key) <= 128;
  }

  #scalar(value: Exclude<Data, Data[] | Map<Data, Data> | Unknown>, key: boolean): void {
    const text = scalarText(value);
    const traits = analyze(text, this.#unicode);
    const plainIs = typeof value !== "string" || !looksSpecial(text);
    const style = this.#styleOf(text, traits, key, plainIs);
    const folds = !key;
    const outer = this.#indent;
    this.#deeper(true, false);
    if (typeof value !== "string" && style !== "plain") this.#indicator("!", true);
    if (style === "plain") this.#plain(text, folds);
    else if (style === "single") this.#single(text, folds);
    else if (style === "double") this.#double(text, folds);
    else this.#block(style, text);
    this.#indent = outer;
    this.#whitespace = false;
    this.#indention = false;
  }

  #styleOf(
    text: string,
    traits: ScalarTraits,
    key: boolean,
    plainIs: boolean,
  ): "plain" | "single" | "double" | "|" | ">" {
    const wanted = this.#style.defaultStyle;
    if (key && traits.multiline) return "double";
    if (wanted === '"') return "double";
    if (this.#style.blockTexts && text.includes("\n") && traits.blockAllowed && this.#flowLevel === 0) return "|";
    if (wanted === "|" || wanted === ">") return !traits.blockAllowed || this.#flowLevel > 0 || key ? "double" : wanted;
    if (wanted === undefined) {
      const allowed = this.#flowLevel > 0 ? traits.flowPlain : traits.blockPlain;
      const emptyInside = text === "" && (this.#flowLevel > 0 || key);
      if (allowed && !emptyInside && plainIs) return "plain";
    }
    return traits.singleQuoted ? "single" : "double";
  }

  #plain(text: string, folds: boolean): void {
    if (!this.#whitespace && (text !== "" || this.#flowLevel > 0)) this.#put(" ");
    this.#words([...text], folds, (at, characters) => characters[at + 1] !== " ");
  }

  #single(text: string, folds: boolean): void {
    this.#indicator("'", true);
    const characters = [...text];
    this.#words(
      characters,
      folds,
      (at) => at > 0 && at < characters.length - 1 && characters[at + 1] !== " ",
      (character) => (character === "'" ? "''" : character),
    );
    this.#indicator("'", false);
  }

  /** Writes characters; folds at a single space beyond the width where `may` says so; keeps line breaks doubled. */
  #words(
    characters: readonly string[],
    folds: boolean,
    may: (at: number, characters: readonly string[]) => boolean,
    write: (character: string) => string = (character) => character,
  ): void {
    let spaces = false;
    let breaks = false;
    characters.forEach((character, at) => {
      if (character === " ") {
        if (folds && !spaces && this.#column > this.#width && may(at, characters)) this.#writeIndent();
        else this.#put(" ");
        spaces = true;
      } else if (character === "\n" || character === "\u2028" || character === "\u2029") {
        if (!breaks && character === "\n") this.#break();
        this.#break(character);
        this.#indention = true;
        breaks = true;
      } else {
        if (breaks) this.#writeIndent();
        this.#put(write(character));
        this.#indention = false;
        spaces = false;
        breaks = false;
      }
    });
    if (breaks) this.#writeIndent();
  }

  #double(text: string, folds: boolean): void {
    this.#indicator('"', true);
    const characters = [...text];
    let spaces = false;
    characters.forEach((character, at) => {
      const escaped = escapeDouble(character, this.#unicode);
      if (escaped !== undefined) {
        this.#put(escaped);
        spaces = false;
      } else if (character === " ") {
        const fold = folds && !spaces && this.#column > this.#width && at > 0 && at < characters.length - 1;
        if (fold) {
          this.#writeIndent();
          if (characters[at + 1] === " ") this.#put("\\");
        } else this.#put(" ");
        spaces = true;
      } else {
        this.#put(character);
        spaces = false;
      }
    });
    this.#indicator('"', false);
  }

  #block(style: "|" | ">", text: string): void {
    const lead = /^[ \n]/.test(text) ? String(this.#step) : "";
    const tail = text.endsWith("\n") ? (/(?:^|\n)\n$/.test(text) ? "+" : "") : "-";
    this.#indicator(`${style}${lead}${tail}`, true);
    const pad = " ".repeat(this.#indent);
    const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
    const joined = lines.map((line) => (line === "" ? "" : pad + line)).join(style === ">" ? "\n\n" : "\n");
    this.#out += `\n${joined}`;
    this.#column = 1;
  }

  #deeper(flow: boolean, indentless: boolean): void {
    if (this.#indent < 0) this.#indent = flow ? this.#step : 0;
    else if (!indentless) this.#indent += this.#step;
  }

  #indicator(text: string, needsSpace: boolean, isSpace = false, isIndention = false): void {
    if (needsSpace && !this.#whitespace) this.#put(" ");
    this.#put(text);
    this.#whitespace = isSpace;
    this.#indention = this.#indention && isIndention;
  }

  #writeIndent(): void {
    const indent = Math.max(this.#indent, 0);
    if (!this.#indention || this.#column > indent || (this.#column === indent && !this.#whitespace)) this.#break();
    if (this.#column < indent) this.#put(" ".repeat(indent - this.#column));
    this.#whitespace = true;
    this.#indention = true;
  }

  #newLine(): void {
    if (this.#column > 0) this.#break();
  }

  #break(character = "\n"): void {
    this.#out += character;
    this.#column = 0;
  }

  #put(text: string): void {
    this.#out += text;
    this.#column += text.length === 1 ? 1 : [...text].length;
  }
}

function scalarText(value: null | boolean | number | bigint | string | Float): string {
  if (value === null) return "null";
  if (value instanceof Float) return yamlFloat(value.value);
  if (typeof value === "number" && !Number.isInteger(value)) return yamlFloat(value);
  return String(value);
}

function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  const text = floatText(value);
  return text.includes(".") ? text : text.replace("e", ".0e");
}

function numberOf(key: Data): number | undefined {
  if (key instanceof Float) return key.value;
  if (typeof key === "number" || typeof key === "bigint" || typeof key === "boolean") return Number(key);
  return undefined;
}
