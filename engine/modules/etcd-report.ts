// What was seen of a cluster, as results and sentences for a person. Pure.

import type { Difference, Result } from "../core/result.ts";
import { called, type Desired, isAlive, memberAt, type Observation, silenceOf } from "./etcd-observe.ts";
import type { Step } from "./etcd-plan.ts";

/** The returned keys about the cluster. */
export function observed(seen: Observation, own: Desired): Partial<Result> {
  const id = memberAt(seen, own)?.id;
  return {
    ...(seen.clusterId === undefined ? {} : { cluster_id: seen.clusterId }),
    ...(id === undefined ? {} : { member_id: id }),
    alarms: seen.alarms.map(({ memberId, alarm }) => ({ member_id: memberId, alarm })),
    members: seen.members.map((member) => {
      const status = seen.answers.find(({ memberId }) => memberId === member.id);
      return {
        name: member.name,
        id: member.id,
        peer_urls: member.peerUrls,
        client_urls: member.clientUrls,
        learner: member.learner,
        started: member.started,
        alive: isAlive(seen, member),
        leader: seen.leader === member.id,
        ...(status === undefined
          ? {}
          : {
              version: status.version,
              db_size: status.dbSize,
              db_size_in_use: status.dbSizeInUse,
              revision: status.revision,
            }),
      };
    }),
  };
}

/** What is not as it should be, one sentence each; empty for a cluster that is as desired. */
export function problemsOf(seen: Observation, desired: readonly Desired[]): string[] {
  if (seen.clusterId === undefined)
    return seen.silent.map(({ endpoint, silence }) => `${endpoint} does not answer: ${silence}`);
  const missing = desired.filter((one) => memberAt(seen, one) === undefined);
  const wanted = new Set(desired.map((one) => memberAt(seen, one)));
  const versions = new Set(seen.answers.map(({ version }) => version.split(".").slice(0, 2).join(".")));
  return [
    ...(seen.leader === undefined ? ["the members agree on no leader"] : []),
    ...(seen.members.length === 0 ? ["no member gives a list of the members: there is no majority"] : []),
    ...(seen.members.length === 0 ? [] : missing.map(({ name }) => `${name} is not a member`)),
    ...seen.members.flatMap((member) => [
      ...(wanted.has(member) ? [] : [`${called(member)} is not desired`]),
      ...(member.learner ? [`${called(member)} is a learner, no voter`] : []),
      ...(isAlive(seen, member) ? [] : [`${called(member)} does not serve: ${silenceOf(seen, member)}`]),
    ]),
    ...seen.foreign.map(({ endpoint, clusterId }) => `${endpoint} answers for another cluster, ${clusterId}`),
    ...seen.alarms.map(({ memberId, alarm }) => `the alarm ${alarm} is on (member ${memberId})`),
    ...seen.answers.flatMap(({ endpoint, errors }) => errors.map((error) => `${endpoint} says: ${error}`)),
    ...(versions.size > 1 ? [`the members run different versions: ${[...versions].sort().join(", ")}`] : []),
  ];
}

/** The member list before and after this host's steps, as the diff shows it. */
export function difference(before: Observation, steps: readonly Step[]): { readonly diff?: Difference[] } {
  if (steps.length === 0) return {};
  const lines = new Map(before.members.map((member) => [member.id, lineOf(member)]));
  for (const step of steps) {
    if (step.kind === "remove") lines.delete(step.member.id);
    if (step.kind === "add")
      lines.set("new", lineOf({ ...step.desired, peerUrls: step.desired.peer_urls, learner: true }));
    if (step.kind === "promote") lines.set(step.member.id, lineOf({ ...step.member, name: step.name, learner: false }));
    if (step.kind === "join") lines.set(step.member.id, lineOf({ ...step.member, name: step.desired.name }));
  }
  return listDifference(linesOf(before), [...lines.values()]);
}

/** The same of two looks. */
export function changedMembers(before: Observation, after: Observation): { readonly diff?: Difference[] } {
  return listDifference(linesOf(before), linesOf(after));
}

function listDifference(before: readonly string[], after: readonly string[]): { readonly diff: Difference[] } {
  const text = (lines: readonly string[]): string => [...lines].sort().join("");
  return { diff: [{ before: text(before), after: text(after), beforeHeader: "members", afterHeader: "members" }] };
}

function linesOf(seen: Observation): string[] {
  return seen.members.map(lineOf);
}

function lineOf(member: {
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly learner: boolean;
}): string {
  return `${member.name === "" ? "(never started)" : member.name} ${member.peerUrls.join(",")} ${member.learner ? "learner" : "voter"}\n`;
}
