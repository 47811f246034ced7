// A running container as a host, by `docker exec` or `podman exec`.

import type { Connection, ConnectionSettings } from "./connection.ts";
import { checkName } from "./names.ts";
import { ProcessConnection } from "./process-connection.ts";

export function containerConnection(settings: ConnectionSettings, program: "docker" | "podman"): Connection {
  checkName("container name", settings.address, settings.host);
  const user = settings.user;
  if (user !== undefined) checkName("user", user, settings.host);
  return new ProcessConnection(`${program} ${settings.address}`, (command) => ({
    argv: [
      program,
      "exec",
      "-i",
      ...(user === undefined ? [] : ["-u", user]),
      settings.address,
      "/bin/sh",
      "-c",
      command,
    ],
  }));
}
