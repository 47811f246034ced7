// What lsb_release would say, without starting it: since Debian 12 and on Ubuntu it reads the same two files.

import type { Collector } from "./collector.ts";
import { shellPairs } from "./shell-pairs.ts";

export const lsb: Collector = {
  group: "lsb",
  minimal: true,
  facts: ["lsb"],
  files: ["/etc/lsb-release", "/etc/os-release"],
  stats: ["/usr/bin/lsb_release"],
  collect: (evidence) => {
    const release = shellPairs(evidence.file("/etc/lsb-release"));
    const os = shellPairs(evidence.file("/etc/os-release"));
    const program = evidence.stat("/usr/bin/lsb_release") !== undefined;
    const id =
      release.DISTRIB_ID ?? (program ? (os.ID ?? "").replace(/^./, (letter) => letter.toUpperCase()) : undefined);
    if (id === undefined) return { lsb: {} };
    const version = release.DISTRIB_RELEASE ?? os.VERSION_ID ?? "n/a";
    return {
      lsb: {
        id,
        description: release.DISTRIB_DESCRIPTION ?? os.PRETTY_NAME ?? "",
        release: version,
        codename: release.DISTRIB_CODENAME ?? os.VERSION_CODENAME ?? "n/a",
        major_release: version.split(".")[0],
      },
    };
  },
};
