// Shell patterns over predicted paths. Pure.

/** A pattern as an expression: `*`, `?`, `[…]`, `{a,b}`; names that start with a dot match only a dot. */
export function globExpression(pattern: string): RegExp {
  return new RegExp(`^${translate(pattern)}$`, "s");
}

/** The folder in front of the first part of the pattern that has a wildcard. */
export function globBase(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => /[*?[{]/.test(part));
  return parts.slice(0, first < 0 ? -1 : first).join("/") || "/";
}

function translate(pattern: string): string {
  let source = "";
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern.charAt(index);
    const startsName = index === 0 || pattern.charAt(index - 1) === "/";
    const notHidden = startsName ? "(?!\\.)" : "";
    if (char === "*") source += `${notHidden}[^/]*`;
    else if (char === "?") source += `${notHidden}[^/]`;
    else if (char === "[") {
      const end = pattern.indexOf("]", index + 2);
      if (end < 0) source += "\\[";
      else {
        const set = pattern
          .slice(index + 1, end)
          .replace(/^!/, "^")
          .replaceAll("\\", "\\\\");
        source += `[${set}]`;
        index = end;
      }
    } else if (char === "{") {
      const end = pattern.indexOf("}", index);
      if (end < 0) source += "\\{";
      else {
        const choices = pattern.slice(index + 1, end).split(",");
        source += `(?:${choices.map(translate).join("|")})`;
        index = end;
      }
    } else if (char === "\\" && index + 1 < pattern.length) {
      source += literally(pattern.charAt(index + 1));
      index += 1;
    } else source += literally(char);
  }
  return source;
}

function literally(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
}
