// A playbook: its plays, with import_playbook resolved in place.

import { dirname, resolve } from "node:path";
import { didYouMean } from "../core/nearest.ts";
import { fail } from "../core/problem.ts";
import type { MappingNode } from "../text/node.ts";
import { readKeywords } from "./keyword-values.ts";
import type { Play } from "./model.ts";
import { type Entry, entriesOf, isNull, listOf, mappingOf, plainText, trusted } from "./nodes.ts";
import type { Loading } from "./options.ts";
import { warnOfOwnCode } from "./own-code.ts";
import { type PlayImport, readPlay } from "./play.ts";
import { extend, type Trail } from "./trail.ts";

const NO_IMPORT: PlayImport = { vars: new Map(), when: [], tags: [] };

/** The plays of a file. What is wrong goes to the problems, except a file that is no list of plays: Failure. */
export function readPlaybook(
  file: string,
  loading: Loading,
  trail: Trail = [],
  imported: PlayImport = NO_IMPORT,
): Play[] {
  const inside = extend(trail, { kind: "file", label: file, origin: undefined });
  const { root } = loading.files.document(file);
  warnOfOwnCode(dirname(file), loading.files, loading.problems);
  const start = { file, line: 1, column: 1 };
  if (!root || isNull(root))
    return fail("playbook-empty", "the playbook is empty", {
      origin: start,
      hint: "a playbook is a list of plays: `- hosts: all`",
    });
  const { items } = listOf(root, "a playbook", "a playbook is a list of plays: start each with `- hosts: …`");
  if (items.length === 0) return fail("playbook-empty", "the playbook has no plays", { origin: root.origin });
  return items.flatMap((item) => {
    const plays = loading.problems.attempt(() => {
      const node = mappingOf(item, "a play", "start each play with `- hosts: …`");
      const entry = importIn(node);
      if (!entry) {
        refuseTask(node, loading);
        return [readPlay(node, loading, inside, imported)];
      }
      return importPlaybook(entry, node, loading, inside, imported);
    });
    return plays ?? [];
  });
}

function importIn(node: MappingNode): Entry | undefined {
  return entriesOf(node).find(({ name }) => name.replace(/^ansible\.(builtin|legacy)\./, "") === "import_playbook");
}

/** A task at the top level is a frequent mistake: say so, rather than that its module is no keyword. */
function refuseTask(node: MappingNode, { options }: Loading): void {
  const entries = entriesOf(node);
  if (entries.some(({ name }) => name === "hosts")) return;
  const old = entries.find(({ name }) => name === "include" || name === "include_playbook");
  if (old)
    fail("playbook-shape", `'${old.name}' is no statement of a playbook`, {
      origin: old.origin,
      hint: "it is called import_playbook",
    });
  const module = entries.find(
    ({ name }) => name === "block" || (options.findModule(name) !== undefined && name !== "user"),
  );
  if (module)
    fail("playbook-shape", `this is a task ('${module.name}'), but a playbook is a list of plays`, {
      origin: module.origin,
      hint: "put it under `tasks:` of a play that has `hosts:`; a file of tasks is brought in by include_tasks",
    });
}

function importPlaybook(entry: Entry, node: MappingNode, loading: Loading, trail: Trail, outer: PlayImport): Play[] {
  const others = entriesOf(node).filter(({ name }) => name !== entry.name);
  const { keywords } = readKeywords(
    others.filter(({ name }) => name !== "when"),
    "play",
    loading.problems,
    "an import_playbook",
  );
  const { keywords: conditions } = readKeywords(
    others.filter(({ name }) => name === "when"),
    "task",
    loading.problems,
    "an import_playbook",
  );
  const imported: PlayImport = {
    vars: new Map([...keywords.vars, ...outer.vars]),
    when: [...outer.when, ...conditions.when],
    tags: [...outer.tags, ...keywords.tags],
  };
  const { value } = entry;
  if (value.kind !== "scalar" || isNull(value))
    return fail("import-playbook", "'import_playbook' needs the name of a file", { origin: entry.origin });
  const name = plainText(value) ?? loading.options.staticValue?.(trusted(value), [imported.vars]);
  if (name === undefined || name === "")
    return fail("import-template", "the playbook to import cannot be known before the run", {
      origin: value.origin,
      hint: "set what its name needs in extra vars, or in 'vars' beside it",
    });
  const file = resolve(dirname(node.origin.file), name);
  if (!loading.files.isFile(file)) {
    const hint = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(name)
      ? "playbooks of collections are not looked up: name the file"
      : didYouMean(name, loading.files.names(dirname(file)));
    return fail("file-not-found", `the playbook '${name}' was not found at ${file}`, {
      origin: value.origin,
      ...(hint ? { hint } : {}),
    });
  }
  return readPlaybook(file, loading, trail, imported);
}
