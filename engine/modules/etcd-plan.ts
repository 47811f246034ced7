// What has to be done to an etcd cluster, one change at a time, and which part of it is this host's. Pure: from what was
// seen and what is wanted to steps, or to a refusal that no waiting would lift.

import { fail } from "../core/problem.ts";
import type { Member } from "./etcd-answers.ts";
import { called, type Desired, isAlive, memberAt, type Observation } from "./etcd-observe.ts";
import type { MemberData } from "./etcd-wal.ts";

export interface Wish {
  /** The member on this host. */
  readonly name: string;
  /** All members in the order in which they join. */
  readonly desired: readonly Desired[];
  /** Names of those that this play works on; the last of them removes what is not desired. */
  readonly inPlay: readonly string[];
  readonly removeAbsent: boolean;
  /** A dead member that may be removed first. */
  readonly replace?: string | undefined;
  readonly data: MemberData;
  /** Absent where the host's disk was not looked at. */
  readonly dataDir?: string | undefined;
  /** Whether the service is up, or on its way up. */
  readonly running: boolean;
  /** In a dry run the other hosts of the play have not had their turn; they count as done. */
  readonly check: boolean;
}

export type Step =
  | { readonly kind: "remove"; readonly member: Member; readonly why: string; readonly isDead: boolean }
  /** `stale`: why the data on this host is moved aside first. */
  | { readonly kind: "add"; readonly desired: Desired; readonly stale?: string }
  /** Listed, but never started. */
  | { readonly kind: "join"; readonly member: Member; readonly desired: Desired; readonly stale?: string }
  | { readonly kind: "start"; readonly member: Member; readonly desired: Desired }
  | { readonly kind: "promote"; readonly member: Member; readonly name: string };

/** A sentence for a person. */
export function sentence(step: Step): string {
  switch (step.kind) {
    case "remove":
      return `remove ${called(step.member)}: ${step.why}`;
    case "add":
      return `add ${step.desired.name} at ${step.desired.peer_urls.join(", ")} as a learner and start it${aside(step.stale)}`;
    case "join":
      return `start ${step.desired.name}, which is listed as a ${step.member.learner ? "learner" : "voter"} (${step.member.id}) and has never started${aside(step.stale)}`;
    case "start":
      return `start ${step.desired.name} (${step.member.id})`;
    case "promote":
      return `promote ${step.name} to voter once it has caught up`;
  }
}

function aside(stale: string | undefined): string {
  return stale === undefined ? "" : `, its old data moved aside (${stale})`;
}

/** What this host has to do now. The first step is to be done; the others as far as can be told now. */
export function ownSteps(seen: Observation, wish: Wish): Step[] {
  refuse(seen, wish);
  const own = wish.desired.find(({ name }) => name === wish.name);
  if (!own)
    return fail("etcd-not-desired", `${wish.name} is not among the desired members`, {
      hint: "add it to the list `desired`, or say state: absent",
    });
  const mine = membershipSteps(seen, wish, own);
  const missing = wish.desired.filter((one) => one !== own && !isVoter(seen, one));
  const unfinished = wish.check ? missing.filter(({ name }) => !wish.inPlay.includes(name)) : missing;
  const isLast = wish.desired.filter(({ name }) => wish.inPlay.includes(name)).at(-1)?.name === wish.name;
  const removals = isLast && unfinished.length === 0 ? undesired(seen, wish).map((member) => leaving(member)) : [];
  if (mine.length === 0 || mine[0]?.kind === "start") return [...mine, ...removals];
  const dead = undesired(seen, wish).filter((member) => !isAlive(seen, member));
  const pending = mine.some(({ kind }) => kind === "add") ? pendingLearners(seen, wish, own) : [];
  const first = [...dead.map((member) => leaving(member, seen, wish)), ...pending];
  const later = removals.filter((step) => step.kind === "remove" && !dead.includes(step.member));
  return [...first, ...mine, ...later];
}

/** Everything that has to be done by all hosts together, as sentences. */
export function wholePlan(seen: Observation, wish: Wish): string[] {
  if (seen.members.length === 0) return [];
  const gone = undesired(seen, wish);
  const dead = gone.filter((member) => !isAlive(seen, member));
  const joins = wish.desired.flatMap((one) =>
    one.name === wish.name ? membershipSteps(seen, wish, one) : expectedSteps(seen, wish, one),
  );
  const living = gone.filter((member) => !dead.includes(member));
  return [...dead.map((member) => leaving(member, seen, wish)), ...joins, ...living.map((one) => leaving(one))].map(
    sentence,
  );
}

