// The home folder of a user who is there but whose home is not.

import type { Host } from "../host/host.ts";
import type { Change } from "./module.ts";
import { runTool } from "./tool-run.ts";
import type { Account } from "./user-account.ts";
import type { UserParams } from "./user-params.ts";

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
