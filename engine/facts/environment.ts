// The environment that commands on the host get.

import type { Collector } from "./collector.ts";

export const environment: Collector = {
  group: "env",
  minimal: true,
  facts: ["env"],
  // The locale of the gathering itself is left out; what the login or the task set is kept beside it.
  script: "env -0 2>/dev/null || env",
  collect: (evidence) => {
    const text = evidence.section("env");
    const pairs = text.includes("\0") ? text.split("\0") : text.split("\n");
    const found: Record<string, string> = {};
    for (const pair of pairs) {
      const cut = pair.indexOf("=");
      if (cut > 0 && /^[^\s]+$/.test(pair.slice(0, cut))) found[pair.slice(0, cut)] = pair.slice(cut + 1);
    }
    return { env: found };
  },
};
