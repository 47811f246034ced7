// Seconds since the host booted.

import type { Collector } from "./collector.ts";

export const uptime: Collector = {
  group: "uptime",
  subset: "hardware",
  facts: ["uptime_seconds"],
  files: ["/proc/uptime"],
  collect: (evidence) => {
    const seconds = Number.parseFloat(evidence.file("/proc/uptime") ?? "");
    return Number.isNaN(seconds) ? {} : { uptime_seconds: Math.floor(seconds) };
  },
};
