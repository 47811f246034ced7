// What the host knows of a user, and the arguments of useradd and usermod that bring about what is asked. Pure but for
// the first function.

import { Undecided } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import { failTask } from "./task-failure.ts";
import type { UserParams } from "./user-params.ts";

export interface Account {
  readonly uid: string;
  readonly gid: string;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** Names of the groups it is in besides its primary one. */
  readonly groups: readonly string[];
  /** Fields of /etc/shadow: name, hash, last change, min, max, warn, inactive, expires. Absent when it may not be read. */
  readonly shadow: readonly string[] | undefined;
}

export interface Accounts {
  readonly account: Account | undefined;
  readonly groups: readonly (readonly string[])[];
}

/** One tick of reads. */
export async function readAccount(host: Host, name: string, wantsShadow: boolean): Promise<Accounts> {
  const [entries, groups, shadow] = await Promise.all([
    host.getent("passwd", name),
    host.getent("group"),
    wantsShadow ? readShadow(host, name) : undefined,
  ]);
  const all = groups ?? [];
  const entry = entries?.[0];
  if (!entry) return { account: undefined, groups: all };
  const [, , uid = "", gid = "", comment = "", home = "", shell = ""] = entry;
  const own = all
    .filter((one) => one[2] !== gid && (one[3] ?? "").split(",").includes(name))
    .map((one) => one[0] ?? "");
  return { account: { uid, gid, comment, home, shell, groups: own, shadow }, groups: all };
}

async function readShadow(host: Host, name: string): Promise<readonly string[] | undefined> {
  try {
    return (await host.getent("shadow", name))?.[0];
  } catch (error) {
    if (error instanceof Undecided && (await host.getent("passwd", name)) === undefined) return undefined;
    throw error;
  }
}

/** Number of a group given by name or number; fails if there is none. */
function groupNumber(groups: Accounts["groups"], group: string): string {
  const found = groups.find((one) => one[0] === group) ?? groups.find((one) => one[2] === group);
  if (!found) failTask("user-no-group", `Group ${group} does not exist`);
  return found[2] ?? "";
}

/** Names of groups given by name or number. */
function groupNames(groups: Accounts["groups"], wanted: readonly string[]): string[] {
  return wanted
    .filter((one) => one !== "")
    .map((one) => {
      const found = groups.find((entry) => entry[0] === one) ?? groups.find((entry) => entry[2] === one);
      if (!found) failTask("user-no-group", `Group ${one} does not exist`);
      return found[0] ?? one;
    });
}

/** A day as usermod takes it; empty for never. */
function dayOf(expires: number): string {
  return expires < 0 ? "" : new Date(expires * 1000).toISOString().slice(0, 10);
}

/** Arguments of useradd, without the name. */
export function addArguments(params: UserParams, groups: Accounts["groups"]): string[] {
  const args: string[] = [];
  if (params.uid !== undefined) args.push("-u", String(params.uid), ...(params.non_unique ? ["-o"] : []));
  if (params.seuser !== undefined) args.push("-Z", params.seuser);
  if (params.group !== undefined) args.push("-g", groupNumber(groups, params.group) || params.group);
  else if (groups.some((one) => one[0] === params.name)) args.push("-g", params.name);
  const others = groupNames(groups, params.groups ?? []);
  if (others.length > 0) args.push("-G", others.join(","));
  if (params.comment !== undefined) args.push("-c", params.comment);
  if (params.home !== undefined) args.push("-d", params.home);
  if (params.shell !== undefined) args.push("-s", params.shell);
  if (params.expires !== undefined) args.push("-e", dayOf(params.expires));
  if (params.password_expire_account_disable !== undefined)
    args.push("-f", String(params.password_expire_account_disable));
  if (params.create_home) {
    args.push("-m");
    if (params.skeleton !== undefined) args.push("-k", params.skeleton);
    if (params.umask !== undefined) args.push("-K", `UMASK=${params.umask}`);
  } else args.push("-M");
  if (params.system) args.push("-r");
  if (params.uid_min !== undefined) args.push("-K", `UID_MIN=${params.uid_min}`);
  if (params.uid_max !== undefined) args.push("-K", `UID_MAX=${params.uid_max}`);
  return args;
}

export interface Modification {
  readonly args: readonly string[];
  /** Field, value that is there, value that comes; for the difference. */
  readonly fields: readonly (readonly [field: string, before: string, after: string])[];
}

