// What a transport must do: open a command on a host as a two-way byte stream with an exit status.
// Everything else (files, facts, become, the agent) is built on this in host/.

import type { Readable, Writable } from "node:stream";

/** How a command on the far side ended. */
export interface Exit {
  /** Exit status; null when it ended by a signal or the connection broke. */
  readonly code: number | null;
  readonly signal?: string;
}

/** One command running on the far side. */
export interface Channel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Read it or it is thrown away in bounded memory: a full pipe must never block the command. */
  readonly stderr: Readable;
  /**
   * Resolves when the command has ended and its output is complete. Rejects with a Failure
   * (`connection-lost`) when the connection broke first: then nobody knows how the command ended.
   */
  readonly exit: Promise<Exit>;
  /** Closes the channel at once; the far command gets SIGHUP or end-of-file, as the transport can. */
  close(): void;
}

/**
 * A way to run commands on one host. Opening is lazy: the first `open` connects.
 * Failures: `host-unreachable` (refused, timed out, name unknown), `host-key-changed`, `host-key-unknown`,
 * `auth-failed` (wrong key, password), `connection-lost`.
 */
export interface Connection {
  /** For messages: `root@10.0.0.7:22`. No secrets. */
  readonly label: string;
  /** `command` is one line for the remote user's login shell (or for /bin/sh where there is none). */
  open(command: string): Promise<Channel>;
  /** Ends the connection and all its channels. Safe to call twice. */
  close(): Promise<void>;
}

/** Settings of a connection, from Ansible's variables and options, finished. Times in seconds. */
export interface ConnectionSettings {
  /** The plugin's name: `ssh`, `openssh`, `local`, `chroot`, `docker`, `podman` … */
  readonly kind: string;
  /** Inventory name, for messages. */
  readonly host: string;
  /** `ansible_host`: address, container name or path of the chroot. */
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly privateKeyFile?: string;
  readonly privateKeyPassphrase?: string;
  /** `ansible_ssh_common_args` + `ansible_ssh_extra_args`, as words. */
  readonly sshArguments?: readonly string[];
  readonly sshExecutable?: string;
  /** Attempts more to connect to a host that cannot be reached (ssh, openssh). */
  readonly retries?: number;
  /** `yes`: unknown keys are refused; `accept-new`: remembered; `no` (host_key_checking = False): not looked at. */
  readonly hostKeyChecking: "yes" | "accept-new" | "no";
  readonly knownHostsFiles?: readonly string[];
  /** Seconds to wait for the connection. */
  readonly timeout: number;
}
