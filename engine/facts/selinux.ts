// SELinux's state, from its file system.

import { type Collector, trimmed } from "./collector.ts";
import { shellPairs } from "./shell-pairs.ts";

export const selinux: Collector = {
  group: "selinux",
  minimal: true,
  facts: ["selinux", "selinux_python_present"],
  files: ["/sys/fs/selinux/enforce", "/sys/fs/selinux/policyvers", "/etc/selinux/config"],
  collect: (evidence) => {
    const enforce = trimmed(evidence.file("/sys/fs/selinux/enforce"));
    if (enforce === undefined) return { selinux: { status: "disabled" }, selinux_python_present: true };
    const configured = shellPairs(evidence.file("/etc/selinux/config"));
    return {
      selinux: {
        status: "enabled",
        policyvers: Number(trimmed(evidence.file("/sys/fs/selinux/policyvers")) ?? "0"),
        config_mode: configured.SELINUX ?? "unknown",
        mode: enforce === "1" ? "enforcing" : "permissive",
        type: configured.SELINUXTYPE ?? "unknown",
      },
      selinux_python_present: true,
    };
  },
};
