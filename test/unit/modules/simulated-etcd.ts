// An etcd cluster in memory behind etcdctl and systemctl of a simulated host: members that run, are dead, were never started,
// learners, foreign clusters. It keeps etcd's own rules (one learner at a time, a majority for changes, caught up before promoted).

import type { RunRequest } from "../../../engine/host/host.ts";
import { type Answer, SimulatedHost } from "../simulated-host.ts";

export interface SimulatedMember {
  id: bigint;
  name: string;
  url: string;
  learner: boolean;
  started: boolean;
  /** Whether its process answers. */
  up: boolean;
}

const JOURNAL = `Nov 21 13:00:01 a4 systemd[1]: Starting etcd.service
Nov 21 13:00:01 a4 etcd[88]: starting
Nov 21 13:00:01 a4 etcd[88]: C | etcdmain: no such luck
Nov 21 13:00:01 a4 systemd[1]: etcd.service: Failed with result 'exit-code'.
`;
const CLUSTER = 0xb387309ac2064313n;

/** Peer and client addresses of a member by the last number of its address. */
export const peer = (number: number): string => `https://10.0.0.${number}:2380`;
export const client = (number: number): string => `https://10.0.0.${number}:2379`;

export class SimulatedEtcd {
  members: SimulatedMember[] = [];
  /** Endpoints that belong to another cluster. */
  readonly foreign = new Set<string>();
  leader: bigint | undefined;
  alarms: { memberID: bigint; alarm: number }[] = [];
  /** How often promote says "not in sync" before it does it. */
  behind = 1;
  /** How often a change of membership finds members that have not been connected for long enough. */
  unsettled = 0;
  /** Says that a learner is promoted, which it is not the next moment. */
  restless = false;
  /** Whether the member that this host starts comes up. */
  starts = true;
  /** What was asked for that changes something, in order. */
  readonly acts: string[] = [];
  /** Number of this host; its data folder is /d. */
  readonly own: number;
  readonly host: SimulatedHost;
  #serial = 0n;
  #unit = { ActiveState: "inactive", NRestarts: 0 };
  /** Called before each change, to cut a run off. */
  before: (act: string) => void = () => {};

  constructor(own: number) {
    this.own = own;
    this.host = new SimulatedHost({ files: { "/var/backups/keep": "", "/etc/etcd/etcd.env": "" } })
      .onRun(/^etcdctl /, (request) => this.#etcdctl(request))
      .onRun(/^systemctl /, (request) => this.#systemctl(request))
      .onRun(/^journalctl /, { stdout: JOURNAL })
      .onRun(/^sh -c command -v/, {})
      .onRun(/^timeout 2 bash/, {})
      .onRun(/^head -c/, async (request, host) => ({ stdout: await host.read(request.argv?.at(-1) ?? "") }));
    this.host.seed("/d", { type: "directory" });
  }

  /** Members a1, a2 … by their numbers, the first one leads. */
  with(...numbers: number[]): this {
    for (const number of numbers) this.member(number);
    this.leader = this.members[0]?.id;
    if (numbers.includes(this.own)) {
      this.#unit.ActiveState = "active";
      this.data(this.members.find(({ name }) => name === `a${this.own}`)?.id ?? 0n);
    }
    return this;
  }

  member(number: number, more: Partial<SimulatedMember> = {}): SimulatedMember {
    this.#serial += 1n;
    const id = 0xf000000000000000n + this.#serial;
    const member = { id, name: `a${number}`, url: peer(number), learner: false, started: true, up: true, ...more };
    this.members.push(member);
    return member;
  }

  /** This host holds a member's data. */
  data(id: bigint, cluster = CLUSTER, elected = true): void {
    this.host.seed("/d/member/wal/0000000000000000-0000000000000000.wal", logHead(id, cluster, elected));
  }

  kill(name: string): void {
    for (const member of this.members) if (member.name === name) member.up = false;
    if (this.members.some(({ id, up }) => id === this.leader && !up))
      this.leader = this.#hasMajority() ? this.members.find(({ up, learner }) => up && !learner)?.id : undefined;
  }

  /** `a1 voter`, in the list's order. */
  list(): string[] {
    return this.members.map(({ name, learner }) => `${name || "?"} ${learner ? "learner" : "voter"}`);
  }

  #hasMajority(): boolean {
    const voters = this.members.filter(({ learner }) => !learner);
    return voters.filter(({ up, started }) => up && started).length * 2 > voters.length;
  }

  #at(endpoint: string): SimulatedMember | undefined {
    return this.members.find(({ url, up, started }) => up && started && url.replace(/80$/, "79") === endpoint);
  }

