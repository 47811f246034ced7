// What can be seen of an etcd cluster from one host: who answers, who is a member, who leads, what is on this host's disk.
// State comes from here only, never from marker files. Only reads.

import type { Host } from "../host/host.ts";
import type { Alarm, Member, Status } from "./etcd-answers.ts";
import type { EtcdClient } from "./etcd-client.ts";

/** A member as the inventory wants it. */
export interface Desired {
  readonly name: string;
  readonly peer_urls: readonly string[];
  readonly client_urls: readonly string[];
}

/** An endpoint that did not answer. */
export interface Silence {
  readonly endpoint: string;
  readonly silence: string;
}

/** A cluster as seen from one host. Plain data: it is registered, and another host's dry run may use it. */
export interface Observation {
  /** Whether etcdctl could be asked at all; in a dry run on a bare host it is not there yet. */
  readonly asked: boolean;
  /** Absent: no member answers. */
  readonly clusterId?: string;
  /** Empty too where members answer, but no majority does (etcd 3.5 and newer give no list then). */
  readonly members: readonly Member[];
  readonly answers: readonly Status[];
  readonly silent: readonly Silence[];
  /** Ids of members that serve linear reads, which a learner never does. */
  readonly healthy: readonly string[];
  /** Id of the leader that the answering members agree on. */
  readonly leader?: string;
  readonly alarms: readonly Alarm[];
  /** Answers of members of other clusters. */
  readonly foreign: readonly Status[];
}

/** Asks all endpoints at once, then the list, then members of the list that were not among the endpoints. */
export async function observe(client: EtcdClient, endpoints: readonly string[]): Promise<Observation> {
  const first = await look(client, endpoints);
  const clusterId = clusterOf(first.answers);
  if (clusterId === undefined)
    return { asked: true, members: [], answers: [], silent: first.silent, healthy: [], alarms: [], foreign: [] };
  const list = await memberList(client, first.answers, clusterId);
  const known = new Set(endpoints);
  const seen = new Set(first.answers.map(({ memberId }) => memberId));
  const others = (list ?? []).flatMap(({ id, clientUrls }) =>
    seen.has(id) ? [] : clientUrls.slice(0, 1).filter((url) => !known.has(url)),
  );
  const second = await look(client, others);
  const all = [...first.answers, ...second.answers];
  const answers = all.filter((one) => one.clusterId === clusterId);
  const [healthyEndpoints, alarms] = await Promise.all([
    client.healthy(answers.filter(({ learner }) => !learner).map(({ endpoint }) => endpoint)),
    list ? client.alarms(listening(answers) ?? "") : [],
  ]);
  const healthy = [
    ...new Set(answers.filter(({ endpoint }) => healthyEndpoints.has(endpoint)).map(({ memberId }) => memberId)),
  ];
  const leader = leaderOf(answers);
  return {
    asked: true,
    clusterId,
    members: list ?? [],
    answers,
    silent: [...first.silent, ...second.silent],
    healthy,
    ...(leader === undefined ? {} : { leader }),
    alarms,
    foreign: all.filter((one) => one.clusterId !== clusterId),
  };
}

/** What a host without etcdctl can still tell: whether anything listens there. */
export async function probe(host: Host, endpoints: readonly string[]): Promise<Observation> {
  const silent = await Promise.all(
    endpoints.map(async (endpoint): Promise<Silence> => {
      const { hostname, port } = new URL(endpoint);
      const { code } = await host.run({
        argv: ["timeout", "3", "bash", "-c", `: >"/dev/tcp/$0/$1"`, hostname.replace(/^\[|\]$/g, ""), port],
        reads: true,
      });
      return { endpoint, silence: code === 0 ? LISTENS : "no answer" };
    }),
  );
  return { asked: false, members: [], answers: [], silent, healthy: [], alarms: [], foreign: [] };
}

const LISTENS = "something listens, etcdctl is not there to ask it";

/** Whether it is certain that no cluster answers. */
export function isNoCluster({ asked, clusterId, silent }: Observation): boolean {
  return clusterId === undefined && (asked || silent.every(({ silence }) => silence !== LISTENS));
}

async function look(
  client: EtcdClient,
  endpoints: readonly string[],
): Promise<{ readonly answers: Status[]; readonly silent: Silence[] }> {
  const all = await Promise.all([...new Set(endpoints)].map((endpoint) => client.status(endpoint)));
  return {
    answers: all.filter((one): one is Status => !("silence" in one)),
    silent: all.filter((one): one is Silence => "silence" in one),
  };
}

/** The cluster that most endpoints belong to; among equals the one of the first endpoint, which is the inventory's first. */
function clusterOf(answers: readonly Status[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { clusterId } of answers) counts.set(clusterId, (counts.get(clusterId) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** Endpoints of one cluster that may be asked about it: voters who know a leader first, learners answer little. */
export function inOrderOfUse(answers: readonly Status[]): string[] {
  const rank = ({ learner, leader }: Status): number => (learner ? 2 : leader === undefined ? 1 : 0);
  return [...answers].sort((a, b) => rank(a) - rank(b)).map(({ endpoint }) => endpoint);
}

function listening(answers: readonly Status[]): string | undefined {
  return inOrderOfUse(answers)[0];
}

async function memberList(
  client: EtcdClient,
  answers: readonly Status[],
  clusterId: string,
): Promise<readonly Member[] | undefined> {
  for (const endpoint of inOrderOfUse(answers.filter((one) => one.clusterId === clusterId))) {
    const list = await client.members(endpoint);
    if (list?.clusterId === clusterId) return list.members;
  }
  return undefined;
}

/** The leader that a majority of those who answer names. */
function leaderOf(answers: readonly Status[]): string | undefined {
  const named = answers.flatMap(({ leader }) => (leader === undefined ? [] : [leader]));
  return named.find((leader) => named.filter((other) => other === leader).length * 2 > answers.length);
}

/** Does it serve: a voter linear reads, a learner at least its own status. */
export function isAlive(seen: Observation, member: Member): boolean {
  return member.learner
    ? seen.answers.some(({ memberId }) => memberId === member.id)
    : seen.healthy.includes(member.id);
}

/** The member at a desired one's peer addresses, whatever its name. */
export function memberAt(seen: Observation, { peer_urls }: Pick<Desired, "peer_urls">): Member | undefined {
  return seen.members.find(({ peerUrls }) => peerUrls.some((url) => peer_urls.includes(url)));
}

/** How a person calls a member. */
export function called({ name, id, peerUrls }: Member): string {
  return name === "" ? `the member ${id} at ${peerUrls.join(", ")}, which has never started` : `${name} (${id})`;
}

/** Endpoints of voters that serve: where changes of membership are sent. */
export function votersEndpoints(seen: Observation, except: readonly string[] = []): string[] {
  return seen.answers
    .filter(({ memberId }) => seen.healthy.includes(memberId) && !except.includes(memberId))
    .map(({ endpoint }) => endpoint);
}

/** Why a member says nothing, for messages. */
export function silenceOf(seen: Observation, member: Pick<Member, "clientUrls">): string {
  const found = seen.silent.find(({ endpoint }) => member.clientUrls.includes(endpoint));
  return found?.silence ?? "it does not serve";
}
