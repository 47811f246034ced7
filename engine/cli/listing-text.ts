// What --list-hosts, --list-tasks and --list-tags print, in ansible-playbook's form.

import type { Listing, PlayListing } from "../run/options.ts";

export interface ListingParts {
  readonly hosts: boolean;
  readonly tasks: boolean;
  readonly tags: boolean;
}

export function listingText(listing: Listing, parts: ListingParts): string {
  return listing.playbooks
    .map(
      ({ playbook, plays }) =>
        `\nplaybook: ${playbook}\n${plays.map((play, index) => playText(play, index, parts)).join("")}`,
    )
    .join("");
}

function playText(play: PlayListing, index: number, parts: ListingParts): string {
  const lines = [`\n  play #${index + 1} (${play.pattern.join(",")}): ${play.name}\tTAGS: [${play.tags.join(",")}]`];
  if (parts.hosts) {
    lines.push(`    pattern: [${play.pattern.map((part) => `'${part}'`).join(", ")}]`);
    lines.push(`    hosts (${play.hosts.length}):`, ...play.hosts.map((host) => `      ${host}`));
  }
  if (parts.tasks) {
    lines.push("    tasks:");
    lines.push(...play.tasks.map(({ name, tags }) => `      ${name}\tTAGS: [${[...tags].sort().join(", ")}]`));
  }
  if (parts.tags) lines.push(`      TASK TAGS: [${play.taskTags.join(", ")}]`);
  return `${lines.join("\n")}\n`;
}
