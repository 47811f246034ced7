// A link to the agent of one user on one host that outlives its connection: starts the agent on first use, starts a
// new one when the connection broke, fetches from the old one what was running, and never does a change twice.

import type { Channel, Connection } from "../connection/connection.ts";
import { Failure, problemOf } from "../core/problem.ts";
import { resumeSession } from "./agent-resume.ts";
import { AgentSession, type Answer, type LinkStats, type Pending, type Request } from "./agent-session.ts";
import type { AgentKind } from "./agent-source.ts";
import { type StartedAgent, startAgent } from "./agent-start.ts";
import type { Become } from "./host.ts";

/** What a link tells about its connection. */
export type LinkState = "opening" | "open" | "lost" | "reconnected" | "closed";

export interface LinkOptions {
  readonly connection: Connection;
  readonly host: string;
  readonly become?: Become;
  readonly kind?: AgentKind;
  readonly stats: LinkStats;
  readonly onState: (state: LinkState, detail?: string) => void;
  /** Seconds an agent keeps results for us after the connection broke. */
  readonly linger: number;
  /** Seconds of trying to reconnect before what is pending fails. */
  readonly reconnect: number;
  /** Seconds until an agent that does not speak is given up. */
  readonly startTimeout: number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
}

/** A request is sent at most this often; an agent that dies of it every time is not asked for ever. */
const MOST_ATTEMPTS = 3;

interface Live {
  readonly session: AgentSession;
  readonly channel: Channel;
}

export class AgentLink {
  readonly #options: LinkOptions;
  #live: Live | undefined;
  #agent: StartedAgent | undefined;
  #starting: Promise<StartedAgent> | undefined;
  #waiting: Pending[] = [];
  #closed = false;
  #opened = false;
  #losses = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Which agent serves, once one has started. */
  get agent(): StartedAgent | undefined {
    return this.#agent;
  }

  /** How often the connection broke: what is bound to an agent is void once this has changed. */
  get losses(): number {
    return this.#losses;
  }

  /** Sends a request; starts the agent if there is none. */
  request(request: Request): Promise<Answer> {
    return this.send(request).answer;
  }

