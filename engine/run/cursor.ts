// Where one host is in a play: a stack of frames over the play's tree of blocks and tasks. Pure: it knows nothing
// of hosts, results or time; it is told how each task ended and says which one is next.

import type { Block, PlayNode, RoleUse, Task } from "../playbook/model.ts";

type Section = "block" | "rescue" | "always";
const SECTION_RANK: Readonly<Record<Section, number>> = { block: 0, rescue: 1, always: 2 };

interface Frame {
  readonly nodes: readonly PlayNode[];
  index: number;
  readonly section: Section;
  /** The block whose section this is; undefined for the play's body, includes and handler runs. */
  readonly block: Block | undefined;
  /** Set in `always` (and after it) when a failure waits to go on outwards. */
  readonly failing: boolean;
  /** What the frame adds to the position in front of its index. */
  readonly prefix: readonly number[];
  /** Frames of a handler run skip handlers that were not notified. */
  readonly handlers: boolean;
  /** Of an include: the nodes that are this host's; others' are passed over. */
  readonly only?: ReadonlySet<PlayNode>;
}

/** What the cursor asks of its owner. */
export interface CursorRules {
  /** Is the task selected by tags and start-at-task? */
  readonly selects: (task: Task) => boolean;
  /** May the role's block be entered (not run before on this host)? */
  readonly entersRole: (use: RoleUse) => boolean;
  readonly leavesRole: (use: RoleUse) => void;
  /** Is the handler notified on this host? */
  readonly notified: (handler: Task) => boolean;
}

/** How a failure was taken up by the blocks around it. */
export type FailureOutcome = "rescue" | "always" | "failed";

export class Cursor {
  #frames: Frame[];
  readonly #rules: CursorRules;
  #failed = false;

  constructor(body: readonly PlayNode[], rules: CursorRules, from?: Frame[]) {
    this.#rules = rules;
    this.#frames = from ?? [
      { nodes: body, index: 0, section: "block", block: undefined, failing: false, prefix: [], handlers: false },
    ];
  }

  /** The host failed for the play: nothing is left to run. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Would a failure now end in a rescue, here or further out (an `always` may come before)? */
  get rescuable(): boolean {
    return this.#frames.some(({ section, block }) => section === "block" && block && block.rescue.length > 0);
  }

  /** The task to run next; undefined when the host is done. Enters blocks on the way. */
  current(): Task | undefined {
    for (;;) {
      const frame = this.#frames.at(-1);
      if (!frame) return undefined;
      const node = frame.nodes[frame.index];
      if (node === undefined) {
        this.#leave(frame);
        continue;
      }
      if (frame.only && !frame.only.has(node)) {
        frame.index++;
        continue;
      }
      if (node.kind === "task") {
        if (frame.handlers ? this.#rules.notified(node) : this.#rules.selects(node)) return node;
        frame.index++;
        continue;
      }
      if (node.roleUse && !this.#rules.entersRole(node.roleUse)) {
        frame.index++;
        continue;
      }
      this.#enter(node, "block", false, frame);
    }
  }

  /** Orders hosts in lockstep: compare element by element; equal means the same task. Call after `current`. */
  position(): readonly number[] {
    const frame = this.#frames.at(-1);
    return frame ? [...frame.prefix, SECTION_RANK[frame.section], frame.index] : [Number.POSITIVE_INFINITY];
  }

  /** The current task is done (ok, changed, skipped, or failed and ignored). */
  advance(): void {
    const frame = this.#frames.at(-1);
    if (frame) frame.index++;
  }

  /** What the current task (an include) brought in, run next: of all hosts' `nodes`, those in `only`. */
  include(nodes: readonly PlayNode[], only: ReadonlySet<PlayNode>): void {
    this.#push(nodes, false, only);
  }

  /** A run of notified handlers in place of the current task (meta: flush_handlers). */
  flush(handlers: readonly Task[]): void {
    this.#push(handlers, true);
  }

  /** The current task failed: unwinds to the nearest rescue or always. */
  fail(): FailureOutcome {
    for (;;) {
      const frame = this.#frames.pop();
      if (!frame) {
        this.#failed = true;
        return "failed";
      }
      const { block, section } = frame;
      if (!block) continue;
      const outer = this.#frames.at(-1);
      if (section === "block" && block.rescue.length > 0) {
        this.#enter(block, "rescue", false, outer);
        return "rescue";
      }
      if (section !== "always" && block.always.length > 0) {
        this.#enter(block, "always", true, outer);
        return "always";
      }
    }
  }

  /** Ends the host's play without failure (end_host, end_play). */
  end(): void {
    this.#frames = [];
  }

  /** Leaves the innermost role (meta: end_role). */
  endRole(): void {
    while (this.#frames.length > 0) {
      const frame = this.#frames.pop();
      if (frame?.block?.roleUse) {
        this.#rules.leavesRole(frame.block.roleUse);
        this.advance();
        return;
      }
    }
  }

  /** A copy that can walk ahead without moving this one. */
  copy(rules: CursorRules): Cursor {
    return new Cursor(
      [],
      rules,
      this.#frames.map((frame) => ({ ...frame })),
    );
  }

  #push(nodes: readonly PlayNode[], handlers: boolean, only?: ReadonlySet<PlayNode>): void {
    const frame = this.#frames.at(-1);
    const prefix = frame ? [...frame.prefix, SECTION_RANK[frame.section], frame.index] : [];
    if (frame) frame.index++;
    this.#frames.push({
      nodes,
      index: 0,
      section: "block",
      block: undefined,
      failing: false,
      prefix,
      handlers,
      ...(only ? { only } : {}),
    });
  }

  #enter(block: Block, section: Section, failing: boolean, outer: Frame | undefined): void {
    const prefix = outer ? [...outer.prefix, SECTION_RANK[outer.section], outer.index] : [];
    this.#frames.push({ nodes: block[section], index: 0, section, block, failing, prefix, handlers: false });
  }

  #leave(frame: Frame): void {
    this.#frames.pop();
    const outer = this.#frames.at(-1);
    const { block } = frame;
    if (!block) return;
    if (frame.section !== "always" && block.always.length > 0) {
      this.#enter(block, "always", false, outer);
      return;
    }
    if (frame.section === "always" && frame.failing) {
      // The failure that `always` held up goes on outwards.
      this.fail();
      return;
    }
    if (block.roleUse) this.#rules.leavesRole(block.roleUse);
    if (outer) outer.index++;
  }
}

/** Order of positions: smaller runs first. */
export function comparePositions(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
