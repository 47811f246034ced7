// A TCP relay for tests and the bench: holds bytes back, throttles, resets or swallows them. Loopback only.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface RelayOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds that every byte is held back, in each direction. */
  readonly delay?: number;
  /** Bytes a second in each direction. */
  readonly rate?: number;
}

export interface Relay {
  readonly port: number;
  /** Connections that came so far. */
  readonly connections: number;
  /** Cuts all connections with a reset, now. */
  reset(): void;
  /** Cuts each connection with a reset once it has carried this many more bytes from the server. */
  resetAfter(bytes: number): void;
  /** From now on bytes of the present connections vanish in both directions, and nothing is said. */
  swallow(): void;
  /** New connections are refused (reset at once) or taken again. */
  refuse(refuse: boolean): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  swallowed: boolean;
}

/** Listens on a free port of 127.0.0.1 and leads to `host:port`. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const pairs = new Set<Pair>();
  let connections = 0;
  let refusing = false;
  let left = Number.POSITIVE_INFINITY;
  const cut = (pair: Pair): void => {
    pairs.delete(pair);
    pair.near.resetAndDestroy();
    pair.far.destroy();
  };
  const carry = (pair: Pair, from: Socket, to: Socket, counted: boolean): void => {
    let free = 0;
    // Timers of different lengths may fire in another order: what is sent is always the oldest.
    const held: Buffer[] = [];
    from.on("data", (chunk) => {
      if (pair.swallowed) return;
      if (counted) {
        left -= chunk.length;
        if (left < 0) {
          left = Number.POSITIVE_INFINITY;
          to.write(chunk.subarray(0, Math.max(0, chunk.length >> 1)), () => cut(pair));
          return;
        }
      }
      const now = performance.now();
      const wait = options.rate ? (chunk.length / options.rate) * 1000 : 0;
      free = Math.max(free, now) + wait;
      const due = free - now + (options.delay ?? 0);
      held.push(chunk);
      const send = (): void => {
        const oldest = held.shift();
        if (oldest && !pair.swallowed && to.writable) to.write(oldest);
      };
      if (due <= 0 && held.length === 1) send();
      else setTimeout(send, due);
      if (options.rate && free - now > 200) {
        from.pause();
        setTimeout(() => from.resume(), free - now - 100);
      }
    });
    from.on("end", () => {
      if (!pair.swallowed) setTimeout(() => to.end(), options.delay ?? 0);
    });
    from.on("error", () => cut(pair));
    from.on("close", () => {
      if (!pair.swallowed) setTimeout(() => to.destroy(), (options.delay ?? 0) + 5);
    });
  };
  const server: Server = createServer((near) => {
    connections += 1;
    if (refusing) {
      near.resetAndDestroy();
      return;
    }
    near.setNoDelay(true);
    const far = connect({ host: options.host, port: options.port, noDelay: true });
    const pair: Pair = { near, far, swallowed: false };
    pairs.add(pair);
    carry(pair, near, far, false);
    carry(pair, far, near, true);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    reset: () => {
      for (const pair of pairs) cut(pair);
    },
    resetAfter: (bytes) => {
      left = bytes;
    },
    swallow: () => {
      for (const pair of pairs) pair.swallowed = true;
    },
    refuse: (value) => {
      refusing = value;
    },
    close: async () => {
      for (const pair of pairs) cut(pair);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
