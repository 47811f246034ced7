// FIPS mode of the kernel.

import type { Collector } from "./collector.ts";

export const fips: Collector = {
  group: "fips",
  minimal: true,
  facts: ["fips"],
  files: ["/proc/sys/crypto/fips_enabled"],
  collect: (evidence) => ({ fips: evidence.file("/proc/sys/crypto/fips_enabled")?.trim() === "1" }),
};
