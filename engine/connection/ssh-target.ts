// From settings and ssh's own options to everything that one ssh connection needs to know. Pure.

import { homedir } from "node:os";
import { join } from "node:path";
import type { ConnectionSettings } from "./connection.ts";
import type { HostKeyPolicy } from "./host-keys.ts";
import { knownName } from "./known-hosts.ts";
import type { SshOptions } from "./ssh-options.ts";

export interface SshTarget {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly family: 0 | 4 | 6;
  /** Name in known_hosts. */
  readonly knownName: string;
  readonly keys: HostKeyPolicy;
  /** Private keys to offer, with whether the user named them for this host. */
  readonly identities: ReadonlyArray<{ readonly file: string; readonly explicit: boolean }>;
  /** Path of the ssh agent's socket. */
  readonly agent: string | undefined;
  /** Only the identities above may be offered, from the agent too. */
  readonly identitiesOnly: boolean;
  readonly proxyCommand: string | undefined;
  /** Hops in order: `[user@]host[:port]`. */
  readonly proxyJump: readonly string[];
  readonly keepaliveSeconds: number;
  readonly keepaliveCount: number;
  readonly timeoutSeconds: number;
}

/** Without settings of ours or ssh's own, a dead connection is noticed after this. */
const KEEPALIVE = { seconds: 15, count: 3 };

export function sshTarget(settings: ConnectionSettings, options: SshOptions, env: NodeJS.ProcessEnv): SshTarget {
  const first = (key: string): string | undefined => options.get(key)?.[0];
  const home = env.HOME ?? homedir();
  const path = (text: string): string => (text.startsWith("~/") ? join(home, text.slice(2)) : text);
  const files = (key: string): string[] =>
    (first(key) ?? "")
      .split(/\s+/)
      .filter((file) => file !== "")
      .map(path);
  const port = settings.port ?? Number(first("port") ?? 22);
  const address = first("hostname") ?? settings.address;
  const alias = first("hostkeyalias");
  const interval = Number(first("serveraliveinterval") ?? 0);
  const family = first("addressfamily");
  const agent = first("identityagent");
  const connectTimeout = Number(first("connecttimeout"));
  const named = settings.privateKeyFile;
  const proxyCommand = first("proxycommand");
  return {
    address,
    port,
    user: settings.user ?? first("user") ?? "root",
    family: family === "inet" ? 4 : family === "inet6" ? 6 : 0,
    knownName: alias ? alias.toLowerCase() : knownName(address, port),
    keys: {
      checking: checking(settings.hostKeyChecking, first("stricthostkeychecking")),
      userFiles: settings.knownHostsFiles ?? files("userknownhostsfile"),
      globalFiles: settings.knownHostsFiles ? [] : files("globalknownhostsfile"),
      hashNames: first("hashknownhosts") === "yes",
    },
    identities:
      named === undefined
        ? (options.get("identityfile") ?? [])
            .filter((file) => file !== "none" && file !== "/dev/null")
            .map((file) => ({ file: path(file), explicit: false }))
        : [{ file: path(named), explicit: true }],
    agent:
      agent === "none" ? undefined : agent && agent !== "SSH_AUTH_SOCK" ? path(agent) : env.SSH_AUTH_SOCK || undefined,
    identitiesOnly: first("identitiesonly") === "yes",
    proxyCommand: proxyCommand && proxyCommand !== "none" ? expand(proxyCommand, address, port, settings) : undefined,
    proxyJump: (first("proxyjump") ?? "none") === "none" ? [] : (first("proxyjump") ?? "").split(","),
    keepaliveSeconds: interval > 0 ? interval : KEEPALIVE.seconds,
    keepaliveCount: interval > 0 ? Number(first("serveralivecountmax") ?? 3) : KEEPALIVE.count,
    timeoutSeconds: connectTimeout > 0 ? Math.min(connectTimeout, settings.timeout) : settings.timeout,
  };
}

/** The stricter of nothing: `no` and `accept-new` count wherever they are said, as ssh's own options would. */
function checking(wanted: "yes" | "accept-new" | "no", configured: string | undefined): "yes" | "accept-new" | "no" {
  if (wanted !== "yes") return wanted;
  if (configured === "accept-new") return "accept-new";
  return configured === "no" || configured === "off" || configured === "false" ? "no" : "yes";
}

function expand(command: string, host: string, port: number, settings: ConnectionSettings): string {
  const values: Readonly<Record<string, string>> = {
    "%": "%",
    h: host,
    p: String(port),
    n: settings.address,
    r: settings.user ?? "",
  };
  return command.replace(/%(.)/g, (whole, letter: string) => values[letter] ?? whole);
}

/** The arguments with which `ssh -G` is asked for this host. */
export function sshArgumentsFor(settings: ConnectionSettings): string[] {
  return [
    ...(settings.sshArguments ?? []),
    ...(settings.port === undefined ? [] : ["-p", String(settings.port)]),
    ...(settings.user === undefined ? [] : ["-l", settings.user]),
  ];
}

/** A hop of ProxyJump: `[user@]host[:port]` or `ssh://…`. */
export function parseHop(text: string): { readonly user?: string; readonly address: string; readonly port?: number } {
  const match = /^(?:ssh:\/\/)?(?:([^@]*)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?\/?$/.exec(text.trim());
  const address = (match?.[2] ?? text).replace(/^\[|\]$/g, "");
  return { address, ...(match?.[1] ? { user: match[1] } : {}), ...(match?.[3] ? { port: Number(match[3]) } : {}) };
}
