// Processors, from /proc/cpuinfo.

import type { Plain } from "../core/value.ts";
import { type Collector, trimmed } from "./collector.ts";

export const processor: Collector = {
  group: "processor",
  subset: "hardware",
  facts: ["processor", "processor_*", "flags"],
  files: ["/proc/cpuinfo", "/proc/self/status"],
  collect: (evidence) => {
    const text = evidence.file("/proc/cpuinfo");
    if (!text) return {};
    const list: string[] = [];
    const sockets = new Map<string, number>();
    const cores = new Map<string, number>();
    let physical = "0";
    let siblings = 1;
    let count = 0;
    let flags: string[] = [];
    for (const line of text.split("\n")) {
      const cut = line.indexOf(":");
      if (cut < 0) continue;
      const key = line.slice(0, cut).trim();
      const value = line.slice(cut + 1).trim();
      if (key === "processor") count += 1;
      if (["model name", "Processor", "vendor_id", "cpu", "Vendor", "processor"].includes(key)) list.push(value);
      if (key === "physical id") {
        physical = value;
        sockets.set(physical, sockets.get(physical) ?? 1);
      }
      if (key === "cpu cores") cores.set(physical, Number(value));
      if (key === "siblings") siblings = Number(value);
      if ((key === "flags" || key === "Features") && flags.length === 0) flags = value.split(/\s+/);
    }
    const perSocket = [...cores.values()][0] ?? (sockets.size > 0 ? 1 : undefined);
    const socketCount = Math.max(1, sockets.size);
    const known = sockets.size > 0;
    const coreCount = known ? (perSocket ?? 1) : 1;
    const threads = known ? Math.max(1, Math.floor(siblings / coreCount)) : 1;
    const found: Record<string, Plain> = {
      processor: list,
      processor_count: known ? socketCount : count,
      processor_cores: coreCount,
      processor_threads_per_core: threads,
      processor_vcpus: known ? socketCount * coreCount * threads : count,
      processor_nproc: allowed(evidence.file("/proc/self/status")) ?? count,
    };
    if (flags.length > 0) found.flags = flags;
    return found;
  },
};

/** How many processors the process may use. */
function allowed(status: string | undefined): number | undefined {
  const ranges = trimmed(status?.match(/^Cpus_allowed_list:\s*(.*)$/m)?.[1]);
  if (ranges === undefined) return undefined;
  let total = 0;
  for (const range of ranges.split(",")) {
    const [from = 0, to] = range.split("-").map(Number);
    total += (to ?? from) - from + 1;
  }
  return total;
}
