// Host patterns: names, groups, globs, ~regular expressions, subscripts, and their combination with , : & and !.
// Answers in Ansible's order: as the patterns name hosts, then what & keeps and ! removes.

import { didYouMean } from "../core/nearest.ts";
import { fail, type Problem } from "../core/problem.ts";
import type { Inventory, InventoryHost } from "./inventory.ts";
import { parseAddress } from "./ranges.ts";

/** An inventory that can give the controller a host of its own. */
export interface Matchable extends Pick<Inventory, "hosts" | "groups" | "hostsOf"> {
  localhost(name: string): InventoryHost;
}

export interface MatchOptions {
  readonly warn: (problem: Problem) => void;
  /** The content of the file of a limit `@file`. */
  readonly readLimitFile?: (path: string) => string;
}

/** Names that stand for the controller even if no source lists them. */
export const LOCALHOSTS: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/** The hosts that a pattern names, of those only what the limit names too. Throws Failure `pattern-…`. */
export function matchHosts(
  inventory: Matchable,
  pattern: string,
  limit: string | undefined,
  options: MatchOptions,
): readonly InventoryHost[] {
  const hosts = evaluate(inventory, splitPatterns(pattern), options);
  if (limit === undefined) return hosts;
  const allowed = new Set(evaluate(inventory, limitPatterns(limit, options), options));
  return hosts.filter((host) => allowed.has(host));
}

