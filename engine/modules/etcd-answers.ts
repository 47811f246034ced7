// What etcdctl answers (3.4 to 3.6, `--write-out=json`), as values. Ids are unsigned 64-bit numbers there, more than a
// JavaScript number holds, and hexadecimal text everywhere else: they are texts here from the first moment on.

import { fail } from "../core/problem.ts";

/** A line of the member list. */
export interface Member {
  /** Hexadecimal, as `etcdctl member remove` wants it. */
  readonly id: string;
  /** Empty until a member that was added has started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly learner: boolean;
  /** Whether it ever ran: only a running member publishes client URLs (names are known before for a cluster's first members). */
  readonly started: boolean;
}

export interface MemberList {
  readonly clusterId: string;
  readonly members: readonly Member[];
}

/** What one endpoint says of itself. */
export interface Status {
  readonly endpoint: string;
  readonly clusterId: string;
  readonly memberId: string;
  readonly version: string;
  /** Whom it takes for the leader; absent when it knows none. */
  readonly leader?: string;
  readonly revision: number;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly learner: boolean;
  readonly errors: readonly string[];
}

export interface Alarm {
  readonly memberId: string;
  /** NOSPACE or CORRUPT. */
  readonly alarm: string;
}

export function parseMemberList(text: string): MemberList {
  const answer = objectOf(parse(text));
  return {
    clusterId: hex(objectOf(answer.header).cluster_id),
    members: listOf(answer.members).map(memberOf),
  };
}

/** The new member of a `member add`, and the list as the cluster then has it. */
export function parseAdded(text: string): { readonly member: Member; readonly members: readonly Member[] } {
  const answer = objectOf(parse(text));
  return { member: memberOf(answer.member), members: listOf(answer.members).map(memberOf) };
}

/** Answers of `endpoint status`; endpoints that do not answer are missing from it. */
export function parseStatuses(text: string): Status[] {
  if (text.trim() === "") return [];
  return listOf(parse(text)).map((one) => {
    const { Endpoint: endpoint, Status: status } = objectOf(one);
    return statusOf(String(endpoint), objectOf(status));
  });
}

/** Answers of `endpoint health`: endpoint → whether it serves linear reads. */
export function parseHealth(text: string): Map<string, boolean> {
  if (text.trim() === "") return new Map();
  return new Map(
    listOf(parse(text)).map((one) => {
      const { endpoint, health } = objectOf(one);
      return [String(endpoint), health === true || health === "true"];
    }),
  );
}

const ALARMS = ["NONE", "NOSPACE", "CORRUPT"];

export function parseAlarms(text: string): Alarm[] {
  const answer = objectOf(parse(text));
  return listOf(answer.alarms).map((one) => {
    const { memberID, alarm } = objectOf(one);
    return {
      memberId: hex(memberID),
      alarm: typeof alarm === "number" ? (ALARMS[alarm] ?? String(alarm)) : String(alarm),
    };
  });
}

function memberOf(value: unknown): Member {
  const { ID, name, peerURLs, clientURLs, isLearner } = objectOf(value);
  const clientUrls = textsOf(clientURLs);
  return {
    id: hex(ID),
    name: typeof name === "string" ? name : "",
    peerUrls: textsOf(peerURLs),
    clientUrls,
    learner: isLearner === true,
    started: clientUrls.length > 0,
  };
}

function statusOf(endpoint: string, status: Record<string, unknown>): Status {
  const header = objectOf(status.header);
  const leader = hex(status.leader);
  return {
    endpoint,
    clusterId: hex(header.cluster_id),
    memberId: hex(header.member_id),
    version: String(status.version ?? ""),
    ...(leader === "0" ? {} : { leader }),
    revision: numberOf(header.revision),
    raftTerm: numberOf(status.raftTerm ?? header.raft_term),
    raftIndex: numberOf(status.raftIndex),
    dbSize: numberOf(status.dbSize),
    dbSizeInUse: numberOf(status.dbSizeInUse),
    learner: status.isLearner === true,
    errors: textsOf(status.errors),
  };
}

/** JSON whose long whole numbers become texts, with all their digits. */
function parse(text: string): unknown {
  const exact = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    /^\d{16,}$/.test(token) ? `"${token}"` : token,
  );
  try {
    return JSON.parse(exact);
  } catch {
    return fail("etcd-answer", `etcdctl answered what is no JSON: ${text.trim().slice(0, 200)}`, {
      hint: "etcdctl 3.4 or newer is needed",
    });
  }
}

/** 0 is left out of etcd's JSON. */
function hex(value: unknown): string {
  if (value === undefined || value === null) return "0";
  return BigInt(value as string | number).toString(16);
}

function numberOf(value: unknown): number {
  return Number(value ?? 0);
}

function objectOf(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter((one): one is string => typeof one === "string");
}
