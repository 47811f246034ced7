// Whether AppArmor is there.

import type { Collector } from "./collector.ts";

export const apparmor: Collector = {
  group: "apparmor",
  minimal: true,
  facts: ["apparmor"],
  stats: ["/sys/kernel/security/apparmor"],
  collect: (evidence) => ({
    apparmor: { status: evidence.stat("/sys/kernel/security/apparmor") ? "enabled" : "disabled" },
  }),
};
