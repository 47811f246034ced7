// After a broken connection: fetches from the agent that outlived it the answers that never arrived.

import { AgentError, AgentSession, type LinkStats, type Pending, type Pipe } from "./agent-session.ts";
import type { AgentIdentity } from "./agent-source.ts";

/**
 * Connects through a new agent to the old one and waits until every answer that the old one still owes has come.
 * Gives the last request the old one had received whole: later ones never began. undefined: it cannot be found.
 * Answers are delivered to the old session's pending requests, which leave its table; the rest stays there.
 */
export async function resumeSession(
  fresh: AgentSession,
  old: AgentSession,
  identity: AgentIdentity,
  stats: LinkStats,
): Promise<number | undefined> {
  let last: number | undefined;
  const pipe: Pipe = {
    write: (data) => {
      fresh.tell("feed", [], data);
      return true;
    },
    onDrain: () => {},
  };
  await new Promise<void>((resolve, reject) => {
    const owed = (): boolean => [...relay.pending].some(([id, entry]) => id <= (last ?? 0) && isOwed(entry));
    const relay = new AgentSession(pipe, stats, (frame) => {
      if (frame.status === "resumed") last = Number(frame.fields[0]);
    });
    for (const [id, entry] of old.pending) relay.pending.set(id, entry);
    relay.received = old.received;
    const goodbye = (): void => {
      relay.tell("bye", []);
      relay.flush();
      relay.end();
    };
    const settle = (): void => {
      old.received = relay.received;
      for (const id of [...old.pending.keys()]) if (!relay.pending.has(id)) old.pending.delete(id);
      if (last !== undefined && !owed()) {
        goodbye();
        resolve();
      }
    };
    const ask: Pending = {
      request: {
        verb: "resume",
        args: [identity.name, identity.token, String(old.received)],
        repeat: "bound",
        onData: (body) => {
          relay.receive(body);
          settle();
        },
      },
      // It ended without an answer to everything: killed. What it left may go.
      resolve: () => {
        goodbye();
        resolve();
      },
      // No such agent any more (or not one for us): nothing to fetch.
      reject: (error) => (error instanceof AgentError ? resolve() : reject(error)),
      parts: [],
      attempts: 0,
    };
    fresh.send(ask);
  });
  return last;
}

/** The old agent still makes or keeps the answer. Its answers to reads are not kept: those are asked again. */
function isOwed(entry: Pending): boolean {
  return entry.request.repeat === "once" || entry.request.repeat === "repeat";
}
