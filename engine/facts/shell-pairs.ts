// Files of NAME=value lines with the shell's quotes (os-release and its kind).

/** The pairs of the file; lines that are none are passed over. */
export function shellPairs(text: string | undefined): Record<string, string | undefined> {
  const found: Record<string, string> = {};
  for (const line of (text ?? "").split("\n")) {
    const match = line.match(/^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/);
    if (match?.[1] === undefined) continue;
    const raw = (match[2] ?? "").trim();
    const quote = raw.charAt(0);
    const inner = raw.length > 1 && (quote === '"' || quote === "'") && raw.endsWith(quote) ? raw.slice(1, -1) : raw;
    found[match[1]] = quote === '"' ? inner.replace(/\\(["\\$`])/g, "$1") : inner;
  }
  return found;
}
