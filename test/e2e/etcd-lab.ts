// What tests of etcd share: the project's playbooks on a lab's hosts of which some are in the group etcd, what a host says, and a
// client that writes every 50 ms through the first one all the while.

import { type ChildProcess, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { LabState } from "../../engine/lab/lab.ts";
import { labInventory, sshTo } from "../lab-hosts.ts";
import { type Finished, type Running, startTsplay } from "./spawned-run.ts";

const PROJECT = resolve(import.meta.dirname, "../..");

/** What the client saw. Times in seconds. */
export interface Written {
  readonly writes: number;
  readonly failures: readonly string[];
  /** Longest time between two writes that succeeded. */
  readonly gap: number;
}

export class EtcdLab {
  readonly inventory = mkdtempSync(join(tmpdir(), "tsplay-etcd-"));
  /** For files of a test that are no part of the inventory. */
  readonly place = mkdtempSync(join(tmpdir(), "tsplay-etcd-place-"));
  readonly #lab: () => LabState;
  readonly #children = new Set<ChildProcess>();

  constructor(lab: () => LabState) {
    this.#lab = lab;
  }

  name(number: number): string {
    return `${this.#lab().name}-${number}`;
  }

  /** These hosts are the group etcd, in this order; `vars` are variables of hosts by name. */
  members(numbers: readonly number[], vars: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}): void {
    const lab = this.#lab();
    const hosts = Object.fromEntries(
      lab.hosts.map(({ name, address }) => [name, { ansible_host: address, ...vars[name] }]),
    );
    const groups = { etcd: numbers.map((number) => this.name(number)) };
    writeFileSync(join(this.inventory, "hosts.yml"), labInventory(lab, { hosts, groups }));
    rmSync(join(this.inventory, "group_vars"), { force: true });
    symlinkSync(join(PROJECT, "group_vars"), join(this.inventory, "group_vars"));
  }

  /** `tsplay run playbooks/NAME.yml`, or a playbook by its path; `child` may be killed. */
  start(playbook: string, ...args: string[]): Running {
    const path = playbook.startsWith("/") ? playbook : join(PROJECT, `playbooks/${playbook}.yml`);
    const running = startTsplay(["run", path, "-i", this.inventory, ...args], { cwd: PROJECT });
    this.#children.add(running.child);
    return running;
  }

  play(playbook: string, ...args: string[]): Promise<Finished> {
    return this.start(playbook, ...args).done;
  }

  /** What a script prints on a host, run as root at a login that knows the cluster. */
  says(number: number, script: string): string {
    const known = ". /etc/profile.d/etcdctl.sh 2>/dev/null;";
    const [program = "", ...words] = sshTo(this.#lab(), number, `${known} ${script}`);
    const { stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
    return `${stdout}${stderr}`.trim();
  }

  /** `NAME voter` or `NAME learner` of every member, as a host's etcdctl lists them, sorted. */
  list(number = 1): string[] {
    const lines = this.says(number, "etcdctl member list").split("\n");
    return lines
      .map((line) => line.split(", "))
      .map(
        ([, , name, , , learner]) =>
          `${name === "" ? "(never started)" : name} ${learner === "true" ? "learner" : "voter"}`,
      )
      .sort();
  }

  voters(...numbers: number[]): string[] {
    return numbers.map((number) => `${this.name(number)} voter`).sort();
  }

  /** Writes until the returned function is called. A write that is not answered in `patience` milliseconds has failed. */
  write(patience = 20_000): () => Promise<Written> {
    const files = ["ca.crt", "client.crt", "client.key"];
    const [ca, cert, key] = files.map((file) => this.says(1, `cat /etc/etcd/pki/${file}`));
    const agent = new https.Agent({ keepAlive: true, ca, cert, key } as https.AgentOptions);
    const url = `https://${this.#lab().hosts[0]?.address}:2379/v3/kv/put`;
    let stopped = false;
    const done = (async (): Promise<Written> => {
      const failures: string[] = [];
      let writes = 0;
      let gap = 0;
      for (let last = performance.now(); !stopped; ) {
        const problem = await put(url, agent, patience, `written-${++writes}`);
        const now = performance.now();
        if (problem !== undefined) failures.push(problem);
        else {
          gap = Math.max(gap, now - last);
          last = now;
        }
        await new Promise((next) => setTimeout(next, 50));
      }
      agent.destroy();
      return { writes, failures, gap: gap / 1000 };
    })();
    return () => {
      stopped = true;
      return done;
    };
  }

  remove(): void {
    for (const child of this.#children) if (child.exitCode === null) child.kill("SIGKILL");
    for (const folder of [this.inventory, this.place]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Why a write did not succeed, or nothing. */
function put(url: string, agent: https.Agent, patience: number, key: string): Promise<string | undefined> {
  const body = JSON.stringify({ key: Buffer.from(key).toString("base64"), value: "dg==" });
  return new Promise((end) => {
    const request = https.request(url, { method: "POST", agent, timeout: patience }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on("end", () => end(answer.statusCode === 200 && text.includes("revision") ? undefined : text));
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${patience} ms`)));
    request.on("error", (error) => end(error.message));
    request.end(body);
  });
}
