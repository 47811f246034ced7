// A member leaves: leadership moves away, it is taken off the list, its process ends, and only then is its data deleted.

import { fail, type Problem } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { removeMember, type Tools, takeSnapshot } from "./etcd-act.ts";
import type { Member } from "./etcd-answers.ts";
import { obstacle, unfitness } from "./etcd-majority.ts";
import { called, type Desired, isNoCluster, memberAt, type Observation } from "./etcd-observe.ts";
import type { Wish } from "./etcd-plan.ts";
import { difference, observed } from "./etcd-report.ts";
import type { MemberData } from "./etcd-wal.ts";

export interface Leaving {
  readonly own: Desired;
  readonly wish: Wish;
  readonly tools: Tools;
  readonly check: boolean;
  /** Looks until there is no such problem, or for a while. */
  readonly settled: (
    problemOf: (seen: Observation) => Problem | undefined,
  ) => Promise<{ readonly seen: Observation; readonly problem: Problem | undefined }>;
}

export async function leaveCluster({ own, wish, tools, check, settled }: Leaving): Promise<Result> {
  const { data, dataDir, running } = wish;
  const { seen, problem } = await settled((now) => {
    const listed = ownMember(now, own, data);
    // Nothing here and nothing to ask: a host that never was a member, or has left.
    if (data.kind === "none" && !running && (listed === undefined || isNoCluster(now))) return undefined;
    return listed ? obstacle(now, wish, removalOf(listed)) : unfitness(now, wish);
  });
  if (problem) fail(problem.code, problem.message, problem.hint === undefined ? {} : { hint: problem.hint });
  const listed = ownMember(seen, own, data);
  if (data.kind === "member" && data.clusterId !== seen.clusterId)
    fail(
      "etcd-foreign-data",
      `${dataDir} on ${own.name} holds data of another cluster (${data.clusterId}; this one is ${seen.clusterId})`,
      {
        hint: "it is not deleted; do that by hand if it is not needed",
      },
    );
  if (data.kind === "unreadable")
    fail("etcd-foreign-data", `${dataDir} on ${own.name} holds something that is no member's data: ${data.reason}`, {
      hint: "it is not deleted; do that by hand if it is not needed",
    });
  const done = [
    ...(listed ? [`remove ${called(listed)} from the cluster`] : []),
    ...(running ? [`stop ${own.name}`] : []),
    ...(data.kind === "member" ? [`delete its data in ${dataDir}`] : []),
  ];
  const result: Result = {
    changed: done.length > 0,
    ...observed(seen, own),
    plan: done,
    done,
    ...(listed ? difference(seen, [removalOf(listed)]) : {}),
  };
  if (check || done.length === 0) return result;
  const taken = listed ? await takeSnapshot(tools, seen, `remove-${own.name}`) : {};
  if (listed) await removeMember(tools, seen, listed);
  if (running) await tools.service.stop();
  if (data.kind === "member") await tools.host.remove(`${dataDir}/member`, { recursive: true });
  return { ...result, ...taken };
}

function removalOf(member: Member) {
  return { kind: "remove", member, why: "it leaves", isDead: false } as const;
}

/** The host's member by its data, by its addresses, or by a name that no other host has. */
function ownMember(seen: Observation, own: Desired, data: MemberData): Member | undefined {
  const byData = data.kind === "member" ? seen.members.find(({ id }) => id === data.memberId) : undefined;
  return byData ?? memberAt(seen, own);
}
