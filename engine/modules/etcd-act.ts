// Takes single steps of a plan: snapshot, add, start, promote, remove. Each leaves the cluster either changed as planned or
// as it was, and where the run is cut off, in a state that the next look at it recognizes.

import { Failure, type Problem } from "../core/problem.ts";
import { type Host, HostError } from "../host/host.ts";
import type { Member } from "./etcd-answers.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { called, type Desired, isAlive, type Observation, votersEndpoints } from "./etcd-observe.ts";
import type { Step } from "./etcd-plan.ts";
import type { InitialCluster, MemberService } from "./etcd-service.ts";
import { failTask } from "./task-failure.ts";
import { sleep } from "./waiting.ts";

export interface Tools {
  readonly host: Host;
  readonly client: EtcdClient;
  readonly service: MemberService;
  readonly dataDir: string;
  readonly snapshotDir: string | undefined;
  /** Seconds. */
  readonly startTimeout: number;
  readonly promoteTimeout: number;
  readonly delay: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

/** What a step left behind that the caller tells of. */
export interface Done {
  readonly snapshot?: string;
  readonly movedAside?: string;
  readonly initialCluster?: string;
}

/** A snapshot of the whole cluster, kept on this host. */
export async function takeSnapshot(tools: Tools, seen: Observation, why: string): Promise<Done> {
  const [endpoint] = votersEndpoints(seen);
  if (tools.snapshotDir === undefined || endpoint === undefined) return {};
  const path = `${tools.snapshotDir}/before-${why}-${stamp(tools.now())}.db`;
  tools.progress(`taking the snapshot ${path}`);
  if (!(await tools.host.stat(tools.snapshotDir))) await tools.host.makeDirectory(tools.snapshotDir, { mode: 0o700 });
  await tools.client.snapshot(endpoint, path);
  return { snapshot: path };
}

export async function takeStep(tools: Tools, seen: Observation, step: Step): Promise<Done> {
  switch (step.kind) {
    case "remove":
      await removeMember(tools, seen, step.member);
      return {};
    case "add": {
      const aside = step.stale === undefined ? {} : await moveAside(tools);
      const { name, peer_urls } = step.desired;
      const { member, members } = await tools.client.addLearner(votersEndpoints(seen), name, peer_urls);
      return { ...aside, ...(await startNew(tools, seen, member, members, step.desired)) };
    }
    case "join": {
      const aside = step.stale === undefined ? {} : await moveAside(tools);
      return { ...aside, ...(await startNew(tools, seen, step.member, seen.members, step.desired)) };
    }
    case "start":
      await startAgain(tools, seen, step.member, step.desired);
      return {};
    case "promote":
      await promote(tools, seen, step.member, step.name);
      return {};
  }
}

/** `name=url` of every member, in the order of the list and with the new one's name, as etcdctl itself prints it. */
export function initialCluster(members: readonly Member[], id: string, name: string): InitialCluster {
  const words = members.flatMap((member) =>
    member.peerUrls.map((url) => `${member.id === id ? name : member.name}=${url}`),
  );
  return { cluster: words.join(","), state: "existing" };
}

/** Moves leadership away where it must, then takes the member off the list. */
export async function removeMember(tools: Tools, seen: Observation, member: Member): Promise<void> {
  if (seen.leader === member.id) {
    const heir = [...seen.answers]
      .filter(({ memberId }) => memberId !== member.id && seen.healthy.includes(memberId))
      .sort((a, b) => b.raftIndex - a.raftIndex)[0];
    const own = seen.answers.find(({ memberId }) => memberId === member.id);
    if (heir && own) {
      tools.progress(`moving leadership away from ${called(member)}`);
      await tools.client.moveLeader(own.endpoint, heir.memberId);
    }
  }
  tools.progress(`removing ${called(member)}`);
  await tools.client.remove(votersEndpoints(seen, [member.id]), member.id);
}

/** First start of a listed member. If it does not come up, it is taken off the list and nothing of it remains. */
async function startNew(
  tools: Tools,
  seen: Observation,
  member: Member,
  members: readonly Member[],
  desired: Desired,
): Promise<Done> {
  const initial = initialCluster(members, member.id, desired.name);
  try {
    await tools.service.start(initial);
    const problem = await untilUp(tools, member, desired);
    if (problem) throw new Failure(problem);
  } catch (error) {
    // A host that went away says nothing about the member: the next run sees what became of it.
    if (!(error instanceof Failure) || error instanceof HostError || error.problem.code === "interrupted") throw error;
    return takeBack(tools, seen, member, desired, error.problem);
  }
  return { initialCluster: initial.cluster };
}

/** A member with its data. A learner that does not come up is taken back, as nothing depends on it. */
async function startAgain(tools: Tools, seen: Observation, member: Member, desired: Desired): Promise<void> {
  await tools.service.start(initialCluster(seen.members, member.id, desired.name));
  const problem = await untilUp(tools, member, desired);
  if (!problem) return;
  if (member.learner) await takeBack(tools, seen, member, desired, problem);
  throw new Failure({ ...problem, hint: `${tools.service.look}; the cluster was not changed` });
}

async function untilUp(tools: Tools, member: Member, { name, client_urls }: Desired): Promise<Problem | undefined> {
  const [endpoint = ""] = client_urls;
  const end = tools.now() + tools.startTimeout;
  tools.progress(`waiting until ${name} serves`);
  for (;;) {
    const status = await tools.client.status(endpoint);
    if (!("silence" in status)) {
      if (status.memberId === member.id) return undefined;
      return {
        code: "etcd-start",
        message: `${endpoint} is served by the member ${status.memberId}, not by ${member.id}`,
      };
    }
    const failure = await tools.service.failure();
    const words = failure ?? (tools.now() < end ? undefined : `it did not answer within ${tools.startTimeout} s`);
    if (words !== undefined)
      return { code: "etcd-start", message: `${name} does not start: ${words}: ${await tools.service.lastWords()}` };
    await sleep(tools.delay, tools.signal);
  }
}

/** The cluster as it was before the member was added, and this host as it was before it was started. */
async function takeBack(
  tools: Tools,
  seen: Observation,
  member: Member,
  { name }: Desired,
  problem: Problem,
): Promise<never> {
  tools.progress(`taking ${name} back: it does not start`);
  await tools.service.stop();
  let outcome = "it was removed again and the cluster is as it was";
  try {
    await tools.client.remove(votersEndpoints(seen, [member.id]), member.id);
    await tools.host.remove(`${tools.dataDir}/member`, { recursive: true });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    outcome = `it could not be removed again (${error.problem.message}) and is still listed as ${member.id}; a learner takes no part in decisions`;
  }
  const hint = `${tools.service.look} on ${name} has the reason; mend it and run again`;
  return failTask("etcd-start", `${problem.message}; ${outcome} (${hint})`);
}

async function promote(tools: Tools, seen: Observation, member: Member, name: string): Promise<void> {
  const end = tools.now() + tools.promoteTimeout;
  tools.progress(`waiting until ${name} has caught up`);
  for (;;) {
    if (await tools.client.promote(votersEndpoints(seen), member.id)) return;
    const failure = await tools.service.failure();
    if (failure !== undefined || tools.now() >= end)
      throw new Failure({
        code: "etcd-not-in-sync",
        message: `${name} has not caught up with the leader: ${failure ?? `${tools.promoteTimeout} s were not enough`}`,
        hint: "it stays a learner, which takes no part in decisions. Run again to go on where this ended, with a longer promote_timeout on slow disks",
      });
    await sleep(tools.delay, tools.signal);
  }
}

/** Old data stays on the host, out of the way. */
async function moveAside(tools: Tools): Promise<Done> {
  const path = `${tools.dataDir}.${stamp(tools.now())}`;
  await tools.service.stop();
  await tools.host.rename(`${tools.dataDir}/member`, path);
  return { movedAside: path };
}

/** Whether a member that must be gone or dead is so in a second look. */
export function isStillSilent(seen: Observation, member: Member): boolean {
  const now = seen.members.find(({ id }) => id === member.id);
  return now !== undefined && !isAlive(seen, now);
}

/** `20261121T115430Z`. */
export function stamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
}