/** Steps of another host, as far as they can be told without its disk. */
function expectedSteps(seen: Observation, wish: Wish, desired: Desired): Step[] {
  const other = { ...wish, name: desired.name, data: { kind: "none" } as const, dataDir: undefined, running: true };
  return membershipSteps(seen, other, desired);
}

function membershipSteps(seen: Observation, wish: Wish, own: Desired): Step[] {
  const knowsDisk = wish.dataDir !== undefined;
  const listed = memberAt(seen, own);
  const promotion = (member: Member | undefined): Step => ({
    kind: "promote",
    member: member ?? { ...NEW, name: own.name, peerUrls: own.peer_urls },
    name: own.name,
  });
  const isNamed = wish.replace === own.name;
  const old = listed ?? seen.members.find(({ name }) => name === own.name);
  const stale = knowsDisk ? staleData(seen, wish, listed, isNamed) : undefined;
  const because = stale === undefined ? {} : { stale };
  if (old?.started && isNamed && !isAlive(seen, old)) {
    const removal: Step = { kind: "remove", member: old, why: "it is dead, and replace names it", isDead: true };
    return [removal, { kind: "add", desired: own, ...because }, promotion(undefined)];
  }
  if (!listed) return [{ kind: "add", desired: own, ...because }, promotion(undefined)];
  if (!listed.started && !(wish.data.kind === "member" && stale === undefined)) {
    const join: Step = { kind: "join", member: listed, desired: own, ...because };
    return listed.learner ? [join, promotion(listed)] : [join];
  }
  if (knowsDisk && wish.data.kind === "none" && !isAlive(seen, listed)) refuseRebuilt(listed, wish);
  const isUp = isAlive(seen, listed) || (wish.running && !listed.learner);
  const start: Step[] = isUp || !knowsDisk ? [] : [{ kind: "start", member: listed, desired: own }];
  return listed.learner ? [...start, promotion(listed)] : start;
}

const NEW: Member = { id: "new", name: "", peerUrls: [], clientUrls: [], learner: true, started: false };

/** Learners that another run left behind: etcd takes one at a time, so they are finished or taken back first. */
function pendingLearners(seen: Observation, wish: Wish, own: Desired): Step[] {
  return wish.desired.flatMap((one): Step[] => {
    const member = memberAt(seen, one);
    if (one === own || !member?.learner) return [];
    if (!member.started)
      return [{ kind: "remove", member, why: "another run added it and it never started", isDead: true }];
    return isAlive(seen, member) ? [{ kind: "promote", member, name: one.name }] : [];
  });
}

/** Members to be removed: those that nobody wants where that was asked for, and the one that replace names. */
function undesired(seen: Observation, wish: Wish): Member[] {
  return strangers(seen, wish).filter(
    (member) => wish.removeAbsent || (member.name === wish.replace && !isAlive(seen, member)),
  );
}

function strangers(seen: Observation, { desired, replace }: Wish): Member[] {
  const wanted = new Set(desired.map((one) => memberAt(seen, one)));
  const replaced = desired.some(({ name }) => name === replace) ? replace : undefined;
  return seen.members.filter((member) => !wanted.has(member) && (replaced === undefined || member.name !== replaced));
}

function leaving(member: Member, seen?: Observation, wish?: Wish): Step {
  const isReplaced = wish !== undefined && member.name === wish.replace;
  const isDead = seen !== undefined && !isAlive(seen, member);
  const why = isReplaced
    ? "it is dead, and replace names it"
    : isDead
      ? "it is not desired, and dead"
      : "it is not desired";
  return { kind: "remove", member, why, isDead };
}

function isVoter(seen: Observation, desired: Desired): boolean {
  const member = memberAt(seen, desired);
  return member?.started === true && !member.learner;
}

