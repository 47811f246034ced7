// The start of a cluster that does not answer: a new one, one whose first start was cut off, or one that is stopped. Pure:
// every host sees the same observations and so comes to the same decision for itself.

import { fail } from "../core/problem.ts";
import type { Desired, Observation } from "./etcd-observe.ts";
import type { InitialCluster } from "./etcd-service.ts";
import type { MemberData } from "./etcd-wal.ts";

/** What a host found with `state: observed`, as it was registered. */
export interface HostObservation {
  readonly name: string;
  readonly data: MemberData;
  readonly running: boolean;
  readonly seen: Observation;
}

export interface Beginning {
  /** For a person. */
  readonly what: string;
  readonly initial: InitialCluster;
}

/** What this host does; undefined: nothing, because a cluster answers or this host is no part of it yet. */
export function beginning(
  name: string,
  desired: readonly Desired[],
  observations: readonly HostObservation[],
): Beginning | undefined {
  if (observations.some(({ seen }) => seen.clusterId !== undefined)) return undefined;
  const own = observations.find((one) => one.name === name);
  if (!own) return fail("etcd-observation", `observations has nothing about ${name} itself`);
  const missing = desired.filter((one) => !observations.some((other) => other.name === one.name));
  if (missing.length > 0)
    fail(
      "etcd-bootstrap-partial",
      `no member of the cluster answers, and whether ${namesOf(missing)} hold one is not known: they were not asked in this run`,
      { hint: "start etcd there; for a new cluster run on all its hosts together, without --limit" },
    );
  const initial: InitialCluster = {
    cluster: desired.flatMap((one) => one.peer_urls.map((url) => `${one.name}=${url}`)).join(","),
    state: "new",
  };
  const unreadable = observations.find(({ data }) => data.kind === "unreadable");
  if (unreadable?.data.kind === "unreadable")
    fail(
      "etcd-foreign-data",
      `${unreadable.name} holds something that is no member's data: ${unreadable.data.reason}`,
      {
        hint: "move it away and run again; nothing was changed",
      },
    );
  const holders = observations.flatMap(({ name: holder, data }) =>
    data.kind === "member" ? [{ name: holder, ...data }] : [],
  );
  const clusters = new Set(holders.map(({ clusterId }) => clusterId));
  if (clusters.size > 1)
    fail(
      "etcd-foreign-data",
      `the hosts hold data of different clusters: ${holders.map((one) => `${one.name} of ${one.clusterId}`).join(", ")}`,
      { hint: "move away the data that does not belong here and run again; nothing was changed" },
    );
  const isNew = holders.every(({ elected }) => !elected);
  if (own.data.kind === "none")
    return isNew ? { what: `start ${name} as one of a new cluster of ${namesOf(desired)}`, initial } : undefined;
  if (own.running && !isNew) return undefined;
  const what = isNew
    ? `start ${name} again, whose new cluster of ${namesOf(desired)} never had a leader`
    : `start ${name}, which is stopped`;
  return { what, initial };
}

function namesOf(desired: readonly Desired[]): string {
  return desired.map(({ name }) => name).join(", ");
}
