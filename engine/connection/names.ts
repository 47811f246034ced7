// Names that become arguments of a program: nothing that could be taken for an option or hide in a terminal.

import { fail } from "../core/problem.ts";

/** Refuses empty names, names that begin with `-` and names with blanks or control characters. */
export function checkName(what: string, name: string, host: string): void {
  if (name === "" || name.startsWith("-") || /[\u0000-\u0020\u007f]/.test(name))
    fail("host-name-refused", `${JSON.stringify(host)}: ${JSON.stringify(name)} is not allowed as ${what}`, {
      hint: "it must not be empty, begin with '-' or hold blanks or control characters",
    });
}