/** Why the data on this host cannot be used, where it may be moved aside; a refusal where it may not. */
function staleData(seen: Observation, wish: Wish, listed: Member | undefined, isNamed: boolean): string | undefined {
  const { data, dataDir, name } = wish;
  if (data.kind === "none") return undefined;
  const refusal = (what: string): never =>
    fail("etcd-foreign-data", `${dataDir} on ${name} holds ${what}`, {
      hint: `if it is not needed, move ${dataDir}/member away and run again, or let \`replace: ${name}\` do that; nothing was changed`,
    });
  if (data.kind === "unreadable")
    return isNamed ? data.reason : refusal(`something that is no member's data: ${data.reason}`);
  if (data.clusterId !== seen.clusterId) {
    const what = `data of another cluster (${data.clusterId}; this one is ${seen.clusterId})`;
    return isNamed ? what : refusal(what);
  }
  if (listed?.id === data.memberId) return isNamed && !isAlive(seen, listed) ? "replace names it" : undefined;
  // A member that was removed can never come back with the data it had.
  if (!seen.members.some(({ id }) => id === data.memberId)) return `of the member ${data.memberId}, which was removed`;
  const other = seen.members.find(({ id }) => id === data.memberId);
  return refusal(`data of the member ${other ? called(other) : data.memberId}, which is another one of this cluster`);
}

function refuseRebuilt(listed: Member, { name, dataDir }: Wish): never {
  return fail(
    "etcd-rebuilt",
    `the cluster lists ${called(listed)}, but ${dataDir} on ${name} is empty: the machine was rebuilt, or its disk is not mounted`,
    {
      hint: `a voter must not return without what it knew. If its data is gone for good, run again with \`replace: ${name}\` (-e etcd_replace=${name})`,
    },
  );
}

/** What no waiting lifts. */
function refuse(seen: Observation, wish: Wish): void {
  refuseDuplicates(wish.desired);
  const [foreign] = seen.foreign.filter(({ endpoint }) => !mayReplace(wish, endpoint));
  if (foreign) {
    const owner = wish.desired.find(({ client_urls }) => client_urls.includes(foreign.endpoint));
    fail(
      "etcd-foreign-cluster",
      `${owner?.name ?? foreign.endpoint} answers as a member of another cluster (${foreign.clusterId}); the others are in ${seen.clusterId}`,
      {
        hint: "it was set up by itself, or belongs to someone else. If what it holds is not needed, stop it, move its data away and run again; nothing was changed",
      },
    );
  }
  for (const desired of wish.desired) refuseNames(seen, wish, desired);
  refuseStrangers(seen, wish);
}

function mayReplace({ desired, replace }: Wish, endpoint: string): boolean {
  return desired.some(({ name, client_urls }) => name === replace && client_urls.includes(endpoint));
}

function refuseDuplicates(desired: readonly Desired[]): void {
  for (const key of ["name", "peer_urls", "client_urls"] as const) {
    const values = desired.flatMap((one) => (key === "name" ? [one.name] : one[key]));
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined)
      fail("etcd-desired-twice", `two desired members have ${key === "name" ? "the name" : "the address"} ${twice}`, {
        hint: "each member needs a name and an address of its own",
      });
  }
}

function refuseNames(seen: Observation, wish: Wish, { name, peer_urls }: Desired): void {
  const listed = memberAt(seen, { peer_urls });
  if (listed && listed.name !== "" && listed.name !== name)
    fail("etcd-renamed", `the member at ${peer_urls.join(", ")} is called ${listed.name}, not ${name}`, {
      hint: `call the host ${listed.name} in the inventory: a member keeps its name`,
    });
  const other = seen.members.find((member) => member.name === name && member !== listed);
  if (!other) return;
  if (wish.replace === name && !isAlive(seen, other)) return;
  fail(
    "etcd-duplicate-name",
    `the cluster has a member called ${name} already (${other.id}) at ${other.peerUrls.join(", ")}; the one desired is at ${peer_urls.join(", ")}`,
    {
      hint: isAlive(seen, other)
        ? "it is alive: give the new host another name; nothing was changed"
        : `give the new host another name, or, if that machine is gone for good, say \`replace: ${name}\` (-e etcd_replace=${name}); nothing was changed`,
    },
  );
}

function refuseStrangers(seen: Observation, wish: Wish): void {
  const living = strangers(seen, wish).find((member) => member.name === wish.replace && isAlive(seen, member));
  if (living && !wish.removeAbsent)
    fail("etcd-replace-living", `${called(living)} is to be replaced, but it is alive`, {
      hint: "to remove a living member, take it out of the inventory and set remove_absent (-e etcd_remove_absent=true)",
    });
  if (wish.removeAbsent) return;
  const unwanted = strangers(seen, wish).filter(({ name }) => name !== wish.replace || name === "");
  if (unwanted.length > 0)
    fail("etcd-member-unwanted", `the cluster has members that are not desired: ${unwanted.map(called).join("; ")}`, {
      hint: "add them to the inventory, or set remove_absent (-e etcd_remove_absent=true) to have them removed; nothing was changed",
    });
}
