// Planning ahead: while a host does one task, the coming ones are asked for their plans in the same tick, so that
// their reads travel in one message. What was planned is used only if nothing that it rests on has changed since.
// See docs/architecture.md, "Looking ahead".

import { Unknown } from "../core/unknown.ts";
import type { Value } from "../core/value.ts";
import type { Task } from "../playbook/model.ts";
import { hasMarks } from "../text/templates.ts";
import type { Cursor, CursorRules } from "./cursor.ts";
import { HostVarReads } from "./host-vars-reads.ts";
import type { PlayState } from "./play-state.ts";
import { type Prepared, prepare } from "./prepare.ts";

const FIRST_WINDOW = 4;
const WIDEST_WINDOW = 64;

/** Modules whose runs change something unless the task says otherwise (`changed_when: false`). */
const COMMANDS = new Set(["command", "shell", "raw", "script", "expect"]);
/** Actions that leave hosts and variables as they are (set_fact's names are held back). */
const HARMLESS_ACTIONS = new Set(["debug", "assert", "set_fact", "ping"]);
/** Functions whose answers may depend on what tasks before do on the controller. */
const IMPURE_FUNCTIONS = ["lookup", "query", "q", "now"];

export class Lookahead {
  readonly #ahead = new Map<string, Prepared>();
  #window = FIRST_WINDOW;

  /** The current task of the cursor, prepared: ahead, if that still holds, else now together with those that follow. */
  take(state: PlayState, host: string, task: Task, cursor: Cursor, rules: CursorRules): Prepared {
    const key = keyOf(cursor);
    const ready = this.#ahead.get(key);
    this.#ahead.delete(key);
    if (ready?.task === task && isValid(state, ready)) return refreshed(state, ready);
    const [next] = this.#ahead.values();
    // Only this task could not be planned ahead; what comes after it still holds.
    if (!ready && next && isValid(state, next)) return prepare(state, task, host);
    // What was planned and not used was planned in vain: look less far; all used: look farther.
    if (next || ready) this.#window = 1;
    else this.#window = Math.min(this.#window * 2, WIDEST_WINDOW);
    this.#ahead.clear();
    const prepared = prepare(state, task, host);
    if (this.#window > 1) this.#lookAhead(state, host, prepared, cursor, rules);
    return prepared;
  }

  #lookAhead(state: PlayState, host: string, first: Prepared, cursor: Cursor, rules: CursorRules): void {
    const pending = new Map<string, Value>(
      IMPURE_FUNCTIONS.map((name) => [name, new Unknown(`${name}() is called when the task runs`, "pending")]),
    );
    const ahead = cursor.copy({ ...rules, leavesRole: () => {} });
    let previous = first;
    for (let count = 1; count < this.#window; count++) {
      if (!mayPass(previous)) return;
      hold(pending, previous.task);
      ahead.advance();
      const task = ahead.current();
      if (!task || task.isHandler || task.include || task.meta) return;
      const reads = new HostVarReads(state.hostVars);
      const prepared = { ...prepare(state, task, host, new Map([...pending, ["hostvars", reads]])), reads };
      if (isDecided(prepared)) this.#ahead.set(keyOf(ahead), prepared);
      previous = prepared;
    }
  }
}

function keyOf(cursor: Cursor): string {
  return cursor.position().join(".");
}

/** May tasks after this one be planned before it has run, supposing that it changes nothing? */
function mayPass({ task, whole, items }: Prepared): boolean {
  if (task.include || task.meta || task.isHandler) return false;
  if (whole?.kind === "skip" || (!whole && items.every(({ decision }) => decision.kind === "skip"))) return true;
  if (whole?.kind === "failed" || items.some(({ decision }) => decision.kind === "failed")) return false;
  return !isAct(task);
}

/** Does running the task (probably) change hosts or variables whatever state they are in? */
function isAct(task: Task): boolean {
  const { module } = task;
  if ("ansible_facts" in module.returns && module.name !== "set_fact") return true;
  if (module.kind === "action")
    // Which names a set_fact with templated names sets is not known ahead.
    return !HARMLESS_ACTIONS.has(module.name) || (module.params.open === true && [...task.args.keys()].some(hasMarks));
  if (!COMMANDS.has(module.name)) return false;
  if (task.args.has("creates") || task.args.has("removes")) return false;
  return !(task.changedWhen?.length === 1 && task.changedWhen[0]?.value === false);
}

/** Names that the task will set are not known to those planned ahead of it. */
function hold(pending: Map<string, Value>, task: Task): void {
  const unknown = new Unknown(`set by an earlier task`, "pending");
  if (task.register) pending.set(task.register, unknown);
  if (task.module.name === "set_fact") for (const name of task.args.keys()) pending.set(name, unknown);
}

function isDecided({ whole, items }: Prepared): boolean {
  if (whole) return whole.kind === "skip";
  return items.every(({ decision }) => decision.kind !== "unknown" && decision.kind !== "failed");
}

/** Nothing was changed on any machine, predicted for those that the plans are for, or learned of other hosts that was read, and no host dropped out. */
function isValid(state: PlayState, prepared: Prepared): boolean {
  return (
    prepared.membership === state.membership &&
    prepared.machines === state.context.targets.generation &&
    prepared.items.every(({ options, generation }) => !options || generation === options.target.generation) &&
    (prepared.reads?.unchanged() ?? true)
  );
}

/** The same with scopes in which nothing is held back any more. */
function refreshed(state: PlayState, prepared: Prepared): Prepared {
  return {
    ...prepared,
    items: prepared.items.map((item) => {
      const scope = state.scope(prepared.host, prepared.task, item.item?.names);
      return { ...item, scope, evaluation: state.evaluation(scope) };
    }),
  };
}
