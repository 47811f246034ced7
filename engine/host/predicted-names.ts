// Users and groups as they would be: passwd and group entries of the real host with predictions over them.

import { isUnknown, Undecided } from "../core/unknown.ts";
import type { Host } from "./host.ts";
import type { GroupPrediction, Predictions, UserPrediction } from "./prediction.ts";

type Entries = readonly (readonly string[])[];

/**
 * `getent` through predictions. An id that is Unknown (a system user still to be made) is the empty text. Databases that hold
 * passwords are Undecided for predicted users.
 */
export async function predictedGetent(
  real: Host,
  predictions: Predictions,
  database: string,
  key?: string,
): Promise<Entries | undefined> {
  const users = newestOf(predictions.of("user"));
  const groups = newestOf(predictions.of("group"));
  if (users.size === 0 && groups.size === 0) return real.getent(database, key);
  if (database === "shadow" || database === "gshadow") {
    if (key === undefined ? users.size > 0 : users.has(key))
      throw new Undecided(`the ${database} entry of a user that an earlier task changes`);
    return real.getent(database, key);
  }
  if (database === "passwd")
    return key === undefined ? allUsers(real, users, groups) : oneUser(real, users, groups, key);
  if (database === "group")
    return key === undefined ? allGroups(real, users, groups) : oneGroup(real, users, groups, key);
  return real.getent(database, key);
}

type Users = ReadonlyMap<string, UserPrediction>;
type Groups = ReadonlyMap<string, GroupPrediction>;

function newestOf<P extends UserPrediction | GroupPrediction>(predictions: readonly P[]): Map<string, P> {
  const newest = new Map<string, P>();
  for (const prediction of predictions) {
    const before = newest.get(prediction.name);
    newest.set(prediction.name, before?.exists && prediction.exists ? { ...before, ...prediction } : prediction);
  }
  return newest;
}

async function oneUser(real: Host, users: Users, groups: Groups, key: string): Promise<Entries | undefined> {
  const prediction = users.get(key);
  if (prediction) return prediction.exists ? [await userEntry(real, groups, prediction)] : undefined;
  const found = (await real.getent("passwd", key))?.filter(([name]) => users.get(name ?? "")?.exists !== false);
  if (found && found.length > 0) return found;
  if (!/^\d+$/.test(key)) return undefined;
  const byId = [...users.values()].find(({ exists, uid }) => exists && String(uid) === key);
  return byId ? [await userEntry(real, groups, byId)] : undefined;
}

async function allUsers(real: Host, users: Users, groups: Groups): Promise<Entries> {
  const entries = ((await real.getent("passwd")) ?? []).filter(([name]) => !users.has(name ?? ""));
  const predicted = [...users.values()].filter(({ exists }) => exists);
  return [...entries, ...(await Promise.all(predicted.map((prediction) => userEntry(real, groups, prediction))))];
}

async function userEntry(real: Host, groups: Groups, prediction: UserPrediction): Promise<readonly string[]> {
  const before = (await real.getent("passwd", prediction.name))?.[0];
  const gid = prediction.gid ?? (await gidOf(real, groups, prediction.group));
  return [
    prediction.name,
    "x",
    idText(prediction.uid) ?? before?.[2] ?? "",
    idText(gid) ?? before?.[3] ?? "",
    prediction.comment ?? before?.[4] ?? "",
    prediction.home ?? before?.[5] ?? `/home/${prediction.name}`,
    prediction.shell ?? before?.[6] ?? "/bin/sh",
  ];
}

async function gidOf(real: Host, groups: Groups, name: string | undefined): Promise<GroupPrediction["gid"]> {
  if (name === undefined) return undefined;
  if (/^\d+$/.test(name)) return Number(name);
  const predicted = groups.get(name);
  if (predicted?.gid !== undefined) return predicted.gid;
  const gid = (await real.getent("group", name))?.[0]?.[2];
  return gid === undefined ? undefined : Number(gid);
}

async function oneGroup(real: Host, users: Users, groups: Groups, key: string): Promise<Entries | undefined> {
  const prediction = groups.get(key);
  if (prediction) return prediction.exists ? [await groupEntry(real, users, prediction)] : undefined;
  const found = (await real.getent("group", key))?.filter(([name]) => groups.get(name ?? "")?.exists !== false);
  if (found && found.length > 0) return found.map((entry) => withMembers(entry, users));
  const own = ownGroups(users, groups, new Set()).find(
    ({ name, gid }) => name === key || (gid !== undefined && String(gid) === key),
  );
  const byId = [...groups.values()].find(({ exists, gid }) => exists && /^\d+$/.test(key) && String(gid) === key);
  const made = byId ?? own;
  return made ? [await groupEntry(real, users, made)] : undefined;
}

async function allGroups(real: Host, users: Users, groups: Groups): Promise<Entries> {
  const all = (await real.getent("group")) ?? [];
  const present = new Set(all.map(([name]) => name ?? ""));
  const kept = all.filter(([name]) => !groups.has(name ?? "")).map((entry) => withMembers(entry, users));
  const made = [...[...groups.values()].filter(({ exists }) => exists), ...ownGroups(users, groups, present)];
  return [...kept, ...(await Promise.all(made.map((prediction) => groupEntry(real, users, prediction))))];
}

/** Groups that useradd makes by itself: one with the user's name, where no other primary group is asked for. */
function ownGroups(users: Users, groups: Groups, present: ReadonlySet<string>): GroupPrediction[] {
  return [...users.values()]
    .filter(
      ({ exists, group, name }) =>
        exists && (group === undefined || group === name) && !groups.has(name) && !present.has(name),
    )
    .map(({ name, gid }) => ({ kind: "group", name, exists: true, ...(gid === undefined ? {} : { gid }) }));
}

async function groupEntry(real: Host, users: Users, prediction: GroupPrediction): Promise<readonly string[]> {
  const before = (await real.getent("group", prediction.name))?.[0];
  return withMembers([prediction.name, "x", idText(prediction.gid) ?? before?.[2] ?? "", before?.[3] ?? ""], users);
}

function withMembers(entry: readonly string[], users: Users): readonly string[] {
  const [name = "", password = "x", gid = "", members = ""] = entry;
  const all = new Set(members.split(",").filter((member) => member !== ""));
  for (const user of users.values()) {
    if (!user.exists) all.delete(user.name);
    else if (user.groups?.includes(name)) all.add(user.name);
  }
  return [name, password, gid, [...all].join(",")];
}

function idText(id: UserPrediction["uid"]): string | undefined {
  if (id === undefined) return undefined;
  return isUnknown(id) ? "" : String(id);
}
