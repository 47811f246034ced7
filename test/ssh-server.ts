// An ssh server inside the test's process, for what a real sshd cannot be made to do on demand: count attempts, hang up
// on the first callers, take only some proofs. Commands run as this process's user.

import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, connect } from "node:net";
import ssh2 from "ssh2";

export interface SshServerOptions {
  /** Private host key (OpenSSH or PEM). */
  readonly hostKey: string;
  readonly password?: string;
  /** Wire forms of the public keys that may log in. */
  readonly authorizedKeys?: readonly Buffer[];
  /** Take the password by keyboard-interactive only. */
  readonly interactive?: boolean;
  /** Hang up on so many callers before greeting one. */
  readonly turnAway?: number;
  /** Most commands at a time on one connection, as sshd's MaxSessions. */
  readonly maxSessions?: number;
  /** Environment of commands. */
  readonly env?: NodeJS.ProcessEnv;
  /** Printed on stdout before each command, as a noisy login shell does. */
  readonly noise?: string;
}

export interface SshServer {
  readonly port: number;
  /** Proofs offered, in order: `publickey`, `password wrong` … */
  readonly attempts: string[];
  /** Commands that were opened. */
  readonly commands: string[];
  close(): Promise<void>;
}

export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const attempts: string[] = [];
  const commands: string[] = [];
  const clients = new Set<ssh2.Connection>();
  const children = new Set<ChildProcess>();
  let turnAway = options.turnAway ?? 0;
  const server = new ssh2.Server({ hostKeys: [options.hostKey] }, (client) => {
    clients.add(client);
    client.on("error", () => {});
    client.on("close", () => clients.delete(client));
    client.on("authentication", (context) => authenticate(context, options, attempts));
    let sessions = 0;
    client.on("session", (accept, reject) => {
      if (sessions >= (options.maxSessions ?? Number.POSITIVE_INFINITY)) {
        reject();
        return;
      }
      sessions += 1;
      const session = accept();
      session.on("close", () => {
        sessions -= 1;
      });
      session.on("exec", (acceptExec, _reject, info) => {
        commands.push(info.command);
        children.add(serve(acceptExec(), info.command, options));
      });
    });
    client.on("tcpip", (accept, reject, info) => {
      const socket = connect({ host: info.destIP, port: info.destPort });
      socket.once("error", () => reject());
      socket.once("connect", () => {
        const stream = accept();
        stream.on("error", () => {});
        socket.pipe(stream).pipe(socket);
      });
    });
  });
  const net = (server as unknown as { _srv: import("node:net").Server })._srv;
  const greet = net.listeners("connection") as Array<(socket: import("node:net").Socket) => void>;
  net.removeAllListeners("connection");
  net.on("connection", (socket) => {
    if (turnAway > 0) {
      turnAway -= 1;
      socket.write("Exceeded MaxStartups\r\n");
      socket.destroySoon();
      return;
    }
    for (const listener of greet) listener.call(net, socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    attempts,
    commands,
    close: async () => {
      for (const client of clients) client.end();
      for (const child of children) child.kill("SIGKILL");
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function authenticate(context: ssh2.AuthContext, options: SshServerOptions, attempts: string[]): void {
  const methods: ssh2.AuthenticationType[] = [
    ...(options.authorizedKeys ? (["publickey"] as const) : []),
    ...(options.password === undefined ? [] : ([options.interactive ? "keyboard-interactive" : "password"] as const)),
  ];
  const judge = (good: boolean, what: string): void => {
    attempts.push(`${what} ${good ? "good" : "wrong"}`);
    if (good) context.accept();
    else context.reject(methods);
  };
  if (context.method === "publickey") {
    const { key, signature, blob, hashAlgo } = context;
    const known = (options.authorizedKeys ?? []).some((candidate) => candidate.equals(key.data));
    if (!signature) {
      if (known) context.accept();
      else judge(false, "publickey");
      return;
    }
    const parsed = ssh2.utils.parseKey(key.data);
    const good = known && !(parsed instanceof Error) && blob !== undefined && parsed.verify(blob, signature, hashAlgo);
    judge(good, "publickey");
  } else if (context.method === "password" && methods.includes("password"))
    judge(context.password === options.password, "password");
  else if (context.method === "keyboard-interactive" && methods.includes("keyboard-interactive"))
    context.prompt([{ prompt: "Password: ", echo: false }], (answers) =>
      judge(answers[0] === options.password, "keyboard-interactive"),
    );
  else context.reject(methods);
}

/** Runs a command as sshd would: its stdin ends when the connection does. */
function serve(channel: ssh2.ServerChannel, command: string, options: SshServerOptions): ChildProcess {
  if (options.noise) channel.write(options.noise);
  const child = spawn("/bin/sh", ["-c", command], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: options.env ?? process.env,
  });
  channel.on("error", () => {});
  child.stdin.on("error", () => {});
  child.stdout.on("error", () => {});
  channel.pipe(child.stdin);
  channel.on("close", () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on("close", (code, signal) => {
    if (!channel.writable) return;
    if (signal) channel.exit(signal.replace("SIG", ""));
    else channel.exit(code ?? 0);
    channel.end();
  });
  return child;
}
