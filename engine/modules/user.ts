// Users of the host.

import type { Result } from "../core/result.ts";
import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { Prediction, UserPrediction } from "../host/prediction.ts";
import { builtin, type Change, defineModule, type Plan, type PlanContext } from "./module.ts";
import { runTool } from "./tool-run.ts";
import {
  type Account,
  type Accounts,
  addArguments,
  ageArguments,
  changeArguments,
  looksHashed,
  passwordToSet,
  readAccount,
} from "./user-account.ts";
import { homeChange, predictHome } from "./user-home.ts";
import { checkUser, USER_PARAMS, type UserParams } from "./user-params.ts";
import { keyChange, keyPath, keyResult } from "./user-ssh-key.ts";

export const user = defineModule({
  name: "user",
  aliases: builtin("user"),
  summary: "Manage users",
  params: USER_PARAMS,
  check: checkUser,
  returns: {
    uid: "Number of the user.",
    group: "Number of the primary group.",
    home: "Home folder.",
    shell: "Login shell.",
    groups: "Other groups, as asked.",
    ssh_key_file: "File of the made key.",
    ssh_fingerprint: "Its fingerprint.",
    ssh_public_key: "Its public part.",
  },
  plan: (host, params, context) =>
    params.state === "absent" ? planAbsent(host, params) : planPresent(host, params, context),
  touches: (params) =>
    typeof params.name === "string"
      ? [{ kind: "user", name: params.name, exists: params.state !== "absent", uid: new Unknown("the user's number") }]
      : [],
});

async function planAbsent(host: Host, params: UserParams): Promise<Plan> {
  const { name } = params;
  const entry = (await host.getent("passwd", name))?.[0];
  if (!entry) return { changes: [], result: { name, state: "absent" } };
  const result = { name, state: "absent", force: params.force, remove: params.remove };
  const home = entry[5] ?? "";
  const argv = ["userdel", ...(params.force ? ["-f"] : []), ...(params.remove ? ["-r"] : []), name];
  const predict: Prediction[] = [
    { kind: "user", name, exists: false },
    ...(params.remove && home !== "" ? [{ kind: "path", path: home, type: "absent" } as const] : []),
  ];
  const change: Change = {
    what: `remove the user ${name}`,
    predict,
    async apply(target) {
      await runTool(target, argv, `remove the user ${name}`);
      return undefined;
    },
  };
  return { changes: [change], result };
}

async function planPresent(host: Host, params: UserParams, context: PlanContext): Promise<Plan> {
  const { name } = params;
  const wantsShadow = [
    params.password,
    params.password_lock,
    params.expires,
    params.password_expire_max,
    params.password_expire_min,
    params.password_expire_warn,
    params.password_expire_account_disable,
  ].some((value) => value !== undefined);
  if (params.password !== undefined && !looksHashed(params.password))
    context.warn(
      "The input password appears not to have been hashed. The 'password' argument must be encrypted for this module to work properly.",
    );
  // The home folder's usual place is looked at in the same tick.
  const guess = params.home ?? `/home/${name}`;
  const [accounts, guessed] = await Promise.all([
    readAccount(host, name, wantsShadow),
    params.create_home ? host.stat(guess, { follow: true }) : undefined,
  ]);
  const { account } = accounts;
  const home = params.home ?? account?.home ?? guess;
  const hasHome = home === guess && guessed !== undefined;
  const changes: Change[] = [];
  if (account) await addChanges(host, params, account, accounts.groups, home, changes, hasHome);
  else changes.push(creation(params, accounts, home, params.create_home ? await predictHome(host, params, home) : []));
  let key: Partial<Result> = {};
  if (params.generate_ssh_key) {
    const path = keyPath(params, home);
    if (account && (await host.stat(path))) key = await keyResult(host, path);
    else changes.push(keyChange(params, path));
  }
  const result: Partial<Result> = { ...resultOf(params, account, home), ...key };
  const last: Change | undefined = changes.at(-1);
  if (last)
    changes[changes.length - 1] = {
      ...last,
      apply: async (target, progress) => ({
        ...(await last.apply(target, progress)),
        ...(await finalResult(target, params)),
      }),
    };
  return { changes, result };
}

