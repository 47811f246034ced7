// Runs `tsplay` as a user would: a process of its own, in a folder with an inventory and playbooks, against lab hosts.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Host, RunRequest } from "../../engine/host/host.ts";
import { createHost, type OpenHost } from "../../engine/host/hosts.ts";
import type { LabState } from "../../engine/lab/lab.ts";
import { type HostVariables, labHost, labInventory, labSshArguments } from "../lab-hosts.ts";

const TSPLAY = resolve(import.meta.dirname, "../../bin/tsplay");

/** How a process ended, and all it said. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both outputs, in no special order, for assertions' messages. */
  readonly all: string;
  /** Seconds. */
  readonly took: number;
}

/** A process that may still run. */
export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Finished>;
  /** Resolves when its output has the text; rejects when it ends without. */
  says(text: string | RegExp): Promise<void>;
}

/** Starts `tsplay` with these words, in a folder and with an environment of the test's choice. */
export function startTsplay(
  words: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Running {
  const began = performance.now();
  const child = spawn(process.execPath, [TSPLAY, ...words], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const outputs = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const said = (): string => Buffer.concat([...outputs.stdout, ...outputs.stderr]).toString();
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].on("data", (chunk: Buffer) => {
      outputs[stream].push(chunk);
      for (const listener of listeners) listener();
    });
  const done = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(outputs.stdout).toString(),
        stderr: Buffer.concat(outputs.stderr).toString(),
        all: said(),
        took: (performance.now() - began) / 1000,
      }),
    );
  });
  const has = (text: string | RegExp): boolean =>
    typeof text === "string" ? said().includes(text) : text.test(said());
  const says = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (has(text)) resolve();
      };
      listeners.add(look);
      look();
      done.then(
        ({ all }) => reject(new Error(`it ended without saying ${String(text)}:\n${all}`)),
        (error: unknown) => reject(error),
      );
    });
  return { child, done, says };
}

/** A folder with what a run needs; it goes with `remove`. */
export class RunFolder {
  readonly folder = mkdtempSync(join(tmpdir(), "tsplay-faults-"));
  readonly #lab: LabState;
  readonly #opened: OpenHost[] = [];
  readonly #children = new Set<ChildProcess>();

  constructor(lab: LabState) {
    this.#lab = lab;
    mkdirSync(this.path("home"));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), content);
    }
  }

  /** Address of the lab's n-th host, from 1. */
  address(number: number): string {
    return labHost(this.#lab, number).address;
  }

  /** What ssh needs to know of the lab, as `ansible_ssh_common_args`. */
  get sshArguments(): string {
    return labSshArguments(this.#lab);
  }

  /** Writes hosts.yml: these hosts with these variables, which are the lab's first host, as root, where they say nothing else. */
  inventory(hosts: Readonly<Record<string, HostVariables>>): void {
    this.write({ "hosts.yml": labInventory(this.#lab, { hosts, vars: { ansible_host: this.address(1) } }) });
  }

  /** Starts `tsplay run site.yml -i hosts.yml …`. */
  start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Running {
    return this.startWith(["run", "site.yml", "-i", "hosts.yml", ...args], env);
  }

  /** Starts `tsplay` with these words. */
  startWith(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const running = startTsplay(args, {
      cwd: this.folder,
      env: { PATH: process.env.PATH, HOME: this.path("home"), LC_ALL: "C.UTF-8", ...env },
    });
    this.#children.add(running.child);
    return running;
  }

  /** `tsplay run site.yml` to its end; `playbook` is written first where it is given. */
  async run(playbook?: string, args: readonly string[] = []): Promise<Finished> {
    if (playbook !== undefined) this.write({ "site.yml": playbook });
    return this.start(args).done;
  }

  /** A lab host for looking at what a run left, not through tsplay's command. */
  host(number: number, user = "root"): Host {
    const one = createHost(
      {
        kind: "ssh",
        host: `lab-host-${number}`,
        address: this.address(number),
        user,
        privateKeyFile: this.#lab.privateKeyFile,
        hostKeyChecking: "yes",
        knownHostsFiles: [this.#lab.knownHostsFile],
        sshArguments: ["-F", "/dev/null"],
        timeout: 10,
      },
      { environment: { env: { PATH: process.env.PATH, HOME: "/nonexistent" } } },
    );
    this.#opened.push(one);
    return one.host;
  }

  async remove(): Promise<void> {
    for (const child of this.#children) if (child.exitCode === null) child.kill("SIGKILL");
    for (const one of this.#opened.splice(0)) await one.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a command that must succeed writes on a host. */
export async function outputOf(host: Host, request: Pick<RunRequest, "argv" | "script">): Promise<string> {
  const { stdout, stderr, code } = await host.run(request);
  if (code !== 0) throw new Error(`exit status ${code} on ${host.name}: ${stderr.toString()}`);
  return stdout.toString().trim();
}

/** What a command says on a host, however it ends. */
export async function said(host: Host, script: string): Promise<string> {
  return (await host.run({ script })).stdout.toString().trim();
}

/** Waits until a script succeeds on the host; fails after `seconds`. */
export async function until(host: Host, script: string, seconds = 15): Promise<void> {
  const waiting = `n=0; until { ${script}; } >/dev/null 2>&1; do n=$((n+1)); [ $n -lt ${seconds * 10} ] || exit 1; sleep 0.1; done`;
  const { code } = await host.run({ script: waiting });
  if (code !== 0) throw new Error(`in ${seconds} s it did not come true on ${host.name}: ${script}`);
}

/** The numbers of one host's line in a recap. */
export function recapOf(finished: Finished, host: string): Readonly<Record<string, number>> {
  const line = finished.stdout.split("\n").find((one) => one.startsWith(`${host} `) && one.includes("unreachable="));
  if (!line) throw new Error(`no recap of ${host} in:\n${finished.all}`);
  return Object.fromEntries([...line.matchAll(/(\w+)=(\d+)/g)].map(([, name = "", number]) => [name, Number(number)]));
}

/** The part of the output that is about a host's failure: from `[ERROR]` to its `fatal:` line. */
export function failureOf(finished: Finished, host: string): string {
  const parts = finished.all.split(/^(?=\[ERROR\])/m);
  const part = parts.find((one) => one.includes(`fatal: [${host}]`));
  if (!part) throw new Error(`${host} did not fail in:\n${finished.all}`);
  return part.slice(0, part.indexOf("\n", part.indexOf(`fatal: [${host}]`)));
}
