// Inventories in INI form: [group], [group:vars], [group:children], hosts with key=value words. Values are Python
// literals where they can be read as such, else text; text with template marks becomes a Template.

import { fail, type Origin } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { trust, trustAll } from "../text/templates.ts";
import type { InventoryGraph, SourcePlace } from "./graph.ts";
import { parsePythonLiteral } from "./python-literal.ts";
import { expandHosts } from "./ranges.ts";
import { splitWords } from "./words.ts";

const SECTION = /^\[(?<group>[^:\]\s]+)(?::(?<kind>\w+))?\]\s*(?:#.*)?$/;
const KINDS = ["hosts", "children", "vars"] as const;
type Kind = (typeof KINDS)[number];

/** Adds what an INI text says to the inventory. Throws Failure `inventory-…` with the line. */
export function readIni(text: string, file: string, graph: InventoryGraph, place: SourcePlace): void {
  new IniReader(file, graph, place).read(text);
}

/** A value as an INI inventory means it: a Python literal, or text. */
export function iniValue(text: string, origin?: Origin): Value {
  const literal = parsePythonLiteral(text);
  return literal === undefined ? trust(text, origin) : trustAll(literal, origin);
}

class IniReader {
  readonly #file: string;
  readonly #graph: InventoryGraph;
  readonly #place: SourcePlace;
  /** Groups that only a [x:vars] or [y:children] section has named so far, where, and below which groups. */
  readonly #pending = new Map<string, { readonly origin: Origin; readonly parents: string[] }>();

  constructor(file: string, graph: InventoryGraph, place: SourcePlace) {
    this.#file = file;
    this.#graph = graph;
    this.#place = place;
  }

  read(text: string): void {
    let group = "ungrouped";
    let kind: Kind = "hosts";
    text.split(/\r\n|\r|\n/).forEach((raw, index) => {
      const line = raw.trim();
      const origin: Origin = { file: this.#file, line: index + 1, column: raw.length - raw.trimStart().length + 1 };
      if (line === "" || line.startsWith("#") || line.startsWith(";")) return;
      const section = SECTION.exec(line)?.groups;
      if (section?.group) {
        group = section.group;
        kind = this.#kindOf(section.kind ?? "hosts", section.group, origin);
        this.#declare(group, kind, origin);
      } else if (line.startsWith("[") && line.endsWith("]")) {
        fail("inventory-section", `'${line}' is no section: a group's name has no spaces and no ':' or ']' in it`, {
          origin,
        });
      } else if (kind === "hosts") this.#hosts(line, group, origin);
      else if (kind === "vars") this.#variable(line, group, origin);
      else this.#child(line, group, origin);
    });
    this.#checkPending();
  }

  #kindOf(kind: string, group: string, origin: Origin): Kind {
    const known = KINDS.find((one) => one === kind);
    if (known) return known;
    return fail("inventory-section", `the section [${group}:${kind}] is of an unknown kind`, {
      origin,
      hint: "kinds are [group], [group:vars] and [group:children]",
    });
  }

  #declare(group: string, kind: Kind, origin: Origin): void {
    const isNew = !this.#graph.groups.has(group);
    this.#graph.ensureGroup(group, origin);
    if (kind !== "vars") this.#settle(group);
    else if (isNew && !this.#pending.has(group)) this.#pending.set(group, { origin, parents: [] });
  }

  /** A group that was waited for is there: it joins its parents now, which decides its place among their children. */
  #settle(group: string): void {
    const waiting = this.#pending.get(group);
    if (!waiting) return;
    this.#pending.delete(group);
    for (const parent of waiting.parents) this.#graph.addChild(parent, group, waiting.origin);
  }

  #hosts(line: string, group: string, origin: Origin): void {
    const { words, unclosed } = splitWords(line);
    if (unclosed !== undefined)
      fail(
        "inventory-quotes",
        `the line of a host has a ${unclosed === "\\" ? "backslash at its end" : `${unclosed} that is not closed`}`,
        { origin },
      );
    const [entry, ...assignments] = words;
    if (entry === undefined) return;
    const { names, port } = expandHosts(entry, origin);
    const vars = assignments.map((word) => this.#assignment(word, origin));
    for (const name of names) {
      this.#graph.ensureHost(name, group, port, this.#place);
      for (const [key, value] of vars) this.#graph.setHostVar(name, key, value, origin);
    }
  }

  #assignment(word: string, origin: Origin): readonly [string, Value] {
    const at = word.indexOf("=");
    if (at < 0)
      fail("inventory-assignment", `key=value is expected after a host's name, not '${word}'`, {
        origin,
        hint: "a value with spaces must be in quotes: key='two words'",
      });
    return [word.slice(0, at), iniValue(word.slice(at + 1), origin)];
  }

  #variable(line: string, group: string, origin: Origin): void {
    const at = line.indexOf("=");
    if (at < 0) fail("inventory-assignment", `key=value is expected in [${group}:vars], not '${line}'`, { origin });
    this.#graph.setGroupVar(group, line.slice(0, at).trim(), iniValue(line.slice(at + 1).trim(), origin), origin);
  }

  #child(line: string, group: string, origin: Origin): void {
    const child = /^(?<name>[^:\]\s]+)\s*(?:#.*)?$/.exec(line)?.groups?.name;
    if (child === undefined)
      fail("inventory-children", `a group's name is expected in [${group}:children], not '${line}'`, { origin });
    const waiting = this.#pending.get(child);
    if (this.#graph.groups.has(child)) this.#graph.addChild(group, child, origin);
    else if (waiting) waiting.parents.push(group);
    else this.#pending.set(child, { origin, parents: [group] });
  }

  #checkPending(): void {
    for (const [name, { origin, parents }] of this.#pending) {
      const parent = parents.at(-1);
      const message =
        parent === undefined
          ? `the section [${name}:vars] is for a group that is defined nowhere`
          : `[${parent}:children] includes the group '${name}', which is defined nowhere`;
      fail("inventory-undefined-group", message, { origin, hint: `add a section [${name}]` });
    }
  }
}
