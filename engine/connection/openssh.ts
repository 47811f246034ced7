// ssh by the system's client, a process for each command: for what ssh2 lacks (hardware keys, certificates, GSSAPI).

import { execFile } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { textOf } from "../core/bytes.ts";
import { Failure, type Problem } from "../core/problem.ts";
import type { Channel, Connection, ConnectionSettings, Exit } from "./connection.ts";
import { checkName } from "./names.ts";
import { openProcess, type ProcessChannel } from "./process-channel.ts";

/** ssh's own failures end with this status; a command's may too, so its words are looked at. */
const SSH_FAILED = 255;

export class OpensshConnection implements Connection {
  readonly label: string;
  readonly #settings: ConnectionSettings;
  readonly #env: NodeJS.ProcessEnv;
  readonly #channels = new Set<ProcessChannel>();
  #askpass: Promise<Askpass> | undefined;
  #closed = false;

  constructor(settings: ConnectionSettings, env: NodeJS.ProcessEnv) {
    checkName("host name", settings.address, settings.host);
    if (settings.user !== undefined) checkName("user", settings.user, settings.host);
    this.#settings = settings;
    this.#env = env;
    this.label = `${settings.user ? `${settings.user}@` : ""}${settings.address}:${settings.port ?? 22}`;
  }

  async open(command: string): Promise<Channel> {
    if (this.#closed)
      throw new Failure({ code: "connection-lost", message: `${this.#settings.host}: the connection is closed` });
    const { password } = this.#settings;
    if (password !== undefined) this.#askpass ??= createAskpass();
    const askpass = await this.#askpass;
    if (askpass && password !== undefined) askpass.offer(password);
    const channel = await openProcess(this.label, {
      argv: [
        this.#settings.sshExecutable ?? "ssh",
        ...opensshArguments(this.#settings),
        "--",
        this.#settings.address,
        command,
      ],
      env: askpass
        ? { ...this.#env, SSH_ASKPASS: askpass.program, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":" }
        : this.#env,
    });
    this.#channels.add(channel);
    return new OpensshChannel(channel, this.#settings.host, () => this.#channels.delete(channel));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const channels = [...this.#channels];
    for (const channel of channels) channel.close();
    await Promise.all(channels.map((channel) => channel.exit));
    (await this.#askpass)?.remove();
  }
}

/** Options before the host name. The user's own come first: ssh takes the first value it sees. */
export function opensshArguments(settings: ConnectionSettings): string[] {
  const option = (text: string): string[] => ["-o", text];
  const checking = {
    yes: [],
    "accept-new": option("StrictHostKeyChecking=accept-new"),
    no: option("StrictHostKeyChecking=no"),
  };
  return [
    "-T",
    ...(settings.sshArguments ?? []),
    ...(settings.port === undefined ? [] : ["-p", String(settings.port)]),
    ...(settings.user === undefined ? [] : ["-l", settings.user]),
    ...(settings.privateKeyFile === undefined ? [] : ["-i", settings.privateKeyFile]),
    ...(settings.knownHostsFiles ? option(`UserKnownHostsFile=${settings.knownHostsFiles.join(" ")}`) : []),
    ...checking[settings.hostKeyChecking],
    ...(settings.password === undefined ? option("BatchMode=yes") : option("NumberOfPasswordPrompts=1")),
    ...option(`ConnectTimeout=${Math.max(1, Math.ceil(settings.timeout))}`),
    ...(settings.retries ? option(`ConnectionAttempts=${settings.retries + 1}`) : []),
    ...option("ServerAliveInterval=15"),
    ...option("ServerAliveCountMax=3"),
  ];
}

class OpensshChannel implements Channel {
  readonly stdin: Channel["stdin"];
  readonly stdout: Channel["stdout"];
  readonly stderr: Channel["stderr"];
  readonly exit: Promise<Exit>;
  readonly #process: ProcessChannel;

  constructor(process: ProcessChannel, host: string, ended: () => void) {
    this.#process = process;
    this.stdin = process.stdin;
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    let words: Buffer = Buffer.alloc(0);
    this.stderr.on("data", (chunk: Buffer) => {
      words = Buffer.concat([words, chunk]).subarray(-8192);
    });
    this.exit = process.exit.then((exit) => {
      ended();
      const problem = exit.code === SSH_FAILED ? opensshProblem(host, textOf(words)) : undefined;
      if (problem) throw new Failure(problem);
      return exit;
    });
    this.exit.catch(() => {});
  }

  close(): void {
    this.#process.close();
  }
}

const MEANINGS: ReadonlyArray<readonly [RegExp, code: string, what: string]> = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY/,
    "host-key-changed",
    "HAS ANOTHER HOST KEY than is known of it",
  ],
  [/Host key verification failed|No \S+ host key is known/, "host-key-unknown", "has a host key that is not known"],
  [/Permission denied|Too many authentication failures/, "auth-failed", "permission denied"],
  [/Could not resolve hostname/, "host-unreachable", "its name is unknown"],
  [/Connection refused/, "host-unreachable", "connection refused"],
  [/No route to host|Network is unreachable/, "host-unreachable", "no route to it"],
  [/Connection timed out|Operation timed out/, "host-unreachable", "no answer"],
  [
    /Timeout, server \S+ not responding|Broken pipe|Connection (?:reset|closed)|closed by remote host/,
    "connection-lost",
    "the connection broke",
  ],
  [/kex_exchange_identification|Connection to .* (?:closed|timed out)/, "host-unreachable", "the ssh server hung up"],
];

/** What the client's words mean; undefined if they say nothing of a connection. */
export function opensshProblem(host: string, words: string): Problem | undefined {
  const found = MEANINGS.find(([pattern]) => pattern.test(words));
  if (!found) return undefined;
  const [, code, what] = found;
  return { code, message: `${host}: ${what}`, cause: { code: "ssh-output", message: words.trim().slice(-1500) } };
}

interface Askpass {
  readonly program: string;
  offer(password: string): void;
  remove(): void;
}

/**
 * A program that ssh asks for the password. The password waits in a named pipe that only we may open: it is in no
 * argument, no environment and no file.
 */
async function createAskpass(): Promise<Askpass> {
  const folder = mkdtempSync(join(tmpdir(), "tsplay-"));
  const pipe = join(folder, "pipe");
  const program = join(folder, "askpass");
  await new Promise<void>((resolve, reject) =>
    execFile("mkfifo", ["-m", "600", pipe], (error) => (error ? reject(error) : resolve())),
  );
  writeFileSync(program, `#!/bin/sh\nIFS= read -r password < '${pipe}' && printf '%s\\n' "$password"\n`, {
    mode: 0o700,
  });
  // Open for both directions: then neither end waits for the other.
  const file = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  return {
    program,
    offer: (password) => void writeSync(file, `${password}\n`),
    remove: () => {
      closeSync(file);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
