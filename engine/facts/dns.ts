// The resolver's configuration.

import type { Plain } from "../core/value.ts";
import { type Collector, linesOf } from "./collector.ts";

export const dns: Collector = {
  group: "dns",
  minimal: true,
  facts: ["dns"],
  files: ["/etc/resolv.conf"],
  collect: (evidence) => {
    const found: Record<string, Plain> = {};
    const servers: string[] = [];
    for (const line of linesOf(evidence.file("/etc/resolv.conf"))) {
      if (/^[#;]/.test(line)) continue;
      const [key = "", ...words] = line.trim().split(/\s+/);
      if (key === "nameserver") servers.push(...words);
      else if (key === "domain" && words[0] !== undefined) found.domain = words[0];
      else if (key === "search" || key === "sortlist") found[key] = words;
      else if (key === "options") found.options = options(words);
      if (servers.length > 0) found.nameservers = servers;
    }
    return { dns: found };
  },
};

function options(words: readonly string[]): Record<string, Plain> {
  return Object.fromEntries(
    words.map((word) => {
      const [name = "", value] = word.split(":");
      return [name, value ?? true];
    }),
  );
}
