// Memory and swap, in MiB.

import type { Collector } from "./collector.ts";

export const memory: Collector = {
  group: "memory",
  subset: "hardware",
  facts: ["memtotal_mb", "memfree_mb", "swaptotal_mb", "swapfree_mb", "memory_mb"],
  files: ["/proc/meminfo"],
  collect: (evidence) => {
    const text = evidence.file("/proc/meminfo");
    if (!text) return {};
    const kilobytes = new Map<string, number>();
    for (const [, name = "", value = "0"] of text.matchAll(/^(\w+):\s+(\d+)/gm)) kilobytes.set(name, Number(value));
    const mib = (name: string): number => Math.floor((kilobytes.get(name) ?? 0) / 1024);
    const k = (name: string): number => kilobytes.get(name) ?? 0;
    const total = mib("MemTotal");
    const free = mib("MemFree");
    const nocacheFree = Math.floor((k("MemFree") + k("Cached") + k("Buffers")) / 1024);
    return {
      memtotal_mb: total,
      memfree_mb: free,
      swaptotal_mb: mib("SwapTotal"),
      swapfree_mb: mib("SwapFree"),
      memory_mb: {
        real: { total, used: Math.floor((k("MemTotal") - k("MemFree")) / 1024), free },
        nocache: {
          free: nocacheFree,
          used: Math.floor((k("MemTotal") - k("MemFree") - k("Cached") - k("Buffers")) / 1024),
        },
        swap: {
          total: mib("SwapTotal"),
          free: mib("SwapFree"),
          used: mib("SwapTotal") - mib("SwapFree"),
          cached: mib("SwapCached"),
        },
      },
    };
  },
};
