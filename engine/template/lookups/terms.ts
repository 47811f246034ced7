// Terms of lookups that carry options: `user1 file=users.ini section=a`.

/** The words of a term without `=`, and its `key=value` pairs; quotes are taken off. */
export function keyValues(term: string): { readonly words: string[]; readonly options: Map<string, string> } {
  const words: string[] = [];
  const options = new Map<string, string>();
  for (const [part] of term.matchAll(/(?:"[^"]*"|'[^']*'|\S)+/g)) {
    const [, key, value = ""] = /^(\w+)=(.*)$/s.exec(part) ?? [];
    if (key === undefined) words.push(bare(part));
    else options.set(key, bare(value));
  }
  return { words, options };
}

function bare(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text;
}
