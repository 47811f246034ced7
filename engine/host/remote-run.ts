// Running a command through an agent.

import { constants } from "node:os";
import type { AgentLink } from "./agent-link.ts";
import { contentBytes } from "./content.ts";
import type { RunRequest, RunResult } from "./host.ts";

const DEFAULT_LIMIT = 64 * 1024 * 1024;
const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export async function runOnAgent(link: AgentLink, request: RunRequest): Promise<RunResult> {
  const argv = request.argv ?? [request.shell ?? "/bin/sh", "-c", request.script ?? ""];
  const env = Object.entries(request.env ?? {}).map(([name, value]) => `${name}=${value}`);
  const optional = (value: number | string | undefined): string => (value === undefined ? "" : String(value));
  let outputs: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  const { fields } = await link.request({
    verb: "run",
    args: [
      request.reads ? "1" : "0",
      String(request.limit ?? DEFAULT_LIMIT),
      optional(request.timeout),
      optional(request.umask),
      optional(request.cwd),
      String(env.length),
      ...env,
      ...argv,
    ],
    repeat: request.reads ? "read" : "once",
    ...(request.stdin === undefined ? {} : { body: contentBytes(request.stdin) }),
    onData: (body, [which]) => {
      const stream = which === "2" ? "stderr" : "stdout";
      const chunk = Buffer.from(body);
      outputs[stream].push(chunk);
      request.onOutput?.(stream, chunk);
    },
    onRestart: () => {
      outputs = { stdout: [], stderr: [] };
    },
  });
  const [code = 0, signal = 0, dropped = 0, late = 0, start = 0, end = 0] = fields.map(Number);
  return {
    code,
    ...(signal > 0 ? { signal: SIGNALS.get(signal) ?? `SIG${signal}` } : {}),
    stdout: Buffer.concat(outputs.stdout),
    stderr: Buffer.concat(outputs.stderr),
    dropped,
    timedOut: late === 1,
    start,
    end,
  };
}
