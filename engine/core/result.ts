// What a task leaves behind: Ansible's result dictionary as plain data, and differences for --diff.

import type { Plain } from "./value.ts";

/** One difference, in the form Ansible's results have (`diff:` key). */
export interface Difference {
  readonly before?: string;
  readonly after?: string;
  readonly beforeHeader?: string;
  readonly afterHeader?: string;
  /** Text that is a difference already (package lists), shown as it is. */
  readonly prepared?: string;
}

/** A module's result; other keys are the module's documented return values. */
export interface Result {
  readonly changed?: boolean;
  readonly failed?: boolean;
  readonly skipped?: boolean;
  readonly msg?: string;
  readonly rc?: Plain;
  readonly stdout?: Plain;
  readonly stderr?: Plain;
  readonly warnings?: readonly string[];
  readonly ansible_facts?: { readonly [name: string]: Plain };
  readonly diff?: readonly Difference[];
  readonly [key: string]: unknown;
}

/** How a task ended on a host, once `failed_when`, `ignore_errors` and the dry run have had their say. */
export type Status = "ok" | "changed" | "failed" | "skipped" | "unreachable" | "undecided";

/** The seven counts of Ansible's recap line, and ours for the dry run. */
export interface Counts {
  ok: number;
  changed: number;
  unreachable: number;
  failed: number;
  skipped: number;
  rescued: number;
  ignored: number;
  undecided: number;
}

export function noCounts(): Counts {
  return { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0, undecided: 0 };
}