/** Arguments of usermod for what differs. */
export function changeArguments(params: UserParams, account: Account, groups: Accounts["groups"]): Modification {
  const args: string[] = [];
  const fields: [string, string, string][] = [];
  const differ = (field: string, before: string, after: string, ...words: string[]): void => {
    if (before === after) return;
    args.push(...words);
    fields.push([field, before, after]);
  };
  if (params.uid !== undefined)
    differ("uid", account.uid, String(params.uid), "-u", String(params.uid), ...(params.non_unique ? ["-o"] : []));
  if (params.group !== undefined) {
    const gid = groupNumber(groups, params.group);
    differ("gid", account.gid, gid, "-g", gid || params.group);
  }
  if (params.groups !== undefined) {
    const primary = params.group === undefined ? account.gid : groupNumber(groups, params.group);
    const primaryName = groups.find((one) => one[2] === primary)?.[0];
    const wanted = groupNames(groups, params.groups).filter((one) => one !== primaryName);
    const after = params.append ? [...new Set([...account.groups, ...wanted])] : [...new Set(wanted)];
    differ("groups", [...account.groups].sort().join(","), [...after].sort().join(","), "-G", after.join(","));
  }
  if (params.comment !== undefined) differ("comment", account.comment, params.comment, "-c", params.comment);
  if (params.home !== undefined)
    differ("home", account.home, params.home, "-d", params.home, ...(params.move_home ? ["-m"] : []));
  if (params.shell !== undefined) differ("shell", account.shell, params.shell, "-s", params.shell);
  if (params.seuser !== undefined && params.seuser !== "") args.push("-Z", params.seuser);
  if (params.expires !== undefined && account.shadow) {
    const before = account.shadow[7] ?? "";
    const day = dayOf(params.expires);
    const after = params.expires < 0 ? "" : String(Math.floor(params.expires / 86400));
    differ("expires", before === "-1" ? "" : before, after, "-e", day);
  }
  const inactive = params.password_expire_account_disable;
  if (inactive !== undefined && account.shadow)
    differ("inactive", account.shadow[6] ?? "", inactive < 0 ? "" : String(inactive), "-f", String(inactive));
  const hash = account.shadow?.[1] ?? "";
  if (params.password === undefined && params.password_lock !== undefined && account.shadow) {
    if (params.password_lock && !hash.startsWith("!")) differ("password", "unlocked", "locked", "-L");
    // usermod refuses to leave an account without any password, so a bare mark is no lock to take away.
    if (!params.password_lock && hash.startsWith("!") && hash.replace(/^!+/, "") !== "")
      differ("password", "locked", "unlocked", "-U");
  }
  return { args, fields };
}

/** Arguments of chage for a password's ages. */
export function ageArguments(params: UserParams, account: Account | undefined): string[] {
  const shadow = account?.shadow;
  const one = (flag: string, wanted: number | undefined, index: number): string[] =>
    wanted === undefined || shadow?.[index] === String(wanted) ? [] : [flag, String(wanted)];
  return [
    ...one("-M", params.password_expire_max, 4),
    ...one("-m", params.password_expire_min, 3),
    ...one("-W", params.password_expire_warn, 5),
  ];
}

/** The hash to set, or undefined if it is there. A lock is a mark before the hash. */
export function passwordToSet(params: UserParams, account: Account | undefined): string | undefined {
  if (params.password === undefined) return undefined;
  if (account && params.update_password === "on_create") return undefined;
  const present = account?.shadow?.[1];
  const locked =
    params.password_lock ?? (present?.startsWith("!") === true && !params.password.startsWith("!") ? undefined : false);
  const wanted = locked === true && !params.password.startsWith("!") ? `!${params.password}` : params.password;
  if (present === undefined) return wanted;
  const bare = (hash: string): string => hash.replace(/^!+(?=.)/, "");
  if (params.password_lock === undefined) return bare(present) === bare(params.password) ? undefined : wanted;
  return present === wanted ? undefined : wanted;
}

/** Whether a text can be a hash that crypt knows, or a mark for "no password". */
export function looksHashed(text: string): boolean {
  return /^[!*]*(?:|\$[^$:]+\$[^:]+|_[./0-9A-Za-z]{19}|[./0-9A-Za-z]{13})$/.test(text);
}
