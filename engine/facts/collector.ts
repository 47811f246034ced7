// What a collector of facts is: the reads it needs, and a pure function from what they answered to facts.

import type { Plain, PlainObject } from "../core/value.ts";
import type { Host, Stat } from "../host/host.ts";

/** Facts under construction: names without prefix. */
export type Facts = Record<string, Plain>;

/** What the reads of all chosen collectors answered. */
export interface Evidence {
  /** The inventory name, for messages. */
  readonly host: string;
  /** The user whose rights the reads had. */
  readonly user: string;
  /** A file's text, undefined if it does not exist or cannot be read. */
  file(path: string): string | undefined;
  /** What stat says of a path, links followed. */
  stat(path: string): Stat | undefined;
  /** The output of the collector's section of the script; empty if it printed nothing. */
  section(name: string): string;
  /** Fields of getent's entries. */
  entry(database: string, key: string): readonly string[] | undefined;
  /** Tells a person about something odd that stops nothing. */
  warn(message: string): void;
}

/** One subject of facts. */
export interface Collector {
  /** Name of the group, as `gather_subset` and `factGroups` know it. */
  readonly group: string;
  /** Ansible's larger subset it belongs to; its own name when absent. */
  readonly subset?: "hardware" | "network" | "virtual";
  /** Member of Ansible's `min`. */
  readonly minimal?: boolean;
  /** The facts it gives. Names ending in `*` are prefixes. */
  readonly facts: readonly string[];
  /** Groups whose facts it needs. */
  readonly needs?: readonly string[];
  readonly files?: readonly string[];
  readonly stats?: readonly string[];
  /** Databases and keys to ask NSS for; `{user}` stands for the user of the reads. */
  readonly entries?: readonly (readonly [database: string, key: string])[];
  /**
   * Commands of /bin/sh that only read. Output is found under the group's name; `$fact_path` is set, and
   * `say TEXT…` prints its arguments on a line with tabs between. Prefer shell builtins: every process counts.
   */
  readonly script?: string;
  collect(evidence: Evidence, facts: Readonly<Facts>): PlainObject;
}

/** The Host verbs that gathering uses. */
export type FactHost = Pick<Host, "name" | "user" | "read" | "stat" | "getent" | "run">;

/** A file's text without white space at the ends; undefined when absent or empty. */
export function trimmed(text: string | undefined): string | undefined {
  const value = text?.trim();
  return value === "" ? undefined : value;
}

/** Lines that are not empty. */
export function linesOf(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter((line) => line.trim() !== "");
}

/** Rows of `say`: lines split at tabs. */
export function rowsOf(text: string): string[][] {
  return linesOf(text).map((line) => line.split("\t"));
}
