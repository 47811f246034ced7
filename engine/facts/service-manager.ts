// What manages services: the program of process 1, or what lies on the disk.

import { type Collector, trimmed } from "./collector.ts";

const BY_NAME: Readonly<Record<string, string>> = {
  "runit-init": "runit",
  svscan: "svc",
  "openrc-init": "openrc",
  procd: "openwrt_init",
};

export const serviceManager: Collector = {
  group: "service_mgr",
  minimal: true,
  facts: ["service_mgr"],
  files: ["/proc/1/comm"],
  stats: [
    "/usr/bin/systemctl",
    "/bin/systemctl",
    "/run/systemd/system",
    "/dev/.run/systemd",
    "/dev/.systemd",
    "/sbin/init",
    "/sbin/openrc",
    "/sbin/initctl",
    "/etc/init",
    "/etc/init.d",
    "/usr/lib/systemd/systemd",
    "/lib/systemd/systemd",
  ],
  collect: (evidence) => {
    const there = (...paths: string[]): boolean => paths.some((path) => evidence.stat(path) !== undefined);
    const first = trimmed(evidence.file("/proc/1/comm"));
    if (first !== undefined && first !== "init" && !first.endsWith("sh"))
      return { service_mgr: BY_NAME[first] ?? first };
    const systemctl = there("/usr/bin/systemctl", "/bin/systemctl");
    if (systemctl && there("/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"))
      return { service_mgr: "systemd" };
    if (there("/sbin/initctl") && there("/etc/init")) return { service_mgr: "upstart" };
    if (there("/sbin/openrc")) return { service_mgr: "openrc" };
    if (systemctl && there("/usr/lib/systemd/systemd", "/lib/systemd/systemd") && there("/sbin/init"))
      return { service_mgr: "systemd" };
    return { service_mgr: there("/etc/init.d") ? "sysvinit" : "service" };
  },
};
