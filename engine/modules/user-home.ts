// The home folder of a user who is there but whose home is not.

import { Unknown } from "../core/unknown.ts";
import type { Host } from "../host/host.ts";
import type { Prediction } from "../host/prediction.ts";
import type { Change } from "./module.ts";
import { readText } from "./text-file.ts";
import { runTool } from "./tool-run.ts";
import type { Account } from "./user-account.ts";
import type { UserParams } from "./user-params.ts";

/** What a new home holds: the skeleton's files, and a mode from the host's settings. Reads in one tick. */
export async function predictHome(host: Host, params: UserParams, home: string): Promise<Prediction[]> {
  const skeleton = params.skeleton ?? "/etc/skel";
  const [settings, entries, parent] = await Promise.all([
    readText(host, "/etc/login.defs"),
    host.walk(skeleton, { depth: 4 }).catch(() => []),
    host.stat(home, { follow: true }),
  ]);
  if (parent) return [];
  const setting = (name: string): string | undefined =>
    settings?.text.match(new RegExp(`^${name}\\s+([0-7]+)`, "m"))?.[1];
  const umask = params.umask ?? setting("UMASK") ?? "022";
  const mode =
    params.umask === undefined && setting("HOME_MODE") !== undefined
      ? Number.parseInt(setting("HOME_MODE") ?? "", 8)
      : 0o777 & ~Number.parseInt(umask, 8);
  const owner = { owner: params.name, group: params.group ?? params.name };
  return [
    { kind: "path", path: home, type: "directory", mode, ...owner },
    ...entries.map(
      (entry): Prediction => ({
        kind: "path",
        path: `${home}${entry.path.slice(skeleton.length)}`,
        type: entry.stat.type,
        mode: entry.stat.mode,
        ...owner,
        ...(entry.stat.type === "file" ? { content: new Unknown(`the content of ${entry.path}`) } : {}),
        ...(entry.stat.target === undefined ? {} : { target: entry.stat.target }),
      }),
    ),
  ];
}

/** The change that makes the folder with the skeleton's files; undefined if it exists. */
export async function homeChange(
  host: Host,
  params: UserParams,
  account: Account,
  home: string,
): Promise<Change | undefined> {
  if (home === "" || home === "/" || home === "/nonexistent" || (await host.stat(home, { follow: true })))
    return undefined;
  return {
    what: `make the home folder ${home}`,
    predict: [{ kind: "path", path: home, type: "directory", owner: params.name }],
    async apply(target) {
      const skeleton = params.skeleton ?? "/etc/skel";
      const owner = { owner: Number(account.uid), group: Number(account.gid) };
      const mode = 0o777 & ~Number.parseInt(params.umask ?? "022", 8);
      await target.makeDirectory(home, { ...owner, mode });
      if (await target.stat(skeleton, { follow: true }))
        await runTool(target, ["cp", "-R", "--preserve=mode", "--", `${skeleton}/.`, `${home}/`], `fill ${home}`);
      await runTool(
        target,
        ["chown", "-R", "--", `${account.uid}:${account.gid}`, home],
        `give ${home} to ${params.name}`,
      );
      return undefined;
    },
  };
}
