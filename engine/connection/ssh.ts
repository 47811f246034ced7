// ssh by ssh2, inside this process: one connection a host, a channel for each command. Reconnects on the next open.

import type { Duplex } from "node:stream";
import type ssh2 from "ssh2";
import { Failure } from "../core/problem.ts";
import type { Channel, Connection, ConnectionSettings, Exit } from "./connection.ts";
import { checkName } from "./names.ts";
import { connectClient, TurnedAway } from "./ssh-client.ts";
import type { SshOptionReader } from "./ssh-options.ts";
import { parseHop, type SshTarget, sshArgumentsFor, sshTarget } from "./ssh-target.ts";

/** What an ssh connection takes from the program. */
export interface SshEnvironment {
  readonly env: NodeJS.ProcessEnv;
  readonly options: SshOptionReader;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly random: () => number;
}

/** Pauses before each further try when a server is too busy to greet us (MaxStartups), in milliseconds. */
const PAUSES = [150, 300, 600, 1200, 2400, 4800];
const MOST_HOPS = 8;
/** A server that refuses a channel beside so many others has too many; with fewer, something else is wrong. */
const FEW_CHANNELS = 3;

interface Live {
  readonly client: ssh2.Client;
  /** Clients of the jump hosts on the way, nearest first. */
  readonly way: readonly ssh2.Client[];
  readonly channels: Set<SshChannel>;
  lost: string | undefined;
}

export class SshConnection implements Connection {
  readonly label: string;
  readonly #settings: ConnectionSettings;
  readonly #environment: SshEnvironment;
  #live: Promise<Live> | undefined;
  #overflow: SshConnection | undefined;
  #closed = false;

  constructor(settings: ConnectionSettings, environment: SshEnvironment) {
    checkName("host name", settings.address, settings.host);
    if (settings.user !== undefined) checkName("user", settings.user, settings.host);
    this.#settings = settings;
    this.#environment = environment;
    this.label = `${settings.user ? `${settings.user}@` : ""}${settings.address}:${settings.port ?? 22}`;
  }

  async open(command: string): Promise<Channel> {
    const live = await this.#connected();
    try {
      return await openChannel(live, command, this.#settings.host);
    } catch (error) {
      // sshd's MaxSessions (10 by default) is used up: the next commands get a connection of their own.
      const full = live.lost === undefined && live.channels.size >= FEW_CHANNELS;
      if (!full) throw error;
      this.#overflow ??= new SshConnection(this.#settings, this.#environment);
      return this.#overflow.open(command);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#overflow?.close();
    const live = await this.#live?.catch(() => undefined);
    this.#live = undefined;
    if (!live) return;
    live.lost ??= "the connection was closed";
    live.client.end();
    for (const client of live.way) client.end();
  }

  #connected(): Promise<Live> {
    if (this.#closed)
      return Promise.reject(
        new Failure({ code: "connection-lost", message: `${this.#settings.host}: the connection is closed` }),
      );
    this.#live ??= this.#connect().catch((error: unknown) => {
      this.#live = undefined;
      throw error;
    });
    return this.#live;
  }

