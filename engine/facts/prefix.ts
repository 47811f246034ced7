// The names that facts have in results and as variables.

import type { PlainObject } from "../core/value.ts";

/** Names that Ansible gives without prefix. */
const BARE = new Set(["gather_subset", "module_setup"]);

/** The facts as the setup module returns them: `ansible_` before every name. */
export function prefixedFacts(facts: PlainObject): PlainObject {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [BARE.has(name) ? name : `ansible_${name}`, value]),
  );
}
