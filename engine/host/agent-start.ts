// Starts an agent on a host through a login shell that may print, be odd, or lack Perl; with become if asked.

import { randomBytes } from "node:crypto";
import type { Channel, Connection } from "../connection/connection.ts";
import { textOf } from "../core/bytes.ts";
import { Failure } from "../core/problem.ts";
import { type AgentIdentity, type AgentKind, agentSource } from "./agent-source.ts";
import { BecomeDialogue, becomeCommand } from "./become.ts";
import type { Become } from "./host.ts";
import { decodeArgument } from "./wire.ts";

/** An agent that said it is ready. */
export interface StartedAgent {
  readonly kind: AgentKind;
  readonly identity: AgentIdentity;
  readonly uid: number;
  readonly user: string;
}

export interface StartOptions {
  readonly connection: Connection;
  /** Inventory name, for messages. */
  readonly host: string;
  readonly become?: Become;
  readonly linger: number;
  /** Only this kind; otherwise Perl, and sh where there is no Perl. */
  readonly kind?: AgentKind;
  /** Seconds until an agent that says nothing is given up. */
  readonly timeout: number;
}

/** What comes out of the channel after the ready line goes to `onData`; `onEnd` is called once. */
export interface StartListener {
  /** Requests may be written from now on; called again if the first agent turned out to be impossible. */
  onOpen(channel: Channel): void;
  onData(chunk: Buffer): void;
  onEnd(reason: string): void;
}

/** More noise than this before the ready line, and the agent is given up. */
const MOST_NOISE = 4 * 1024 * 1024;

const quote = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;

/** The line for the login shell. No `'`, `!` or newline inside, so that sh, csh, fish and rbash all read it alike. */
function startCommand(kind: AgentKind, size: number, mark: string, announce: boolean): string {
  const half = mark.length / 2;
  const say = (word: string): string => `printf "%s%s ${word}\\n" ${mark.slice(0, half)} ${mark.slice(half)}`;
  const first = announce ? `${say("boot")};` : "";
  if (kind === "sh") return `sh -c ${quote(`${first}eval "$(dd bs=1 count=${size} 2>/dev/null)"`)}`;
  const boot = `$_="";while(length()<${size}){sysread(STDIN,$_,${size}-length,length)||exit}eval;print STDERR $@`;
  const script = `command -v perl >/dev/null 2>&1&&{ ${first}exec perl -e "$0";};${say("none")}`;
  return `sh -c ${quote(script)} ${quote(boot)}`;
}

function newIdentity(linger: number): AgentIdentity {
  const random = (): string => randomBytes(16).toString("hex");
  return { token: random(), name: `tsplay-${random()}`, mark: random(), linger };
}

/** Starts an agent; sh where Perl is missing. */
export async function startAgent(options: StartOptions, listener: StartListener): Promise<StartedAgent> {
  if (options.kind !== "sh") {
    const started = await attempt("perl", options, listener);
    if (started !== "no-perl") return started;
    if (options.kind === "perl")
      throw new Failure({ code: "agent-start", message: `${options.host}: there is no perl` });
  }
  const started = await attempt("sh", options, listener);
  if (started === "no-perl") throw new Error("the sh agent asked for perl");
  return started;
}

