// One authenticated ssh2 client: socket or proxy, host key, proofs. Failures are in words, by connection.ts's codes.

import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type ssh2 from "ssh2";
import { Failure, type Problem } from "../core/problem.ts";
import type { ConnectionSettings } from "./connection.ts";
import { HostKeys } from "./host-keys.ts";
import { hostKey } from "./known-hosts.ts";
import { proofsFor } from "./ssh-auth.ts";
import type { SshTarget } from "./ssh-target.ts";

type Ssh2 = typeof ssh2;

/** Signature algorithms by type of host key, in the order we prefer. */
const HOST_KEY_ALGORITHMS: Readonly<Record<string, readonly ssh2.ServerHostKeyAlgorithm[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/** The server hung up before it spoke: it is busy (MaxStartups), so trying again makes sense. */
export class TurnedAway extends Failure {}

export interface ClientOptions {
  readonly ssh: Ssh2;
  readonly settings: ConnectionSettings;
  readonly target: SshTarget;
  /** A stream to the server instead of a socket of our own: through a jump host. */
  readonly through?: Duplex;
  readonly env: NodeJS.ProcessEnv;
}

/** Connects and proves who we are. The client's later errors are the caller's to hear ('error', 'close'). */
export async function connectClient(options: ClientOptions): Promise<ssh2.Client> {
  const { ssh, settings, target } = options;
  const label = settings.host === target.address ? settings.host : `${settings.host} (${target.address})`;
  const proofs = await proofsFor(ssh, settings, target, label);
  if (proofs.methods.length === 0)
    throw new Failure({
      code: "auth-failed",
      message: `${label}: there is no key, ssh agent or password to log in as ${target.user} with${noted(proofs.notes)}`,
      hint: "give a key with --private-key, or a password with --ask-pass (-k)",
    });
  const socket = options.through ?? (await openSocket(target, label, options.env));
  const keys = new HostKeys(target.keys, label, target.knownName);
  const client = new ssh.Client();
  return new Promise((resolve, reject) => {
    let refused: Problem | undefined;
    let greeted = false;
    const tried: string[] = [];
    const queue = [...proofs.methods];
    const giveUp = (error: Failure): void => {
      clearTimeout(timer);
      client.removeAllListeners();
      client.on("error", () => {});
      client.destroy();
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => giveUp(unreachable(label, target, `no answer within ${target.timeoutSeconds} s`)),
      target.timeoutSeconds * 1000,
    );
    socket.once("data", () => {
      greeted = true;
    });
    client.on("error", (error: Error & { level?: string }) => {
      if (refused) giveUp(new Failure(refused));
      else if (error.level === "client-authentication" || /authentication fail/i.test(error.message))
        giveUp(new Failure(authProblem(label, target, tried, proofs.notes, settings.password !== undefined)));
      else if (!greeted || /before handshake|MaxStartups|ECONNRESET/i.test(error.message))
        giveUp(new TurnedAway(unreachable(label, target, `the ssh server hung up (${error.message})`).problem));
      else giveUp(unreachable(label, target, error.message));
    });
    client.on("close", () => {
      if (refused) giveUp(new Failure(refused));
      else giveUp(new TurnedAway(unreachable(label, target, "the ssh server hung up").problem));
    });
    client.once("ready", () => {
      clearTimeout(timer);
      client.removeAllListeners();
      client.setNoDelay(true);
      resolve(client);
    });
    const config: ssh2.ConnectConfig = {
      sock: socket,
      username: target.user,
      readyTimeout: 0,
      keepaliveInterval: target.keepaliveSeconds * 1000,
      keepaliveCountMax: target.keepaliveCount,
      hostVerifier: (blob: Buffer, verify: ssh2.VerifyCallback) => {
        const key = hostKey(blob);
        refused = keys.check(key);
        verify(refused === undefined);
      },
      // Each proof at most once, and only kinds that the server still takes: a wrong one must not lock the account.
      authHandler: (left, _partial, next) => {
        for (let proof = queue.shift(); proof; proof = queue.shift()) {
          const { type } = proof.method;
          const kind = type === "agent" ? "publickey" : type;
          if (left && !left.includes(kind)) continue;
          // After a refused password the same one again, by another way, would only count as a second failure.
          if (kind === "keyboard-interactive" && tried.includes("password")) continue;
          tried.push(proof.kind);
          next(proof.method);
          return;
        }
        next(false as unknown as ssh2.AnyAuthMethod);
      },
      algorithms: hostKeyAlgorithms(keys.types()),
    };
    try {
      client.connect(config);
    } catch (error) {
      giveUp(unreachable(label, target, error instanceof Error ? error.message : String(error)));
    }
  });
}

/** Types that are known of the host come first, so that the server shows the key we can compare. */
function hostKeyAlgorithms(known: readonly string[]): ssh2.Algorithms {
  const types = [...known, ...Object.keys(HOST_KEY_ALGORITHMS).filter((type) => !known.includes(type))];
  return { serverHostKey: types.flatMap((type) => HOST_KEY_ALGORITHMS[type] ?? []) };
}

function openSocket(target: SshTarget, label: string, env: NodeJS.ProcessEnv): Promise<Duplex> {
  if (target.proxyCommand !== undefined) return Promise.resolve(proxyStream(target.proxyCommand, env));
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({
      host: target.address,
      port: target.port,
      noDelay: true,
      ...(target.family === 0 ? {} : { family: target.family }),
    });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(unreachable(label, target, `no answer within ${target.timeoutSeconds} s`));
    }, target.timeoutSeconds * 1000);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(unreachable(label, target, socketReason(error)));
    });
  });
}

/** A command whose stdin and stdout lead to the server. */
function proxyStream(command: string, env: NodeJS.ProcessEnv): Duplex {
  const child = spawn("/bin/sh", ["-c", `exec ${command}`], { stdio: ["pipe", "pipe", "ignore"], env });
  child.stdin.on("error", () => {});
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  stream.on("error", () => {});
  stream.on("close", () => child.kill());
  return stream;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "its name is unknown",
  EAI_AGAIN: "its name cannot be resolved now",
  EHOSTUNREACH: "no route to it",
  ENETUNREACH: "no route to its network",
  ETIMEDOUT: "no answer",
  ECONNRESET: "connection reset",
};

function socketReason(error: NodeJS.ErrnoException): string {
  const inner = error instanceof AggregateError ? (error.errors.at(-1) as NodeJS.ErrnoException) : error;
  return REASONS[inner?.code ?? error.code ?? ""] ?? error.message;
}

function unreachable(label: string, target: SshTarget, reason: string): Failure {
  return new Failure({
    code: "host-unreachable",
    message: `${label} is unreachable on port ${target.port}: ${reason}`,
  });
}

function noted(notes: readonly string[]): string {
  return notes.length === 0 ? "" : ` (${notes.join("; ")})`;
}

function authProblem(
  label: string,
  target: SshTarget,
  tried: readonly string[],
  notes: readonly string[],
  password: boolean,
): Problem {
  const what = tried.length === 0 ? "the server takes none of our proofs" : `it refused ${tried.join(", ")}`;
  return {
    code: "auth-failed",
    message: `${label}: permission denied for ${target.user}: ${what}${noted(notes)}`,
    hint: password
      ? "is the password right, and may this user log in?"
      : "is the public key in the user's authorized_keys?",
  };
}