  #etcdctl(request: RunRequest): Answer {
    const words = request.argv?.slice(1) ?? [];
    const endpoints = (request.env?.ETCDCTL_ENDPOINTS ?? "").split(",");
    const verb = words.slice(0, words[0] === "move-leader" ? 1 : 2).join(" ");
    if (verb === "endpoint status") return this.#status(endpoints[0] ?? "");
    if (verb === "endpoint health")
      return {
        stdout: json(
          endpoints.map((endpoint) => ({
            endpoint,
            health: this.#hasMajority() && this.#at(endpoint)?.learner === false,
          })),
        ),
      };
    if (!endpoints.some((endpoint) => this.#at(endpoint))) return refusal("context deadline exceeded");
    if (!this.#hasMajority()) return refusal("context deadline exceeded");
    if (verb === "member list") return { stdout: json({ header: this.#header(), members: this.members.map(shown) }) };
    if (verb === "alarm list") return { stdout: json({ header: this.#header(), alarms: this.alarms }) };
    const act = words.filter((word) => !word.startsWith("--write-out")).join(" ");
    this.before(act);
    this.acts.push(act);
    return this.#change(verb, words, endpoints);
  }

  #change(verb: string, words: readonly string[], endpoints: readonly string[]): Answer {
    const id = BigInt(`0x${words[2] ?? words[1]}`.replace(/^0x(?![0-9a-f]+$).*/, "0x0"));
    const found = this.members.find((member) => member.id === id);
    switch (verb) {
      case "member add": {
        if (this.unsettled-- > 0) return refusal("etcdserver: unhealthy cluster");
        if (this.members.some(({ learner }) => learner))
          return refusal("etcdserver: too many learner members in cluster");
        const url = words.find((word) => word.startsWith("--peer-urls="))?.slice("--peer-urls=".length) ?? "";
        if (this.members.some((member) => member.url === url)) return refusal("etcdserver: Peer URLs already exists");
        const member = this.member(0, { name: "", url, learner: true, started: false, up: false });
        return { stdout: json({ header: this.#header(), member: shown(member), members: this.members.map(shown) }) };
      }
      case "member promote":
        if (!found) return refusal("etcdserver: member not found");
        if (!found.learner) return refusal("etcdserver: can only promote a learner member");
        if (!found.up || this.behind-- > 0)
          return refusal("etcdserver: can only promote a learner member which is in sync with leader");
        found.learner = this.restless;
        return { stdout: "Member promoted" };
      case "member remove":
        if (!found) return refusal("etcdserver: member not found");
        this.members = this.members.filter((member) => member !== found);
        return { stdout: "Member removed" };
      case "move-leader": {
        const target = this.members.find((member) => member.id === BigInt(`0x${words[1]}`));
        if (this.#at(endpoints[0] ?? "")?.id !== this.leader) return refusal("no leader endpoint given");
        this.leader = target?.id;
        return {};
      }
      case "snapshot save":
        this.host.seed(words[2] ?? "", "snapshot");
        return {};
      default:
        throw new Error(`the simulated etcdctl does not know ${verb}`);
    }
  }

  #status(endpoint: string): Answer {
    const member = this.#at(endpoint);
    if (!member && !this.foreign.has(endpoint))
      return { code: 1, stdout: "[]", stderr: `desc = "dial tcp: connect: connection refused"` };
    const id = member?.id ?? 77n;
    const header = { cluster_id: member ? CLUSTER : 42n, member_id: id, revision: 5, raft_term: 2 };
    const leader = member ? (this.#hasMajority() ? this.leader : undefined) : 77n;
    const status = { header, version: "3.4.23", dbSize: 4096, leader, raftIndex: 10, raftTerm: 2, dbSizeInUse: 2048 };
    return {
      stdout: json([{ Endpoint: endpoint, Status: { ...status, ...(member?.learner ? { isLearner: true } : {}) } }]),
    };
  }

  #systemctl(request: RunRequest): Answer {
    const words = request.argv?.slice(1) ?? [];
    if (words[0] === "show")
      return { stdout: `NRestarts=${this.#unit.NRestarts}\nActiveState=${this.#unit.ActiveState}\nResult=exit-code\n` };
    const act = `systemctl ${words.join(" ")}`;
    this.before(act);
    if (words[0] === "restart") this.#start();
    if (words[0] === "disable") {
      this.#unit = { ActiveState: "inactive", NRestarts: 0 };
      for (const member of this.members) if (member.url === peer(this.own)) member.up = false;
    }
    if (words[0] === "restart" || words[0] === "disable") this.acts.push(act);
    return {};
  }

  #start(): void {
    const member = this.members.find(({ url }) => url === peer(this.own));
    if (!this.starts) {
      this.host.seed("/d/member/snap/db", "");
      this.#unit = { ActiveState: "activating", NRestarts: 5 };
      return;
    }
    this.#unit = { ActiveState: "active", NRestarts: 0 };
    if (!member) return;
    Object.assign(member, { name: `a${this.own}`, started: true, up: true });
    if (this.host.text("/d/member/wal/0000000000000000-0000000000000000.wal") === undefined) this.data(member.id);
    this.leader ??= this.#hasMajority() ? member.id : undefined;
  }

  #header() {
    return { cluster_id: CLUSTER, member_id: this.leader ?? 0n, raft_term: 2 };
  }
}

function shown({ id, name, url, learner, started }: SimulatedMember) {
  return {
    ID: id,
    ...(name === "" ? {} : { name }),
    peerURLs: [url],
    ...(started ? { clientURLs: [url.replace(/80$/, "79")] } : {}),
    ...(learner ? { isLearner: true } : {}),
  };
}

function refusal(words: string): Answer {
  return { code: 1, stderr: `{"level":"warn","msg":"retrying of unary invoker failed"}\nError: ${words}\n` };
}

/** JSON with whole ids of 64 bits. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `#${one}#` : one)).replaceAll(/"#(\d+)#"/g, "$1");
}

/** The head of a write-ahead log: its metadata and one entry. */
export function logHead(memberId: bigint, clusterId: bigint, elected: boolean): Buffer {
  const metadata = Buffer.concat([Buffer.from([8]), varint(memberId), Buffer.from([16]), varint(clusterId)]);
  const entry = Buffer.from([8, 1, 16, elected ? 2 : 1, 24, 1]);
  return Buffer.concat([record(4, Buffer.alloc(0)), record(1, metadata), record(2, entry), Buffer.alloc(64)]);
}

function record(type: number, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([8, type, 16, 1, 26]), varint(BigInt(data.length)), data]);
  const padding = (8 - (body.length % 8)) % 8;
  const frame = Buffer.alloc(8);
  const flag = padding === 0 ? 0n : (0x80n | BigInt(padding)) << 56n;
  frame.writeBigUInt64LE(BigInt(body.length) | flag);
  return Buffer.concat([frame, body, Buffer.alloc(padding)]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) return Buffer.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}
