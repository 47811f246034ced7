// etcdctl on the host: one function a verb, no judgement. Settings go through the environment, as flags and variables of the
// same name are refused together (etcd 3.4), and keys' paths stay out of argument lists.

import { setTimeout as sleep } from "node:timers/promises";
import { textOf } from "../core/bytes.ts";
import type { Host, RunResult } from "../host/host.ts";
import {
  type Alarm,
  type Member,
  type MemberList,
  parseAdded,
  parseAlarms,
  parseHealth,
  parseMemberList,
  parseStatuses,
  type Status,
} from "./etcd-answers.ts";
import { expectSuccess, failTask } from "./task-failure.ts";
import { askTool } from "./tool-run.ts";

export interface ClientSettings {
  readonly etcdctl: string;
  readonly cacert?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Seconds for one command. */
  readonly timeout: number;
}

/** Seconds that a look at one endpoint may take. A member that is there answers in milliseconds, on a busy Pi in seconds. */
const LOOK_SECONDS = 5;
/** Seconds for a change of membership: it may have to wait for an election. */
const CHANGE_SECONDS = 15;
/** How often a change of membership is asked for again, a second apart. */
const UNSETTLED_TRIES = 20;

export class EtcdClient {
  readonly #host: Host;
  readonly #settings: ClientSettings;

  constructor(host: Host, settings: ClientSettings) {
    this.#host = host;
    this.#settings = settings;
  }

  /** What an endpoint says of itself, or why it says nothing. */
  async status(endpoint: string): Promise<Status | { readonly endpoint: string; readonly silence: string }> {
    // etcdctl tries a port that refuses again and again until its time is over; that answer is there at once.
    if (await this.#refuses(endpoint)) return { endpoint, silence: "connection refused" };
    const answer = await this.#ask([endpoint], ["endpoint", "status", "--write-out=json"], LOOK_SECONDS);
    const [status] = answer.code === 0 ? parseStatuses(answer.stdout) : [];
    return status ?? { endpoint, silence: reasonOf(answer.stderr) };
  }

  async #refuses(endpoint: string): Promise<boolean> {
    const { hostname, port } = new URL(endpoint);
    const argv = ["timeout", "2", "bash", "-c", `: >"/dev/tcp/$0/$1"`, hostname.replace(/^\[|\]$/g, ""), port];
    const { code, stderr } = await this.#host.run({ argv, reads: true, env: { LC_ALL: "C" } });
    return code !== 0 && textOf(stderr).includes("Connection refused");
  }

  /** Which endpoints serve linear reads. */
  async healthy(endpoints: readonly string[]): Promise<Set<string>> {
    if (endpoints.length === 0) return new Set();
    const { stdout } = await this.#ask(endpoints, ["endpoint", "health", "--write-out=json"], LOOK_SECONDS);
    return new Set([...parseHealth(stdout)].flatMap(([endpoint, isHealthy]) => (isHealthy ? [endpoint] : [])));
  }

  /** The member list; undefined where the endpoint cannot tell (3.5 and newer want a majority for it). */
  async members(endpoint: string): Promise<MemberList | undefined> {
    const answer = await this.#ask([endpoint], ["member", "list", "--write-out=json"], this.#settings.timeout);
    return answer.code === 0 ? parseMemberList(answer.stdout) : undefined;
  }

  async alarms(endpoint: string): Promise<Alarm[]> {
    const answer = await this.#ask([endpoint], ["alarm", "list", "--write-out=json"], this.#settings.timeout);
    return answer.code === 0 ? parseAlarms(answer.stdout) : [];
  }

  async addLearner(
    endpoints: readonly string[],
    name: string,
    peerUrls: readonly string[],
  ): Promise<{ readonly member: Member; readonly members: readonly Member[] }> {
    const words = ["member", "add", name, `--peer-urls=${peerUrls.join(",")}`, "--learner", "--write-out=json"];
    const run = await this.#settled(endpoints, words);
    expectPlain(run, `could not add ${name}`);
    return parseAdded(textOf(run.stdout));
  }

