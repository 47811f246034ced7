// The closing list of a dry run: what only the real run can tell, with the reasons.

import type { TaskInfo } from "../core/event.ts";
import { placeText } from "./problem-text.ts";

export interface Undecided {
  readonly host: string;
  readonly task: TaskInfo;
  readonly reason: string;
}

/** Hosts named in one line before the rest is counted. */
const MOST_HOSTS = 6;

/** A line for each task and reason, the hosts it holds for behind; empty when there is none. */
export function undecidedLines(undecided: readonly Undecided[], cwd?: string): string[] {
  if (undecided.length === 0) return [];
  const grouped = new Map<string, { task: TaskInfo; reason: string; hosts: string[] }>();
  for (const { host, task, reason } of undecided) {
    const key = `${task.id}\n${reason}`;
    const entry = grouped.get(key);
    if (entry) entry.hosts.push(host);
    else grouped.set(key, { task, reason, hosts: [host] });
  }
  const count = grouped.size === 1 ? "1 task is" : `${grouped.size} tasks are`;
  return [
    `${count} decided at run time:`,
    ...[...grouped.values()].map(({ task, reason, hosts }) => {
      const place = task.origin ? ` (${placeText(task.origin, cwd)})` : "";
      return `  ${task.name}${place}: ${reason} [${hostList(hosts)}]`;
    }),
  ];
}

/** Some host names, the rest counted: `a, b, c and 40 more`. */
export function hostList(hosts: readonly string[], most = MOST_HOSTS): string {
  if (hosts.length <= most) return hosts.join(", ");
  return `${hosts.slice(0, most).join(", ")} and ${hosts.length - most} more`;
}
