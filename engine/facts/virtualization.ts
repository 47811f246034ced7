// Whether the host is a virtual machine or container, or hosts them. Rules in the order in which they decide.

import { type Collector, type Evidence, trimmed } from "./collector.ts";

interface Verdict {
  readonly type: string;
  readonly role: "guest" | "host";
}

const DMI = "/sys/devices/virtual/dmi/id";

/** DMI field, text it starts with or equals, type. */
const FIRMWARE: readonly (readonly [file: string, pattern: RegExp, type: string])[] = [
  ["product_name", /^(?:KVM|KVM Server|Bochs|AHV|OpenStack)/, "kvm"],
  ["product_name", /^Google Compute Engine/, "kvm"],
  ["product_name", /^OpenStack Compute/, "openstack"],
  ["product_name", /^RHEV Hypervisor/, "RHEV"],
  ["product_name", /^VMware/, "VMware"],
  ["product_name", /^Parallels Virtual/, "parallels"],
  ["product_name", /^VirtualBox/, "virtualbox"],
  ["product_name", /^HVM domU/, "xen"],
  ["bios_vendor", /^Xen$/, "xen"],
  ["bios_vendor", /^innotek GmbH$/, "virtualbox"],
  ["bios_vendor", /^(?:Amazon EC2|DigitalOcean|Hetzner)$/, "kvm"],
  ["sys_vendor", /^(?:QEMU|Amazon EC2|DigitalOcean|Google|Scaleway|Nutanix|Hetzner)$/, "kvm"],
  ["sys_vendor", /^oVirt$/, "oVirt"],
  ["sys_vendor", /^Red Hat$/, "RHEV"],
  ["sys_vendor", /^Microsoft Corporation$/, "VirtualPC"],
  ["sys_vendor", /^Parallels Software International Inc\.$/, "parallels"],
  ["sys_vendor", /^OpenStack Foundation$/, "openstack"],
  ["sys_vendor", /^VMware, Inc\.$/, "VMware"],
];

export const virtualization: Collector = {
  group: "virtualization",
  subset: "virtual",
  facts: ["virtualization_*"],
  files: [
    "/proc/1/cgroup",
    "/proc/1/environ",
    "/proc/cpuinfo",
    "/proc/modules",
    "/run/systemd/container",
    "/proc/xen/capabilities",
    `${DMI}/product_name`,
    `${DMI}/bios_vendor`,
    `${DMI}/sys_vendor`,
  ],
  stats: [
    "/.dockerenv",
    "/.dockerinit",
    "/run/.containerenv",
    "/proc/vz",
    "/proc/lve",
    "/proc/xen",
    "/dev/kvm",
    "/sys/module/kvm",
  ],
  collect: (evidence) => {
    const guests = [...containerSigns(evidence), ...machineSigns(evidence)];
    const hosts = hostSigns(evidence);
    const guest = guests[0];
    const verdict: Verdict | undefined =
      guest !== undefined
        ? { type: guest, role: "guest" }
        : hosts[0] !== undefined
          ? { type: hosts[0], role: "host" }
          : undefined;
    return {
      virtualization_type: verdict?.type ?? "NA",
      virtualization_role: verdict?.role ?? "NA",
      virtualization_tech_guest: [...new Set(guests)].sort().reverse(),
      virtualization_tech_host: [...new Set(hosts)].sort(),
    };
  },
};

function containerSigns(evidence: Evidence): string[] {
  const found: string[] = [];
  const there = (path: string): boolean => evidence.stat(path) !== undefined;
  const cgroup = evidence.file("/proc/1/cgroup") ?? "";
  const environment = evidence.file("/proc/1/environ") ?? "";
  const systemd = trimmed(evidence.file("/run/systemd/container"));
  if (/\/docker(?:\/|-[0-9a-f]+\.scope)/.test(cgroup) || there("/.dockerenv") || there("/.dockerinit"))
    found.push("docker");
  if (/\/(?:lxc|kubepods)\//.test(cgroup)) found.push(/\/lxc\//.test(cgroup) ? "lxc" : "container");
  if (/\/system\.slice\/containerd\.service/.test(cgroup)) found.push("containerd");
  if (/(?:^|\0)container=lxc/.test(environment)) found.push("lxc");
  if (/(?:^|\0)container=podman/.test(environment) || there("/run/.containerenv")) found.push("podman");
  if (there("/proc/vz") && !there("/proc/lve")) found.push("openvz");
  if (systemd !== undefined) found.push(...(systemd === "systemd-nspawn" ? ["container", systemd] : [systemd]));
  if (/(?:^|\0)container=./.test(environment)) found.push("container");
  return [...new Set(found)];
}

function machineSigns(evidence: Evidence): string[] {
  const found: string[] = [];
  for (const [file, pattern, type] of FIRMWARE) {
    const value = trimmed(evidence.file(`${DMI}/${file}`));
    if (value !== undefined && pattern.test(value)) found.push(type);
  }
  if (evidence.stat("/proc/xen") && !(evidence.file("/proc/xen/capabilities") ?? "").includes("control_d"))
    found.push("xen");
  const cpu = evidence.file("/proc/cpuinfo") ?? "";
  if (/^model name.*QEMU Virtual CPU/m.test(cpu) || /^(?:vendor_id|model name).*Common KVM processor/m.test(cpu))
    found.push("kvm");
  if (/^vendor_id\s*:\s*User Mode Linux/m.test(cpu)) found.push("uml");
  if (/^vendor_id\s*:\s*PowerVM Lx86/m.test(cpu)) found.push("powervm_lx86");
  return [...new Set(found)];
}

function hostSigns(evidence: Evidence): string[] {
  const found: string[] = [];
  const modules = new Set((evidence.file("/proc/modules") ?? "").split("\n").map((line) => line.split(" ")[0]));
  if ((evidence.file("/proc/xen/capabilities") ?? "").includes("control_d")) found.push("xen");
  if (modules.has("kvm") || evidence.stat("/dev/kvm")) found.push("kvm");
  if (modules.has("vboxdrv")) found.push("virtualbox");
  if (evidence.stat("/proc/vz") && evidence.stat("/proc/lve")) found.push("openvz");
  return found;
}
