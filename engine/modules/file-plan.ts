// What the states of `file` share: what a path is now, differences of states, and results that look again.

import type { Result } from "../core/result.ts";
import type { Stat } from "../host/host.ts";
import { stateOf, statResult } from "./file-attributes.ts";
import type { Change, Plan } from "./module.ts";
import { failTask } from "./task-failure.ts";

/** What a path is now: itself, and what it leads to. */
export interface Present {
  readonly path: string;
  readonly own: Stat | undefined;
  readonly target: Stat | undefined;
}

/** The plan of changes that leave the path's type alone; its result holds what is there after them. */
export function finish(
  path: string,
  present: Stat,
  result: Partial<Result>,
  changes: readonly (Change | undefined)[],
): Plan {
  const due = changes.filter((change) => change !== undefined);
  return { result: { ...result, ...statResult(present) }, changes: lookingAgain(path, due) };
}

/** The changes, of which the last one returns what is there then. */
export function lookingAgain(
  path: string,
  changes: readonly Change[],
  options: { readonly follow?: boolean } = {},
): Change[] {
  const last = changes.at(-1);
  if (!last) return [];
  return [
    ...changes.slice(0, -1),
    {
      ...last,
      async apply(host, progress) {
        const result = await last.apply(host, progress);
        const stat = await host.stat(path, { follow: options.follow ?? true });
        return { changed: true, ...statResult(stat ?? (await host.stat(path))), ...result };
      },
    },
  ];
}

/** A difference of states. */
export function stateDifference(
  path: string,
  before: string,
  after: string,
  more: { before?: object; after?: object } = {},
): Change["difference"] {
  const text = (state: string, extra: object | undefined) => `${JSON.stringify({ path, state, ...extra }, null, 4)}\n`;
  return { before: text(before, more.before), after: text(after, more.after) };
}

/** Failure of a path that is something else. */
export function refuseConversion(present: Present, goal: string): never {
  const state = stateOf(present.own);
  const message = `refusing to convert from ${state} to ${goal} for ${present.path}`;
  return failTask("file-state", message, { path: present.path, ...statResult(present.own) });
}
