// The hosts that a play names. `hosts` may be a template, which knows the inventory's groups but no host's variables.

import { fail } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Play } from "../playbook/model.ts";
import type { Evaluation } from "./evaluate.ts";

/** `groups`, for what is evaluated before any host. */
export function groupNames(inventory: Inventory): { readonly groups: () => Value } {
  return {
    groups: () =>
      new Map<Value, Value>([...inventory.groups.keys()].map((name) => [name, [...inventory.hostsOf(name)]])),
  };
}

/**
 * The patterns of a play. A template may say that there are none, which names no host; an empty text among them is
 * refused, as Ansible does: as a pattern it would name all hosts.
 */
export function hostPatterns(play: Play, evaluation: Evaluation): string[] {
  const patterns = evaluation.texts(play.hosts);
  if (patterns.some((pattern) => pattern.trim() === ""))
    fail("play-hosts", "the value of 'hosts' is empty", {
      origin: play.origin,
      hint: "a template that names no host gives an empty list: {{ groups['name'] | default([]) }}",
    });
  return patterns;
}

export function hostsNamed(inventory: Inventory, patterns: readonly string[], limit: string | undefined): string[] {
  if (patterns.length === 0) return [];
  return inventory.match(patterns.join(","), limit).map(({ name }) => name);
}
