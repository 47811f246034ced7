// A line of an INI inventory split into words, with quotes, backslashes and comments as Python's shlex has them.

/** The words of a line; `unclosed` is the quote (or backslash) that was left open. */
export function splitWords(line: string): { words: string[]; unclosed?: string } {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (character === "\\" && quote === '"' && /["\\]/.test(line.charAt(at + 1))) word += line.charAt(++at);
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\") {
      if (at + 1 >= line.length) return { words, unclosed: "\\" };
      word = (word ?? "") + line.charAt(++at);
    } else if (character === "#") {
      break;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== undefined) return { words, unclosed: quote };
  if (word !== undefined) words.push(word);
  return { words };
}
