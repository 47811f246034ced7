// Words of a POSIX shell: splitting text into them without running a shell, and quoting them for one. Pure.

import { fail } from "../core/problem.ts";

/** Words as a POSIX shell splits them: quotes and backslashes only; nothing is expanded. Failure `words-unbalanced`. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (char === "'" || char === '"') {
      const [content, end] = quoted(text, index);
      word = (word ?? "") + content;
      index = end;
    } else if (char === "\\") {
      index += 1;
      if (text.charAt(index) !== "\n") word = (word ?? "") + text.charAt(index);
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Content and index of the closing quote. */
function quoted(text: string, start: number): [string, number] {
  const quote = text.charAt(start);
  let content = "";
  for (let index = start + 1; index < text.length; index++) {
    const char = text.charAt(index);
    if (char === quote) return [content, index];
    if (char === "\\" && quote === '"' && /["\\$`\n]/.test(text.charAt(index + 1))) {
      index += 1;
      if (text.charAt(index) !== "\n") content += text.charAt(index);
    } else content += char;
  }
  return fail("words-unbalanced", "No closing quotation", { hint: "quote the command's text, or use argv" });
}

/** One word for a shell. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
