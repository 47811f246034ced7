// Kernel, architecture and names of the host.

import { type Collector, linesOf, rowsOf, trimmed } from "./collector.ts";

export const platform: Collector = {
  group: "platform",
  minimal: true,
  facts: [
    "system",
    "kernel",
    "kernel_version",
    "machine",
    "architecture",
    "userspace_bits",
    "userspace_architecture",
    "nodename",
    "hostname",
    "fqdn",
    "domain",
    "machine_id",
  ],
  files: ["/var/lib/dbus/machine-id", "/etc/machine-id", "/etc/hosts", "/proc/sys/kernel/version"],
  // The resolver is asked only if /etc/hosts does not know the name.
  script: `
read -r system name release machine <<end
$(uname -s -n -r -m)
end
say "$system" "$name" "$release" "$machine"
known=
while read -r address names; do
  case $address in \\#*) continue ;; esac
  case " $names " in *" $name "*) known=1 ;; esac
done 2>/dev/null </etc/hosts
if [ -z "$known" ] && command -v getent >/dev/null 2>&1; then getent hosts "$name" 2>/dev/null; fi
:`,
  collect: (evidence) => {
    const text = evidence.section("platform");
    const [system = "Linux", nodename = "", kernel = "", machine = ""] = rowsOf(text)[0] ?? [];
    const architecture = machine === "i86pc" || /^i\d86$/.test(machine) ? "i386" : machine;
    const bits = /64|s390x/.test(machine) ? "64" : "32";
    const answer = linesOf(text)
      .slice(1)
      .map((line) => line.trim().split(/\s+/).slice(1));
    const names = namesInHosts(evidence.file("/etc/hosts"), nodename) ?? answer[0] ?? [];
    const fqdn = names.find((name) => name.includes(".")) ?? names[0] ?? nodename;
    const id = trimmed(evidence.file("/var/lib/dbus/machine-id")) ?? trimmed(evidence.file("/etc/machine-id"));
    return {
      system,
      kernel,
      kernel_version: evidence.file("/proc/sys/kernel/version")?.trim() ?? "",
      machine,
      architecture,
      userspace_bits: bits,
      userspace_architecture: bits === "64" || architecture === "i386" ? architecture : machine,
      nodename,
      hostname: nodename.split(".")[0] ?? nodename,
      fqdn,
      domain: fqdn.includes(".") ? fqdn.slice(fqdn.indexOf(".") + 1) : "",
      ...(id === undefined ? {} : { machine_id: id }),
    };
  },
};

/** The names on the line of /etc/hosts that has this name. */
function namesInHosts(text: string | undefined, name: string): string[] | undefined {
  for (const line of linesOf(text)) {
    const words = line.replace(/#.*/, "").trim().split(/\s+/).slice(1);
    if (words.includes(name)) return words;
  }
  return undefined;
}
