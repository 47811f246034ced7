// systemd's version and the features it was built with.

import type { Collector } from "./collector.ts";

export const systemdVersion: Collector = {
  group: "systemd",
  facts: ["systemd"],
  script: "if command -v systemctl >/dev/null 2>&1; then systemctl --version 2>/dev/null; fi\n:",
  collect: (evidence) => {
    const match = evidence.section("systemd").match(/^systemd (\d+)[^\n]*\n([^\n]*)/);
    return match ? { systemd: { features: (match[2] ?? "").trim(), version: Number(match[1]) } } : {};
  },
};
