// Strategies: which steps may start now, as pure functions of the play's state. The executor (play-run.ts) runs
// what they answer and feeds the results back.

import type { Task } from "../playbook/model.ts";
import { comparePositions } from "./cursor.ts";

/** One host of the play, as a strategy sees it. */
export interface BoardHost {
  readonly name: string;
  /** The next task; undefined: done, failed or unreachable. */
  readonly task: Task | undefined;
  readonly position: readonly number[];
  readonly busy: boolean;
}

export interface Board {
  /** In the order of the play. */
  readonly hosts: readonly BoardHost[];
  /** How many hosts may be in work at once. */
  readonly forks: number;
}

/** A task and the hosts that may start it now. */
export interface Step {
  readonly task: Task;
  readonly hosts: readonly string[];
}

export type Strategy = (board: Board) => readonly Step[];

/** All hosts do the same task; the next starts when the last host is done with it. */
const linear: Strategy = ({ hosts }) => {
  if (hosts.some(({ busy }) => busy)) return [];
  let first: BoardHost | undefined;
  for (const host of hosts)
    if (host.task && (!first || comparePositions(host.position, first.position) < 0)) first = host;
  const task = first?.task;
  if (!first || !task) return [];
  const { position } = first;
  const together = hosts.filter((host) => host.task === task && comparePositions(host.position, position) === 0);
  return [{ task, hosts: together.map(({ name }) => name) }];
};

/** Each host goes on as soon as it can. */
const free: Strategy = ({ hosts }) =>
  hosts.flatMap(({ name, task, busy }) => (task && !busy ? [{ task, hosts: [name] }] : []));

/** As free, but a host that has begun keeps its place until it is done: no more than `forks` hosts are open. */
const hostPinned: Strategy = ({ hosts, forks }) =>
  hosts
    .filter(({ task }) => task)
    .slice(0, forks)
    .flatMap(({ name, task, busy }) => (task && !busy ? [{ task, hosts: [name] }] : []));

export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  linear,
  free,
  host_pinned: hostPinned,
  "ansible.builtin.linear": linear,
  "ansible.builtin.free": free,
  "ansible.builtin.host_pinned": hostPinned,
};
