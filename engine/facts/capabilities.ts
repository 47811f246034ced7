// Capabilities of the process, as capsh tells them; "N/A" where it is not installed, as in Ansible.

import { type Collector, linesOf } from "./collector.ts";

export const capabilities: Collector = {
  group: "capabilities",
  minimal: true,
  facts: ["system_capabilities", "system_capabilities_enforced"],
  script: "if command -v capsh >/dev/null 2>&1; then capsh --print 2>/dev/null; fi",
  collect: (evidence) => {
    const line = linesOf(evidence.section("capabilities")).find((one) => one.startsWith("Current:"));
    const value = line?.split(":")[1]?.trim();
    if (value === undefined) return { system_capabilities: "N/A", system_capabilities_enforced: "N/A" };
    if (value === "=ep") return { system_capabilities: [], system_capabilities_enforced: "False" };
    const list = (value.includes("=") ? value.slice(value.indexOf("=") + 1) : value)
      .split(",")
      .map((one) => one.trim());
    return { system_capabilities: list, system_capabilities_enforced: "True" };
  },
};
