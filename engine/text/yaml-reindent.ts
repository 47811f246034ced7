// PyYAML lets the lines of a quoted text or of a [ ] or { } stand left of the key they belong to; the parser used here
// does not. This moves such lines to the right, where they mean the same, keeping their line numbers.

/**
 * The text with the lines after the quote or bracket at `start` indented enough; undefined if it has no end, or if
 * nothing had to move.
 */
export function reindent(text: string, start: number): string | undefined {
  const end = closeOf(text, start);
  if (end === undefined) return undefined;
  const column = start - (text.lastIndexOf("\n", start - 1) + 1);
  const lines = text.slice(start, end).split("\n");
  const moved = lines.map((line, index) => {
    const indent = line.length - line.trimStart().length;
    return index === 0 || indent >= column || line.trim() === "" ? line : " ".repeat(column - indent) + line;
  });
  const changed = moved.join("\n");
  return changed === text.slice(start, end) ? undefined : text.slice(0, start) + changed + text.slice(end);
}

/** Where the quote or bracket at `start` is closed (the offset after it). */
function closeOf(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (/\n(?:---|\.\.\.)(?:\s|$)/y.test(text.slice(at, at + 5))) return undefined;
    const opensText = character === '"' || character === "'";
    if (opensText && (at === start || /[\s,[{:]/.test(text.charAt(at - 1)))) {
      const close = closeOfQuote(text, at);
      if (close === undefined || depth === 0) return close;
      at = close - 1;
    } else if (character === "#" && /\s/.test(text.charAt(at - 1))) {
      const line = text.indexOf("\n", at);
      if (line < 0) return undefined;
      at = line - 1;
    } else if (character === "[" || character === "{") depth++;
    else if ((character === "]" || character === "}") && --depth === 0) return at + 1;
  }
  return undefined;
}

function closeOfQuote(text: string, start: number): number | undefined {
  const pattern = text.charAt(start) === "'" ? /'(?:[^']|'')*'/y : /"(?:[^"\\]|\\[\s\S])*"/y;
  pattern.lastIndex = start;
  const found = pattern.exec(text);
  return found ? start + found[0].length : undefined;
}