  /** As `request`, with a promise that resolves when more may be sent (backpressure). */
  send(request: Request): { readonly answer: Promise<Answer>; readonly writable: Promise<void> } {
    let entry: Pending | undefined;
    const answer = new Promise<Answer>((resolve, reject) => {
      entry = { request, resolve, reject, parts: [], attempts: 0 };
    });
    if (this.#closed) entry?.reject(this.#failure("connection-lost", "the connection is closed"));
    else if (entry) this.#dispatch(entry);
    return { answer, writable: this.#live ? this.#live.session.writable() : Promise.resolve() };
  }

  #dispatch(entry: Pending): void {
    if (this.#live) {
      this.#live.session.send(entry);
      return;
    }
    this.#waiting.push(entry);
    this.ready().catch((error: unknown) => this.#fail(error));
  }

  /** The agent, started if it is not yet. */
  ready(): Promise<StartedAgent> {
    if (this.#closed) return Promise.reject(this.#failure("connection-lost", "the connection is closed"));
    this.#starting ??= this.#start().finally(() => {
      if (!this.#live) this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<StartedAgent> {
    const { connection, host, become, linger, kind, startTimeout, stats, onState } = this.#options;
    if (!this.#opened) onState("opening");
    let current: Live | undefined;
    const agent = await startAgent(
      {
        connection,
        host,
        linger,
        timeout: startTimeout,
        ...(become ? { become } : {}),
        ...(kind ? { kind } : {}),
      },
      {
        onOpen: (channel) => {
          // A first attempt that found no Perl served nothing: its requests go to the next.
          if (current) this.#waiting.unshift(...current.session.pending.values());
          const live: Live = { channel, session: new AgentSession(channelPipe(channel), stats) };
          current = live;
          this.#live = live;
          this.#sendWaiting();
        },
        onData: (chunk) => {
          try {
            current?.session.receive(chunk);
          } catch (error) {
            current?.channel.close();
            if (current) this.#lost(current, `the agent's answer cannot be read: ${problemOf(error).message}`);
          }
        },
        onEnd: (reason) => {
          if (current) this.#lost(current, reason);
        },
      },
    ).catch((error: unknown) => {
      if (current) {
        current.session.end();
        this.#waiting.unshift(...current.session.pending.values());
        if (this.#live === current) this.#live = undefined;
      }
      throw error;
    });
    this.#agent = agent;
    onState(this.#opened ? "reconnected" : "open");
    this.#opened = true;
    return agent;
  }

  #sendWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) this.#live?.session.send(entry);
  }

  #lost(live: Live, reason: string): void {
    if (this.#live !== live) return;
    const old = this.#agent;
    live.session.end();
    live.channel.close();
    this.#losses += 1;
    this.#live = undefined;
    this.#starting = undefined;
    if (this.#closed) {
      this.#settleClosed(live.session);
      return;
    }
    this.#options.onState("lost", reason);
    if (live.session.pending.size === 0 || !old) return;
    this.#starting = this.#reconnect(live.session, old, reason);
    this.#starting.catch((error: unknown) => this.#fail(error, live.session));
  }

  /** Reconnects with growing pauses, then settles what was pending with the old agent. */
  async #reconnect(session: AgentSession, old: StartedAgent, reason: string): Promise<StartedAgent> {
    const { now, sleep, reconnect } = this.#options;
    const until = now() + reconnect * 1000;
    for (let pause = 100; ; pause = Math.min(pause * 2, 5000)) {
      try {
        // Another loss, of the new agent this time, may have been repaired meanwhile.
        const agent = this.#live && this.#agent ? this.#agent : await this.#start();
        await this.#settle(session, old, reason);
        return agent;
      } catch (error) {
        if (this.#live?.session.ended) this.#live = undefined;
        const code = problemOf(error).code;
        const hopeless = !["host-unreachable", "connection-lost", "agent-start", "transfer-lost"].includes(code);
        if (this.#closed || hopeless || now() + pause > until) throw error;
        await sleep(pause);
      }
    }
  }

  async #settle(session: AgentSession, old: StartedAgent, reason: string): Promise<void> {
    const live = this.#live;
    if (!live) throw this.#failure("connection-lost", reason);
    const changes = [...session.pending.values()].some(({ request }) => request.repeat !== "read");
    const last = changes ? await resumeSession(live.session, session, old.identity, this.#options.stats) : undefined;
    for (const [id, entry] of [...session.pending]) {
      session.pending.delete(id);
      const { repeat, onRestart } = entry.request;
      const untouched = last !== undefined && id > last;
      const again = repeat === "read" || (repeat !== "bound" && (untouched || repeat === "repeat"));
      if (again && entry.attempts < MOST_ATTEMPTS) {
        onRestart?.();
        this.#dispatch(entry);
      } else if (repeat === "bound") entry.reject(this.#failure("transfer-lost", reason));
      else entry.reject(this.#unknownOutcome(entry.request, reason));
    }
  }

  #unknownOutcome(request: Request, reason: string): Failure {
    const again = request.repeat === "read" || request.repeat === "repeat";
    if (again)
      return this.#failure(
        "connection-lost",
        `the connection broke ${MOST_ATTEMPTS} times over '${request.verb}': ${reason}`,
      );
    return this.#failure(
      "outcome-unknown",
      `the connection broke while '${request.verb}' was under way, and its result is gone: ${reason}`,
      {
        hint: "it may or may not have taken effect; it was not done again",
      },
    );
  }

  #fail(error: unknown, session?: AgentSession): void {
    this.#live = undefined;
    this.#starting = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) entry.reject(error);
    if (!session) return;
    for (const entry of session.pending.values()) {
      if (entry.request.repeat === "read") entry.reject(error);
      else if (entry.request.repeat === "bound") entry.reject(this.#failure("transfer-lost", problemOf(error).message));
      else entry.reject(this.#unknownOutcome(entry.request, problemOf(error).message));
    }
    session.pending.clear();
  }

  #settleClosed(session: AgentSession): void {
    for (const entry of session.pending.values())
      entry.reject(this.#failure("connection-lost", "the connection was closed"));
    session.pending.clear();
  }

  /** Ends the agent; what is pending fails, and running commands are ended. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const live = this.#live;
    if (!live) return;
    live.session.tell("bye", []);
    live.session.flush();
    const ended = live.channel.exit.catch(() => undefined);
    // The timer must not keep the process alive once everything else is done.
    const patience = new Promise<void>((resolve) => setTimeout(resolve, 1000).unref());
    await Promise.race([ended, patience]);
    live.channel.close();
    live.session.end();
    this.#settleClosed(live.session);
    this.#live = undefined;
  }

  #failure(code: string, message: string, more: { hint?: string } = {}): Failure {
    return new Failure({ code, message: `${this.#options.host}: ${message}`, ...more });
  }
}

function channelPipe(channel: Channel) {
  return {
    write: (data: Buffer) => channel.stdin.write(data),
    onDrain: (listener: () => void) => void channel.stdin.once("drain", listener),
  };
}
