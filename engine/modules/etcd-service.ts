// The process of a member: a systemd unit that reads its first cluster from an environment file, or a static pod whose
// manifest has it in the command line. Both are told only what a first start needs; running members never read it again.

import { textOf } from "../core/bytes.ts";
import { fail } from "../core/problem.ts";
import type { Host } from "../host/host.ts";
import { propertiesOf, unitName } from "./systemctl.ts";
import { expectSuccess } from "./task-failure.ts";
import { readText } from "./text-file.ts";
import { askTool, runTool } from "./tool-run.ts";

/** What a first start is told. */
export interface InitialCluster {
  /** `name=url,name=url`. */
  readonly cluster: string;
  readonly state: "new" | "existing";
}

export interface MemberService {
  /** What a person looks at when it does not run. */
  readonly look: string;
  isRunning(): Promise<boolean>;
  /** Writes the first cluster, and starts or restarts without waiting until it serves. */
  start(initial: InitialCluster): Promise<void>;
  /** Ends it and keeps it from starting again; returns when its process is gone, as far as the host can tell. */
  stop(): Promise<void>;
  /** Why it will not come up by itself; undefined as long as it still may. */
  failure(): Promise<string | undefined>;
  /** The last words of its log that tell something. */
  lastWords(): Promise<string>;
}

/** Restarts by systemd after which a member counts as one that will not start. */
const MOST_RESTARTS = 3;

export class UnitService implements MemberService {
  readonly #host: Host;
  readonly #unit: string;
  readonly #environmentFile: string;

  constructor(host: Host, unit: string, environmentFile: string) {
    this.#host = host;
    this.#unit = unitName(unit);
    this.#environmentFile = environmentFile;
  }

  get look(): string {
    return `journalctl -u ${this.#unit}`;
  }

  async isRunning(): Promise<boolean> {
    const { ActiveState } = await this.#show();
    return ActiveState === "active" || ActiveState === "activating" || ActiveState === "reloading";
  }

  async start({ cluster, state }: InitialCluster): Promise<void> {
    const text = `# Written by etcd_member when this member was started for the first time; not read again after that.\nETCD_INITIAL_CLUSTER=${cluster}\nETCD_INITIAL_CLUSTER_STATE=${state}\n`;
    await this.#host.write(this.#environmentFile, text, { mode: 0o644, owner: 0, group: 0 });
    await this.#systemctl(["daemon-reload"]);
    await this.#systemctl(["enable", this.#unit]);
    await this.#host.run({ argv: ["systemctl", "reset-failed", this.#unit] });
    await this.#systemctl(["restart", "--no-block", this.#unit]);
  }

  async stop(): Promise<void> {
    await this.#systemctl(["disable", "--now", this.#unit]);
    await this.#host.run({ argv: ["systemctl", "reset-failed", this.#unit] });
  }

  async failure(): Promise<string | undefined> {
    const { ActiveState, NRestarts, Result } = await this.#show();
    if (ActiveState === "failed") return `the unit ${this.#unit} failed (${Result ?? "unknown"})`;
    if (Number(NRestarts ?? 0) >= MOST_RESTARTS) return `the unit ${this.#unit} ended ${NRestarts} times`;
    return undefined;
  }

  async lastWords(): Promise<string> {
    const { stdout } = await askTool(this.#host, [
      "journalctl",
      "--unit",
      this.#unit,
      "--lines=40",
      "--output=short",
      "--no-pager",
    ]);
    return telling(ownLines(stdout));
  }

  async #show(): Promise<Record<string, string>> {
    const words = ["show", "--property=ActiveState,NRestarts,Result", "--", this.#unit];
    const { stdout } = await askTool(this.#host, ["systemctl", ...words]);
    return propertiesOf(stdout);
  }

  async #systemctl(words: readonly string[]): Promise<void> {
    await runTool(this.#host, ["systemctl", ...words], `could not ${words[0]} the unit`);
  }
}

export class StaticPodService implements MemberService {
  readonly #host: Host;
  readonly #manifest: string;
  readonly #source: string;
  readonly #isListening: () => Promise<boolean>;

  /** `isListening` asks the member's own endpoint: there may be no other way to see a static pod end. */
  constructor(host: Host, manifest: string, source: string, isListening: () => Promise<boolean>) {
    this.#host = host;
    this.#manifest = manifest;
    this.#source = source;
    this.#isListening = isListening;
  }

