// Where trust begins: text of a file the user wrote becomes a Template if it holds template marks (core/value.ts
// explains why). Only loaders of user files call these with `trusted`.

import type { Origin } from "../core/problem.ts";
import { type Data, Template, type Value, VaultText } from "../core/value.ts";
import type { Node, ScalarNode } from "./node.ts";

/** Whether a text holds template marks: `{{`, `{%` or `{#`. */
export function hasMarks(text: string): boolean {
  const brace = text.indexOf("{");
  return brace >= 0 && /\{[{%#]/.test(text);
}

/** Text from a user's file as a value: a Template if it holds template marks, else the text. */
export function trust(text: string, origin?: Origin): Value {
  return hasMarks(text) ? new Template(text, origin) : text;
}

/**
 * A node as a value. With `trusted`, strings with template marks become Templates, unless they are `!unsafe`.
 * Keys stay as they are: Ansible does not template them.
 */
export function nodeValue(node: Node, options: { readonly trusted?: boolean } = {}): Value {
  return convert(node, options.trusted === true, new Map());
}

export { nodeValue as valueOf };

/** A node as finished data: nothing is trusted, and vaulted text comes as its ciphertext. */
export function dataOf(node: Node): Data {
  switch (node.kind) {
    case "scalar":
      return node.value instanceof VaultText ? node.value.ciphertext : node.value;
    case "sequence":
      return node.items.map(dataOf);
    case "mapping":
      return new Map(node.entries.map(({ key, value }) => [dataOf(key), dataOf(value)]));
  }
}

/** A value whose strings are all trusted as they are: for data that was made from a user's file by other means. */
export function trustAll(value: Value, origin?: Origin): Value {
  if (typeof value === "string") return trust(value, origin);
  if (Array.isArray(value)) return value.map((item) => trustAll(item, origin));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, trustAll(item, origin)]));
  return value;
}

function convert(node: Node, trusted: boolean, shared: Map<Node, Value>): Value {
  if (node.kind === "scalar") return scalar(node, trusted);
  const before = shared.get(node);
  if (before !== undefined) return before;
  const value: Value =
    node.kind === "sequence"
      ? node.items.map((item) => convert(item, trusted, shared))
      : new Map<Value, Value>(
          node.entries.map(({ key, value: item }) => [scalar(key, false), convert(item, trusted, shared)]),
        );
  shared.set(node, value);
  return value;
}

function scalar(node: ScalarNode, trusted: boolean): Value {
  return trusted && !node.unsafe && typeof node.value === "string" ? trust(node.value, node.origin) : node.value;
}
