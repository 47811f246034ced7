// Order of Debian package versions (Debian policy, "Version"), and shell patterns over names and versions. Pure.

/** Negative if a is older than b, 0 if equal. */
export function compareVersions(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return (
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(":");
  const rest = colon < 0 ? version : version.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? "" : rest.slice(dash + 1),
  };
}

function compareParts(a: string, b: string): number {
  const left: string[] = [...(a.match(/\d+|\D+/g) ?? [])];
  const right: string[] = [...(b.match(/\d+|\D+/g) ?? [])];
  // Both lists alternate between text and number; an empty text goes first where one begins with a number.
  if (/^\d/.test(a)) left.unshift("");
  if (/^\d/.test(b)) right.unshift("");
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const one = left[index] ?? "";
    const two = right[index] ?? "";
    const order = index % 2 === 0 ? compareText(one, two) : compareNumbers(one, two);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNumbers(a: string, b: string): number {
  const one = BigInt(a === "" ? "0" : a);
  const two = BigInt(b === "" ? "0" : b);
  return one < two ? -1 : one > two ? 1 : 0;
}

function compareText(a: string, b: string): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = weight(a.charAt(index)) - weight(b.charAt(index));
    if (order !== 0) return order;
  }
  return 0;
}

/** `~` before the end, the end before letters, letters before the rest. */
function weight(letter: string): number {
  if (letter === "~") return -1;
  if (letter === "") return 0;
  return /[A-Za-z]/.test(letter) ? letter.charCodeAt(0) : letter.charCodeAt(0) + 256;
}

/** Whether the text has marks of a shell pattern. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}
