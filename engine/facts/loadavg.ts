// Load averages.

import type { Collector } from "./collector.ts";

export const loadavg: Collector = {
  group: "loadavg",
  facts: ["loadavg"],
  files: ["/proc/loadavg"],
  collect: (evidence) => {
    const [one, five, fifteen] = (evidence.file("/proc/loadavg") ?? "").split(/\s+/).map(Number);
    return one === undefined || five === undefined || fifteen === undefined
      ? {}
      : { loadavg: { "1m": one, "5m": five, "15m": fifteen } };
  },
};
