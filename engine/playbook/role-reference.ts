// An entry of `roles:` or of a role's dependencies: the role's name, keywords, and everything else as parameters.

import { fail } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Node } from "../text/node.ts";
import { NO_KEYWORDS, readKeywords } from "./keyword-values.ts";
import { keywordsAt } from "./keywords.ts";
import type { RoleReference } from "./model.ts";
import { describe, type Entry, entriesOf, trusted } from "./nodes.ts";
import type { ProblemList } from "./problem-list.ts";

/** Keys of a requirement that say where to get the role (`tsplay galaxy`), not how to use it. */
const SOURCE_KEYS = new Set(["src", "scm", "version"]);

/** Reads one entry. Throws Failure if it names no role. `what`: "an entry of 'roles'", "a dependency". */
export function readRoleReference(node: Node, what: string, problems: ProblemList): RoleReference {
  if (node.kind === "scalar" && typeof node.value === "string") {
    if (node.value.includes(","))
      fail("role-name", `'${node.value}' is an old form that Ansible no longer has`, {
        origin: node.origin,
        hint: "write `role: NAME` with the parameters below it",
      });
    return { name: trusted(node), origin: node.origin, keywords: NO_KEYWORDS, params: new Map() };
  }
  if (node.kind !== "mapping")
    return fail(
      "playbook-shape",
      `${what} must be a role's name or a mapping with 'role', but this is ${describe(node)}`,
      {
        origin: node.origin,
      },
    );
  const entries = entriesOf(node);
  const name = roleNameIn(entries);
  if (name === undefined)
    return fail("role-name", `${what} must say which role: '${entries[0]?.name ?? ""}' is not enough`, {
      origin: node.origin,
      hint: "write `role: NAME`",
    });
  const roleKeywords = new Set(keywordsAt("role"));
  const others = entries.filter((entry) => entry.name !== "role" && entry.name !== "name" && !isSource(entry, entries));
  const { keywords } = readKeywords(
    others.filter((entry) => roleKeywords.has(entry.name)),
    "role",
    problems,
    "a role",
  );
  const params = new Map<string, Value>();
  for (const entry of others) if (!roleKeywords.has(entry.name)) params.set(entry.name, trusted(entry.value));
  return { name, origin: node.origin, keywords, params };
}

function roleNameIn(entries: readonly Entry[]): Value | undefined {
  for (const key of ["role", "name"]) {
    const entry = entries.find(({ name }) => name === key);
    if (entry?.value.kind === "scalar" && entry.value.value !== null && entry.value.source !== "")
      return trusted(entry.value);
  }
  const source = entries.find(({ name }) => name === "src");
  if (source?.value.kind !== "scalar") return undefined;
  return source.value.source
    .split("/")
    .at(-1)
    ?.replace(/(\.git|\.tar\.gz|,.*)$/, "");
}

function isSource(entry: Entry, all: readonly Entry[]): boolean {
  return SOURCE_KEYS.has(entry.name) && all.some(({ name }) => name === "src");
}
