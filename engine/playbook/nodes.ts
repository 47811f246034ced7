// Reads parts of a YAML document: what was found, in words for a person, and the shapes that are expected.

import type { Origin } from "../core/problem.ts";
import { fail } from "../core/problem.ts";
import { Float, type Value, VaultText } from "../core/value.ts";
import type { MappingNode, Node, ScalarNode, SequenceNode } from "../text/node.ts";
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that node.ts promises
import { hasMarks, valueOf } from "../text/templates.ts";

export interface Entry {
  readonly name: string;
  readonly origin: Origin;
  readonly value: Node;
}

/** What was found, for "… must be a list, but this is X". */
export function describe(node: Node): string {
  if (node.kind === "sequence") return "a list";
  if (node.kind === "mapping") return "a mapping";
  const { value } = node;
  if (value === null) return "empty";
  if (typeof value === "boolean") return `the boolean '${node.source}'`;
  if (typeof value === "number" || typeof value === "bigint" || value instanceof Float)
    return `the number ${node.source}`;
  if (value instanceof VaultText) return "vaulted text";
  const text = value.length > 40 ? `${value.slice(0, 37)}…` : value;
  return `the text '${text.replaceAll("\n", " ")}'`;
}

/** Whether the value is empty (`key:` with nothing behind it). */
export function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** The node's text, if it is a scalar with text that is no template. */
export function plainText(node: Node | undefined): string | undefined {
  if (node?.kind !== "scalar" || typeof node.value !== "string") return undefined;
  return !node.unsafe && hasMarks(node.value) ? undefined : node.value;
}

/** Whether the node is text with template marks: its type is known only when it is evaluated. */
export function isTemplate(node: Node): boolean {
  return node.kind === "scalar" && typeof node.value === "string" && !node.unsafe && hasMarks(node.value);
}

/** The node as a value whose texts may be Templates. */
export function trusted(node: Node): Value {
  return valueOf(node, { trusted: true });
}

/** A mapping's entries with their keys as text. */
export function entriesOf(mapping: MappingNode): Entry[] {
  return mapping.entries.map(({ key, value }) => ({ name: keyText(key), origin: key.origin, value }));
}

/** The value of a key, the last one if there are several. */
export function entryOf(mapping: MappingNode, name: string): Entry | undefined {
  return entriesOf(mapping).findLast((entry) => entry.name === name);
}

/** The node as a mapping, or a Failure that says what was found. `what` starts the sentence: "a task". */
export function mappingOf(node: Node, what: string, hint?: string): MappingNode {
  if (node.kind === "mapping") return node;
  return fail("playbook-shape", `${what} must be a mapping, but this is ${describe(node)}`, {
    origin: node.origin,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The node as a list, or a Failure that says what was found. */
export function listOf(node: Node, what: string, hint?: string): SequenceNode {
  if (node.kind === "sequence") return node;
  return fail("playbook-shape", `${what} must be a list, but this is ${describe(node)}`, {
    origin: node.origin,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** A mapping as variables: values may be Templates. */
export function variablesOf(mapping: MappingNode): Map<string, Value> {
  const variables = new Map<string, Value>();
  for (const { name, value } of entriesOf(mapping)) variables.set(name, trusted(value));
  return variables;
}

function keyText(key: ScalarNode): string {
  return typeof key.value === "string" ? key.value : key.source;
}
