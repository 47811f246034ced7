// How an item of a loop is named in output: `loop_control.label`, or the item itself as Ansible prints it.

import { isUnknown } from "../core/unknown.ts";
import { fromPlain } from "../core/value.ts";
import type { Task } from "../playbook/model.ts";
import { overlay } from "../template/scope.ts";
import type { PlayState } from "./play-state.ts";
import type { PreparedItem } from "./prepare.ts";

export function itemLabel(state: PlayState, task: Task, item: PreparedItem): string {
  if (!item.item) return "";
  const label = task.loop?.control.label;
  try {
    const value = label === undefined ? fromPlain(item.item.value) : item.evaluation.data(label);
    if (isUnknown(value)) return `(${value.reason})`;
    if (typeof value === "string") return value;
    // Python's way of printing a value in text.
    const front = new Map([["tsplay_label", value ?? null]]);
    const text = state.context.engine.expression("tsplay_label | string", overlay(front, item.scope));
    return typeof text === "string" ? text : String(text);
  } catch {
    return String(item.item.value);
  }
}