/** What a pattern is made of: separated by commas, or else by colons that belong to no range, port or address. */
export function splitPatterns(pattern: string): string[] {
  const text = pattern.trim();
  const parts = text.includes(",")
    ? text.split(",")
    : text.startsWith("~") || parseAddress(text) !== undefined
      ? [text]
      : (text.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? []);
  const unclosed = parts.length === 0 && text !== "";
  if (unclosed || (!text.includes(",") && !text.startsWith("~") && /\[[^\]]*$/.test(text)))
    fail("pattern-malformed", `the host pattern '${pattern}' is malformed: a '[' has no ']'`, {
      hint: "a subscript is written group[0] or group[0:3]",
    });
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function limitPatterns(limit: string, options: MatchOptions): string[] {
  return splitPatterns(limit).flatMap((part) => {
    if (!part.startsWith("@")) return [part];
    const path = part.slice(1);
    if (!options.readLimitFile) return fail("pattern-limit-file", `the limit file '${path}' cannot be read here`);
    return options
      .readLimitFile(path)
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  });
}

function evaluate(inventory: Matchable, patterns: readonly string[], options: MatchOptions): InventoryHost[] {
  const plain = patterns.filter((part) => !/^[!&]/.test(part));
  const both = patterns.filter((part) => part.startsWith("&"));
  const without = patterns.filter((part) => part.startsWith("!"));
  let hosts = new Set<InventoryHost>();
  for (const part of plain.length === 0 ? ["all"] : plain)
    for (const host of plainHost(inventory, part) ?? matchOne(inventory, part, options)) hosts.add(host);
  for (const part of both) {
    const kept = new Set(matchOne(inventory, part.slice(1), options));
    hosts = new Set([...hosts].filter((host) => kept.has(host)));
  }
  for (const part of without) for (const host of matchOne(inventory, part.slice(1), options)) hosts.delete(host);
  return [...hosts];
}

/** A host's plain name means that host, even if a group has the same name. */
function plainHost(inventory: Matchable, pattern: string): InventoryHost[] | undefined {
  const host = inventory.hosts.get(pattern);
  return host ? [host] : undefined;
}

function matchOne(inventory: Matchable, pattern: string, options: MatchOptions): readonly InventoryHost[] {
  const { name, subscript } = splitSubscript(pattern);
  if (name === "")
    fail("pattern-malformed", `the host pattern '${pattern}' is malformed: a name is missing`, {
      hint: "patterns are combined as a,b,&c,!d",
    });
  const hosts = enumerate(inventory, name, options);
  if (!subscript || hosts.length === 0) return hosts;
  const chosen = subscript(hosts);
  if (chosen === undefined)
    return fail("pattern-subscript", `no hosts matched the subscripted pattern '${pattern}'`, {
      hint: `'${name}' has ${hosts.length} host${hosts.length === 1 ? "" : "s"}, counted from 0`,
    });
  return chosen;
}

type Subscript = (hosts: readonly InventoryHost[]) => readonly InventoryHost[] | undefined;

function splitSubscript(pattern: string): { name: string; subscript?: Subscript } {
  const groups = pattern.startsWith("~")
    ? undefined
    : /^(?<name>.+)\[(?:(?<index>-?[0-9]+)|(?<start>[0-9]+)[:-](?<end>[0-9]*))\]$/.exec(pattern)?.groups;
  if (!groups?.name) return { name: pattern };
  const { name, index, start, end } = groups;
  if (index !== undefined)
    return {
      name,
      subscript: (hosts) => {
        const host = hosts.at(Number(index));
        return host ? [host] : undefined;
      },
    };
  const last = end === undefined || end === "" ? undefined : Number(end);
  // Ansible takes an end of 0 as "no end given", which makes g[0:0] the first host only.
  return { name, subscript: (hosts) => hosts.slice(Number(start), last === undefined ? undefined : last + 1) };
}

function enumerate(inventory: Matchable, pattern: string, options: MatchOptions): readonly InventoryHost[] {
  const matches = matcher(pattern);
  const groups = [...inventory.groups.keys()].filter(matches);
  const found = new Set<InventoryHost>();
  const add = (host: InventoryHost | undefined): void => {
    if (host) found.add(host);
  };
  for (const group of groups) for (const name of inventory.hostsOf(group)) add(inventory.hosts.get(name));
  if (groups.length === 0 || pattern.startsWith("~") || /[.?*[]/.test(pattern))
    for (const [name, host] of inventory.hosts) if (matches(name)) add(host);
  if (found.size === 0 && LOCALHOSTS.includes(pattern)) add(inventory.localhost(pattern));
  if (found.size === 0 && groups.length === 0 && pattern !== "all") {
    const hint = didYouMean(pattern, [...inventory.groups.keys(), ...inventory.hosts.keys()]);
    options.warn({
      code: "pattern-no-match",
      message: `Could not match supplied host pattern, ignoring: ${pattern}`,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return [...found];
}

/** Whether a name fits: `~` makes it a regular expression from the name's start, else it is a shell glob. */
function matcher(pattern: string): (name: string) => boolean {
  if (!pattern.startsWith("~") && !/[*?[]/.test(pattern)) return (name) => name === pattern;
  const regex = pattern.startsWith("~") ? pythonRegex(pattern.slice(1), pattern) : globRegex(pattern);
  return (name) => regex.test(name);
}

function pythonRegex(source: string, pattern: string): RegExp {
  const flags = /^\(\?(?<flags>[aiLmsux]+)\)/.exec(source);
  const body = source
    .slice(flags?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replace(/\\A/g, "^")
    .replace(/\\Z/g, "$");
  const kept = [...(flags?.groups?.flags ?? "")].filter((flag) => "ims".includes(flag)).join("");
  try {
    return new RegExp(`^(?:${body})`, kept);
  } catch (error) {
    return fail("pattern-regex", `the host pattern '${pattern}' is no regular expression: ${String(error)}`);
  }
}

function globRegex(glob: string): RegExp {
  let source = "";
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    const close = character === "[" ? glob.indexOf("]", at + (/[!\]]/.test(glob.charAt(at + 1)) ? 2 : 1)) : -1;
    if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    else if (close > 0) {
      const body = glob.slice(at + 1, close).replace(/[\\\]^]/g, "\\$&");
      source += body.startsWith("!") ? `[^${body.slice(1)}]` : `[${body}]`;
      at = close;
    } else source += character.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, "s");
}

/**
 * The hosts for a command that works on hosts right away. Throws Failure `inventory-no-hosts` if the inventory has
 * hosts and none is left; warns if it has none at all.
 */
export function hostsToTarget(
  inventory: Inventory,
  pattern: string,
  limit: string | undefined,
  warn: (problem: Problem) => void,
): readonly InventoryHost[] {
  if (inventory.hosts.size === 0 && !LOCALHOSTS.includes(pattern))
    warn({
      code: "inventory-empty",
      message:
        "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'",
    });
  const hosts = inventory.match(pattern, limit);
  if (hosts.length === 0 && inventory.hosts.size > 0)
    fail("inventory-no-hosts", "Specified inventory, host pattern and/or --limit leaves us with no hosts to target", {
      hint:
        limit === undefined
          ? `look at what '${pattern}' names`
          : `look at what '${pattern}' and --limit '${limit}' have in common`,
    });
  return hosts;
}
