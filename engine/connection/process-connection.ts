// A connection whose every channel is a process of this machine that leads to the host.

import { fail } from "../core/problem.ts";
import type { Channel, Connection } from "./connection.ts";
import { openProcess, type ProcessChannel, type ProcessCommand } from "./process-channel.ts";

/** Gives the process that runs `command` on the host. */
export type CommandLine = (command: string) => ProcessCommand;

export class ProcessConnection implements Connection {
  readonly label: string;
  readonly #commandLine: CommandLine;
  readonly #channels = new Set<ProcessChannel>();
  #closed = false;

  constructor(label: string, commandLine: CommandLine) {
    this.label = label;
    this.#commandLine = commandLine;
  }

  async open(command: string): Promise<Channel> {
    this.#checkOpen();
    const channel = await openProcess(this.label, this.#commandLine(command));
    // Closed while the process started: `close` could not see it, and left alone it would outlive the run.
    if (this.#closed) channel.close();
    this.#checkOpen();
    this.#channels.add(channel);
    void channel.exit.then(() => this.#channels.delete(channel));
    return channel;
  }

  #checkOpen(): void {
    if (this.#closed) fail("connection-lost", `${this.label}: the connection is closed`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const channels = [...this.#channels];
    for (const channel of channels) channel.close();
    await Promise.all(channels.map((channel) => channel.exit));
  }
}
