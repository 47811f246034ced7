// Lines of authorized_keys: options, type, key, comment. Pure.

const TYPE =
  /^(?:ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com|ssh-(?:rsa|dss|ed25519)-cert-v01@openssh\.com|ecdsa-sha2-nistp\d+-cert-v01@openssh\.com)$/;

export interface AuthorizedKey {
  readonly options: string;
  readonly type: string;
  readonly data: string;
  readonly comment: string;
}

/** A line that holds a key; undefined for comments, blanks and what is no key. */
function parseKey(line: string): AuthorizedKey | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return undefined;
  const words = wordsOf(text);
  const index = words.findIndex((word) => TYPE.test(word.text));
  const type = words[index];
  const data = words[index + 1];
  if (index < 0 || index > 1 || !type || !data) return undefined;
  const after = words[index + 2];
  return {
    options: index === 0 ? "" : (words[0]?.text ?? ""),
    type: type.text,
    data: data.text,
    comment: after ? text.slice(after.start).trim() : "",
  };
}

function keyLine(key: AuthorizedKey): string {
  return [key.options, key.type, key.data, key.comment].filter((part) => part !== "").join(" ");
}

/** Words parted by blanks outside of double quotes. */
function wordsOf(text: string): { text: string; start: number }[] {
  const found: { text: string; start: number }[] = [];
  for (const match of text.matchAll(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g))
    found.push({ text: match[0], start: match.index });
  return found;
}

/** Keys of a text of one or several lines. */
export function keysOf(text: string): AuthorizedKey[] {
  return text.split("\n").flatMap((line) => parseKey(line) ?? []);
}

/** The first line of a text that should be a key and is none. */
export function lineThatIsNoKey(text: string): string | undefined {
  return text.split("\n").find((line) => line.trim() !== "" && !line.trim().startsWith("#") && !parseKey(line));
}

/** The file with the keys in it; `exclusive` drops all other lines, comments too; else they stay where they are. */
export function withKeys(text: string, keys: readonly AuthorizedKey[], exclusive: boolean): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const left = [...keys];
  const kept = lines.flatMap((line) => {
    const present = parseKey(line);
    if (!present) return exclusive ? [] : [line];
    const at = left.findIndex((key) => key.data === present.data);
    const wanted = left[at];
    if (wanted) {
      left.splice(at, 1);
      return [isSame(wanted, present) ? line : keyLine(wanted)];
    }
    return exclusive || keys.some((key) => key.data === present.data) ? [] : [line];
  });
  return [...kept, ...left.map(keyLine)].map((line) => `${line}\n`).join("");
}

export function withoutKeys(text: string, keys: readonly AuthorizedKey[]): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const kept = lines.filter((line) => {
    const present = parseKey(line);
    return !present || !keys.some((key) => key.data === present.data);
  });
  return kept.map((line) => `${line}\n`).join("");
}

function isSame(a: AuthorizedKey, b: AuthorizedKey): boolean {
  return a.options === b.options && a.type === b.type && a.comment === b.comment;
}