async function attempt(
  kind: AgentKind,
  options: StartOptions,
  listener: StartListener,
): Promise<StartedAgent | "no-perl"> {
  const identity = newIdentity(options.linger);
  const source = agentSource(kind, identity);
  const { become, connection, host } = options;
  const dialogue = become ? new BecomeDialogue(become, host, identity.mark) : undefined;
  const announced = dialogue?.mayAsk ?? false;
  const plain = startCommand(kind, source.length, identity.mark, announced);
  const channel = await connection.open(become ? becomeCommand(become, plain, identity.mark) : plain);
  // With a password to give, the program may read our input before the agent does: then wait for it to be ready.
  const early = !announced;
  if (early) {
    channel.stdin.write(source);
    listener.onOpen(channel);
  }
  return new Promise((resolve, reject) => {
    let head: Buffer = Buffer.alloc(0);
    let errors: Buffer = Buffer.alloc(0);
    let ready = false;
    let abandoned = false;
    const give = (failure: Failure): void => {
      if (ready) return;
      ready = true;
      abandoned = true;
      clearTimeout(timer);
      channel.stdout.removeAllListeners("data");
      channel.stdout.resume();
      channel.close();
      reject(failure);
    };
    const timer = setTimeout(() => {
      const asking = dialogue?.timedOut();
      give(new Failure(asking ?? startProblem(host, `it said nothing for ${options.timeout} s`, head, errors)));
    }, options.timeout * 1000);
    channel.stderr.on("data", (chunk: Buffer) => {
      errors = Buffer.concat([errors, chunk]).subarray(-16384);
      if (ready || !dialogue) return;
      const step = dialogue.onError(textOf(errors));
      if (step?.send !== undefined) channel.stdin.write(step.send);
      if (step?.problem) give(new Failure(step.problem));
    });
    const onData = (chunk: Buffer): void => {
      if (ready) {
        listener.onData(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const found = readyLine(head, identity.mark);
      if (!found) {
        if (head.length > MOST_NOISE)
          give(new Failure(startProblem(host, "its login shell prints without end", head, errors)));
        return;
      }
      const [word, uid, user] = found.words;
      if (word === "boot") {
        head = found.rest;
        channel.stdin.write(source);
        if (head.length > 0) onData(Buffer.alloc(0));
        return;
      }
      ready = true;
      clearTimeout(timer);
      if (word === "none") {
        abandoned = true;
        channel.stdout.removeAllListeners("data");
        channel.stdout.resume();
        channel.close();
        resolve("no-perl");
        return;
      }
      resolve({ kind, identity, uid: Number(uid), user: decodeArgument(user ?? "") });
      if (!early) listener.onOpen(channel);
      if (found.rest.length > 0) listener.onData(found.rest);
    };
    channel.stdout.on("data", onData);
    channel.stdout.on("error", () => {});
    channel.exit.then(
      (exit) => {
        const how = exit.signal ? `signal ${exit.signal}` : `status ${exit.code}`;
        if (abandoned) return;
        if (ready) listener.onEnd(`the agent ended (${how})${lastLine(errors)}`);
        else {
          const problem = dialogue?.ended(exit.code, textOf(errors));
          give(new Failure(problem ?? startProblem(host, `the shell ended with ${how}`, head, errors)));
        }
      },
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (abandoned) return;
        if (ready) listener.onEnd(message);
        else
          give(
            error instanceof Failure ? error : new Failure({ code: "connection-lost", message: `${host}: ${message}` }),
          );
      },
    );
  });
}

function readyLine(head: Buffer, mark: string): { words: string[]; rest: Buffer } | undefined {
  const at = head.indexOf(`${mark} `);
  const end = at < 0 ? -1 : head.indexOf(10, at);
  if (end < 0) return undefined;
  return {
    words: head
      .toString("latin1", at + mark.length + 1, end)
      .trim()
      .split(" "),
    rest: head.subarray(end + 1),
  };
}

function lastLine(errors: Buffer): string {
  const line = textOf(errors).trim().split("\n").at(-1);
  return line ? `: ${line}` : "";
}

function startProblem(host: string, what: string, head: Buffer, errors: Buffer) {
  const said = [textOf(errors).trim(), textOf(head).trim()].filter((text) => text !== "").join("\n");
  return {
    code: "agent-start",
    message: `${host}: the agent could not be started: ${what}`,
    hint: "the login shell must be able to run 'sh -c'",
    ...(said ? { cause: { code: "shell-output", message: said.slice(-2000) } } : {}),
  };
}
