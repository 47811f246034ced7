// `npm run bench`: the same playbook on the same kind of fresh hosts by tsplay, ansible-core with pipelining and
// ansible-core with Mitogen, first run and again; also over a slow network and with 300 names. Prints Markdown.
//   --quick: 3 hosts only, no delays, no 300 names.   --write: puts the table into docs/performance.md.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type LabState, labDown, labSsh, labUp } from "../engine/lab/lab.ts";
import { type Relay, startRelay } from "../test/relay.ts";
import type { Measured } from "./measure.ts";
import {
  type Bench,
  type BenchHost,
  install,
  mitogen,
  pipelined,
  prepareReference,
  type Tool,
  tsplay,
} from "./tools.ts";

const PROJECT = resolve(import.meta.dirname, "..");
const NAME = "bench";
/** Seconds from which a run is not repeated. */
const SLOW = 15;
/** Processes that the commands of playbook/site.yml are: uname, cat, and a shell with grep. */
const OWN_COMMANDS = 4;
const { values: options } = parseArgs({ options: { quick: { type: "boolean" }, write: { type: "boolean" } } });

const begin = Date.now();
const say = (text: string): void => {
  process.stderr.write(`${((Date.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
};

interface Row {
  readonly scene: string;
  readonly tool: string;
  readonly first: Measured;
  readonly again: Measured;
}

async function main(): Promise<void> {
  const missing = prepareReference(say);
  const tools: readonly Tool[] = missing === undefined ? [tsplay, pipelined, mitogen] : [tsplay];
  if (missing !== undefined) say(`comparing with nothing: ${missing}`);
  say("building tsplay");
  install();
  const rows: Row[] = [];
  for (const count of options.quick ? [3] : [1, 3, 10])
    rows.push(...(await compare(`${count} hosts`, count, 0, tools)));
  if (!options.quick)
    for (const delay of [5, 30]) rows.push(...(await compare(`3 hosts, ${delay} ms each way`, 3, delay, tools)));
  const extra = await details();
  const many = options.quick ? [] : await manyNames();
  const text = report(rows, extra, many);
  process.stdout.write(text);
  if (options.write) writeFileSync(join(PROJECT, "docs", "performance.md"), text);
}

/** Fresh hosts for each tool, the playbook twice. */
async function compare(scene: string, count: number, delay: number, tools: readonly Tool[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const tool of tools) {
    const lab = await freshLab(count);
    const relays =
      delay > 0
        ? await Promise.all(lab.hosts.map(({ address }) => startRelay({ host: address, port: 22, delay })))
        : [];
    try {
      const bench = benchOf(lab, relays);
      say(`${scene}: ${tool.name}, first run`);
      const first = checked(await tool.run(bench, "site.yml"), tool, scene);
      say(`${scene}: ${tool.name}, again (first took ${first.wall.toFixed(2)} s)`);
      const again = await middleOf(3, async () => checked(await tool.run(bench, "site.yml"), tool, scene));
      say(`${scene}: ${tool.name} took ${again.wall.toFixed(2)} s`);
      rows.push({ scene, tool: tool.name, first, again });
    } finally {
      await Promise.all(relays.map((relay) => relay.close()));
      await labDown({ name: NAME });
    }
  }
  return rows;
}

/** The middle one of several runs by wall time: these machines are noisy. */
async function middleOf(times: number, run: () => Promise<Measured>): Promise<Measured> {
  const runs: Measured[] = [];
  for (let index = 0; index < times; index++) {
    const measured = await run();
    runs.push(measured);
    // One look is enough at what takes so long that noise hardly matters.
    if (measured.wall > SLOW) return measured;
  }
  const sorted = runs.sort((a, b) => a.wall - b.wall);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error("nothing was run");
  return middle;
}

function checked(measured: Measured, tool: Tool, scene: string): Measured {
  if (measured.code !== 0)
    throw new Error(`${tool.name} failed (${scene}), exit status ${measured.code}:\n${measured.output.slice(-4000)}`);
  return measured;
}

async function freshLab(count: number): Promise<LabState> {
  await labDown({ name: NAME });
  return labUp({ name: NAME, count, python: true, extraPackages: ["cron"], projectDir: PROJECT });
}

function benchOf(lab: LabState, relays: readonly Relay[]): Bench {
  const hosts = lab.hosts.map(({ name, address }, index): BenchHost => {
    const relay = relays[index];
    return relay ? { name, address: "127.0.0.1", port: relay.port } : { name, address, port: 22 };
  });
  return { hosts, key: lab.privateKeyFile, forks: Math.max(hosts.length, 5) };
}

interface Details {
  readonly calls: number;
  readonly roundTrips: number;
  readonly requests: number;
  readonly processes: number;
  /** What one ssh login starts by itself (sshd, its message of the day). */
  readonly login: number;
  readonly floor: number;
  readonly again: number;
}

/** What one host sees of a second run: round trips, processes, and the least time any tool could need. */
async function details(): Promise<Details> {
  const lab = await freshLab(1);
  try {
    const bench = benchOf(lab, []);
    checked(await tsplay.run(bench, "site.yml"), tsplay, "details");
    const before = await lastProcess(lab);
    const probe = (await lastProcess(lab)) - before;
    const start = await lastProcess(lab);
    const again = checked(await tsplay.run(bench, "site.yml"), tsplay, "details");
    const processes = (await lastProcess(lab)) - start - probe;
    const events = again.output
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []));
    const end = events.find(({ type }) => type === "run-end") as
      | { traffic?: Record<string, { roundTrips: number; requests: number }> }
      | undefined;
    const traffic = Object.values(end?.traffic ?? {});
    const looped = new Set(
      events.filter(({ type }) => type === "item-result").map(({ task }) => (task as { id: string }).id),
    );
    const calls =
      events.filter(({ type }) => type === "item-result").length +
      events.filter(({ type, task }) => type === "host-result" && !looped.has((task as { id: string }).id)).length;
    return {
      calls,
      roundTrips: traffic.reduce((sum, each) => sum + each.roundTrips, 0),
      requests: traffic.reduce((sum, each) => sum + each.requests, 0),
      processes,
      login: probe,
      floor: await floor(lab),
      again: again.wall,
    };
  } finally {
    await labDown({ name: NAME });
  }
}

/** The number that the host's last process got. */
async function lastProcess(lab: LabState): Promise<number> {
  return Number(await onHost(lab, "cut -d' ' -f5 /proc/loadavg"));
}

async function onHost(lab: LabState, command: string): Promise<string> {
  const [program = "", ...args] = await labSsh({ name: NAME, host: lab.hosts[0]?.name ?? "", command: [command] });
  return must(spawnSync(program, args, { encoding: "utf8" }), command).stdout.trim();
}

/** Seconds for one ssh connection that runs the playbook's own commands and nothing else. */
async function floor(lab: LabState): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 5; index++) {
    const start = performance.now();
    await onHost(
      lab,
      "uname -r >/dev/null; cat /etc/debian_version >/dev/null; grep -c ^ /etc/passwd >/dev/null; true",
    );
    times.push((performance.now() - start) / 1000);
  }
  return times.sort((a, b) => a - b)[2] ?? 0;
}

/** 300 names over ten hosts: what the controller itself costs. */
async function manyNames(): Promise<readonly string[]> {
  const lab = await freshLab(10);
  try {
    const base = benchOf(lab, []);
    const hosts = Array.from({ length: 300 }, (_, index): BenchHost => {
      const host = base.hosts[index % base.hosts.length];
      if (!host) throw new Error("the lab has no hosts");
      return { ...host, name: `name-${String(index + 1).padStart(3, "0")}` };
    });
    checked(await tsplay.run(base, "site.yml"), tsplay, "300 names");
    say("300 names over 10 hosts");
    const measured = await tsplay.run({ ...base, hosts, forks: 50 }, "many.yml");
    checked(measured, tsplay, "300 names");
    return [
      `300 names over 10 hosts, forks 50, \`many.yml\`: ${measured.wall.toFixed(1)} s, ${measured.cpu.toFixed(1)} s of controller processor time, ${megabytes(measured.memory)} of memory at most.`,
    ];
  } finally {
    await labDown({ name: NAME });
  }
}

