// What tests of clusters share: the project's playbooks on a lab's hosts in chosen groups, what a host says, and a client
// that writes all the while.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import type { LabState } from "../../../engine/lab/lab.ts";
import { type HostVariables, labInventory, sshTo } from "../../lab-hosts.ts";
import { type Finished, startTsplay } from "../spawned-run.ts";

const PROJECT = resolve(import.meta.dirname, "../../..");
const WRITER = readFileSync(join(import.meta.dirname, "cluster-writer.sh"), "utf8");

/** Numbers of the lab's hosts, from 1, by group. */
export type Groups = Readonly<Record<string, readonly number[]>>;

/** What a client that wrote every 50 ms saw. `gap`: longest time between two writes that succeeded, in seconds. */
export interface Written {
  readonly writes: number;
  readonly failed: number;
  readonly gap: number;
}

/** Where a client writes: to the master's own member of etcd, or through the API's load balancer. */
export type Client = "etcd" | "api";

/** A cluster on a lab's hosts: playbooks run on it, commands are said to its hosts. */
export class ClusterRun {
  readonly inventory = mkdtempSync(join(tmpdir(), "tsplay-cluster-"));
  readonly #lab: () => LabState;

  constructor(lab: () => LabState) {
    this.#lab = lab;
    symlinkSync(join(PROJECT, "inventories/lab/group_vars"), join(this.inventory, "group_vars"));
  }

  name(number: number): string {
    return `${this.#lab().name}-${number}`;
  }

  /** Writes the inventory: these groups, and variables for all. */
  arrange(groups: Groups, vars: HostVariables = {}): void {
    const lab = this.#lab();
    const all = Object.values(groups).flat();
    const inventory = labInventory(lab, {
      vars,
      hosts: Object.fromEntries(
        lab.hosts
          .filter((_, index) => all.includes(index + 1))
          .map(({ name, address }) => [name, { ansible_host: address }]),
      ),
      groups: Object.fromEntries(
        Object.entries(groups).map(([group, numbers]) => [group, numbers.map((number) => this.name(number))]),
      ),
    });
    writeFileSync(join(this.inventory, "hosts.yml"), inventory);
  }

  /** `tsplay run playbooks/NAME.yml` on the inventory, to its end. */
  play(name: string, ...args: string[]): Promise<Finished> {
    const playbook = join(PROJECT, `playbooks/${name}.yml`);
    return startTsplay(["run", playbook, "-i", this.inventory, ...args], { cwd: PROJECT }).done;
  }

  /** The same, which must succeed. */
  async plays(name: string, ...args: string[]): Promise<Finished> {
    const finished = await this.play(name, ...args);
    expect(finished.code, `${name} ${args.join(" ")}\n${whatFailed(finished.all)}`).to.equal(0);
    return finished;
  }

  /** What a script says on a host, both outputs. */
  says(number: number, script: string): string {
    const [program = "", ...words] = sshTo(this.#lab(), number, "sh", "-s");
    const { stdout, stderr, error } = spawnSync(program, words, {
      input: `export KUBECONFIG=/etc/kubernetes/admin.conf ETCDCTL_API=3\n${script}\n`,
      encoding: "utf8",
    });
    // A host that goes down closes its input before all of it is read.
    if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
    return `${stdout}${stderr}`.trim();
  }

  /** Objects of the cluster, asked on a master. */
  objects(number: number, ...words: string[]): KubernetesObject[] {
    const text = this.says(number, `kubectl get ${words.join(" ")} --output json`);
    return (JSON.parse(text) as { items: KubernetesObject[] }).items;
  }

  /** Members of the masters' etcd as one of them lists them: `name started false`. */
  members(number: number): string[] {
    const client =
      "etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt --key=/etc/kubernetes/pki/etcd/healthcheck-client.key";
    return this.says(number, `${client} member list`)
      .split("\n")
      .map((line) => line.split(", "))
      .map(([, state, name, , , learner]) => `${name} ${state}${learner === "true" ? " learner" : ""}`)
      .sort();
  }

  /** Clients on a master that write every 50 ms, both unless some are named; gives a way to end them. */
  async write<C extends Client = Client>(
    number: number,
    ...named: C[]
  ): Promise<() => Promise<Readonly<Record<C, Written>>>> {
    const clients: readonly string[] = named.length > 0 ? named : ["etcd", "api"];
    const [program = "", ...words] = sshTo(this.#lab(), number, "bash", "-s", ...clients);
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    let said = "";
    const begun = new Promise<void>((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("begun")) resolve();
      });
    });
    const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
    child.stdin.end(WRITER);
    await Promise.race([begun, closed]);
    return async () => {
      this.says(number, "touch /run/writer.stop");
      await closed;
      const seen = (name: string): Written => {
        const [, writes, failed, gap] = new RegExp(`^${name} (\\d+) (\\d+) ([\\d.]+)$`, "m").exec(said) ?? [];
        if (writes === undefined) throw new Error(`the writer said: ${said}`);
        return { writes: Number(writes), failed: Number(failed), gap: Number(gap) };
      };
      return Object.fromEntries(clients.map((name) => [name, seen(name)])) as Record<C, Written>;
    };
  }

  remove(): void {
    rmSync(this.inventory, { recursive: true, force: true });
  }
}

/** Of a run's output, which may have thousands of lines, those that say what went wrong, with what follows them, and the recap. */
function whatFailed(output: string): string {
  const lines = output.split("\n");
  const recap = lines.findIndex((line) => line.startsWith("PLAY RECAP"));
  const kept = new Set<number>();
  for (const [index, line] of lines.entries())
    if (/^(fatal|failed|unreachable)|\[ERROR\]/.test(line)) for (let at = index; at < index + 15; at++) kept.add(at);
  const end = recap < 0 ? Math.max(0, lines.length - 15) : recap;
  return lines.filter((_, index) => kept.has(index) || index >= end).join("\n");
}

/** As much of an object as tests look at. */
export interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly podCIDR?: string;
    readonly unschedulable?: boolean;
    readonly nodeName?: string;
    readonly taints?: ReadonlyArray<{ readonly key: string; readonly value?: string; readonly effect: string }>;
  };
  readonly status: {
    readonly phase?: string;
    readonly nodeInfo?: { readonly kubeletVersion: string };
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }>;
  };
}

/** Names of the nodes that are ready. */
export function readyNodes(nodes: readonly KubernetesObject[]): string[] {
  return nodes
    .filter(({ status }) => status.conditions?.some((one) => one.type === "Ready" && one.status === "True"))
    .map(({ metadata }) => metadata.name)
    .sort();
}