function creation(params: UserParams, { groups }: Accounts, home: string, files: readonly Prediction[]): Change {
  const { name } = params;
  const argv = ["useradd", ...addArguments(params, groups), name];
  const hash = passwordToSet(params, undefined);
  const ages = ageArguments(params, undefined);
  return {
    what: `add the user ${name}`,
    predict: [predictionOf(params, home), ...files],
    async apply(host) {
      await runTool(host, argv, `add the user ${name}`);
      if (hash !== undefined) await setPassword(host, name, hash);
      else if (params.password_lock === true)
        await runTool(host, ["usermod", "-L", name], `lock the password of ${name}`);
      if (ages.length > 0) await runTool(host, ["chage", ...ages, name], `set the password's ages of ${name}`);
      return undefined;
    },
  };
}

async function addChanges(
  host: Host,
  params: UserParams,
  account: Account,
  groups: Accounts["groups"],
  home: string,
  changes: Change[],
  hasHome: boolean,
): Promise<void> {
  const { name } = params;
  const { args, fields } = changeArguments(params, account, groups);
  const lines = (side: 1 | 2): string => fields.map((field) => `${field[0]}: ${field[side]}\n`).join("");
  if (args.length > 0)
    changes.push({
      what: `change ${fields.map(([field]) => field).join(", ") || "the user"} of ${name}`,
      difference: { before: lines(1), after: lines(2), beforeHeader: `user ${name}`, afterHeader: `user ${name}` },
      predict: [predictionOf(params, home)],
      async apply(target) {
        await runTool(target, ["usermod", ...args, name], `change the user ${name}`);
        return undefined;
      },
    });
  const hash = passwordToSet(params, account);
  if (hash !== undefined)
    changes.push({
      what: `set the password of ${name}`,
      async apply(target) {
        await setPassword(target, name, hash);
        return undefined;
      },
    });
  const ages = ageArguments(params, account);
  if (ages.length > 0)
    changes.push({
      what: `set the password's ages of ${name}`,
      async apply(target) {
        await runTool(target, ["chage", ...ages, name], `set the password's ages of ${name}`);
        return undefined;
      },
    });
  if (params.create_home && !params.move_home && !hasHome) {
    const made = await homeChange(host, params, account, home);
    if (made) changes.push(made);
  }
}

/** The hash travels through standard input, so that no process list shows it. */
async function setPassword(host: Host, name: string, hash: string): Promise<void> {
  await runTool(host, ["chpasswd", "-e"], `set the password of ${name}`, { stdin: `${name}:${hash}\n` });
}

function predictionOf(params: UserParams, home: string): UserPrediction {
  return {
    kind: "user",
    name: params.name,
    exists: true,
    ...(params.uid === undefined ? {} : { uid: params.uid }),
    ...(params.group === undefined ? {} : { group: params.group }),
    ...(params.groups === undefined ? {} : { groups: params.groups }),
    ...(params.shell === undefined ? {} : { shell: params.shell }),
    ...(params.comment === undefined ? {} : { comment: params.comment }),
    home,
  };
}

function resultOf(params: UserParams, account: Account | undefined, home: string): Partial<Result> {
  return {
    name: params.name,
    state: "present",
    home,
    ...(params.password === undefined ? {} : { password: "NOT_LOGGING_PASSWORD" }),
    ...(params.groups === undefined ? {} : { groups: params.groups.join(",") }),
    ...(account
      ? {
          append: params.append,
          move_home: params.move_home,
          uid: Number(account.uid),
          group: Number(account.gid),
          shell: account.shell,
          comment: account.comment,
        }
      : { system: params.system, create_home: params.create_home }),
  };
}

async function finalResult(host: Host, params: UserParams): Promise<Partial<Result>> {
  const entry = (await host.getent("passwd", params.name))?.[0];
  if (!entry) return {};
  return {
    uid: Number(entry[2]),
    group: Number(entry[3]),
    comment: entry[4] ?? "",
    home: entry[5] ?? "",
    shell: entry[6] ?? "",
  };
}
