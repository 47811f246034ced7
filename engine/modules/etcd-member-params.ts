// The parameters of etcd_member, and the rules between them.

import type { PlainObject } from "../core/value.ts";
import type { ParamsOf } from "./params.ts";

const ADDRESSES = { type: "array", items: { type: "string" } } as const;

export const memberParams = {
  properties: {
    name: { type: "string", description: "Name of the member on this host." },
    desired: {
      type: "array",
      items: {
        type: "object",
        properties: {
          name: { type: "string", description: "Its name." },
          peer_urls: { ...ADDRESSES, description: "Where the other members reach it." },
          client_urls: { ...ADDRESSES, description: "Where clients reach it." },
        },
        requiredProperties: ["name", "peer_urls", "client_urls"],
      },
      description: "All members that the cluster shall have, in the order in which they join.",
    },
    peer_urls: {
      ...ADDRESSES,
      aliases: ["peer_url"],
      description: "Peer addresses of this host's member where it is not among the desired ones (state absent).",
    },
    client_urls: {
      ...ADDRESSES,
      aliases: ["client_url"],
      description: "Its client addresses, likewise.",
    },
    endpoints: {
      ...ADDRESSES,
      default: [],
      description: "Further client addresses to ask; those of the desired members are asked anyway.",
    },
    state: {
      type: "string",
      enum: ["present", "absent", "observed", "bootstrap"],
      default: "present",
      description:
        "A voter of the cluster; no member, stopped and without data; only looked at; or started with all others where no cluster answers (new or stopped), by what `observations` say.",
    },
    remove_absent: {
      type: "boolean",
      default: false,
      description: "Remove members that are not desired. Without it they are a reason to refuse.",
    },
    replace: {
      type: "string",
      description: "Name of a dead member that may be removed first. Ignored once it is replaced.",
    },
    play_members: {
      ...ADDRESSES,
      description:
        "Names of the desired members that this play works on (all if not said). The last one removes others.",
    },
    observations: {
      type: "array",
      default: [],
      description: "The `observation` of every host of the play, registered from state observed. Needed for bootstrap.",
    },
    data_dir: { type: "path", description: "The member's data folder. Only state observed does without." },
    snapshot_dir: {
      type: "path",
      description:
        "Folder on this host for the snapshot before members are added or removed. None is taken without it.",
    },
    service: { type: "string", default: "etcd.service", description: "The member's systemd unit." },
    environment_file: {
      type: "path",
      default: "/etc/etcd/initial-cluster.env",
      description:
        "File that the unit reads as an EnvironmentFile, for ETCD_INITIAL_CLUSTER and ETCD_INITIAL_CLUSTER_STATE only. Written when the member is started for the first time.",
    },
    manifest: {
      type: "path",
      description: "For a static pod in place of a unit: its manifest in the kubelet's folder.",
    },
    manifest_source: {
      type: "path",
      description: "The pod's manifest, outside that folder; put in place with `--initial-cluster` and its state set.",
    },
    etcdctl: { type: "string", default: "etcdctl", description: "The client, 3.4 or newer." },
    cacert: { type: "path", description: "Certificate of the authority of the members' certificates." },
    cert: { type: "path", description: "Certificate of the client." },
    key: { type: "path", description: "Its key." },
    command_timeout: { type: "integer", default: 5, description: "Seconds for one question to the cluster." },
    start_timeout: {
      type: "integer",
      default: 60,
      description: "Seconds until a started member must serve. A new one that does not is removed again.",
    },
    promote_timeout: {
      type: "integer",
      default: 300,
      description: "Seconds until a learner must have caught up. After that it stays a learner.",
    },
    delay: { type: "number", default: 0.5, description: "Seconds between looks." },
  },
  required: ["name", "desired"],
  requiredIf: [
    ["state", "present", ["data_dir"]],
    ["state", "absent", ["data_dir"]],
    ["state", "bootstrap", ["data_dir"]],
  ],
  together: [
    ["manifest", "manifest_source"],
    ["cert", "key"],
  ],
} as const;

export type MemberParams = ParamsOf<typeof memberParams>;

export function memberRules(params: PlainObject): string | undefined {
  const { state, name, desired, peer_urls, client_urls, observations } = params;
  if (!Array.isArray(desired)) return undefined;
  const isDesired = desired.some(
    (one) => one !== null && typeof one === "object" && "name" in one && one.name === name,
  );
  if (state === "absent" && isDesired)
    return `${String(name)} is among the desired members: state absent contradicts that`;
  if (!isDesired && state !== "absent" && state !== "observed" && typeof name === "string")
    return `${name} is not among the desired members; desired must hold all of them, this host's own too`;
  if (!isDesired && typeof name === "string" && (peer_urls === undefined || client_urls === undefined))
    return `peer_urls and client_urls are needed for ${name}, which is not among the desired members`;
  if (state === "bootstrap" && Array.isArray(observations) && observations.length === 0)
    return "state bootstrap needs observations: what every host of the play found with state observed";
  return undefined;
}
