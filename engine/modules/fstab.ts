// Lines of /etc/fstab and of the kernel's table of mounts. Pure.

export interface FstabEntry {
  readonly src: string;
  readonly path: string;
  readonly fstype: string;
  readonly opts: string;
  readonly dump: string;
  readonly passno: string;
}

/** Blanks, tabs and backslashes as fstab(5) writes them. */
function escapeField(text: string): string {
  return text.replace(/[\\\s]/g, (mark) => `\\${mark.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

export function unescapeField(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

export function parseEntry(line: string): FstabEntry | undefined {
  if (line.trim() === "" || /^\s*#/.test(line)) return undefined;
  const fields = line.trim().split(/\s+/);
  const [src, path, fstype, opts = "defaults", dump = "0", passno = "0"] = fields;
  if (src === undefined || path === undefined || fstype === undefined) return undefined;
  return { src: unescapeField(src), path: unescapeField(path), fstype, opts, dump, passno };
}

function entryLine(entry: FstabEntry): string {
  return [
    escapeField(entry.src),
    escapeField(entry.path),
    entry.fstype,
    escapeField(entry.opts),
    entry.dump,
    entry.passno,
  ].join(" ");
}

/** The table with this entry: the line of its path is replaced, or one is added. Swap entries are told apart by their source. */
export function withEntry(text: string, entry: FstabEntry): string {
  const lines = linesOf(text);
  const at = lines.findIndex((line) => isFor(parseEntry(line), entry));
  const present = parseEntry(lines[at] ?? "");
  if (present && entryLine(present) === entryLine(entry)) return text;
  const line = entryLine(entry);
  const next = at < 0 ? [...lines, line] : [...lines.slice(0, at), line, ...lines.slice(at + 1)];
  return `${next.join("\n")}\n`;
}

export function withoutEntry(text: string, path: string, src: string | undefined): string {
  const lines = linesOf(text);
  const kept = lines.filter((line) => {
    const entry = parseEntry(line);
    return !entry || entry.path !== path || (path === "none" && src !== undefined && entry.src !== src);
  });
  return kept.length === lines.length ? text : kept.map((line) => `${line}\n`).join("");
}

function isFor(present: FstabEntry | undefined, wanted: FstabEntry): boolean {
  if (!present || present.path !== wanted.path) return false;
  return (wanted.path !== "none" && wanted.fstype !== "swap") || present.src === wanted.src;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

export interface Mounted {
  readonly path: string;
  readonly source: string;
  readonly fstype: string;
  readonly options: string;
  /** The part of the file system that is mounted (`/` for all of it). */
  readonly root: string;
}

/** /proc/self/mountinfo; the last one of a path is the one that is seen. */
export function parseMountinfo(text: string): Mounted[] {
  return text.split("\n").flatMap((line) => {
    const [left = "", right = ""] = line.split(" - ");
    const fields = left.split(" ");
    const [fstype = "", source = ""] = right.split(" ");
    const path = fields[4];
    if (path === undefined) return [];
    return [
      {
        path: unescapeField(path),
        source: unescapeField(source),
        fstype,
        options: fields[5] ?? "",
        root: unescapeField(fields[3] ?? "/"),
      },
    ];
  });
}
