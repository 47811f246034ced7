// Opens a host: its connection, an agent for each user on it, and the counters of what they cost.

import { userInfo } from "node:os";
import type { Connection, ConnectionSettings } from "../connection/connection.ts";
import { openConnection, type TransportEnvironment } from "../connection/open.ts";
import { AgentLink, type LinkState } from "./agent-link.ts";
import type { LinkStats } from "./agent-session.ts";
import type { AgentKind } from "./agent-source.ts";
import type { Become, Host } from "./host.ts";
import { RemoteHost } from "./remote.ts";

export interface HostOptions {
  readonly environment: TransportEnvironment;
  /** Called as the connection comes and goes. */
  readonly onState?: (state: LinkState, detail?: string) => void;
  /** Seconds that the target keeps the results of running commands after the connection broke (default 900). */
  readonly linger?: number;
  /** Seconds of trying to reconnect before what is pending fails (default 60). */
  readonly reconnect?: number;
  /** Only this kind of agent; normally Perl, and sh where there is none. */
  readonly agent?: AgentKind;
  /** Instead of the connection that the settings describe. */
  readonly connection?: Connection;
}

/** A host in use. */
export interface OpenHost {
  readonly host: Host;
  readonly stats: Readonly<LinkStats>;
  /** Ends agents and connection; running commands are ended. Safe to call twice. */
  close(): Promise<void>;
}

/** Nothing is sent before the first verb. */
export function createHost(settings: ConnectionSettings, options: HostOptions): OpenHost {
  const stats: LinkStats = { roundTrips: 0, requests: 0, bytesIn: 0, bytesOut: 0 };
  const connection = options.connection ?? openConnection(settings, options.environment);
  const links = new Map<string, { readonly link: AgentLink; readonly host: Host }>();
  const loginUser = settings.kind === "local" ? userInfo().username : (settings.user ?? "");

  const hostFor = (become: Become | undefined): Host => {
    // Becoming who one is already needs no program and no second agent.
    const base = links.get("")?.link.agent?.user ?? loginUser;
    const wanted = become && become.user === base && !become.always ? undefined : become;
    const key = wanted
      ? JSON.stringify([wanted.method, wanted.user, wanted.flags, wanted.executable, wanted.password])
      : "";
    const known = links.get(key);
    if (known) return known.host;
    const link = new AgentLink({
      connection,
      host: settings.host,
      stats,
      linger: options.linger ?? 900,
      reconnect: options.reconnect ?? 60,
      startTimeout: Math.max(settings.timeout, 10) + 20,
      onState: (state, detail) => options.onState?.(state, detail),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      now: () => performance.now(),
      ...(options.agent ? { kind: options.agent } : {}),
      ...(wanted ? { become: wanted } : {}),
    });
    const host = new RemoteHost({ name: settings.host, link, user: wanted?.user ?? loginUser, as: hostFor });
    links.set(key, { link, host });
    return host;
  };

  return {
    host: hostFor(undefined),
    stats,
    close: async () => {
      await Promise.all([...links.values()].map(({ link }) => link.close()));
      await connection.close();
    },
  };
}
