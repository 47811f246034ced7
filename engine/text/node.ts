// A YAML (or JSON) document with positions kept: what playbooks, inventories and vars files are read as.

import type { Origin, Problem } from "../core/problem.ts";
import type { Float, VaultText } from "../core/value.ts";

export interface ScalarNode {
  readonly kind: "scalar";
  readonly origin: Origin;
  /** Resolved as PyYAML does (YAML 1.1): null, booleans, ints, Floats, text; dates stay text. */
  readonly value: null | boolean | number | bigint | string | Float | VaultText;
  /** As written, without quotes. */
  readonly source: string;
  readonly quoted: boolean;
  /** `!unsafe`: never a template. */
  readonly unsafe?: boolean;
}

export interface SequenceNode {
  readonly kind: "sequence";
  readonly origin: Origin;
  readonly items: readonly Node[];
}

export interface MappingNode {
  readonly kind: "mapping";
  readonly origin: Origin;
  /** In order, merge keys (`<<`) applied, duplicates resolved (last wins). */
  readonly entries: ReadonlyArray<{ readonly key: ScalarNode; readonly value: Node }>;
}

export type Node = ScalarNode | SequenceNode | MappingNode;

/** What text/yaml.ts offers: `loadYaml(text, file)` → document; problems that are errors are thrown as Failures. */
export interface Document {
  /** undefined: the document is empty. */
  readonly root: Node | undefined;
  /** Duplicate keys, suspicious octal modes …, to be told once. */
  readonly warnings: readonly Problem[];
}
