// Shell patterns over whole texts: names of facts, packages, tasks. Paths are host/predicted-glob.ts.

/** A shell pattern (`*`, `?`, `[…]`) as an expression over the whole text. */
export function shellPattern(pattern: string): RegExp {
  let source = "";
  for (let index = 0; index < pattern.length; index++) {
    const letter = pattern.charAt(index);
    const end = letter === "[" ? pattern.indexOf("]", index + 2) : -1;
    if (letter === "*") source += ".*";
    else if (letter === "?") source += ".";
    else if (end > 0) {
      source += `[${pattern
        .slice(index + 1, end)
        .replace(/^!/, "^")
        .replaceAll("\\", "\\\\")}]`;
      index = end;
    } else source += letter.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, "s");
}
