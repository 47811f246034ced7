// Owner, group, mode, chattr flags and SELinux context: the parameters that all modules which make files share,
// what they ask of a path, and the change that brings it there.

import type { Problem } from "../core/problem.ts";
import { fail } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import { Undecided } from "../core/unknown.ts";
import type { Attributes, Host, Stat } from "../host/host.ts";
import type { PathPrediction } from "../host/prediction.ts";
import { planExtended } from "./file-extended.ts";
import { modeText, resolveMode } from "./mode.ts";
import type { Change } from "./module.ts";
import type { ParamSchema } from "./params.ts";

/** Spread into a module's `properties`. */
export const fileAttributes = {
  owner: { type: "string", description: "User that owns the path, by name or number." },
  group: { type: "string", description: "Group that owns the path, by name or number." },
  mode: { type: "mode", description: "Permissions: '0644' or 'u=rw,g=r,o=r'." },
  attributes: { type: "string", aliases: ["attr"], description: "Flags of chattr, such as +i or =ie." },
  seuser: { type: "string", description: "User part of the SELinux context." },
  serole: { type: "string", description: "Role part of the SELinux context." },
  setype: { type: "string", description: "Type part of the SELinux context." },
  selevel: { type: "string", description: "Level part of the SELinux context." },
} as const satisfies Record<string, ParamSchema>;

/** What such modules return of the path; for `returns`. */
export const ATTRIBUTE_RETURNS = {
  mode: "Permissions.",
  owner: "Name of the owner.",
  group: "Name of the group.",
  uid: "Number of the owner.",
  gid: "Number of the group.",
  size: "Size in bytes.",
} as const;

/** For modules that write content. */
export const unsafeWrites = {
  type: "boolean",
  default: false,
  description: "Write in place where the path cannot be replaced atomically (mount points in containers).",
} as const satisfies ParamSchema;

/** Values of `fileAttributes`, as modules receive them. */
export interface AttributeParams {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly mode?: string | number | undefined;
  readonly attributes?: string | undefined;
  readonly seuser?: string | undefined;
  readonly serole?: string | undefined;
  readonly setype?: string | undefined;
  readonly selevel?: string | undefined;
}

/** What something new gets before a symbolic mode is applied to it. */
const NEW_FILE_MODE = 0o644;
const NEW_FOLDER_MODE = 0o755;

/**
 * The attributes to give to a new or replaced path, names checked against the host.
 * `present`: what is there now, whose mode symbolic modes start from.
 */
export async function wantedAttributes(
  host: Host,
  params: AttributeParams,
  present: Stat | undefined,
  type: "file" | "directory",
): Promise<Attributes> {
  const wanted = modeAndIds(params, present, type);
  await checkNames(host, wanted, present);
  return wanted;
}

/**
 * What is different from what is asked, as one change; undefined if nothing is. `follow`: the path is a link
 * and its target is meant (then `present` is the target's).
 */
export async function planAttributes(
  host: Host,
  path: string,
  present: Stat,
  params: AttributeParams,
  options: { readonly follow?: boolean } = {},
): Promise<Change | undefined> {
  const type = present.type === "directory" ? "directory" : "file";
  const wanted = modeAndIds(params, present, type);
  const difference = attributesToChange(wanted, present);
  const [extended] = await Promise.all([planExtended(host, path, params), checkNames(host, wanted, present)]);
  const names = Object.keys(difference) as (keyof Attributes)[];
  if (names.length === 0 && extended === undefined) return undefined;
  const before = Object.fromEntries(names.map((name) => [name, shown(name, presentValue(name, present, wanted))]));
  const after = Object.fromEntries(names.map((name) => [name, shown(name, difference[name])]));
  return {
    what: `set ${[...names, ...(extended ? ["extended attributes"] : [])].join(", ")} of ${path}`,
    difference: attributeDifference({ path, ...before }, { path, ...after }),
    predict: [predictedAttributes(path, present, difference)],
    async apply(target) {
      if (names.length > 0) await target.setAttributes(path, { ...difference, follow: options.follow ?? false });
      await extended?.(target);
      return undefined;
    },
  };
}

