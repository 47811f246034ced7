// Variables as the inventory's commands show them: templates as written, vaulted texts in Ansible's marked form.

import { type Data, LazyMap, Opaque, Template, Undefined, type Value, VaultText } from "../core/value.ts";

/** The value as data that can be printed; nothing is evaluated. */
export function shownValue(value: Value): Data {
  if (value instanceof Template) return value.text;
  if (value instanceof VaultText) return new Map<Data, Data>([["__ansible_vault", value.ciphertext]]);
  if (value instanceof Undefined) return `<${value.hint}>`;
  if (value instanceof LazyMap || value instanceof Opaque || typeof value === "symbol")
    return "<made when it is asked for>";
  if (Array.isArray(value)) return value.map(shownValue);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [shownValue(key), shownValue(item)]));
  return value;
}

/** Names that every host has and nobody set. */
const HIDDEN = new Set(["inventory_file", "inventory_dir", "inventory_hostname", "inventory_hostname_short"]);

/** Variables as a mapping for printing. */
export function shownVariables(values: ReadonlyMap<string, Value>): Map<Data, Data> {
  const shown = new Map<Data, Data>();
  for (const [name, value] of values) if (!HIDDEN.has(name)) shown.set(name, shownValue(value));
  return shown;
}
