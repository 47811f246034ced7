// Permission modes as users write them (0644, "0644", "u=rwX,g+s,o-w") against a file's present mode. Pure.

import { fail } from "../core/problem.ts";

const USERS = { u: 0o4700, g: 0o2070, o: 0o1007 } as const;
type User = keyof typeof USERS;
const SHIFT: Readonly<Record<User, number>> = { u: 6, g: 3, o: 0 };
const SPECIAL: Readonly<Record<User, { readonly s: number; readonly t: number }>> = {
  u: { s: 0o4000, t: 0 },
  g: { s: 0o2000, t: 0 },
  o: { s: 0, t: 0o1000 },
};

/** What the mode is applied to. */
export interface ModeBase {
  /** Present permission bits; for something new those it would get (0666 or 0777 less the umask). */
  readonly current: number;
  readonly directory: boolean;
  /** Applies to symbolic clauses that name no user (`+x`). Default 022. */
  readonly umask?: number;
}

/**
 * The permission bits (0 to 0o7777) that `mode` asks for. Failure `mode-invalid`.
 * A number is taken as the bits themselves (YAML has read 0644 as 420 already), digits in text are octal.
 */
export function resolveMode(mode: string | number, base: ModeBase): number {
  if (typeof mode === "number") return inRange(mode, String(mode));
  const octal = /^0?o?([0-7]+)$/.exec(mode.trim());
  if (octal) return inRange(Number.parseInt(octal[1] ?? "", 8), mode);
  let bits = base.current & 0o7777;
  for (const clause of mode.split(",")) bits = applyClause(clause.trim(), bits, base, mode);
  return bits;
}

/** Bits as Ansible prints them: `0644`. */
export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

function inRange(bits: number, shown: string): number {
  if (Number.isInteger(bits) && bits >= 0 && bits <= 0o7777) return bits;
  return fail("mode-invalid", `mode must be in octal or symbolic form, got ${shown}`, {
    hint: "write it as text, such as '0644'",
  });
}

function applyClause(clause: string, before: number, base: ModeBase, whole: string): number {
  const match = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause);
  if (!match)
    return fail("mode-invalid", `mode must be in octal or symbolic form: bad symbolic permission for mode: ${whole}`);
  const named = match[1] ?? "";
  const users: User[] =
    named === "" || named.includes("a") ? ["u", "g", "o"] : [...new Set(named)].map((name) => name as User);
  const mask = named === "" ? ~(base.umask ?? 0o022) : ~0;
  let bits = before;
  for (const [, operator, permissions] of (match[2] ?? "").matchAll(/([-+=])([^-+=]*)/g))
    for (const user of users) {
      const wanted = bitsFor(user, permissions ?? "", before, bits, base) & mask;
      if (operator === "=") bits = (bits & ~USERS[user]) | wanted;
      else bits = operator === "+" ? bits | wanted : bits & ~wanted;
    }
  return bits & 0o7777;
}

function bitsFor(user: User, permissions: string, before: number, current: number, base: ModeBase): number {
  if (/^[ugo]$/.test(permissions)) return ((current >> SHIFT[permissions as User]) & 7) << SHIFT[user];
  let bits = 0;
  for (const letter of permissions) {
    if (letter === "s" || letter === "t") bits |= SPECIAL[user][letter];
    else if (letter === "X") bits |= base.directory || (before & 0o111) !== 0 ? 1 << SHIFT[user] : 0;
    else bits |= (letter === "r" ? 4 : letter === "w" ? 2 : 1) << SHIFT[user];
  }
  return bits;
}
