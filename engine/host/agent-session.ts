// One agent's end of the conversation: numbers requests, sends those of one tick together, matches answers,
// acknowledges what the agent keeps. Knows nothing of reconnecting: link.ts does that.

import { encodeRequest, type Frame, FrameReader } from "./wire.ts";

/** Counters of what went over the wire; a round trip is a sending that found no other answer outstanding. */
export interface LinkStats {
  roundTrips: number;
  requests: number;
  bytesIn: number;
  bytesOut: number;
}

/**
 * What may be done with a request whose answer was lost with the connection.
 * `read`: ask again. `repeat`: a change that may be made twice with the same outcome. `once`: never again unless it
 * is certain that it did not begin. `bound`: makes sense only to the agent it was sent to.
 */
export type Repeat = "read" | "repeat" | "once" | "bound";

export interface Request {
  readonly verb: string;
  readonly args: readonly string[];
  readonly body?: Uint8Array;
  readonly repeat: Repeat;
  /** Pieces of the answer as they come; kept and given with the answer when absent. */
  readonly onData?: (body: Buffer, fields: readonly string[]) => void;
  /** The request is sent again: what came so far is void. */
  readonly onRestart?: () => void;
}

export interface Answer {
  readonly fields: readonly string[];
  readonly body: Buffer;
}

/** A request on its way, with what has come back so far. */
export interface Pending {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  parts: Buffer[];
  /** How often it was sent. */
  attempts: number;
}

/** Where a session's bytes go and come from. */
export interface Pipe {
  /** False when the writer should wait for `onDrain`. */
  write(data: Buffer): boolean;
  onDrain(listener: () => void): void;
}

/** An error that the agent answered. */
export class AgentError extends Error {
  readonly number: number;
  readonly path: string;
  readonly text: string;
  constructor(fields: readonly string[]) {
    super(fields[2] ?? "agent error");
    this.number = Number(fields[0] ?? 0);
    this.path = fields[1] ?? "";
    this.text = fields[2] ?? "";
  }
}

const ACK_BYTES = 256 * 1024;
const ACK_DELAY = 100;
/** Verbs whose answers the agent does not keep; must agree with `%reads` in agent/perl/5-verbs.pl. */
const UNKEPT = new Set(["stat", "read", "walk", "glob", "realpath", "getent", "ack", "resume", "feed"]);

export class AgentSession {
  readonly pending = new Map<number, Pending>();
  /** Kept answers received so far: what a resume tells the agent. */
  received = 0;
  readonly #pipe: Pipe;
  readonly #stats: LinkStats;
  readonly #reader = new FrameReader();
  readonly #queue: Buffer[] = [];
  readonly #onFrame: ((frame: Frame) => void) | undefined;
  #queuedRequests = 0;
  #outstanding = 0;
  #scheduled = false;
  #ended = false;
  #nextId = 1;
  #acknowledged = 0;
  #unacknowledgedBytes = 0;
  #ackTimer: NodeJS.Timeout | undefined;

  /** `onFrame` sees frames that answer no request (id 0). */
  constructor(pipe: Pipe, stats: LinkStats, onFrame?: (frame: Frame) => void) {
    this.#pipe = pipe;
    this.#stats = stats;
    this.#onFrame = onFrame;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(entry: Pending): number {
    const { verb, args, body } = entry.request;
    const id = this.#nextId++;
    entry.parts = [];
    entry.attempts += 1;
    this.pending.set(id, entry);
    this.#stats.requests += 1;
    this.#queuedRequests += 1;
    this.#enqueue(encodeRequest(id, verb, args, body));
    return id;
  }

  /** A message that is not answered. */
  tell(verb: string, args: readonly string[], body?: Uint8Array): void {
    this.#enqueue(encodeRequest(0, verb, args, body));
  }

  /** Resolves when the pipe can take more: for senders of much data. */
  async writable(): Promise<void> {
    if (!this.#scheduled && !this.#full) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  #full = false;
  #waiting: Array<() => void> = [];

  /** Takes bytes from the agent. Throws when they are not the protocol. */
  receive(chunk: Buffer): void {
    this.#stats.bytesIn += chunk.length;
    for (const frame of this.#reader.read(chunk)) this.#take(frame);
    if (this.received > this.#acknowledged && !this.#ended) {
      if (this.#unacknowledgedBytes >= ACK_BYTES) this.flush();
      else this.#ackTimer ??= setTimeout(() => this.flush(), ACK_DELAY).unref();
    }
  }

  #take(frame: Frame): void {
    const entry = this.pending.get(frame.id);
    if (!entry) {
      if (frame.id === 0) this.#onFrame?.(frame);
      return;
    }
    const { verb, args, onData } = entry.request;
    if (!UNKEPT.has(verb) && !(verb === "run" && args[0] === "1")) {
      this.received += 1;
      this.#unacknowledgedBytes += frame.size;
    }
    if (frame.status === "data") {
      if (onData) onData(frame.body, frame.fields);
      else entry.parts.push(Buffer.from(frame.body));
      return;
    }
    this.pending.delete(frame.id);
    this.#outstanding -= 1;
    if (frame.status === "ok") {
      const parts = frame.body.length > 0 ? [...entry.parts, frame.body] : entry.parts;
      const body = parts.length === 1 ? (parts[0] ?? frame.body) : Buffer.concat(parts);
      entry.resolve({ fields: frame.fields, body });
    } else entry.reject(new AgentError(frame.fields));
  }

  #enqueue(buffers: readonly Buffer[]): void {
    this.#queue.push(...buffers);
    if (this.#scheduled || this.#ended) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  /** Sends what was asked in this tick, with an acknowledgement if one is due. */
  flush(): void {
    this.#scheduled = false;
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (this.#ended) return;
    if (this.received > this.#acknowledged) {
      this.#acknowledged = this.received;
      this.#unacknowledgedBytes = 0;
      this.#queue.unshift(...encodeRequest(0, "ack", [String(this.received)]));
    }
    if (this.#queue.length === 0) return;
    if (this.#queuedRequests > 0) {
      if (this.#outstanding === 0) this.#stats.roundTrips += 1;
      this.#outstanding += this.#queuedRequests;
      this.#queuedRequests = 0;
    }
    const data = this.#queue.length === 1 && this.#queue[0] ? this.#queue[0] : Buffer.concat(this.#queue);
    this.#queue.length = 0;
    this.#stats.bytesOut += data.length;
    if (this.#pipe.write(data)) this.#wake();
    else {
      this.#full = true;
      this.#pipe.onDrain(() => this.#wake());
    }
  }

  #wake(): void {
    this.#full = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** No more is sent or expected; what is pending stays for the caller to settle. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#ackTimer);
    this.#wake();
  }
}
