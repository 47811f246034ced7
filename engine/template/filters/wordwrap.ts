// Jinja's wordwrap: each line of the text on its own, filled with words up to the width.

/** Wraps at `width`; words longer than that are cut if `breakLong`, words break after hyphens if `hyphens`. */
export function wordwrap(text: string, width: number, breakLong: boolean, mark: string, hyphens: boolean): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => wrapLine(line, width, breakLong, hyphens).join(mark))
    .join(mark);
}

function chunks(line: string, hyphens: boolean): string[] {
  const words = line.split(/(\s+)/).filter((part) => part !== "");
  if (!hyphens) return words;
  return words.flatMap((word) => word.split(/(?<=[\p{L}\p{N}_]-)(?=[\p{L}\p{N}_])/u));
}

function wrapLine(line: string, width: number, breakLong: boolean, hyphens: boolean): string[] {
  const rest = chunks(line, hyphens).reverse();
  const lines: string[] = [];
  while (rest.length > 0) {
    if (lines.length > 0 && rest.at(-1)?.trim() === "") rest.pop();
    let current = "";
    while (rest.length > 0 && current.length + (rest.at(-1) ?? "").length <= width) current += rest.pop() ?? "";
    const next = rest.at(-1);
    if (next !== undefined && next.length > width) {
      if (breakLong) {
        const room = Math.max(1, width - current.length);
        current += next.slice(0, room);
        rest[rest.length - 1] = next.slice(room);
      } else if (current === "") current = rest.pop() ?? "";
    }
    if (current === "" && rest.length === 0) break;
    if (rest.length > 0 || current.trim() === "") current = current.trimEnd();
    else current = current.trimEnd() === "" ? "" : current;
    lines.push(current);
  }
  return lines.length > 0 ? lines : [""];
}
