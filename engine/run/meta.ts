// `meta:` tasks: what they do to the run. They are no module runs: nothing is counted, nothing printed.

import { fail } from "../core/problem.ts";
import { isUnknown } from "../core/unknown.ts";
import { conditions, nearest } from "../playbook/inherit.ts";
import type { Task } from "../playbook/model.ts";
import type { HostRun } from "./host-run.ts";
import type { PlayState } from "./play-state.ts";
import { taskOptions } from "./task-options.ts";
import { allHold } from "./task-outcome.ts";

/** What the play has to do after a meta task, besides going on. */
export type MetaEffect = "none" | "end-play" | "end-batch";

/** Does the meta task for one host and moves its cursor. */
export async function runMeta(state: PlayState, run: HostRun, task: Task): Promise<MetaEffect> {
  const action = task.meta?.action;
  if (action === undefined) throw new Error("only meta tasks have a meta action");
  if (action === "flush_handlers") {
    if (run.notified.size > 0) run.cursor.flush(state.handlers);
    else run.cursor.advance();
    return "none";
  }
  const scope = state.scope(run.name, task);
  const { holds } = allHold(state.context.engine, scope, conditions(task));
  if (isUnknown(holds)) {
    state.context.emit({
      type: "warning",
      time: state.context.now(),
      host: run.name,
      problem: {
        code: "meta-undecided",
        message: `meta: ${action} is decided at run time: ${holds.reason}`,
        origin: task.origin,
      },
    });
    run.cursor.advance();
    return "none";
  }
  if (!holds) {
    run.cursor.advance();
    return "none";
  }
  switch (action) {
    case "noop":
    case "role_complete":
      break;
    case "clear_facts":
      state.context.store.clearFacts(run.name);
      break;
    case "clear_host_errors":
      for (const other of state.batch.values()) {
        other.unreachable = false;
        other.tally.unreachable = false;
        other.tally.failed = false;
      }
      break;
    case "refresh_inventory":
      state.context.store.refreshInventory(state.context.inventory.hosts.keys());
      break;
    case "reset_connection":
      await taskOptions(state, task, run.name, state.evaluation(scope)).target.close();
      break;
    case "end_host":
      run.cursor.end();
      return "none";
    case "end_role":
      run.cursor.endRole();
      return "none";
    case "end_play":
      return "end-play";
    case "end_batch":
      return "end-batch";
    default:
      fail("meta-unknown", `meta: ${String(action satisfies never)} is not supported`, { origin: task.origin });
  }
  run.cursor.advance();
  return "none";
}

/** Is the task to run once for all hosts? */
export function runsOnce(state: PlayState, host: string, task: Task): boolean {
  const value = nearest(task, "runOnce");
  if (value === undefined) return task.module.kind === "action" && task.module.oncePerPlay === true;
  return state.evaluation(state.scope(host, task)).boolean(value, "run_once", task.origin) ?? false;
}

/** Whose variables a task sets that sets some: the host's, or with run_once those of all hosts of the batch, as in Ansible. */
export function hostsOfFacts(state: PlayState, host: string, task: Task): readonly string[] {
  return runsOnce(state, host, task) ? [...new Set([host, ...state.batch.keys()])] : [host];
}
