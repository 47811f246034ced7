// Files of the controller by a shell pattern.

import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

function segment(pattern: string): RegExp {
  const body = pattern
    .replace(/\[!/g, "[^")
    .replace(/[.+^$(){}|\\*?]/g, (character) =>
      character === "*" ? "[^/]*" : character === "?" ? "[^/]" : character === "^" ? "^" : `\\${character}`,
    );
  return new RegExp(`^${body}$`);
}

/** Plain files that match the pattern, which may hold `*`, `?` and `[…]` in any part; sorted by name. */
export function globPaths(pattern: string): string[] {
  return expand(pattern).filter((path) => {
    try {
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

function expand(pattern: string): string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const folder = dirname(pattern);
  const name = segment(pattern.slice(pattern.lastIndexOf("/") + 1));
  const hidden = pattern.slice(pattern.lastIndexOf("/") + 1).startsWith(".");
  return expand(folder).flatMap((parent) => {
    try {
      return readdirSync(parent)
        .filter((entry) => name.test(entry) && (hidden || !entry.startsWith(".")))
        .sort()
        .map((entry) => (pattern.includes("/") ? join(parent, entry) : entry));
    } catch {
      return [];
    }
  });
}
