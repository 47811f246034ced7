// The host's names towards storage networks: iSCSI, NVMe over fabrics, Fibre Channel.

import { type Collector, linesOf, trimmed } from "./collector.ts";

export const storageNames: Collector = {
  group: "storage_names",
  facts: ["iscsi_iqn", "hostnqn", "fibre_channel_wwn"],
  files: ["/etc/iscsi/initiatorname.iscsi", "/etc/nvme/hostnqn"],
  script: 'for port in /sys/class/fc_host/*; do first "$port/port_name"; [ -z "$value" ] || say "$value"; done',
  collect: (evidence) => ({
    iscsi_iqn:
      evidence
        .file("/etc/iscsi/initiatorname.iscsi")
        ?.match(/^InitiatorName=(.*)$/m)?.[1]
        ?.trim() ?? "",
    hostnqn: trimmed(evidence.file("/etc/nvme/hostnqn")) ?? "",
    fibre_channel_wwn: linesOf(evidence.section("storage_names")).map((name) => name.replace(/^0x/, "")),
  }),
};
