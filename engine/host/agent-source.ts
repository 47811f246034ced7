// The agents' programs as they are sent: the files of agent/KIND beside this one in their order, without comments.

import { readFileSync } from "node:fs";

export type AgentKind = "perl" | "sh";

const FILES: Readonly<Record<AgentKind, readonly string[]>> = {
  perl: ["1-wire.pl", "2-paths.pl", "3-commands.pl", "4-writing.pl", "5-verbs.pl", "6-loop.pl"],
  sh: ["1-wire.sh", "2-reading.sh", "3-writing.sh", "4-commands.sh", "5-loop.sh"],
};
/** Constant texts, read once. */
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
      : `T_TOKEN=${token} T_NAME=${name} T_MARK=${mark} T_LINGER=${linger}\n`;
  return Buffer.from(prelude + program(kind));
}

function program(kind: AgentKind): string {
  const known = loaded.get(kind);
  if (known !== undefined) return known;
  const text = FILES[kind]
    .map((file) => readFileSync(new URL(`./agent/${kind}/${file}`, import.meta.url), "utf8"))
    .join("\n");
  const short = text
    .split("\n")
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/\s+# .*$/, ""))
    .join("\n");
  loaded.set(kind, `${short}\n`);
  return `${short}\n`;
}
