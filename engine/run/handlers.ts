// Notifying handlers: by name, by `role : name`, by what they listen to.

import { didYouMean } from "../core/nearest.ts";
import { fail } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { notifyOf, roleOf } from "../playbook/inherit.ts";
import type { Task } from "../playbook/model.ts";
import type { Evaluation } from "./evaluate.ts";
import type { HostRun } from "./host-run.ts";
import type { PlayState } from "./play-state.ts";
import { roleUseOf } from "./static-layers.ts";

/**
 * Marks the handlers that the task notifies. `reason`: the task is undecided in a dry run, so whether they run is too.
 * Failure `handler-unknown` if a name means nothing.
 */
export function notify(state: PlayState, run: HostRun, task: Task, evaluation: Evaluation, reason?: string): void {
  for (const name of notifyOf(task).flatMap((value) => evaluation.texts(value))) {
    const found = handlersFor(state, run.name, name);
    if (found.length === 0) {
      const code = "handler-unknown";
      const message = `The requested handler '${name}' was not found in either the main handlers list nor in the listening handlers list`;
      const place = { origin: task.origin, ...hintFor(state, run.name, name) };
      if (state.context.errorOnMissingHandler) fail(code, message, place);
      state.warn({ code, message, ...place }, run.name);
    }
    for (const handler of found) {
      if (reason === undefined) run.notified.set(handler, undefined);
      else if (!run.notified.has(handler)) run.notified.set(handler, reason);
    }
  }
}

/**
 * The handler with the name, and all that listen to it. Of several with one name, those of the last list count (the
 * play's before a role's, a later role's before an earlier one's), and in it the first.
 */
function handlersFor(state: PlayState, host: string, name: string): Task[] {
  const all = lastListFirst(state.handlers);
  const named = all.find((handler) => handlerNames(state, host, handler).includes(name));
  const seen = new Set<string>();
  const listening = all.filter((handler) => {
    if (!listenTopics(state, host, handler).includes(name)) return false;
    const [own] = handlerNames(state, host, handler);
    if (own === undefined) return true;
    const first = !seen.has(own);
    seen.add(own);
    return first;
  });
  return named && !listening.includes(named) ? [named, ...listening] : listening;
}

/** The handlers of the play and of each role in their order, the lists themselves from the last to the first. */
function lastListFirst(handlers: readonly Task[]): Task[] {
  const lists: { readonly role: unknown; readonly tasks: Task[] }[] = [];
  for (const handler of handlers) {
    const role = roleUseOf(handler);
    const last = lists.at(-1);
    if (last && last.role === role) last.tasks.push(handler);
    else lists.push({ role, tasks: [handler] });
  }
  return lists.reverse().flatMap(({ tasks }) => tasks);
}

/** `name`, and in a role `role : name`. */
function handlerNames(state: PlayState, host: string, handler: Task): string[] {
  if (handler.name === undefined) return [];
  const name = textOf(state, host, handler, handler.name);
  if (name === undefined) return [];
  const role = roleOf(handler);
  return role ? [name, `${role.name} : ${name}`] : [name];
}

function listenTopics(state: PlayState, host: string, handler: Task): string[] {
  return (handler.listen ?? []).flatMap((topic) => {
    const text = textOf(state, host, handler, topic);
    return text === undefined ? [] : [text];
  });
}

function textOf(state: PlayState, host: string, handler: Task, value: Value): string | undefined {
  if (typeof value === "string") return value;
  try {
    return state.evaluation(state.scope(host, handler)).text(value);
  } catch {
    // A name that cannot be evaluated cannot be notified; Ansible warns and goes on.
    state.warn({
      code: "handler-name",
      message: "the handler's name or topic cannot be evaluated, so it cannot be notified by it",
      origin: handler.origin,
    });
    return undefined;
  }
}

function hintFor(state: PlayState, host: string, name: string): { readonly hint?: string } {
  const names = state.handlers.flatMap((handler) => [
    ...handlerNames(state, host, handler),
    ...listenTopics(state, host, handler),
  ]);
  const hint = didYouMean(name, names);
  return hint === undefined ? {} : { hint };
}
