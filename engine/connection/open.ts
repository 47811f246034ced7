// Chooses the transport that a host's settings name.

import { fail } from "../core/problem.ts";
import { chrootConnection } from "./chroot.ts";
import type { Connection, ConnectionSettings } from "./connection.ts";
import { containerConnection } from "./container.ts";
import { localConnection } from "./local.ts";

/** What transports take from the controller besides the settings. */
export interface TransportEnvironment {
  /** Environment variables: SSH_AUTH_SOCK, HOME, PATH. */
  readonly env: NodeJS.ProcessEnv;
}

type Opener = (settings: ConnectionSettings, environment: TransportEnvironment) => Connection;

const TRANSPORTS: Readonly<Record<string, Opener>> = {
  local: (_settings, { env }) => localConnection(env),
  chroot: (settings) => chrootConnection(settings),
  docker: (settings) => containerConnection(settings, "docker"),
  podman: (settings) => containerConnection(settings, "podman"),
};

/** Nothing is opened yet: the first command does that. Fails with `connection-unknown` for a kind we do not have. */
export function openConnection(settings: ConnectionSettings, environment: TransportEnvironment): Connection {
  const open = TRANSPORTS[settings.kind];
  if (!open)
    fail("connection-unknown", `${settings.host}: there is no connection of the kind '${settings.kind}'`, {
      hint: `there are ${Object.keys(TRANSPORTS).join(", ")}`,
    });
  return open(settings, environment);
}
