// A channel over a process of this machine: what local, chroot, container and openssh have in common.

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { Failure } from "../core/problem.ts";
import type { Channel, Exit } from "./connection.ts";

/** What starting a transport's process needs. */
export interface ProcessCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Starts the process; resolves once it runs, fails with `host-unreachable` when its program cannot be started. */
export function openProcess(label: string, command: ProcessCommand): Promise<ProcessChannel> {
  const [program, ...args] = command.argv;
  const options: SpawnOptions = {
    stdio: ["pipe", "pipe", "pipe"],
    // Its own process group: Ctrl-C on the terminal is the run's to handle.
    detached: true,
    ...(command.env ? { env: command.env } : {}),
    ...(command.cwd ? { cwd: command.cwd } : {}),
  };
  const child = spawn(program, args, options);
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(new ProcessChannel(child)));
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "ENOENT" ? `${program} is not installed` : cause.message;
      reject(new Failure({ code: "host-unreachable", message: `${label}: ${reason}` }, { cause }));
    });
  });
}

export class ProcessChannel implements Channel {
  readonly stdin: Channel["stdin"];
  readonly stdout: Channel["stdout"];
  readonly stderr: Channel["stderr"];
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    if (!child.stdin || !child.stdout || !child.stderr) throw new Error("the process has no pipes");
    this.#child = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    // A closed pipe shows as the end of the process; the error of a late write says nothing more.
    this.stdin.on("error", () => {});
    this.exit = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve({ code, ...(signal ? { signal } : {}) }));
    });
  }

  close(): void {
    this.stdin.end();
    this.stdout.destroy();
    this.stderr.destroy();
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGHUP");
  }
}
