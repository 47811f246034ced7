// Chooses the transport that a host's settings name.

import { fail } from "../core/problem.ts";
import { chrootConnection } from "./chroot.ts";
import type { Connection, ConnectionSettings } from "./connection.ts";
import { containerConnection } from "./container.ts";
import { localConnection } from "./local.ts";
import { OpensshConnection } from "./openssh.ts";
import { SshConnection } from "./ssh.ts";
import { SshOptionReader } from "./ssh-options.ts";

/** What transports take from the controller besides the settings. */
export interface TransportEnvironment {
  /** Environment variables: SSH_AUTH_SOCK, HOME, PATH. */
  readonly env: NodeJS.ProcessEnv;
  /** One for all hosts of a run, so that `ssh -G` is asked as rarely as can be; made on the spot when absent. */
  readonly sshOptions?: SshOptionReader;
}

type Opener = (settings: ConnectionSettings, environment: TransportEnvironment) => Connection;

const TRANSPORTS: Readonly<Record<string, Opener>> = {
  ssh: (settings, { env, sshOptions }) =>
    new SshConnection(settings, {
      env,
      options: sshOptions ?? new SshOptionReader(env),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      random: Math.random,
    }),
  openssh: (settings, { env }) => new OpensshConnection(settings, env),
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
