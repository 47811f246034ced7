// What a host is, as far as it decides whether it can be part of a cluster. Reads only, in one message, and the clock
// after it: the rules that judge are in preflight/.

import { textOf } from "../core/bytes.ts";
import type { PlainObject } from "../core/value.ts";
import type { Host } from "../host/host.ts";
import { HostError } from "../host/host.ts";
import { defineModule } from "./module.ts";
import type { ClockReading } from "./preflight/facts.ts";
import { FILES, type FileName, parseFacts } from "./preflight/parse.ts";
import { SCRIPT } from "./preflight/script.ts";
import { failTask } from "./task-failure.ts";

const CLOCK_READINGS = 3;
/** Seconds after which a host that hangs (a dead share, a disk that fails) is told rather than waited for. */
const PATIENCE = 30;

export const preflightFacts = defineModule({
  name: "preflight_facts",
  aliases: [],
  summary: "Gather what decides whether a host can be part of a cluster",
  params: {
    properties: {
      names: {
        type: "array",
        items: { type: "string" },
        default: [],
        description: "Names that the host must be able to resolve.",
      },
      folders: {
        type: "array",
        items: { type: "path" },
        default: ["/var/lib/containerd", "/var/lib/docker", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/etcd"],
        description: "Folders, which need not exist, whose file systems are measured.",
      },
    },
  },
  returns: { preflight: "The facts, for the module preflight." },
  examples: `- name: Look at the host
  preflight_facts:
    names: [api.home.internal]
  register: seen`,
  async plan(host, { names, folders }, context) {
    const files = Object.entries(FILES) as [FileName, string][];
    const [texts, systemd, answer] = await Promise.all([
      Promise.all(files.map(async ([name, path]) => [name, await textAt(host, path)] as const)),
      host.stat("/run/systemd/system"),
      host.run({
        argv: ["/bin/sh", "-c", SCRIPT, "preflight", ...names, "--", ...folders],
        reads: true,
        timeout: PATIENCE,
      }),
    ]);
    if (answer.timedOut)
      failTask("preflight-slow", `its programs, disks and names did not answer within ${PATIENCE} s`);
    const present = Object.fromEntries(texts.filter(([, text]) => text !== undefined));
    const facts = parseFacts(present, textOf(answer.stdout), { systemd: systemd !== undefined });
    const clock = await readClock(host, context.now);
    return { changes: [], result: { preflight: { ...facts, clock } as unknown as PlainObject } };
  },
});

/** A file's text; undefined if it is not there or may not be read. */
async function textAt(host: Host, path: string): Promise<string | undefined> {
  try {
    return textOf(await host.read(path));
  } catch (error) {
    if (error instanceof HostError && error.errno !== undefined) return undefined;
    throw error;
  }
}

/** The host's clock against the controller's, from the quickest of some round trips. */
async function readClock(host: Host, now: () => number): Promise<ClockReading> {
  let best: ClockReading | undefined;
  for (let count = 0; count < CLOCK_READINGS; count++) {
    const before = now();
    const { start } = await host.run({ argv: ["true"], reads: true });
    const after = now();
    // A clock that tells whole seconds only may be a second behind.
    const coarse = Number.isInteger(start) ? 1 : 0;
    const uncertainty = (after - before) / 2 + coarse;
    if (!best || uncertainty < best.uncertainty)
      best = { offset: start - (before + after) / 2, uncertainty, time: start };
  }
  if (!best) throw new Error("the clock is read at least once");
  return best;
}
