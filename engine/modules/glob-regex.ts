// Shell patterns of one name as regular expressions, as Python's fnmatch reads them. Pure.

/** `*`, `?`, `[a-z]` and `[!a-z]`; everything else stands for itself. */
export function globRegex(pattern: string): RegExp {
  const source = pattern.replace(
    /\[(!?)(\]?[^\]]*)\]|[*?]|[.+^${}()|[\]\\]/g,
    (whole, not: string | undefined, set: string | undefined) => {
      if (set !== undefined && set !== "") return `[${not ? "^" : ""}${set.replace(/[\\\]^[]/g, "\\$&")}]`;
      if (whole === "*") return "[\\s\\S]*";
      return whole === "?" ? "[\\s\\S]" : whole.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    },
  );
  return new RegExp(`^${source}$`);
}