function must<T extends { readonly status: number | null; readonly stderr: string; readonly error?: Error }>(
  result: T,
  what: string,
): T {
  if (result.status !== 0) throw new Error(`${what} failed: ${result.error?.message ?? result.stderr}`);
  return result;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

function report(rows: readonly Row[], extra: Details, many: readonly string[]): string {
  const lines = [
    "# Performance",
    "",
    "Made by `npm run bench -- --write` (as root on Debian; it boots the lab and runs ansible-core in a chroot). All programs run",
    "`bench/playbook/site.yml` on fresh hosts of the same kind, one after the other, first and then again; of the later runs the middle",
    "one of three counts (one only where it took more than 15 s). The machines are small and shared, so ratios are what to look at.",
    "",
    `Machine: ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.`,
    "",
    "| scene | program | first run | × tsplay | again | × tsplay | controller CPU (again) | memory |",
    "|---|---|---|---|---|---|---|---|",
  ];
  for (const row of rows) {
    const own = rows.find(({ scene, tool }) => scene === row.scene && tool === tsplay.name) ?? row;
    lines.push(
      `| ${row.scene} | ${row.tool} | ${row.first.wall.toFixed(2)} s | ${(row.first.wall / own.first.wall).toFixed(1)} | ${row.again.wall.toFixed(2)} s | ${(row.again.wall / own.again.wall).toFixed(1)} | ${row.again.cpu.toFixed(2)} s | ${megabytes(row.again.memory)} |`,
    );
  }
  lines.push(
    "",
    `One host, second run: ${extra.calls} module calls, ${extra.roundTrips} round trips (${(extra.roundTrips / extra.calls).toFixed(2)} a call), ${extra.requests} requests,`,
    `${extra.processes} processes started on the host in all: ${extra.login} by the ssh login itself, ${OWN_COMMANDS} by the playbook's own commands, ${extra.processes - extra.login - OWN_COMMANDS} by tsplay.`,
    `The floor (one ssh that runs the playbook's own commands): ${extra.floor.toFixed(2)} s; tsplay took ${extra.again.toFixed(2)} s, ${(extra.again / extra.floor).toFixed(1)} times that.`,
    "",
    ...many,
    "",
  );
  return lines.join("\n");
}

await main();