/** The attributes of `wanted` that `present` does not have. */
export function attributesToChange(wanted: Attributes, present: Stat): Attributes {
  return {
    ...(wanted.owner !== undefined && !isSame(wanted.owner, present.uid, present.owner) ? { owner: wanted.owner } : {}),
    ...(wanted.group !== undefined && !isSame(wanted.group, present.gid, present.group) ? { group: wanted.group } : {}),
    ...(wanted.mode !== undefined && wanted.mode !== present.mode && present.type !== "link"
      ? { mode: wanted.mode }
      : {}),
  };
}

/** Before and after as the JSON that Ansible's diff of attributes shows. */
function attributeDifference(before: object, after: object): { readonly before: string; readonly after: string } {
  return {
    before: `${JSON.stringify(sorted(before), null, 4)}\n`,
    after: `${JSON.stringify(sorted(after), null, 4)}\n`,
  };
}

/** The keys that Ansible's file modules return about a path. */
export function statResult(stat: Stat | undefined): Partial<Result> {
  if (!stat) return { state: "absent" };
  return {
    uid: stat.uid,
    gid: stat.gid,
    owner: stat.owner ?? String(stat.uid),
    group: stat.group ?? String(stat.gid),
    // Here, unlike in `stat`, always with a zero in front: 04755.
    mode: `0${(stat.mode & 0o7777).toString(8).padStart(3, "0")}`,
    size: stat.size,
    state: stateOf(stat),
  };
}

/** Ansible's word for what a path is. */
export function stateOf(stat: Stat | undefined): "absent" | "directory" | "link" | "hard" | "file" {
  if (!stat) return "absent";
  if (stat.type === "directory" || stat.type === "link") return stat.type;
  return stat.links > 1 ? "hard" : "file";
}

/** A name or number as `Attributes` takes it. */
function ownerOf(value: string | undefined): string | number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : value;
}

function modeAndIds(params: AttributeParams, present: Stat | undefined, type: "file" | "directory"): Attributes {
  const directory = type === "directory";
  const current = present?.mode ?? (directory ? NEW_FOLDER_MODE : NEW_FILE_MODE);
  return {
    ...(params.owner !== undefined ? { owner: ownerOf(params.owner) } : {}),
    ...(params.group !== undefined ? { group: ownerOf(params.group) } : {}),
    ...(params.mode !== undefined ? { mode: resolveMode(params.mode, { current, directory }) } : {}),
  };
}

/** Names that the host does not know are told before anything is written. */
async function checkNames(host: Host, wanted: Attributes, present: Stat | undefined): Promise<void> {
  const missing = await Promise.all([
    typeof wanted.owner === "string" && wanted.owner !== present?.owner
      ? unknownName(host, "passwd", wanted.owner)
      : undefined,
    typeof wanted.group === "string" && wanted.group !== present?.group
      ? unknownName(host, "group", wanted.group)
      : undefined,
  ]);
  const problem = missing.find((found) => found !== undefined);
  if (problem) fail(problem.code, problem.message);
}

async function unknownName(host: Host, database: "passwd" | "group", name: string): Promise<Problem | undefined> {
  try {
    if (await host.getent(database, name)) return undefined;
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
  return database === "passwd"
    ? { code: "owner-unknown", message: `chown failed: failed to look up user ${name}` }
    : { code: "group-unknown", message: `chgrp failed: failed to look up group ${name}` };
}

function isSame(wanted: string | number, id: number, name: string | undefined): boolean {
  return typeof wanted === "number" ? wanted === id : wanted === name;
}

function presentValue(name: keyof Attributes, present: Stat, wanted: Attributes): string | number | undefined {
  if (name === "mode") return present.mode;
  const numeric = typeof wanted[name] === "number";
  if (name === "owner") return numeric ? present.uid : (present.owner ?? present.uid);
  return numeric ? present.gid : (present.group ?? present.gid);
}

function shown(name: keyof Attributes, value: string | number | undefined): string | number | undefined {
  return name === "mode" && typeof value === "number" ? modeText(value) : value;
}

function predictedAttributes(path: string, present: Stat, attributes: Attributes): PathPrediction {
  return { kind: "path", path, type: present.type, ...attributes };
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
