// Colours by meaning, as Ansible uses them, and when to use them at all.

import pc from "picocolors";

/** What a piece of text means; which colour that is stands here alone. */
export type Meaning =
  | "ok"
  | "changed"
  | "skipped"
  | "failed"
  | "unreachable"
  | "undecided"
  | "warning"
  | "faint"
  | "strong"
  | "verbose"
  | "added"
  | "removed"
  | "hunk"
  | "plain";

/** Paints a text, line by line, so that a pager or a cut line never leaves a colour behind. */
export type Paint = (meaning: Meaning, text: string) => string;

/** A painter; without colour it gives texts back as they are. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_, text) => text;
  const c = pc.createColors(true);
  const table: Readonly<Record<Meaning, (text: string) => string>> = {
    ok: c.green,
    changed: c.yellow,
    skipped: c.cyan,
    failed: c.red,
    unreachable: (text) => c.bold(c.red(text)),
    undecided: c.magenta,
    warning: (text) => c.bold(c.magenta(text)),
    faint: c.gray,
    strong: c.bold,
    verbose: c.blue,
    added: c.green,
    removed: c.red,
    hunk: c.cyan,
    plain: (text) => text,
  };
  return (meaning, text) =>
    text
      .split("\n")
      .map((line) => (line === "" ? line : table[meaning](line)))
      .join("\n");
}

/** Whether to colour: asked for by environment, refused by environment, else only on a terminal. */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const yes = (name: string): boolean => /^(1|true|yes|on|y|t)$/i.test(env[name] ?? "");
  if (
    yes("ANSIBLE_FORCE_COLOR") ||
    (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "")
  )
    return true;
  if (yes("ANSIBLE_NOCOLOR") || (env.NO_COLOR ?? "") !== "") return false;
  return isTerminal && env.TERM !== "dumb";
}
