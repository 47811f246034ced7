// Which YAML styles a text can be written in, as libyaml's emitter decides it, and escapes for double quotes.

/** What a text allows. */
export interface ScalarTraits {
  readonly multiline: boolean;
  readonly flowPlain: boolean;
  readonly blockPlain: boolean;
  readonly singleQuoted: boolean;
  readonly blockAllowed: boolean;
}

const FIRST_INDICATORS = "#,[]{}&*!|>'\"%@`";
const FLOW_INDICATORS = ",?[]{}";

/** The styles that `text` can have. */
export function analyze(text: string, unicode: boolean): ScalarTraits {
  if (text === "")
    return { multiline: false, flowPlain: false, blockPlain: true, singleQuoted: true, blockAllowed: false };
  const characters = [...text];
  const { flow, block } = indicators(characters);
  const special = characters.some((character) => !isPrintable(character) || (!unicode && character > "\u007f"));
  const breaks = characters.some(isBreak);
  const edges = isBlankOrBreak(characters[0]) || isBlankOrBreak(characters.at(-1));
  const breakSpace = /[\n\r\u0085\u2028\u2029] /.test(text);
  const spaceBreak = / [\n\r\u0085\u2028\u2029]/.test(text);
  const plain = !edges && !breakSpace && !spaceBreak && !special && !breaks;
  return {
    multiline: breaks,
    flowPlain: plain && !flow,
    blockPlain: plain && !block,
    singleQuoted: !breakSpace && !spaceBreak && !special,
    blockAllowed: !text.endsWith(" ") && !spaceBreak && !special,
  };
}

function indicators(characters: readonly string[]): { flow: boolean; block: boolean } {
  const start = characters.slice(0, 3).join("");
  let flow = start === "---" || start === "...";
  let block = flow;
  characters.forEach((character, at) => {
    const followed = isBlankOrEnd(characters[at + 1]);
    if (at === 0) {
      if (FIRST_INDICATORS.includes(character)) flow = block = true;
      if (character === "?" || character === ":") {
        flow = true;
        if (followed) block = true;
      }
      if (character === "-" && followed) flow = block = true;
      return;
    }
    if (FLOW_INDICATORS.includes(character)) flow = true;
    if (character === ":") {
      flow = true;
      if (followed) block = true;
    }
    if (character === "#" && isBlankOrEnd(characters[at - 1])) flow = block = true;
  });
  return { flow, block };
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\u0007": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\u001b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\u0085": "\\N",
  "\u00a0": "\\_",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

/** The escape that a character needs in double quotes, or undefined. */
export function escapeDouble(character: string, unicode: boolean): string | undefined {
  const needed =
    character === '"' ||
    character === "\\" ||
    isBreak(character) ||
    !isPrintable(character) ||
    (!unicode && character > "\u007f");
  if (!needed) return undefined;
  const known = ESCAPES[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0a || (code >= 0x20 && code <= 0x7e)) return true;
  // libyaml counts nothing beyond the basic plane as printable.
  return code >= 0xa0 && code <= 0xfffd && code !== 0xfeff && !(code >= 0xd800 && code <= 0xdfff);
}

function isBreak(character: string): boolean {
  return /[\n\r\u0085\u2028\u2029]/.test(character);
}

function isBlankOrBreak(character: string | undefined): boolean {
  return character === " " || (character !== undefined && isBreak(character));
}

function isBlankOrEnd(character: string | undefined): boolean {
  return character === undefined || character === " " || character === "\t" || isBreak(character);
}
