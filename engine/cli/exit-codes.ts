// Exit codes, Ansible's: which problem ends tsplay with which.

import type { Problem } from "../core/problem.ts";

export const EXIT = {
  fine: 0,
  error: 1,
  failed: 2,
  unreachable: 4,
  unreadable: 4,
  options: 5,
  interrupted: 99,
  bug: 250,
} as const;

/** Beginnings of codes of what is wrong with a playbook's text. */
const UNREADABLE = [
  "yaml-",
  "json-syntax",
  "playbook-",
  "play-",
  "block-",
  "task-a",
  "task-loops",
  "keyword-",
  "module-",
  "meta-unknown",
  "param-",
  "role-",
  "include-file",
  "import-",
  "handler-name",
  "loop-",
  "template-syntax",
  "lookup-unknown",
  "vars-prompt",
  "variable-name",
  "args-unbalanced",
];

/** Codes of wrong options and arguments. */
const OPTIONS = ["option-", "extra-vars", "no-terminal", "config-value", "config-syntax"];

export function exitCodeOf(problem: Problem): number {
  const { code } = problem;
  if (code === "internal-bug") return EXIT.bug;
  if (code === "interrupted") return EXIT.interrupted;
  if (code === "playbook-missing" || code === "role-not-found") return EXIT.error;
  if (OPTIONS.some((start) => code.startsWith(start))) return EXIT.options;
  if (UNREADABLE.some((start) => code.startsWith(start))) return EXIT.unreadable;
  if (code === "host-unreachable" || code === "auth-failed" || code.startsWith("host-key-")) return EXIT.unreachable;
  return EXIT.error;
}