  /** Promotes a learner; false as long as it has not caught up. */
  async promote(endpoints: readonly string[], id: string): Promise<boolean> {
    // Not as JSON: etcdctl 3.4 and 3.5 crash there after they have promoted.
    const run = await this.#run(endpoints, ["member", "promote", id], CHANGE_SECONDS);
    if (run.code === 0) return true;
    const words = textOf(run.stderr);
    // "can only promote a learner member which is in sync with leader": later. "… only promote a learner member": done already.
    if (words.includes("in sync with leader") || words.includes("learner is not ready")) return false;
    if (words.includes("can only promote a learner member")) return true;
    expectPlain(run, `could not promote ${id}`);
    return false;
  }

  async remove(endpoints: readonly string[], id: string): Promise<void> {
    const run = await this.#settled(endpoints, ["member", "remove", id]);
    if (run.code !== 0 && textOf(run.stderr).includes("member not found")) return;
    expectPlain(run, `could not remove the member ${id}`);
  }

  /** Must be sent to the present leader. */
  async moveLeader(leaderEndpoint: string, id: string): Promise<void> {
    const run = await this.#run([leaderEndpoint], ["move-leader", id], CHANGE_SECONDS);
    expectPlain(run, `could not move leadership to ${id}`);
  }

  async snapshot(endpoint: string, path: string): Promise<void> {
    // The file holds everything that the cluster holds, secrets too.
    const run = await this.#run([endpoint], ["snapshot", "save", path], 600, { umask: 0o077 });
    expectPlain(run, `could not make the snapshot ${path}`);
  }

  /**
   * A change of membership. etcd refuses it ("unhealthy cluster") until every member has been connected for five
   * seconds, which a member that has just been promoted was not: asked again for a while.
   */
  async #settled(endpoints: readonly string[], words: readonly string[]) {
    for (let left = UNSETTLED_TRIES; ; left--) {
      const run = await this.#run(endpoints, words, CHANGE_SECONDS);
      if (run.code === 0 || left === 0 || !textOf(run.stderr).includes("unhealthy cluster")) return run;
      await sleep(1000);
    }
  }

  #ask(endpoints: readonly string[], words: readonly string[], seconds: number) {
    const argv = [this.#settings.etcdctl, ...words];
    return askTool(this.#host, argv, [], { env: this.#env(endpoints, seconds), timeout: seconds * 2 + 10 });
  }

  #run(endpoints: readonly string[], words: readonly string[], seconds: number, more: { umask?: number } = {}) {
    const env = { LC_ALL: "C", ...this.#env(endpoints, seconds) };
    return this.#host.run({ argv: [this.#settings.etcdctl, ...words], env, timeout: seconds * 2 + 10, ...more });
  }

  #env(endpoints: readonly string[], seconds: number): Record<string, string> {
    const { cacert, cert, key } = this.#settings;
    return {
      ETCDCTL_API: "3",
      ETCDCTL_ENDPOINTS: endpoints.join(","),
      ETCDCTL_COMMAND_TIMEOUT: `${seconds}s`,
      ...(cacert === undefined ? {} : { ETCDCTL_CACERT: cacert }),
      ...(cert === undefined ? {} : { ETCDCTL_CERT: cert }),
      ...(key === undefined ? {} : { ETCDCTL_KEY: key }),
    };
  }
}

/** Why an endpoint gave no answer, in few words for a person, out of the client's log lines. */
export function reasonOf(stderr: string): string {
  const known =
    /connection refused|no route to host|network is unreachable|i\/o timeout|no such host|no such file or directory|permission denied|(?:x509|tls|remote error): [^"\\]+/.exec(
      stderr,
    );
  return known?.[0].trim() ?? (/deadline exceeded/.test(stderr) || stderr === "" ? "no answer" : plain(stderr));
}

/** Fails with the client's own words, without the log lines around them. */
function expectPlain(run: RunResult, what: string): void {
  if (run.code === 0) return;
  if (run.timedOut) expectSuccess(run, what);
  const stderr = textOf(run.stderr);
  failTask("etcd-refused", `${what}: ${plain(stderr) || `exit status ${run.code}`}`, {
    rc: run.code,
    stdout: textOf(run.stdout),
    stderr,
  });
}

/** What remains of the client's words without its log: `Error: etcdserver: …`. */
function plain(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("{"));
  return (lines.at(-1) ?? "").replace(/^Error: /, "").trim();
}
