// A folder with a system in it as a host, entered with chroot(8). Needs root.

import { statSync } from "node:fs";
import { fail } from "../core/problem.ts";
import type { Connection, ConnectionSettings } from "./connection.ts";
import { ProcessConnection } from "./process-connection.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function chrootConnection(settings: ConnectionSettings): Connection {
  const folder = settings.address;
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    fail("host-unreachable", `${settings.host}: ${folder} is not a folder`, {
      hint: "ansible_host of a chroot host is the path of its root folder",
    });
  if (process.getuid?.() !== 0)
    fail("host-unreachable", `${settings.host}: entering a chroot needs root`, { hint: "run tsplay as root" });
  return new ProcessConnection(`chroot ${folder}`, (command) => ({
    argv: ["chroot", "--", folder, "/bin/sh", "-c", command],
    env: { PATH, HOME: "/root", USER: "root", LOGNAME: "root", SHELL: "/bin/sh" },
  }));
}
