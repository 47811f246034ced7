// Shows the live board without any host: `node --import tsx test/demo/live-board.ts [HOSTS] [SPEED]`.
// The events are made up, with slow hosts, progress, failures, differences and undecided tasks among them.

import type { RunEvent, TaskInfo } from "../../engine/core/event.ts";
import { type Counts, noCounts, type Status } from "../../engine/core/result.ts";
import { Mask } from "../../engine/core/secret.ts";
import { openBoard } from "../../engine/report/board-screen.ts";
import { LiveReporter } from "../../engine/report/live.ts";
import { Printer } from "../../engine/report/printer.ts";

const hosts = Array.from({ length: Number(process.argv[2] ?? 5) }, (_, index) => `node-${index + 1}`);
const speed = Number(process.argv[3] ?? 1);
const write = (text: string): boolean => process.stdout.write(text);
const columns = (): number => process.stdout.columns ?? 80;
const printer = new Printer({ out: write, err: write, mask: new Mask(), colour: true, columns: columns() });
const live = new LiveReporter(printer, {
  verbosity: 0,
  size: () => ({ columns: columns(), rows: process.stdout.rows ?? 24 }),
  now: Date.now,
  open: openBoard,
  write,
});
const counts: Record<string, Counts> = Object.fromEntries(hosts.map((host) => [host, noCounts()]));
const start = Date.now();
const send = (event: object): void => live.event({ time: Date.now(), ...event } as RunEvent);
const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds / speed));
const file = import.meta.filename;

async function run(name: string, status: Status, slow: number, more: object = {}, action = "command"): Promise<void> {
  const alive = hosts.filter((host) => counts[host]?.failed === 0);
  const task: TaskInfo = { id: name, name, action, kind: "task", tags: [], origin: { file, line: 1, column: 4 } };
  send({ type: "task-start", task, hosts: alive });
  for (const [index, host] of alive.entries()) {
    const last = index === alive.length - 1;
    if (last)
      for (let part = 0; part < 10; part++) {
        await sleep(slow / 10);
        send({ type: "progress", task, host, message: "unpacking etcd-server", fraction: part / 10 });
      }
    else if (index % 20 === 0) await sleep(20);
    const own: Status = status === "failed" && index !== 1 ? "ok" : status;
    const numbers = counts[host];
    if (numbers) numbers[own]++;
    send({
      type: "host-result",
      task,
      host,
      status: own,
      ignored: false,
      result: { msg: "no such file" },
      diff: [],
      duration: slow,
      ...more,
    });
  }
}

send({ type: "run-start", version: 1, check: false, playbooks: ["etcd.yml"] });
send({ type: "play-start", name: "etcd on all masters", hosts });
await run("Gathering Facts", "ok", 300);
await run("etcd : install packages", "changed", 4000, {}, "apt");
await run("etcd : write the configuration", "changed", 500, {
  diff: [{ before: "a\nb\n", after: "a\nc\n", beforeHeader: "/etc/default/etcd", afterHeader: "/etc/default/etcd" }],
});
await run("etcd : copy the certificate", "failed", 1500);
await run("say", "ok", 100, { result: { msg: "hello \u001b[31mred" } }, "debug");
await run("etcd : only when needed", "skipped", 100);
await run("etcd : wait for the quorum", "ok", 3000);
send({ type: "recap", counts, undecided: [] });
send({ type: "run-end", exitCode: 2, duration: Date.now() - start });
await live.finish();