  get look(): string {
    return `crictl ps -a --name etcd; journalctl -u kubelet`;
  }

  async isRunning(): Promise<boolean> {
    return (await this.#host.stat(this.#manifest)) !== undefined;
  }

  async start(initial: InitialCluster): Promise<void> {
    const source = await readText(this.#host, this.#source);
    if (!source) fail("etcd-manifest", `there is no manifest ${this.#source} to start the member with`);
    const text = withInitialCluster(source.text, initial);
    // The kubelet restarts a pod whose manifest is different, and takes up one that was put back.
    await this.#host.write(this.#manifest, text, { mode: 0o600, owner: 0, group: 0 });
  }

  async stop(): Promise<void> {
    await this.#host.remove(this.#manifest);
    for (let look = 0; look < 60; look++) {
      if (!(await this.#isListening())) return;
      expectSuccess(await this.#host.run({ argv: ["sleep", "1"], reads: true }), "could not wait");
    }
    fail(
      "etcd-pod-stays",
      `the static pod of ${this.#manifest} still answers a minute after its manifest was taken away`,
      {
        hint: "is the kubelet running? It ends pods whose manifests are gone",
      },
    );
  }

  async failure(): Promise<string | undefined> {
    return undefined;
  }

  async lastWords(): Promise<string> {
    const script = "ls -t /var/log/pods/kube-system_etcd-*/etcd/*.log 2>/dev/null | head -n 1 | xargs -r tail -n 40";
    const run = await this.#host.run({ script, reads: true });
    return telling(textOf(run.stdout).replace(/^\S+ (?:stdout|stderr) [FP] /gm, ""));
  }
}

/** The manifest with these words in etcd's command; the list's other words stay as they are. */
export function withInitialCluster(manifest: string, { cluster, state }: InitialCluster): string {
  const lines = manifest.split("\n");
  for (const [flag, value] of [
    ["initial-cluster", cluster],
    ["initial-cluster-state", state],
  ] as const) {
    const present = lines.findIndex((line) => new RegExp(`^\\s*-\\s*["']?--${flag}=`).test(line));
    const command = lines.findIndex((line) => /^\s*-\s*["']?(?:\S*\/)?etcd["']?\s*$/.test(line));
    const model = lines[present === -1 ? command : present];
    if (model === undefined)
      return fail("etcd-manifest", "the manifest has no container with etcd as the first word of its command", {
        hint: "write the command as a list: `- etcd`, `- --name=…`",
      });
    const word = `${/^\s*/.exec(model)?.[0] ?? ""}- --${flag}=${value}`;
    if (present === -1) lines.splice(command + 1, 0, word);
    else lines[present] = word;
  }
  return lines.join("\n");
}

/** What the unit's own processes said, not what systemd said of them, unless nothing else was said. */
export function ownLines(journal: string): string {
  const lines = journal.split("\n").flatMap((line) => {
    const [, who, words] = /^\w+ +\d+ [\d:]+ \S+ ([^\s[]+)(?:\[\d+\])?: (.*)$/.exec(line) ?? [];
    return who === undefined || words === undefined ? [] : [{ who, words }];
  });
  const own = lines.filter(({ who }) => who !== "systemd");
  return (own.length > 0 ? own : lines).map(({ words }) => words).join("\n");
}

/** The last line of a log that says what is wrong, in its own words. */
export function telling(log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const bad = lines.filter((line) =>
    /"level":"(?:fatal|panic|error)"|^panic:|^[\d-]+ [\d:.]+ [CE] \||\berror\b|\bfailed\b/i.test(line),
  );
  const worst = bad.filter((line) => /"level":"(?:fatal|panic)"|^panic:|^[\d-]+ [\d:.]+ C \|/.test(line));
  return shortened(worst.at(-1) ?? bad.at(-1) ?? lines.at(-1) ?? "its log is empty");
}

/** `msg` and `error` of a line that is JSON. */
function shortened(line: string): string {
  const message = /"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  const error = /"error":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  const text = message === undefined ? line : [message, ...(error === undefined ? [] : [error])].join(": ");
  return text.replaceAll('\\"', '"').slice(0, 300);
}
