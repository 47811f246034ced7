// The agents' programs as they are sent: loaded from agent/ beside this file, without comments.

import { readFileSync } from "node:fs";

export type AgentKind = "perl" | "sh";

const FILES: Readonly<Record<AgentKind, string>> = { perl: "agent.pl", sh: "agent.sh" };
const loaded = new Map<AgentKind, string>();

/** What an agent is told at its start. All are made of letters and digits. */
export interface AgentIdentity {
  /** Secret with which a later agent may take over. */
  readonly token: string;
  /** Name of the socket (or folder) where it is found after the connection broke. */
  readonly name: string;
  /** Printed by the agent when it is ready. */
  readonly mark: string;
  /** Seconds that it keeps results after the connection broke. */
  readonly linger: number;
}

/** The program with its identity in front. */
export function agentSource(kind: AgentKind, identity: AgentIdentity): Buffer {
  const { token, name, mark, linger } = identity;
  const prelude =
    kind === "perl"
      ? `our($TOKEN,$NAME,$MARK,$LINGER);($TOKEN,$NAME,$MARK,$LINGER)=('${token}','${name}','${mark}',${linger});\n`
      : `TOKEN=${token} NAME=${name} MARK=${mark} LINGER=${linger}\n`;
  return Buffer.from(prelude + program(kind));
}

function program(kind: AgentKind): string {
  const known = loaded.get(kind);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`./agent/${FILES[kind]}`, import.meta.url), "utf8");
  const short = text
    .split("\n")
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/\s+# .*$/, ""))
    .join("\n");
  loaded.set(kind, `${short}\n`);
  return `${short}\n`;
}
