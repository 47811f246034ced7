// One-line entries of apt's sources (sources.list(5)), and Ansible's names for the files they go to. Pure.

export interface SourceLine {
  readonly enabled: boolean;
  /** The entry without comment, white space as one blank. */
  readonly entry: string;
  readonly comment: string;
}

/** An entry; undefined for text that is none (comments, blanks). */
export function parseSource(line: string): SourceLine | undefined {
  let text = line.trim();
  let enabled = true;
  const off = text.match(/^#+\s*(?=deb(?:-src)?\s)/);
  if (off) {
    enabled = false;
    text = text.slice(off[0].length);
  }
  const hash = text.indexOf("#");
  const comment = hash < 0 ? "" : text.slice(hash + 1).trim();
  const entry = (hash < 0 ? text : text.slice(0, hash)).trim().split(/\s+/).join(" ");
  if (!/^(?:deb|deb-src) (?:\[[^\]]*\] )?\S+ \S+/.test(entry)) return undefined;
  return { enabled, entry, comment };
}

/** The file that an entry goes to when none is asked for: packages_example_com_apt.list. */
export function sourceFileName(entry: string): string {
  const url = entry.replace(/\[[^\]]*\]/, "").split(/\s+/)[1] ?? "source";
  const bare = url.replace(/^[a-z+]+:\/\//, "").replace(/^[^@/]*@/, "");
  return bare
    .split(/[^A-Za-z0-9]+/)
    .filter((part) => part !== "")
    .join("_");
}

/** Name of a file in sources.list.d with its ending. */
export function sourcePath(name: string, ending: ".list" | ".sources"): string {
  const file = name.endsWith(ending) ? name : `${name}${ending}`;
  return file.startsWith("/") ? file : `/etc/apt/sources.list.d/${file}`;
}
