// One host in one play: where it is, how it fares, which handlers wait, what was counted.

import { type Counts, noCounts } from "../core/result.ts";
import type { Task } from "../playbook/model.ts";
import type { Cursor } from "./cursor.ts";

/** What the recap adds up over plays. */
export class HostTally {
  readonly counts: Counts = noCounts();
  failed = false;
  unreachable = false;
}

export class HostRun {
  readonly name: string;
  readonly tally: HostTally;
  /** Set when the play starts on this host. */
  readonly cursor: Cursor;
  /** Failed in this play (and not rescued), or unreachable: no further tasks. */
  failed = false;
  unreachable = false;
  busy = false;
  /** Handlers that wait. In a dry run a reason says that an undecided task would decide. */
  readonly notified = new Map<Task, string | undefined>();
  /** Role keys (RoleUse.key) whose tasks ran to the end. */
  readonly completedRoles: Set<string>;
  /** Role keys of which at least one task ran. */
  readonly startedRoles = new Set<string>();

  constructor(name: string, tally: HostTally, cursor: (run: HostRun) => Cursor, completedRoles: Set<string>) {
    this.name = name;
    this.tally = tally;
    this.completedRoles = completedRoles;
    this.cursor = cursor(this);
  }

  get active(): boolean {
    return !this.failed && !this.unreachable;
  }
}