  async #connect(): Promise<Live> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#connectPatiently();
      } catch (error) {
        const unreachable = error instanceof Failure && error.problem.code === "host-unreachable";
        if (!unreachable || attempt >= (this.#settings.retries ?? 0) || this.#closed) throw error;
        await this.#environment.sleep(Math.min(2 ** attempt - 1, 30) * 1000);
      }
    }
  }

  async #connectPatiently(): Promise<Live> {
    for (const pause of [...PAUSES, undefined]) {
      try {
        return await this.#connectOnce();
      } catch (error) {
        if (!(error instanceof TurnedAway) || pause === undefined || this.#closed) throw error;
        await this.#environment.sleep(pause * (0.75 + this.#environment.random() / 2));
      }
    }
    throw new Error("unreachable code");
  }

  async #connectOnce(): Promise<Live> {
    const ssh = (await import("ssh2")).default;
    const { env } = this.#environment;
    const target = await this.#target(this.#settings);
    const way: ssh2.Client[] = [];
    try {
      const through = await this.#jump(ssh, target, way);
      const client = await connectClient({
        ssh,
        settings: this.#settings,
        target,
        env,
        ...(through ? { through } : {}),
      });
      return this.#watch({ client, way, channels: new Set(), lost: undefined });
    } catch (error) {
      for (const client of way) client.end();
      throw error;
    }
  }

  async #target(settings: ConnectionSettings): Promise<SshTarget> {
    const { env, options } = this.#environment;
    const found = await options.read(settings.address, sshArgumentsFor(settings), settings.sshExecutable);
    return sshTarget(settings, found, env);
  }

  /** A stream to the target through its jump hosts; undefined if it has none. */
  async #jump(ssh: typeof ssh2, target: SshTarget, way: ssh2.Client[]): Promise<Duplex | undefined> {
    if (target.proxyJump.length > MOST_HOPS)
      throw new Failure({ code: "host-unreachable", message: `${this.#settings.host}: too many jump hosts` });
    let through: Duplex | undefined;
    const hops: SshTarget[] = [];
    for (const text of target.proxyJump) {
      const hop = parseHop(text);
      checkName("jump host", hop.address, this.#settings.host);
      const { hostKeyChecking, timeout, knownHostsFiles, sshArguments } = this.#settings;
      const settings: ConnectionSettings = {
        kind: "ssh",
        host: hop.address,
        hostKeyChecking,
        timeout,
        sshArguments: configurationFile(sshArguments ?? []),
        ...(knownHostsFiles ? { knownHostsFiles } : {}),
        ...hop,
      };
      const hopTarget = await this.#target(settings);
      const from = way.at(-1);
      if (from) through = await forward(from, hopTarget, this.#settings.host);
      const { env } = this.#environment;
      way.push(await connectClient({ ssh, settings, target: hopTarget, env, ...(through ? { through } : {}) }));
      hops.push(hopTarget);
    }
    const from = way.at(-1);
    return from ? forward(from, target, this.#settings.host) : undefined;
  }

  #watch(live: Live): Live {
    const lost = (reason: string): void => {
      // The end is told twice, as 'error' and as 'close'; at the second a new connection may already be in place.
      if (live.lost === undefined) this.#live = undefined;
      live.lost ??= reason;
      for (const channel of live.channels) channel.lose();
      live.client.destroy();
      for (const client of live.way) client.end();
    };
    live.client.on("error", (error) =>
      lost(/keepalive/i.test(error.message) ? "the host stopped answering" : error.message),
    );
    live.client.on("close", () => lost("the connection broke"));
    for (const client of live.way) {
      client.on("error", (error) => lost(`the jump host: ${error.message}`));
      client.on("close", () => lost("the connection to the jump host broke"));
    }
    return live;
  }
}

function openChannel(live: Live, command: string, host: string): Promise<Channel> {
  return new Promise((resolve, reject) => {
    live.client.exec(command, (error, stream) => {
      if (error) {
        const lost = live.lost !== undefined;
        reject(
          new Failure({
            code: lost ? "connection-lost" : "channel-refused",
            message: `${host}: a command could not be started: ${live.lost ?? error.message}`,
            ...(lost ? {} : { hint: "sshd's MaxSessions may be too low, or the account allows no commands" }),
          }),
        );
        return;
      }
      const channel = new SshChannel(stream, () => live.lost, host);
      live.channels.add(channel);
      stream.once("close", () => live.channels.delete(channel));
      resolve(channel);
    });
  });
}

/** `-F file` out of ssh's arguments: jump hosts are looked up in the same file, as ssh itself does. */
function configurationFile(args: readonly string[]): string[] {
  const at = args.findIndex((argument) => argument.startsWith("-F"));
  if (at < 0) return [];
  return args[at] === "-F" ? args.slice(at, at + 2) : args.slice(at, at + 1);
}

function forward(client: ssh2.Client, target: SshTarget, host: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, target.address, target.port, (error, stream) => {
      if (error)
        reject(
          new Failure({
            code: "host-unreachable",
            message: `${host}: the jump host cannot reach ${target.address}:${target.port}: ${error.message}`,
          }),
        );
      else resolve(stream);
    });
  });
}

/** A command's channel over ssh2. */
class SshChannel implements Channel {
  readonly stdin: Channel["stdin"];
  readonly stdout: Channel["stdout"];
  readonly stderr: Channel["stderr"];
  readonly exit: Promise<Exit>;
  readonly #stream: ssh2.ClientChannel;
  #lose: () => void = () => {};

  constructor(stream: ssh2.ClientChannel, lost: () => string | undefined, host: string) {
    this.#stream = stream;
    this.stdin = stream;
    this.stdout = stream;
    this.stderr = stream.stderr;
    stream.on("error", () => {});
    let exit: Exit | undefined;
    stream.on("exit", (code: number | null, signal?: string) => {
      exit = { code, ...(signal ? { signal: `SIG${signal.replace(/^SIG/, "")}` } : {}) };
    });
    this.exit = new Promise((resolve, reject) => {
      const end = (): void => {
        const reason = lost();
        if (exit) resolve(exit);
        else if (reason !== undefined) reject(new Failure({ code: "connection-lost", message: `${host}: ${reason}` }));
        else resolve({ code: null });
      };
      stream.once("close", end);
      this.#lose = end;
    });
    // Whoever does not wait for the exit must not be ended by its failure.
    this.exit.catch(() => {});
  }

  /** The connection is gone: nothing more will come. */
  lose(): void {
    this.#lose();
    this.#stream.destroy();
  }

  close(): void {
    this.#stream.end();
    this.#stream.close();
  }
}
