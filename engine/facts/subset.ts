// `gather_subset` as Ansible reads it, and the way from names of facts to the groups that give them.

import { didYouMean } from "../core/nearest.ts";
import { fail } from "../core/problem.ts";
import type { Collector } from "./collector.ts";

/** Subsets whose facts come from programs that a target does not need; they give nothing here, as in Ansible without them. */
const EMPTY = ["facter", "ohai"];

/** Ansible's other names of subsets, and the groups here that give their facts. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  chroot: ["is_chroot"],
  iscsi: ["storage_names"],
  nvme: ["storage_names"],
  fibre_channel_wwn: ["storage_names"],
  caps: ["capabilities"],
  ssh_pub_keys: ["ssh_host_keys"],
  ssh_host_pub_keys: ["ssh_host_keys"],
  effective_group_ids: ["user"],
  real_user_id: ["user"],
};

/** The groups that a list of subsets chooses: `all`, `min`, names of subsets, groups or facts, each with `!` to leave it out. */
export function chooseGroups(subset: readonly string[], collectors: readonly Collector[]): string[] {
  const minimal = collectors.filter((collector) => collector.minimal).map((collector) => collector.group);
  const all = collectors.map((collector) => collector.group);
  const words = subset.flatMap((word) => word.split(",")).map((word) => word.trim());
  const named = (word: string): readonly string[] =>
    word === "all" ? all : word === "min" ? minimal : groupsOf(word, collectors);
  const added = new Set<string>();
  const removed = new Set<string>();
  for (const word of words.filter((one) => one !== "")) {
    if (word === "!all") for (const group of all) if (!minimal.includes(group)) removed.add(group);
    if (word.startsWith("!")) {
      if (word !== "!all") for (const group of named(word.slice(1))) removed.add(group);
    } else for (const group of named(word)) added.add(group);
  }
  const onlyRemoves = words.every((word) => word === "" || word.startsWith("!"));
  const wanted = new Set<string>(onlyRemoves ? all : []);
  if (!words.includes("!min")) for (const group of minimal) wanted.add(group);
  for (const group of removed) wanted.delete(group);
  for (const group of added) if (!(removed.has(group) && isExplicit(words, group, collectors))) wanted.add(group);
  return all.filter((group) => wanted.has(group));
}

/** Was the group taken out by a name of its own (`!hardware`), rather than by `!all`? */
function isExplicit(words: readonly string[], group: string, collectors: readonly Collector[]): boolean {
  return words.some(
    (word) =>
      word.startsWith("!") && word !== "!all" && word !== "!min" && groupsOf(word.slice(1), collectors).includes(group),
  );
}

function groupsOf(word: string, collectors: readonly Collector[]): readonly string[] {
  if (EMPTY.includes(word)) return [];
  const synonym = SYNONYMS[word];
  if (synonym) return synonym;
  const one = collectors.find(
    (collector) => collector.subset === word || collector.group === word || gives(collector, word),
  );
  if (one === undefined) {
    const known = [
      ...new Set(collectors.flatMap((collector) => [collector.subset ?? collector.group, collector.group])),
    ];
    fail("facts-subset", `Bad subset '${word}' given. gather_subset options allowed: all, min, ${known.join(", ")}`, {
      hint: didYouMean(word, known),
    });
  }
  const subset = one.subset;
  if (subset === undefined) return [one.group];
  return collectors.filter((collector) => collector.subset === subset).map((collector) => collector.group);
}

function gives(collector: Collector, fact: string): boolean {
  return collector.facts.some((name) => (name.endsWith("*") ? fact.startsWith(name.slice(0, -1)) : name === fact));
}

/**
 * The groups that give these facts (names with or without `ansible_`). A name that no group lists may be an
 * interface's (`ansible_eth0`), so it asks for the network.
 */
export function groupsGiving(names: Iterable<string>, collectors: readonly Collector[]): string[] {
  const wanted = new Set<string>();
  for (const raw of names) {
    const name = raw.replace(/^ansible_/, "");
    const giving = collectors.filter((collector) => gives(collector, name));
    for (const collector of giving) wanted.add(collector.group);
    if (giving.length === 0) wanted.add("interfaces");
  }
  return collectors.filter((collector) => wanted.has(collector.group)).map((collector) => collector.group);
}
