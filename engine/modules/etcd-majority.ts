// What must be true of a cluster before its membership is changed. Each obstacle may pass by itself (a member that is
// restarting, an election), so callers wait for a while before they give up.

import type { Problem } from "../core/problem.ts";
import type { Member } from "./etcd-answers.ts";
import { called, isAlive, memberAt, type Observation, silenceOf } from "./etcd-observe.ts";
import type { Step, Wish } from "./etcd-plan.ts";

/** The least number of voters that decide. */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** Why the cluster cannot be asked or changed at all. */
export function unfitness(seen: Observation, wish: Pick<Wish, "desired">): Problem | undefined {
  if (seen.clusterId === undefined) {
    const reasons = seen.silent.map(({ endpoint, silence }) => `${endpoint}: ${silence}`).join("; ");
    return {
      code: "etcd-no-answer",
      message: `no member of the cluster answers (${reasons})`,
      hint: "start etcd where it is stopped; if the cluster has never been, run on all its hosts together",
    };
  }
  const voters = seen.members.filter(({ learner }) => !learner);
  const silent = voters.filter((member) => !isAlive(seen, member));
  if (seen.leader !== undefined && seen.members.length > 0 && voters.length - silent.length >= majority(voters.length))
    return undefined;
  const known = wish.desired.filter(
    ({ client_urls }) => !seen.answers.some(({ endpoint }) => client_urls.includes(endpoint)),
  );
  const who =
    silent.length > 0
      ? silent.map((member) => `${called(member)}: ${silenceOf(seen, member)}`)
      : known.map(({ name, client_urls }) => `${name}: ${silenceOf(seen, { clientUrls: client_urls })}`);
  return {
    code: "etcd-no-majority",
    message: `the cluster has no majority${who.length === 0 ? "" : `; not serving: ${who.join("; ")}`}`,
    hint: "start the members that are stopped; if a majority is gone for good, restore from a snapshot (playbooks/restore.yml)",
  };
}

/** Why a step must not be taken now. */
export function obstacle(seen: Observation, wish: Wish, step: Step): Problem | undefined {
  if (step.kind === "start") return undefined;
  if (step.kind === "join" && !step.member.learner) return undefined;
  const unfit = unfitness(seen, wish);
  if (unfit) return unfit;
  return step.kind === "remove" ? removalObstacle(seen, step.member) : growthObstacle(seen, wish, step);
}

function growthObstacle(seen: Observation, wish: Wish, step: Step): Problem | undefined {
  const [alarm] = seen.alarms;
  if (alarm)
    return {
      code: "etcd-alarm",
      message: `the alarm ${alarm.alarm} is on (member ${alarm.memberId})`,
      hint:
        alarm.alarm === "NOSPACE"
          ? "the database is full: compact and defragment it (role etcd, tasks_from: defragment), then `etcdctl alarm disarm`"
          : "a member's data is damaged: replace it (`replace:` with its name) before anything else",
    };
  const own = wish.desired.find(({ name }) => name === wish.name);
  const self = own && memberAt(seen, own);
  if (step.kind === "add") {
    const pending = seen.members.find((member) => member.learner && member !== self);
    if (pending)
      return {
        code: "etcd-learner-pending",
        message: `${called(pending)} is still a learner and does not answer: etcd takes one at a time`,
        hint: "run on its host first, or remove it: `etcdctl member remove`",
      };
  }
  const voters = seen.members.filter(({ learner }) => !learner);
  const mute = voters.filter((member) => member !== self && !isAlive(seen, member));
  if (mute.length > 0)
    return {
      code: "etcd-voter-silent",
      message: `a member is added only while every voter serves; not serving: ${mute.map((one) => `${called(one)}: ${silenceOf(seen, one)}`).join("; ")}`,
      hint: "start it, or have it replaced (-e etcd_replace=NAME); nothing was changed",
    };
  return undefined;
}

/** A majority of those that remain must serve. Growing needs no such sum: there every voter serves. */
function removalObstacle(seen: Observation, leaving: Member): Problem | undefined {
  if (leaving.learner) return undefined;
  const rest = seen.members.filter((member) => !member.learner && member.id !== leaving.id);
  const serving = rest.filter((member) => isAlive(seen, member));
  if (rest.length === 0)
    return {
      code: "etcd-last-member",
      message: `${called(leaving)} is the last voter: without it there is no cluster`,
      hint: "to give a cluster up, stop etcd and delete its data by hand",
    };
  if (serving.length >= majority(rest.length)) return undefined;
  const mute = rest.filter((member) => !serving.includes(member));
  return {
    code: "etcd-majority",
    message: `without ${called(leaving)} only ${serving.length} of ${rest.length} voters would serve, ${majority(rest.length)} are needed; not serving: ${mute.map((one) => called(one)).join("; ")}`,
    hint: "start or remove the dead ones first",
  };
}
