// One task on one host, as the parts that run it hand it around.

import type { TaskInfo } from "../core/event.ts";
import type { Progress } from "../modules/module.ts";
import type { Task } from "../playbook/model.ts";
import type { HostRun } from "./host-run.ts";
import type { PlayState } from "./play-state.ts";

export interface Execution {
  readonly state: PlayState;
  readonly task: Task;
  readonly info: TaskInfo;
  readonly run: HostRun;
}

/** Tells how far a long step is. */
export function progressOf({ state, info, run }: Execution): Progress {
  return (message, fraction) =>
    state.context.emit({
      type: "progress",
      time: state.context.now(),
      task: info,
      host: run.name,
      message,
      ...(fraction === undefined ? {} : { fraction }),
    });
}
