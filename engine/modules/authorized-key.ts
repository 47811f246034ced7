// Keys that may log in as a user.

import type { Result } from "../core/result.ts";
import type { Host } from "../host/host.ts";
import { keysOf, lineThatIsNoKey, withKeys, withoutKeys } from "./authorized-keys.ts";
import { statResult } from "./file-attributes.ts";
import { lookingAgain } from "./file-plan.ts";
import { type Change, defineModule } from "./module.ts";
import { fetchOnHost } from "./remote-fetch.ts";
import { folderOf } from "./target-path.ts";
import { failTask } from "./task-failure.ts";
import { readText, textChange } from "./text-file.ts";

export const authorizedKey = defineModule({
  name: "authorized_key",
  aliases: ["ansible.posix.authorized_key"],
  summary: "Manage the keys that may log in as a user",
  params: {
    properties: {
      user: { type: "string", description: "The user." },
      key: { type: "string", description: "Public keys, one a line, or the URL of such a list." },
      path: { type: "path", default: null, description: "The file; ~/.ssh/authorized_keys of the user when absent." },
      manage_dir: { type: "boolean", default: true, description: "Make the file's folder and give it to the user." },
      state: {
        type: "string",
        enum: ["absent", "present"],
        default: "present",
        description: "Whether the keys are there.",
      },
      key_options: { type: "string", default: null, description: "Options before the keys." },
      exclusive: { type: "boolean", default: false, description: "Remove all other keys." },
      validate_certs: { type: "boolean", default: true, description: "Check the certificate of a key's URL." },
      comment: { type: "string", default: null, description: "Comment of the keys, instead of their own." },
      follow: { type: "boolean", default: false, description: "Write through a symbolic link." },
    },
    required: ["user", "key"],
  },
  returns: {
    keyfile: "The file.",
    key: "The keys, as asked.",
    user: "The user.",
    exclusive: "As asked.",
    key_options: "As asked.",
  },
  async plan(host, params) {
    const entry = (await host.getent("passwd", params.user))?.[0];
    if (!entry && params.path === undefined)
      failTask("user-unknown", `Failed to lookup user ${params.user}: there is no such user on the host`);
    const home = entry?.[5] ?? "/";
    const given = params.path ?? `${home}/.ssh/authorized_keys`;
    const path = params.follow ? ((await host.realpath(given)) ?? given) : given;
    const folder = folderOf(path);
    const [text, file, folderStat] = await Promise.all([
      keyText(host, params.key, !params.validate_certs),
      readText(host, path),
      host.stat(folder, { follow: true }),
    ]);
    const keys = keysOf(text).map((key) => ({
      ...key,
      ...(params.key_options === undefined ? {} : { options: params.key_options }),
      ...(params.comment === undefined ? {} : { comment: params.comment }),
    }));
    const wrong = lineThatIsNoKey(text);
    if (wrong !== undefined) failTask("key-invalid", `invalid key specified: ${wrong}`);
    const before = file?.text ?? "";
    const after = params.state === "present" ? withKeys(before, keys, params.exclusive) : withoutKeys(before, keys);
    const result: Partial<Result> = {
      user: params.user,
      key: params.key,
      keyfile: path,
      exclusive: params.exclusive,
      key_options: params.key_options ?? null,
      state: params.state,
      manage_dir: params.manage_dir,
      path: params.path ?? null,
      comment: params.comment ?? null,
      follow: params.follow,
      validate_certs: params.validate_certs,
    };
    // Where the path is named, the result tells of the file as well, its `state` included.
    const told = params.path === undefined ? result : { ...result, ...(file?.stat ? statResult(file.stat) : {}) };
    if (after === before) return { changes: [], result: told };
    const owner = entry ? { owner: idOf(entry[2], params.user), group: idOf(entry[3], undefined) } : {};
    const changes: Change[] = [];
    if (params.manage_dir && !folderStat)
      changes.push({
        what: `make the folder ${folder}`,
        predict: [{ kind: "path", path: folder, type: "directory", mode: 0o700, owner: params.user }],
        async apply(target) {
          const now = await idsOf(target, params.user);
          await target.makeDirectory(folder, { ...now, mode: 0o700 });
          return undefined;
        },
      });
    else if (!folderStat && file === undefined)
      failTask("folder-missing", `Failed to write ${path}: the folder ${folder} does not exist, and manage_dir is off`);
    const write = textChange({ path, before: file?.text, after, mode: 0o600, present: file?.stat });
    changes.push({
      ...write,
      predict: [
        {
          kind: "path",
          path,
          type: "file",
          content: after,
          mode: 0o600,
          owner: params.user,
          ...(/^\d+$/.test(entry?.[3] ?? "") ? { group: Number(entry?.[3]) } : {}),
        },
      ],
      async apply(target) {
        const now = await idsOf(target, params.user);
        await target.write(path, after, {
          ...now,
          ...(Object.keys(now).length === 0 ? owner : {}),
          mode: 0o600,
        });
        return undefined;
      },
    });
    return { changes: params.path === undefined ? changes : lookingAgain(path, changes), result: told };
  },
});

function idOf(text: string | undefined, name: string | undefined): string | number {
  return text === undefined || text === "" ? (name ?? 0) : Number(text);
}

/** The user's numbers when the file is written: in a dry run's plan they may not be known. */
async function idsOf(host: Host, user: string): Promise<{ owner?: number; group?: number }> {
  const entry = (await host.getent("passwd", user))?.[0];
  return entry ? { owner: Number(entry[2]), group: Number(entry[3]) } : {};
}

async function keyText(host: Host, key: string, insecure: boolean): Promise<string> {
  if (!/^(?:https?|ftp|file):\/\//.test(key)) return key;
  if (key.startsWith("file://")) return (await readText(host, key.slice("file://".length)))?.text ?? "";
  return (await fetchOnHost(host, key, { insecure })).toString();
}
