// Waits until a port answers or no longer does, a path exists or is gone, or a text appears.

import { fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { type ActionContext, builtin, defineAction } from "./module.ts";
import type { ParamsOf } from "./params.ts";
import { expandPath } from "./target-path.ts";
import { type Probe, probeConnections, probePath, probePort } from "./wait-probes.ts";
import { sleep } from "./waiting.ts";

const params = {
  properties: {
    host: { type: "string", default: "127.0.0.1", description: "Address to connect to, from the host." },
    port: { type: "integer", description: "Port to wait for." },
    path: { type: "path", description: "Path to wait for." },
    state: {
      type: "string",
      enum: ["absent", "drained", "present", "started", "stopped"],
      default: "started",
      description: "What to wait for.",
    },
    search_regex: { type: "string", description: "Text that the file or the connection must give." },
    timeout: { type: "number", default: 300, description: "Seconds to wait at most." },
    connect_timeout: { type: "integer", default: 5, description: "Seconds for one connection." },
    delay: { type: "number", default: 0, description: "Seconds before the first look." },
    sleep: { type: "number", default: 1, description: "Seconds between looks." },
    exclude_hosts: {
      type: "array",
      items: { type: "string" },
      description: "Addresses whose connections do not count (drained).",
    },
    active_connection_states: {
      type: "array",
      items: { type: "string" },
      default: ["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "SYN_RECV", "SYN_SENT", "TIME_WAIT"],
      description: "Connections that count (drained).",
    },
    msg: { type: "string", description: "What to say when time is up." },
  },
} as const;
export type WaitParams = ParamsOf<typeof params>;

export const waitFor = defineAction({
  name: "wait_for",
  aliases: builtin("wait_for"),
  summary: "Wait for a port, a path or a text",
  params,
  returns: {
    elapsed: "Seconds waited.",
    match_groups: "Groups of search_regex.",
    match_groupdict: "Its named groups.",
    state: "What was waited for.",
    path: "The path.",
    port: "The port.",
    search_regex: "The pattern.",
  },
  check: (given) => {
    if (given.port !== undefined && given.path !== undefined)
      return "port and path parameter can not both be passed to wait_for";
    if (given.path !== undefined && given.state === "stopped")
      return "state=stopped should only be used for checking a port in the wait_for module";
    if (given.path !== undefined && given.state === "drained")
      return "state=drained should only be used for checking a port in the wait_for module";
    if (given.exclude_hosts !== undefined && given.state !== "drained")
      return "exclude_hosts should only be with state=drained";
    return undefined;
  },
  runsInCheck: true,
  async run(context, given): Promise<Result> {
    const path = given.path === undefined ? undefined : await expandPath(context.host, given.path);
    const start = context.now();
    const answer = (probe: Probe): Result => ({
      changed: false,
      elapsed: Math.floor(context.now() - start),
      state: given.state,
      path: path ?? null,
      port: given.port ?? null,
      search_regex: given.search_regex ?? null,
      match_groups: probe.groups ?? [],
      match_groupdict: probe.named ?? {},
      ...probe.result,
    });
    if (context.check) return answer({ done: true });
    if (given.delay > 0) await sleep(given.delay, context.signal);
    if (given.port === undefined && path === undefined && given.state !== "drained") {
      await sleep(Math.max(0, given.timeout - given.delay), context.signal);
      return answer({ done: true });
    }
    const deadline = start + given.timeout;
    for (;;) {
      const probe = await look(context, { ...given, path });
      if (probe.done) return answer(probe);
      if (context.now() + given.sleep > deadline) break;
      await sleep(given.sleep, context.signal);
    }
    return {
      changed: false,
      failed: true,
      elapsed: Math.floor(context.now() - start),
      msg: given.msg ?? timedOut(given, path),
    };
  },
});

function look(context: ActionContext, given: WaitParams): Promise<Probe> {
  if (given.path !== undefined) return probePath(context.host, given, given.path);
  if (given.state === "drained") return probeConnections(context.host, given);
  if (given.port === undefined) return fail("wait-for", "port or path is needed");
  return probePort(context.host, given, given.port);
}

function timedOut(given: WaitParams, path: string | undefined): string {
  const address = `${given.host}:${given.port}`;
  if (given.state === "drained") return `Timeout when waiting for ${address} to drain`;
  if (path !== undefined) {
    if (given.state === "absent") return `Timeout when waiting for ${path} to be absent.`;
    return given.search_regex === undefined
      ? `Timeout when waiting for file ${path}`
      : `Timeout when waiting for search string ${given.search_regex} in ${path}`;
  }
  if (given.state === "stopped" || given.state === "absent") return `Timeout when waiting for ${address} to stop.`;
  return given.search_regex === undefined
    ? `Timeout when waiting for ${address}`
    : `Timeout when waiting for search string ${given.search_regex} in ${address}`;
}
