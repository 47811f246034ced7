// Which tasks --tags and --skip-tags select. Pure; tags come finished (templates evaluated, commas split by `tagNames`).

/** What was asked for. Empty `only` means all. */
export interface TagSelection {
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

export const ALL_TAGS: TagSelection = { only: [], skip: [] };

/** Tag texts as single names: a text may hold several with commas. */
export function tagNames(texts: readonly string[]): string[] {
  return [
    ...new Set(texts.flatMap((text) => text.split(",").map((name) => name.trim())).filter((name) => name !== "")),
  ];
}

/**
 * Whether a task with these tags runs. `always` runs unless skipped by name, `never` only when asked for by name (one of the
 * task's tags will do); `tagged`, `untagged` and `all` in the selection mean kinds of tasks.
 */
export function isSelected(tags: readonly string[], { only, skip }: TagSelection): boolean {
  const own = new Set(tags);
  const isTagged = own.size > 0;
  if (!isTagged) own.add("untagged");
  return isWanted(own, isTagged, new Set(only.length > 0 ? only : ["all"])) && !isSkipped(own, isTagged, new Set(skip));
}

function isWanted(own: ReadonlySet<string>, isTagged: boolean, only: ReadonlySet<string>): boolean {
  if (own.has("always") || meet(own, only)) return true;
  return !own.has("never") && (only.has("all") || (only.has("tagged") && isTagged));
}

function isSkipped(own: ReadonlySet<string>, isTagged: boolean, skip: ReadonlySet<string>): boolean {
  if (skip.has("all")) return !own.has("always") || skip.has("always");
  return meet(own, skip) || (skip.has("tagged") && isTagged);
}

function meet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const item of a) if (b.has(item)) return true;
  return false;
}
