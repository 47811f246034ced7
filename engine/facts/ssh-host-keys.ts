// The public keys of the host's ssh server.

import { type Collector, trimmed } from "./collector.ts";

const KINDS = ["dsa", "rsa", "ecdsa", "ed25519"] as const;
const FOLDERS = ["/etc/ssh", "/etc/openssh", "/etc"] as const;
const pathOf = (folder: string, kind: string): string => `${folder}/ssh_host_${kind}_key.pub`;

export const sshHostKeys: Collector = {
  group: "ssh_host_keys",
  minimal: true,
  facts: KINDS.flatMap((kind) => [`ssh_host_key_${kind}_public`, `ssh_host_key_${kind}_public_keytype`]),
  files: FOLDERS.flatMap((folder) => KINDS.map((kind) => pathOf(folder, kind))),
  collect: (evidence) => {
    const found: Record<string, string> = {};
    for (const folder of FOLDERS) {
      for (const kind of KINDS) {
        const [type, key] = (trimmed(evidence.file(pathOf(folder, kind))) ?? "").split(/\s+/);
        if (!type || !key) continue;
        found[`ssh_host_key_${kind}_public`] = key;
        found[`ssh_host_key_${kind}_public_keytype`] = type;
      }
      if (Object.keys(found).length > 0) break;
    }
    return found;
  },
};
